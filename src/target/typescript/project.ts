import type { CheckedModel } from '../../model/model.js';
import type { ProjectFile, TextFile } from '../files.js';
import type { TrainedParts } from '../trained.js';
import { batchFile } from './batch-file.js';
import { trusted, type Code } from '../code/code.js';
import { encoderFile, isLearning } from '../code/encoder-file.js';
import { functionsOf } from './functions.js';
import { tableGroups, weightGroups } from './groups.js';
import { inputFile } from './input-file.js';
import { mainFile } from './main-file.js';
import { metricsFile } from './metrics-file.js';
import { modelFile } from './model-file.js';
import { packageFiles } from './package-files.js';
import { planProject } from './plan.js';
import { predictFile } from './predict-file.js';
import { backendText } from './runtime/backend.js';
import { checkpointText } from './runtime/checkpoint.js';
import { filesText } from './runtime/files.js';
import { assemble } from '../code/parts.js';
import { randomParts } from './runtime/random.js';
import { rowsText } from './runtime/rows.js';
import { safetensorsText } from './runtime/safetensors.js';
import { splitFile } from './split-file.js';
import { trainFile } from './train-file.js';
import { trainedFiles } from './trained-files.js';
import { updatesFile } from './updates-file.js';
import { weightsFile } from './weights-file.js';

/**
 * A folder for plain @tensorflow/tfjs 4.22 that trains the model and predicts with it: types of rows, encoder, forward pass, trainer.
 * With `trained` it starts from what a run has learned; without, it holds no vocabulary. Not yet formatted: `formatFiles` does that.
 */
export function typescriptProject(model: CheckedModel): readonly TextFile[];
export function typescriptProject(model: CheckedModel, trained: TrainedParts | undefined): readonly ProjectFile[];
export function typescriptProject(model: CheckedModel, trained?: TrainedParts): readonly ProjectFile[] {
  const isTrained = trained !== undefined;
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
    ['safetensors.ts', trusted(safetensorsText.trim())],
    ['checkpoint.ts', trusted(checkpointText.trim())],
    ['rows.ts', trusted(rowsText.trim())],
    ['split.ts', splitFile(plan)],
    ['files.ts', trusted(filesText.trim())],
    ['input.ts', inputFile(plan)],
    ['backend.ts', trusted(backendText.trim())],
    ['main.ts', mainFile(plan, isTrained)],
    ['predict.ts', predictFile(plan, isTrained)],
  ];
  return [
    ...code.map(([path, { code: text }]) => ({ path, text: `${text}\n` })),
    ...packageFiles(plan, isTrained),
    ...(trained ? trainedFiles(trained, isLearning(plan.learned)) : []),
  ];
}
