import { costs } from '../graph/cost.js';
import type { Graph } from '../graph/graph.js';
import { elementsOf } from '../graph/shapes.js';
import type { InferenceGraph, StepGraph } from '../graph/step.js';
import type { Optimizers, TrainSection } from '../model/model.js';
import { optimizerOfTable } from '../model/optimizers.js';
import { movesAll } from '../graph/update/cost.js';
import { updateName, updateRules } from '../graph/update/rules.js';
import type { SizedTable } from './table-layout.js';

/** How a batch is cut: part of a run's record, since another plan may round differently. */
export interface Plan {
  readonly batch: number;
  /** Parts of a batch that the engine runs one by one, each with its own gradients; they are summed in order. */
  readonly shards: number;
  /** Rows of each shard. */
  readonly shardRows: number;
  /** Rows of a call when the model is only applied. */
  readonly inferenceRows: number;
  /** Of rows that stay in a file: how they are read and shuffled. */
  readonly window?: WindowPlan;
}

/** Training rows come a window at a time: so many groups of so many rows, drawn from all over the file. */
export interface WindowPlan {
  readonly groups: number;
  readonly groupRows: number;
}

/** Steps of an epoch: a window, like an epoch, ends with a batch of what is left. */
export const stepsOfEpoch = ({ batch, window }: Pick<Plan, 'batch' | 'window'>, rows: number): number => {
  if (window === undefined) return Math.ceil(rows / batch);
  const size = window.groups * window.groupRows;
  return Math.floor(rows / size) * Math.ceil(size / batch) + Math.ceil((rows % size) / batch);
};

/** Bytes that the widest activation of a shard may take, so that the one that a kernel writes is still in a core's cache for the next. */
const activationBytes = 2 ** 20;
const fewestRows = 128;
const mostRows = 8192;

/** Numbers that one row adds to the graph's widest value. */
const widestRow = (graph: Graph): number =>
  graph.nodes.reduce((widest, { shape }) => Math.max(widest, elementsOf(shape, 2) - elementsOf(shape, 1)), 1);

/** Rows that the engine does best with at once: a power of two. */
const comfortableRows = (graph: Graph): number =>
  Math.min(mostRows, Math.max(fewestRows, 2 ** Math.floor(Math.log2(activationBytes / 4 / widestRow(graph)))));

/** Batches of fewer rows are not worth a session of their own when a model is applied. */
const usualInferenceRows = 1024;

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

/**
 * The plan of a step and a batch of a spec, of which there are so many rows at most: nothing of the machine goes into it. The plan's batch
 * is all that one update sees, `accumulate` batches of the spec. Where rows depend on each other a batch stays in one piece, unless it is
 * `coupled: shard`.
 */
export const makePlan = (
  batch: number,
  step: Step,
  inference: Pick<InferenceGraph, 'graph'>,
  { accumulate = 1, coupled = 'batch' }: Cutting = {},
  rows = Infinity,
): Plan => {
  const whole = Math.min(rows, batch * accumulate);
  const fewest = Math.ceil(whole / batch);
  const isCut = step.isRowLocal || coupled === 'shard';
  const shards = isCut ? Math.max(fewest, shardsOf(whole, step)) : fewest;
  const shardRows = isCut ? Math.ceil(whole / shards) : Math.min(batch, whole);
  return { batch: whole, shards, shardRows, inferenceRows: inferencePlan(inference.graph).inferenceRows };
};

/** Bytes of tables that a worker more should have to update, for it costs as much time at barriers as it takes to write them. */
const bytesOfHelper = 2 ** 20;

export interface CrewRequest {
  readonly plan: Plan;
  readonly step: Pick<StepGraph, 'sites'>;
  readonly tables: readonly SizedTable[];
  readonly optimizer: Optimizers;
  /** As many as there may be. */
  readonly threads: number;
}

/**
 * How many workers have something to do: one for each shard, or for each part of the tables' update. 1 is the thread at hand: a step that
 * is not worth cutting is over before workers have met.
 */
export const workersFor = ({ plan, step, tables, optimizer, threads }: CrewRequest): number => {
  const bytes = tables.reduce((sum, { name, rows, dim }) => {
    const update = optimizerOfTable(optimizer, name);
    const { slots } = updateRules[updateName(update)];
    const looked = step.sites.filter(({ table }) => table === name).reduce((ids, { length = 1 }) => ids + plan.batch * length, 0);
    const updated = movesAll(update) ? rows : Math.min(rows, looked);
    return sum + 4 * updated * dim * (1 + Object.keys(slots).length);
  }, 0);
  return Math.max(1, Math.min(threads, Math.max(plan.shards, Math.floor(bytes / bytesOfHelper))));
};

/** The plan of a model that is only applied. */
export const inferencePlan = (inference: Graph): Plan => ({
  batch: 0,
  shards: 0,
  shardRows: 0,
  inferenceRows: Math.min(comfortableRows(inference), usualInferenceRows),
});
