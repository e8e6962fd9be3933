import type { TrainSection } from '../model/model.js';
import { costs } from './cost.js';
import type { Graph } from './graph.js';
import { elementsOf } from './shapes.js';
import type { StepGraph } from './step.js';

/** Bytes that the widest activation of a shard may take, so that the one that a kernel writes is still in a core's cache for the next. */
const activationBytes = 2 ** 20;
const fewestRows = 128;
const mostRows = 8192;

/** Numbers that one row adds to the graph's widest value. */
const widestRow = (graph: Graph): number =>
  graph.nodes.reduce((widest, { shape }) => Math.max(widest, elementsOf(shape, 2) - elementsOf(shape, 1)), 1);

/** Rows that the engine does best with at once: a power of two. */
export const comfortableRows = (graph: Graph): number =>
  Math.min(mostRows, Math.max(fewestRows, 2 ** Math.floor(Math.log2(activationBytes / 4 / widestRow(graph)))));

/** What a core does in a second, roughly, wherever the model is trained: a plan is the same on every machine. */
const nominal = { multiplyAdds: 4e10, cacheBytes: 2e10, memoryBytes: 1e10, nodes: 5e5 };

type Step = Pick<StepGraph, 'graph' | 'isRowLocal' | 'parameters'>;

const secondsOf = (graph: Graph, rows: number): number => {
  const { multiplyAdds, bytes } = costs(graph, rows);
  return multiplyAdds / nominal.multiplyAdds + bytes / nominal.cacheBytes;
};

/** What each shard costs however few rows it has: the start of every kernel, and gradients that are written, copied out and summed. */
const secondsOfShard = ({ graph, parameters }: Step): number => {
  const gradients = parameters.reduce((sum, { shape, frozen }) => sum + (frozen ? 0 : elementsOf(shape, 1)), 0);
  const kernels = graph.nodes.filter(({ inputs }) => inputs.length > 0).length;
  return kernels / nominal.nodes + (16 * gradients) / nominal.memoryBytes;
};

/**
 * With a core a shard, a batch of C seconds takes C/n + n·F of them, F being what a shard costs by itself: least at n = √(C/F), here the
 * power of two below. More where the cache asks for smaller shards.
 */
const shardsOf = (batch: number, step: Step): number => {
  const [one, two] = [secondsOf(step.graph, batch), secondsOf(step.graph, 2 * batch)];
  const shards = 2 ** Math.floor(Math.log2(Math.max(1, Math.sqrt((two - one) / secondsOfShard(step)))));
  return Math.max(Math.min(shards, batch), Math.ceil(batch / comfortableRows(step.graph)));
};

/** How a spec wants batches to be cut. */
export type Cutting = Partial<Pick<TrainSection, 'accumulate' | 'coupled'>>;

/** Parts of all rows that one update sees, each with its own gradients. */
export interface Shards {
  readonly shards: number;
  /** Rows of each; the last may have fewer. */
  readonly shardRows: number;
}

/**
 * Cuts `accumulate` batches of a spec, or the `rows` that there are. Where rows depend on each other a batch stays in one piece, unless it
 * is `coupled: shard`; rows of a shard are then those of a shard of whole batches, however few rows there are, so that all targets see the
 * same statistics. Nothing of the machine goes into it.
 */
export const cutIntoShards = (
  batch: number,
  step: Step,
  { accumulate = 1, coupled = 'batch' }: Cutting,
  rows = Infinity,
): Shards => {
  const whole = batch * accumulate;
  const given = Math.min(rows, whole);
  if (step.isRowLocal) {
    const shards = Math.max(Math.ceil(given / batch), shardsOf(given, step));
    return { shards, shardRows: Math.ceil(given / shards) };
  }
  const together = coupled === 'shard' ? Math.ceil(whole / Math.max(accumulate, shardsOf(whole, step))) : batch;
  return { shards: Math.ceil(given / together), shardRows: Math.min(together, given) };
};

/**
 * Rows of the parts in which a batch of any size is cut whose rows depend on each other: those of a part see that part alone. Infinity
 * where such a batch stays whole, or rows do not depend on each other. The step is made only where it is looked at.
 */
export const rowsTogether = (train: Pick<TrainSection, 'accumulate' | 'batch' | 'coupled'>, step: () => Step): number => {
  if (train.accumulate === 1 && train.coupled === 'batch') return Infinity;
  const made = step();
  return made.isRowLocal ? Infinity : cutIntoShards(train.batch, made, train).shardRows;
};
