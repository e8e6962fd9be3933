import type { EncodedRows } from '../encode/program.js';
import type { InferenceGraph } from '../graph/step.js';
import { weightCopies } from './copies.js';
import type { Session } from './engine.js';
import { createFeed } from './feed.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import { createPacer, pause } from './pause.js';

/** An inference graph, and the session that an engine made of it. */
export interface Scorer {
  readonly graph: InferenceGraph;
  readonly session: Session;
}

/** What a graph gives, by name, row after row. */
export interface Scores {
  /** Of labels: [rows], or [rows, classes]. */
  readonly logits: Readonly<Record<string, Float64Array>>;
  readonly predictions: Readonly<Record<string, Float64Array>>;
  /** Of other names of the network. */
  readonly outputs: Readonly<Record<string, RowValues>>;
}

/** Values of rows: each has `shape`, [] being a number. */
export interface RowValues {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** Runs an inference session over all rows, in their order. Undefined if the signal stopped it. */
export const score = async (
  { graph, session }: Scorer,
  memory: Memory,
  layout: Layout,
  data: EncodedRows,
  signal?: AbortSignal,
): Promise<Scores | undefined> => {
  const feed = createFeed({ session, memory, layout, staging: layout.inference, data, noise: [], seed: 0 });
  const pacer = createPacer(50);
  const outputs = Object.entries(session.outputs).map(([name, output]) => {
    const width = output.length / session.rows;
    return { name, output, width, all: new Float64Array(data.rows * width) };
  });
  weightCopies(session, memory, layout).copy();
  for (let start = 0; start < data.rows; start += session.rows) {
    const real = feed.fill(0, undefined, start, Math.min(session.rows, data.rows - start), 0);
    await session.run();
    for (const { output, width, all } of outputs)
      all.set(real === session.rows ? output : output.subarray(0, real * width), start * width);
    if (pacer.due()) {
      await pause();
      if (signal?.aborted === true) return undefined;
    }
  }
  const of = (kind: string): readonly (readonly [name: string, values: Float64Array])[] =>
    outputs.flatMap(({ name, all }) => (name.startsWith(`${kind}.`) ? [[name.slice(kind.length + 1), all] as const] : []));
  return {
    logits: Object.fromEntries(of('logit')),
    predictions: Object.fromEntries(of('prediction')),
    outputs: Object.fromEntries(of('output').map(([name, values]) => [name, { shape: shapeOf(graph, name), values }])),
  };
};

const shapeOf = ({ graph }: InferenceGraph, output: string): readonly number[] =>
  (graph.nodes[graph.outputs[`output.${output}`] ?? -1]?.shape ?? []).filter((size) => typeof size === 'number');
