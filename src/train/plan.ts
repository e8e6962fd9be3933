import type { Graph } from '../graph/graph.js';
import { elementsOf } from '../graph/shapes.js';
import type { InferenceGraph, StepGraph } from '../graph/step.js';

/** How a batch is cut: part of a run's record, since another plan may round differently. */
export interface Plan {
  readonly batch: number;
  /** Parts of a batch that the engine runs one by one, each with its own gradients; they are summed in order. */
  readonly shards: number;
  /** Rows of each shard. */
  readonly shardRows: number;
  /** Rows of a call when the model is only applied. */
  readonly inferenceRows: number;
}

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

/** The plan of a step and a batch: nothing of the machine goes into it. A step whose rows depend on each other stays in one piece. */
export const makePlan = (
  batch: number,
  step: Pick<StepGraph, 'graph' | 'isRowLocal'>,
  inference: Pick<InferenceGraph, 'graph'>,
): Plan => {
  const shards = step.isRowLocal ? Math.ceil(batch / comfortableRows(step.graph)) : 1;
  return { batch, shards, shardRows: Math.ceil(batch / shards), inferenceRows: inferencePlan(inference.graph).inferenceRows };
};

/** The plan of a model that is only applied. */
export const inferencePlan = (inference: Graph): Plan => ({
  batch: 0,
  shards: 0,
  shardRows: 0,
  inferenceRows: Math.min(comfortableRows(inference), usualInferenceRows),
});
