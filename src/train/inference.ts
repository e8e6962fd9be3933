import type { EncodedRows } from '../encode/program.js';
import { forEngine } from '../graph/pipeline.js';
import type { InferenceGraph } from '../graph/step.js';
import type { CheckedModel } from '../model/model.js';
import type { Engine } from './engine.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import type { SizedTable } from './table-layout.js';
import { planLayout } from './layout.js';
import { checkIds } from './lookups.js';
import { isFloat64, reserve } from './memory.js';
import type { Evaluation } from './metrics.js';
import { measure } from './metrics.js';
import { inferencePlan } from './plan.js';
import type { Scores } from './score.js';
import { score } from './score.js';
import type { Weights } from './weights.js';
import { restoreWeights, tableWeight } from './weights.js';

export interface InferenceOptions {
  readonly model: Pick<CheckedModel, 'labels' | 'metrics' | 'network' | 'tables'>;
  /** Of the labels and outputs that are asked for: `evaluate` needs all labels. */
  readonly graph: InferenceGraph;
  /** Those that the graph reads, at least. */
  readonly weights: Weights;
  readonly engine: Engine;
  readonly threads?: number;
}

/** A trained model at work. */
export interface Inference {
  /** What the graph gives, of all rows. */
  readonly predictRows: (rows: EncodedRows) => Promise<Scores>;
  /** Loss and the model's metrics over all rows, which need labels. @throws the signal's reason, if that stops it. */
  readonly evaluate: (rows: EncodedRows, signal?: AbortSignal) => Promise<Evaluation>;
  readonly close: () => Promise<void>;
}

const noScores: Scores = { logits: {}, predictions: {}, outputs: {} };

/** @throws TrainError `weight-missing` if the weights are not the model's, `out-of-memory` if they have no room. */
export const openModel = async ({ model, weights, engine, threads = 1, ...options }: InferenceOptions): Promise<Inference> => {
  const graph = forEngine(options.graph);
  const plan = inferencePlan(graph.graph);
  const session = await engine.prepare(graph, { rows: plan.inferenceRows, threads });
  const read = new Set(graph.sites.map(({ table }) => table));
  const tables = model.tables
    .filter(({ name }) => read.has(name))
    .map(({ name, dim, l2, initializer }): SizedTable => ({
      name,
      rows: weights.tables.find((table) => table.name === tableWeight(name))?.shape[0] ?? 0,
      dim,
      l2,
      initializer,
    }));
  const { parameters, states, sites } = graph;
  let room: { readonly layout: Layout; readonly memory: Memory } | undefined;

  /** Memory for these rows; bags longer than any before need a new one. */
  const roomFor = (rows: EncodedRows): { readonly layout: Layout; readonly memory: Memory } => {
    const layout = planLayout({ parameters, states, tables, sites, plan, rows: [rows] });
    const fits = room?.layout.inference.columns.every(({ stride }, i) => stride >= (layout.inference.columns[i]?.stride ?? 0));
    if (room === undefined || fits !== true) {
      const memory = reserve(layout, isFloat64(session));
      restoreWeights(memory, layout, weights);
      room = { layout, memory };
    }
    checkIds(rows, room.layout.inference, room.layout);
    return room;
  };
  const scoresOf = async (rows: EncodedRows, signal?: AbortSignal): Promise<Scores> => {
    const { memory, layout } = roomFor(rows);
    const scores = await score({ graph, session }, memory, layout, rows, signal);
    signal?.throwIfAborted();
    return scores ?? noScores;
  };
  return {
    predictRows: (rows) => scoresOf(rows),
    evaluate: async (rows, signal) => measure(model, (await scoresOf(rows, signal)).logits, rows.labels),
    close: session.close,
  };
};
