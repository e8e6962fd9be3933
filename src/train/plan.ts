import type { Graph } from '../graph/graph.js';
import { comfortableRows, cutIntoShards, type Cutting } from '../graph/shards.js';
import type { InferenceGraph, StepGraph } from '../graph/step.js';
import type { Optimizers } from '../model/model.js';
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

/** Batches of fewer rows are not worth a session of their own when a model is applied. */
const usualInferenceRows = 1024;

/**
 * The plan of a step and a batch of a spec, of which there are so many rows at most: nothing of the machine goes into it. The plan's batch
 * is all that one update sees, `accumulate` batches of the spec.
 */
export const makePlan = (
  batch: number,
  step: Parameters<typeof cutIntoShards>[1],
  inference: Pick<InferenceGraph, 'graph'>,
  cutting: Cutting = {},
  rows = Infinity,
): Plan => ({
  batch: Math.min(rows, batch * (cutting.accumulate ?? 1)),
  ...cutIntoShards(batch, step, cutting, rows),
  inferenceRows: inferencePlan(inference.graph).inferenceRows,
});

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
  const bytes = tables.reduce((sum, { name, rows, dim, frozen }) => {
    if (frozen) return sum;
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
