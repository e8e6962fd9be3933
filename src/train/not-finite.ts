import type { EncodedData } from '../encode/program.js';
import type { OpName } from '../graph/graph.js';
import { originOfNotFinite, type Origin } from '../graph/not-finite.js';
import { forEngine, stepGraph } from '../graph/pipeline.js';
import { shuffle } from '../graph/random.js';
import { elementsOf } from '../graph/shapes.js';
import { lineText, position, spanText, type Span } from '../language/source.js';
import type { CheckedModel } from '../model/model.js';
import { weightCopies } from './copies.js';
import type { Session } from './engine.js';
import { hostInputs, isInt } from '../graph/leaves.js';
import { isTrainError, trainError } from './errors.js';
import { createFeed, noiseOf } from './feed.js';
import { initialise } from './initialise.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import type { Plan } from './plan.js';
import { notFiniteWeight } from './state.js';
import { viewState } from './weights.js';

/** A step whose loss was not finite: it has left the weights alone. */
export interface BadStep {
  readonly model: CheckedModel;
  readonly data: Pick<EncodedData, 'train'>;
  readonly seed: number;
  readonly plan: Plan;
  /** Of the run, which is over. */
  readonly memory: Memory;
  readonly layout: Layout;
  readonly epoch: number;
  /** Of the run, from 1. */
  readonly step: number;
  /** Position of its first row in the epoch's order. */
  readonly start: number;
  /** That order, if it is not a shuffle of all rows. */
  readonly order?: Int32Array;
  readonly loss: number;
}

/** No shard is begun so many milliseconds after the first. */
const patience = 10_000;

/** A TrainError `not-finite` that names the step, and the part of the model that is first not finite, as far as it can be found. */
export const notFiniteLoss = (bad: BadStep): Error => {
  const { model, loss, step, epoch } = bad;
  const what = `the loss is ${loss} at step ${step} (epoch ${epoch})`;
  const fault = faultOfWeights(bad) ?? faultOfNetwork(bad);
  const first = step === 1 ? fault : step === 2 ? faultOfFirstStep(bad) : undefined;
  if (first === undefined) return notFinite(model, what, fault);
  return trainError('not-finite', `${what}, whatever the learning rate: ${first}`);
};

/** The same of validation rows after a step. The rows of that step tell where it comes from. */
export const notFiniteValidation = (after: BadStep): Error => {
  const { model, loss, step, epoch } = after;
  const next = { ...after, step: step + 1 };
  return notFinite(
    model,
    `the validation loss is ${loss} after step ${step} (epoch ${epoch})`,
    faultOfWeights(next) ?? faultOfNetwork(next),
  );
};

/** The same of the weights that a run is to keep. */
export const notFiniteWeights = (
  model: CheckedModel,
  { name, value }: { readonly name: string; readonly value: number },
  step: number,
): Error => notFinite(model, `the weight ${name} is ${value} after step ${step}`);

export const isNotFinite = (error: unknown): boolean => isTrainError(error) && error.code === 'not-finite';

const notFinite = ({ train, features }: CheckedModel, what: string, fault?: string): Error => {
  const { rest, embeddings, parts } = train.optimizer;
  const rates = [...new Set([rest, embeddings, ...Object.values(parts)].map((rule) => rule.parameters.learning_rate))];
  const remedies = [
    `a smaller learning rate (now ${rates.join(' and ')}${train.schedule === undefined ? '' : ', times what the schedule makes of it'})`,
    ...(train.clipNorm === undefined ? ['clip_norm: 10'] : []),
    ...(train.schedule === undefined ? ['schedule: constant(warmup: steps(500))'] : []),
    ...(train.schedule !== undefined && train.schedule.warmup === undefined ? ['a `warmup` in its schedule'] : []),
    ...(features.some(({ kind }) => kind === 'number') ? ['standardize on number features'] : []),
  ];
  return trainError('not-finite', `${what}${fault === undefined ? '' : `: ${fault}`}; try ${remedies.join(', or ')}`);
};

const faultOfWeights = ({ memory, layout, step, epoch }: BadStep): string | undefined => {
  const found = notFiniteWeight(viewState(memory, layout, step, epoch));
  if (found === undefined) return undefined;
  const since = step === 1 ? `begins with ${found.value}: its init is to blame` : `is ${found.value} since step ${step - 1}`;
  return `the weight ${found.name} ${since}`;
};

/** What the gradients of the first step have made of the weights that the second has. */
const faultOfFirstStep = (bad: BadStep): string | undefined => {
  const first: BadStep = { ...bad, step: 1, epoch: 1, start: 0 };
  initialise(bad.memory, bad.layout, bad.seed);
  return faultOfWeights(first) ?? faultOfNetwork(first);
};

/**
 * What a part of the network makes of the step's rows, or its gradient. The step is done again with plain loops, shard by shard. Undefined if
 * all is finite, as far as it was looked at.
 */
const faultOfNetwork = ({ model, data, seed, plan, memory, layout, ...bad }: BadStep): string | undefined => {
  const { training: staging } = layout;
  if (staging === undefined) return undefined;
  const step = forEngine(stepGraph(model));
  const session = blankSession(step.graph, plan.shardRows);
  weightCopies(session, memory, layout).copy();
  const feed = createFeed({ session, memory, layout, staging, data: data.train, noise: noiseOf(step), seed });
  const order = bad.order ?? (model.train.shuffle ? new Int32Array(data.train.rows) : undefined);
  if (bad.order === undefined && order !== undefined) shuffle(seed, bad.epoch, order);
  const count = Math.min(plan.batch, (order?.length ?? data.train.rows) - bad.start);
  const isSingle = memory.floats instanceof Float32Array;

  const { loss = -1 } = step.graph.outputs;
  const gradients = Object.entries(step.graph.outputs).filter(([name]) => name.startsWith('gradient.'));
  const ends = [
    { graph: { ...step.graph, outputs: { loss } }, what: 'gives' },
    { graph: { ...step.graph, outputs: Object.fromEntries(gradients) }, what: 'has a gradient that is' },
  ];
  const begin = performance.now();
  for (let shard = 0; shard * plan.shardRows < count && performance.now() - begin < patience; shard++) {
    feed.fill(shard, order, bad.start, count, bad.step);
    for (const { graph, what } of ends) {
      const origin = originOfNotFinite(graph, session.inputs, plan.shardRows, isSingle);
      if (origin) return textOf(origin, what);
    }
  }
  return undefined;
};

/** A session that has inputs and runs nothing. */
const blankSession = (graph: Parameters<typeof hostInputs>[0], rows: number): Session => ({
  rows,
  inputs: Object.fromEntries(
    hostInputs(graph).map((node) => {
      const length = elementsOf(node.shape, rows);
      return [node.name, isInt(node) ? new Int32Array(length) : new Float64Array(length)];
    }),
  ),
  outputs: {},
  run: () => Promise.resolve(),
  close: () => Promise.resolve(),
});

const causes: Partial<Record<OpName, string>> = {
  log: 'a logarithm of what is not above 0',
  divide: 'a division by 0',
  sqrt: 'a root of what is below 0',
  exp: 'an exponential of a large number',
};

const textOf = ({ node, value }: Origin, what: string): string => {
  if (node.kind === 'input') return `${node.name.slice(node.name.indexOf('.') + 1)} is ${value} in a row`;
  const cause = causes[node.kind];
  const part = node.part === undefined ? '' : ` in ${node.part}`;
  return `${node.span ? placeText(node.span) : node.kind}${part} ${what} ${value}${cause === undefined ? '' : `, ${cause}`}`;
};

/** Longer code is not quoted. */
const longestCode = 60;

const placeText = (span: Span): string => {
  const { source, start } = span;
  const { line, column } = position(source, start);
  const own = spanText(span);
  // An operator's place is the operator alone.
  const code = /\w/.test(own) ? own : lineText(source, line).trim();
  const place = `${source.path}:${line}:${column}`;
  return !code.includes('\n') && code.length <= longestCode ? `\`${code}\` (${place})` : place;
};
