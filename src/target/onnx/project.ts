import { encoderProgram } from '../../encode/compile.js';
import type { EncoderProgram } from '../../encode/program.js';
import { standardizedWidth } from '../../encode/statistics.js';
import { forwardGraph, stepGraph } from '../../graph/pipeline.js';
import type { CheckedModel } from '../../model/model.js';
import { encoderJson } from '../encoder-json.js';
import { targetError } from '../errors.js';
import type { ProjectFile } from '../files.js';
import { firstValues } from '../first-values.js';
import type { TrainedArray, TrainedParts } from '../trained.js';
import { inputDocs, outputDocs, stepDocs } from './docs.js';
import { encodedFeed } from './encoded-feed.js';
import { modelFiles } from './external-data.js';
import { onnxProto } from './model.js';
import { rawFeed } from './raw/feed.js';

export interface OnnxTarget {
  /** Columns as they are in the data go in, and the model encodes them: vocabularies, hashes and statistics are in it. */
  readonly raw?: boolean;
  /** Writes `train.onnx` too: forward, loss and gradients. */
  readonly trainStep?: boolean;
  /** Name and version of the compiler. */
  readonly compiler?: string;
  /** SHA-256 of the spec, in hexadecimal digits. */
  readonly specDigest?: string;
}

/**
 * `model.onnx` with tables and weights in it, trained or as training starts; encoded features go in, unless raw rows do, and `encoder.json`
 * says how they are encoded. See docs/onnx.md for names and shapes of inputs and outputs.
 *
 * @throws TargetError where something is asked for that needs training, or that ONNX cannot say
 */
export function onnxFiles(model: CheckedModel, trained?: TrainedParts, target: OnnxTarget = {}): readonly ProjectFile[] {
  const { raw = false, trainStep = false } = target;
  const program = encoderProgram(model);
  if (trained === undefined) refuseUntrained(model, program, raw);
  const { weights, states, tables } = trained ?? firstValues(model);
  const encoder = trained?.encoder ?? { vocabularies: {}, statistics: {} };
  const all = new Map<string, TrainedArray>([
    ...weights,
    ...states,
    ...[...tables].map(([name, table]) => [`table.${name}`, table] as const),
  ]);
  const graph = forwardGraph(model);
  const { sites } = model.network;
  const feed = raw ? rawFeed(graph, sites, program, encoder) : encodedFeed(graph, sites);
  const inference = onnxProto(graph, {
    rows: 'dynamic',
    name: model.name,
    ...(model.doc !== undefined && { doc: model.doc }),
    metadata: metadataOf(model, raw ? 'raw' : 'encoded', target),
    docs: new Map([...inputDocs(model, program, feed.inputs, raw), ...outputDocs(model)]),
    weights: all,
    feed,
  });
  return [
    ...modelFiles('model.onnx', inference),
    ...(raw || trained === undefined ? [] : [encoderJson(program, encoder)]),
    ...(trainStep ? stepFiles(model, all, target) : []),
  ];
}

function stepFiles(model: CheckedModel, weights: ReadonlyMap<string, TrainedArray>, target: OnnxTarget): readonly ProjectFile[] {
  const { graph, sites, parameters } = stepGraph(model);
  const step = onnxProto(graph, {
    rows: 'dynamic',
    name: `${model.name}.step`,
    doc: 'One training step: forward, loss and gradients. Weights are inputs whose defaults are their values here.',
    metadata: metadataOf(model, 'step', target),
    docs: stepDocs(model, sites, parameters),
    weights,
    areInputs: true,
  });
  return modelFiles('train.onnx', step);
}

const metadataOf = (
  { name, outputs }: CheckedModel,
  inputs: 'encoded' | 'raw' | 'step',
  { compiler, specDigest }: OnnxTarget,
): Readonly<Record<string, string>> => ({
  'reccompile.model': name,
  'reccompile.inputs': inputs,
  'reccompile.outputs': JSON.stringify(outputs),
  ...(compiler !== undefined && { 'reccompile.compiler': compiler }),
  ...(specDigest !== undefined && { 'reccompile.spec_sha256': specDigest }),
});

/** Nothing is known of data: no vocabulary, and no statistics where the model itself would need them. */
function refuseUntrained({ name, tables }: CheckedModel, { features }: EncoderProgram, raw: boolean): void {
  const unknown = tables.find(({ rows }) => rows.kind !== 'known');
  const standardized = features.find((feature) => standardizedWidth(feature) > 0);
  const reason = unknown
    ? `the rows of its table ${unknown.name} are learned from data`
    : raw && standardized
      ? `the mean and the deviation of ${standardized.name} are learned from data`
      : undefined;
  if (reason !== undefined)
    throw targetError(
      `${name} cannot be written for ONNX before it is trained: ${reason}`,
      'Train it, then: reccompile export RUN --target onnx',
    );
}
