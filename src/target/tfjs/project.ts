import { encoderProgram } from '../../encode/compile.js';
import type { CheckedModel } from '../../model/model.js';
import { encoderJson } from '../encoder-json.js';
import { targetError } from '../errors.js';
import type { ProjectFile } from '../files.js';
import { firstValues } from '../first-values.js';
import type { TrainedParts } from '../trained.js';
import { isLearning, learnedBy } from '../code/encoder-file.js';
import { formatFiles } from '../code/format.js';
import { encoderModule } from './encoder-module.js';
import { eraseTypes } from './erase-types.js';
import { graphModel } from './graph-model.js';
import { graphModelFiles, type Provenance } from './model-json.js';

/**
 * A graph model that tf.loadGraphModel runs (`model.json` and its weights), and the encoder that makes its inputs of rows: a module for pages,
 * its types, and `encoder.json`, what it learned, if it learned anything. See docs/model-json.md for the names of inputs and outputs.
 * The files are formatted. Without a run weights are as training starts with them.
 * @throws TargetError without a run where data decide how many rows a table has, or by what numbers are standardized
 */
export async function tfjsFiles(
  model: CheckedModel,
  trained?: TrainedParts,
  provenance: Provenance = {},
): Promise<readonly ProjectFile[]> {
  const learned = learnedBy(model);
  if (trained === undefined && isLearning(learned)) {
    const { vocabularies, statistics } = learned;
    const [what = ''] = [
      ...vocabularies.map(({ name }) => `the vocabulary ${name}`),
      ...statistics.map(({ feature }) => `the mean of ${feature}`),
    ];
    throw targetError(
      `${model.name} cannot be written for TensorFlow.js before it is trained: ${what} is learned from data`,
      'Train it, then: reccompile export RUN --target tfjs. To train in TensorFlow.js itself: --target typescript.',
    );
  }
  const graph = graphModel(model, trained ?? firstValues(model));
  const encoder = await eraseTypes(encoderModule(model, graph.inputs));
  const [javaScript, declarations] = await Promise.all([
    formatted('encoder.mjs', encoder.javaScript),
    formatted('encoder.d.mts', encoder.declarations),
  ]);
  const isLearned = trained !== undefined && isLearning(learned);
  return [
    ...graphModelFiles(graph, model.name, provenance),
    javaScript,
    declarations,
    ...(isLearned ? [encoderJson(encoderProgram(model), trained.encoder)] : []),
  ];
}

/** Prettier's parser of TypeScript reads JavaScript as well. */
async function formatted(path: string, text: string): Promise<ProjectFile> {
  const [file] = await formatFiles([{ path: `${path}.ts`, text }]);
  return { path, text: file?.text ?? text };
}
