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
import { hostInputs, isInt } from './engines/leaves.js';
import { createFeed, noiseOf } from './feed.js';
import { initialise } from './initialise.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import type { Plan } from './plan.js';
import { viewState } from './weights.js';

export interface FirstStep {
  readonly model: CheckedModel;
  readonly data: Pick<EncodedData, 'train'>;
  readonly seed: number;
  readonly plan: Plan;
  /** Of the run, which is over: the first values of all weights are put back. */
  readonly memory: Memory;
  readonly layout: Layout;
}

const largestFloat32 = (2 - 2 ** -23) * 2 ** 127;
/** No shard is begun so many milliseconds after the first. */
const patience = 10_000;

/**
 * What is not finite in the first step, before anything is learned: a weight, or what a part of the network makes of the rows, or its
 * gradient. The step is done again in float64, shard by shard. Undefined if all is finite, as far as it was looked at.
 */
export const faultOfFirstStep = (of: FirstStep): string | undefined => {
  const { memory, layout, seed } = of;
  initialise(memory, layout, seed);
  const { dense, states, tables } = viewState(memory, layout, 0, 1);
  for (const { name, data } of [...dense, ...states, ...tables])
    for (const values of data) {
      const value = values.find((one) => !Number.isFinite(one));
      if (value !== undefined) return `the weight ${name} begins with ${value}: its init is to blame`;
    }
  return faultOfNetwork(of);
};

const faultOfNetwork = ({ model, data, seed, plan, memory, layout }: FirstStep): string | undefined => {
  const { training: staging } = layout;
  if (staging === undefined) return undefined;
  const step = forEngine(stepGraph(model));
  const session = blankSession(step.graph, plan.shardRows);
  weightCopies(session, memory, layout).copy();
  const feed = createFeed({ session, memory, layout, staging, data: data.train, noise: noiseOf(step), seed });
  const order = model.train.shuffle ? new Int32Array(data.train.rows) : undefined;
  if (order !== undefined) shuffle(seed, 1, order);
  const count = Math.min(plan.batch, data.train.rows);
  const largest = memory.floats instanceof Float32Array ? largestFloat32 : Number.MAX_VALUE;

  const { loss = -1 } = step.graph.outputs;
  const gradients = Object.entries(step.graph.outputs).filter(([name]) => name.startsWith('gradient.'));
  const ends = [
    { graph: { ...step.graph, outputs: { loss } }, what: 'gives' },
    { graph: { ...step.graph, outputs: Object.fromEntries(gradients) }, what: 'has a gradient that is' },
  ];
  const begin = performance.now();
  for (let shard = 0; shard * plan.shardRows < count && performance.now() - begin < patience; shard++) {
    feed.fill(shard, order, 0, count, 1);
    for (const { graph, what } of ends) {
      const origin = originOfNotFinite(graph, session.inputs, plan.shardRows, largest);
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
