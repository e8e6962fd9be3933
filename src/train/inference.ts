import type { EncodedRows } from '../encode/program.js';
import type { InferenceGraph } from '../graph/step.js';
import type { CheckedModel } from '../model/model.js';
import type { Engine } from './engine.js';
import { checkIds } from './feed.js';
import type { Memory } from './kernels.js';
import type { Layout, SizedTable } from './layout.js';
import { planLayout } from './layout.js';
import { reserve } from './memory.js';
import type { Evaluation } from './metrics.js';
import { measure } from './metrics.js';
import { inferencePlan } from './plan.js';
import type { Scores } from './score.js';
import { score } from './score.js';
import type { Weights } from './weights.js';
import { restoreWeights, tableWeight } from './weights.js';

export interface InferenceOptions {
  readonly model: Pick<CheckedModel, 'labels' | 'metrics' | 'tables'>;
  readonly graph: InferenceGraph;
  readonly weights: Weights;
  readonly engine: Engine;
  readonly threads?: number;
}

/** A trained model at work. */
export interface Inference {
  /** Logits and predictions of all rows. */
  readonly predictRows: (rows: EncodedRows) => Promise<Scores>;
  /** Loss and the model's metrics over all rows, which need labels. @throws the signal's reason, if that stops it. */
  readonly evaluate: (rows: EncodedRows, signal?: AbortSignal) => Promise<Evaluation>;
  readonly close: () => Promise<void>;
}

/** @throws TrainError `weight-missing` if the weights are not the model's, `out-of-memory` if they have no room. */
export const openModel = async ({ model, graph, weights, engine, threads = 1 }: InferenceOptions): Promise<Inference> => {
  const plan = inferencePlan(graph.graph);
  const session = await engine.prepare(graph, { rows: plan.inferenceRows, threads });
  const tables: readonly SizedTable[] = model.tables.map(({ name, dim, l2, initializer }) => ({
    name,
    rows: weights.tables.find((table) => table.name === tableWeight(name))?.shape[0] ?? 0,
    dim,
    l2,
    initializer,
  }));
  let room: { readonly layout: Layout; readonly memory: Memory } | undefined;

  /** Memory for these rows; bags longer than any before need a new one. */
  const roomFor = (rows: EncodedRows): { readonly layout: Layout; readonly memory: Memory } => {
    const layout = planLayout({ parameters: graph.parameters, tables, sites: graph.sites, plan, rows: [rows] });
    const fits = room?.layout.inference.sites.every((site, i) => site.idStride >= (layout.inference.sites[i]?.idStride ?? 0));
    if (room === undefined || fits !== true) {
      const memory = reserve(layout, session);
      restoreWeights(memory, layout, weights);
      room = { layout, memory };
    }
    checkIds(rows, room.layout.inference, room.layout);
    return room;
  };
  const scoresOf = async (rows: EncodedRows, signal?: AbortSignal): Promise<Scores> => {
    const { memory, layout } = roomFor(rows);
    const scores = await score(session, memory, layout, model.labels, rows, signal);
    signal?.throwIfAborted();
    return scores ?? { logits: {}, predictions: {} };
  };
  return {
    predictRows: (rows) => scoresOf(rows),
    evaluate: async (rows, signal) => measure(model.labels, model.metrics, (await scoresOf(rows, signal)).logits, rows.labels),
    close: session.close,
  };
};
