import type { CheckedModel } from '../../model/model.js';
import type { TextFile } from '../files.js';
import { trusted, type Code } from './code.js';
import { encoderFile } from './encoder-file.js';
import { functionsOf } from './functions.js';
import { limitOf } from './limits.js';
import { mainFile } from './main-file.js';
import { modelFile } from './model-file.js';
import { packageFiles } from './package-files.js';
import { planProject } from './plan.js';
import { assemble } from './runtime/parts.js';
import { randomParts } from './runtime/random.js';
import { trainFile } from './train-file.js';
import { weightsFile } from './weights-file.js';

/**
 * A folder for plain @tensorflow/tfjs 4.22 that trains the model and predicts with it: types of rows, encoder, forward pass, trainer.
 * It reads no data and holds no vocabulary. Not yet formatted: `formatFiles` does that. The model has no `limitOf`.
 */
export function typescriptProject(model: CheckedModel): readonly TextFile[] {
  const limit = limitOf(model);
  if (limit) throw new Error(`${limit.key}: ${limit.why}`);
  const plan = planProject(model);
  const functions = functionsOf(plan);
  const modelCode = modelFile(plan, functions);
  const weights = weightGroups(plan);
  const tables = plan.tables.length > 0 ? tableGroups(plan) : [];
  const trainCode = trainFile(plan, functions, weights, tables);
  const random = assemble(randomParts, [...modelCode.draws, ...trainCode.draws]);
  const code: readonly (readonly [path: string, code: Code])[] = [
    ['model.ts', modelCode.code],
    ['encoder.ts', encoderFile(model, plan.names, plan.inTraining)],
    ['batch.ts', batchFile(plan)],
    ['train.ts', trainCode.code],
    ['updates.ts', updatesFile(plan, weights, tables)],
    ['metrics.ts', metricsFile(plan, functions)],
    ['weights.ts', weightsFile(plan)],
    ['random.ts', random.code === '' ? trusted('export {};') : random],
    ['main.ts', mainFile(plan)],
  ];
  return [...code.map(([path, { code: text }]) => ({ path, text: `${text}\n` })), ...packageFiles(plan)];
}
