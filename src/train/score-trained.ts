import type { EncodedRows } from '../encode/program.js';
import { forEngine } from '../graph/pipeline.js';
import type { InferenceGraph } from '../graph/step.js';
import { averagedLayout } from './average.js';
import type { Engine } from './engine.js';
import type { Layout } from './layout.js';
import type { Memory } from './kernels.js';
import { checkIds } from './lookups.js';
import type { Plan } from './plan.js';
import type { Scores } from './score.js';
import { score } from './score.js';

export interface TrainedRequest {
  readonly graph: InferenceGraph;
  readonly engine: Engine;
  /** Of a training that is over, with the weights in it. */
  readonly memory: Memory;
  readonly layout: Layout;
  readonly plan: Plan;
  /** Whether the weights are where their moving averages were. */
  readonly averaged: boolean;
}

export interface Trained {
  /** Scores rows whose bags are no longer than those that were trained on, or told of. @throws the signal's reason, if that stops it */
  readonly scoresOf: (rows: EncodedRows, signal?: AbortSignal) => Promise<Scores>;
  readonly close: () => Promise<void>;
}

/** Applies a model with the weights where they were trained: large ones have no room for a copy. */
export const openTrained = async ({ engine, memory, plan, ...request }: TrainedRequest): Promise<Trained> => {
  const layout = request.averaged ? averagedLayout(request.layout) : request.layout;
  const graph = forEngine(request.graph);
  const session = await engine.prepare(graph, { rows: plan.inferenceRows, threads: 1 });
  return {
    scoresOf: async (rows, signal) => {
      checkIds(rows, layout.inference, layout);
      const scores = await score({ graph, session }, memory, layout, rows, signal);
      signal?.throwIfAborted();
      return scores ?? { logits: {}, predictions: {}, outputs: {} };
    },
    close: session.close,
  };
};
