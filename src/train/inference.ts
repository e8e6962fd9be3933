import type { EncodedRows } from '../encode/program.js';
import { forEngine } from '../graph/pipeline.js';
import type { InferenceGraph } from '../graph/step.js';
import type { CheckedModel } from '../model/model.js';
import { weightCopies } from './copies.js';
import type { Cut } from './cut.js';
import { cutRows } from './cut.js';
import type { Engine, Session } from './engine.js';
import type { Feed } from './feed.js';
import { createFeed } from './feed.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import { planLayout } from './layout.js';
import { bagsOf, checkIds } from './lookups.js';
import { isFloat64, reserve } from './memory.js';
import type { Evaluation } from './metrics.js';
import { measure } from './metrics.js';
import { createPacer, pause } from './pause.js';
import { inferencePlan } from './plan.js';
import type { Columns, Scores } from './score.js';
import { emptyColumns, scoresOf } from './score.js';
import type { Weights } from './weights.js';
import { restoreWeights, tableWeight } from './weights.js';

export interface InferenceOptions {
  readonly model: Pick<CheckedModel, 'labels' | 'metrics' | 'network' | 'tables'>;
  /** Of the labels and outputs that are asked for: `evaluate` needs all labels. */
  readonly graph: InferenceGraph;
  /** Those that the graph reads, at least. */
  readonly weights: Weights;
  readonly engine: Engine;
  /** Of runs of many rows. */
  readonly threads?: number;
}

/** A trained model at work. A row gets the same numbers among any others. Calls wait for each other. */
export interface Inference {
  /** What the graph gives, of all rows. @throws the signal's reason, if that stops it */
  readonly predictRows: (rows: EncodedRows, signal?: AbortSignal) => Promise<Scores>;
  /** Loss and the model's metrics over all rows, which need labels. @throws the signal's reason, if that stops it. */
  readonly evaluate: (rows: EncodedRows, signal?: AbortSignal) => Promise<Evaluation>;
  /** Makes the sessions for few rows now, which the first such rows would wait for. */
  readonly warm: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Rows of the sessions for few rows. None is for one row: engines have other kernels for that, which round otherwise. */
const fewRows = [2, 16, 128];

/** Ids of a bag that a row has room for, if all rows of a run have as many. */
const roomyBag = 32;

/** @throws TrainError `weight-missing` if the weights are not the model's, `out-of-memory` if they have no room. */
export const openModel = async ({ model, weights, engine, threads = 1, ...options }: InferenceOptions): Promise<Inference> => {
  const graph = forEngine(options.graph);
  const plan = inferencePlan(graph.graph);
  const { inferenceRows } = plan;
  const sizes = [...fewRows.filter((rows) => 2 * rows <= inferenceRows), inferenceRows];
  const sessions = new Map<number, Session>();
  const sessionOf = async (size: number): Promise<Session> => {
    const known = sessions.get(size);
    if (known !== undefined) return known;
    const made = await engine.prepare(graph, { rows: size, threads: size === inferenceRows ? threads : 1 });
    sessions.set(size, made);
    return made;
  };
  const inFloat64 = isFloat64(await sessionOf(inferenceRows));
  const { parameters, states, sites } = graph;
  const read = new Set(sites.map(({ table }) => table));
  const tables = model.tables
    .filter(({ name }) => read.has(name))
    .map(({ name, dim, l2, initializer }) => ({
      name,
      rows: weights.tables.find((table) => table.name === tableWeight(name))?.shape[0] ?? 0,
      dim,
      l2,
      initializer,
    }));
  const bags = [...new Set(sites.flatMap(({ feature, form }) => (form === 'mean' || form === 'sum' ? [feature] : [])))];
  const makeRoom = (bagIds: number): Room => {
    const layout = planLayout({ parameters, states, tables, sites, plan, rows: [oneLongRow(bags, bagIds)] });
    const memory = reserve(layout, inFloat64);
    restoreWeights(memory, layout, weights);
    return { bagIds, layout, memory, weighed: new Set() };
  };
  let room = makeRoom(roomyBag * inferenceRows);

  /** Memory for these rows; a bag longer than any before needs a new one. */
  const roomFor = (rows: EncodedRows): Room => {
    const longest = bags.reduce((most, feature) => Math.max(most, longestBag(bagsOf(rows, feature))), 0);
    if (longest > room.bagIds) room = makeRoom(2 * longest);
    checkIds(rows, room.layout.inference, room.layout);
    return room;
  };

  const run = async (data: EncodedRows, signal?: AbortSignal): Promise<Columns> => {
    const columns = emptyColumns(graph, data.rows);
    if (data.rows === 0) return columns;
    const { bagIds, layout, memory, weighed } = roomFor(data);
    const fits = (start: number, count: number): boolean =>
      bags.every((feature) => idsBetween(bagsOf(data, feature), start, start + count) <= bagIds);
    const feeds = new Map<number, Feed>();
    const pacer = createPacer(50);
    for (const cut of cutRows(data.rows, sizes, fits)) {
      const session = await sessionOf(cut.size);
      if (!weighed.has(session)) weightCopies(session, memory, layout).copy();
      weighed.add(session);
      const staging = { ...layout.inference, rows: cut.size };
      const feed = feeds.get(cut.size) ?? createFeed({ session, memory, layout, staging, data, noise: [], seed: 0 });
      feeds.set(cut.size, feed);
      feed.fill(0, undefined, cut.start, cut.count, 0);
      await session.run();
      copyOutputs(session, columns, cut);
      if (pacer.due()) await pause();
      signal?.throwIfAborted();
    }
    return columns;
  };

  const inTurn = createTurns();
  const scores = async (rows: EncodedRows, signal?: AbortSignal): Promise<Scores> =>
    scoresOf(graph, await inTurn(() => run(rows, signal)));
  return {
    predictRows: scores,
    evaluate: async (rows, signal) => measure(model, (await scores(rows, signal)).logits, rows.labels),
    warm: () =>
      inTurn(async () => {
        for (const size of sizes) await sessionOf(size);
      }),
    close: () =>
      inTurn(async () => {
        for (const session of sessions.values()) await session.close();
        sessions.clear();
      }),
  };
};

interface Room {
  /** Most ids of each bag that a run has room for. */
  readonly bagIds: number;
  readonly layout: Layout;
  readonly memory: Memory;
  /** Sessions that have the weights. */
  readonly weighed: Set<Session>;
}

type Bag = EncodedRows['bags'][string];

const idsBetween = ({ offsets }: Bag, start: number, end: number): number => (offsets[end] ?? 0) - (offsets[start] ?? 0);

const longestBag = ({ offsets }: Bag): number => {
  let longest = 0;
  for (let r = 0; r + 1 < offsets.length; r++) longest = Math.max(longest, (offsets[r + 1] ?? 0) - (offsets[r] ?? 0));
  return longest;
};

/** What a layout is asked for to have room for so many ids. */
const oneLongRow = (bags: readonly string[], ids: number): EncodedRows => ({
  rows: 1,
  ids: {},
  bags: Object.fromEntries(bags.map((feature) => [feature, { ids: new Int32Array(0), offsets: Int32Array.of(0, ids) }])),
  dense: {},
  labels: {},
});

const copyOutputs = (session: Session, columns: Columns, { start, count, size }: Cut): void => {
  for (const [name, all] of Object.entries(columns)) {
    const output = session.outputs[name];
    if (output === undefined) continue;
    const width = output.length / size;
    all.set(count === size ? output : output.subarray(0, count * width), start * width);
  }
};

/** Does one thing after the other: a session's buffers are for one run at a time. */
const createTurns = (): (<T>(work: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => undefined);
    return next;
  };
};
