import type { EncodedRows } from '../encode/program.js';
import { elementsOf } from '../graph/shapes.js';
import type { InferenceGraph } from '../graph/step.js';
import { weightCopies } from './copies.js';
import type { Session } from './engine.js';
import { createFeed } from './feed.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import { createPacer, pause } from './pause.js';
import type { Share } from './step.js';
import { alone } from './step.js';

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

/** All values of each output of a graph, one row after the other. */
export type Columns = Readonly<Record<string, Float64Array>>;

/** @param shared For workers to write into. */
export const emptyColumns = ({ graph }: InferenceGraph, rows: number, shared = false): Columns =>
  Object.fromEntries(
    Object.entries(graph.outputs).map(([name, id]) => {
      const count = rows * elementsOf(graph.nodes[id]?.shape ?? [], 1);
      return [name, shared ? new Float64Array(new SharedArrayBuffer(8 * count)) : new Float64Array(count)];
    }),
  );

export interface ScorePart {
  readonly session: Session;
  readonly memory: Memory;
  readonly layout: Layout;
  readonly data: EncodedRows;
  /** What rows are scored into. */
  readonly columns: Columns;
  /** Shard of `Layout.inference` that is this worker's. */
  readonly region: number;
}

/** One worker's part of all rows, a session's rows at a time; returns early when `ends`, asked after each time, says so. */
export const createScoring = (part: ScorePart): ((share: Share, ends: () => boolean | Promise<boolean>) => Promise<void>) => {
  const { session, memory, layout, data, columns, region } = part;
  const { rows } = session;
  const feed = createFeed({ session, memory, layout, staging: layout.inference, data, noise: [], seed: 0 });
  const weights = weightCopies(session, memory, layout);
  const outputs = Object.entries(session.outputs).flatMap(([name, output]) => {
    const all = columns[name];
    return all === undefined ? [] : [{ output, all, width: output.length / rows }];
  });
  return async (share, ends) => {
    weights.copy();
    for (let p = share.next(-1); p * rows < data.rows; p = share.next(p)) {
      // A feed counts a batch's rows from its first shard on.
      const start = (p - region) * rows;
      const real = feed.fill(region, undefined, start, data.rows - start, 0);
      await session.run();
      for (const { output, width, all } of outputs)
        all.set(real === rows ? output : output.subarray(0, real * width), p * rows * width);
      if (await ends()) return;
    }
  };
};

/** Runs an inference session over all rows, in their order. Undefined if the signal stopped it. */
export const score = async (
  { graph, session }: Scorer,
  memory: Memory,
  layout: Layout,
  data: EncodedRows,
  signal?: AbortSignal,
): Promise<Scores | undefined> => {
  const columns = emptyColumns(graph, data.rows);
  const pacer = createPacer(50);
  const stopped = (): boolean => signal?.aborted === true;
  await createScoring({ session, memory, layout, data, columns, region: 0 })(alone, async () => {
    if (pacer.due()) await pause();
    return stopped();
  });
  return stopped() ? undefined : scoresOf(graph, columns);
};

export const scoresOf = (graph: InferenceGraph, columns: Columns): Scores => {
  const of = (kind: string): readonly (readonly [name: string, values: Float64Array])[] =>
    Object.entries(columns).flatMap(([name, all]) =>
      name.startsWith(`${kind}.`) ? [[name.slice(kind.length + 1), all] as const] : [],
    );
  return {
    logits: Object.fromEntries(of('logit')),
    predictions: Object.fromEntries(of('prediction')),
    outputs: Object.fromEntries(of('output').map(([name, values]) => [name, { shape: shapeOf(graph, name), values }])),
  };
};

const shapeOf = ({ graph }: InferenceGraph, output: string): readonly number[] =>
  (graph.nodes[graph.outputs[`output.${output}`] ?? -1]?.shape ?? []).filter((size) => typeof size === 'number');
