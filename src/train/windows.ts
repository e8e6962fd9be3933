import type { Dataset } from '../data/dataset.js';
import { readSplit } from '../data/dataset.js';
import type { RowFile } from '../data/row-file.js';
import type { EncodedData, EncodedRows } from '../encode/program.js';
import type { ColumnShape, RowsSummary } from '../encode/row-groups.js';
import { columnValues, sharedRows, sliceRows } from '../encode/row-groups.js';
import type { SplitName } from '../encode/split.js';
import { permute, stream } from '../graph/random.js';
import type { StepGraph } from '../graph/step.js';
import type { Crew } from './crew.js';
import { trainError } from './errors.js';
import type { Orders } from './orders.js';
import type { Plan, WindowPlan } from './plan.js';
import { nothingReached } from './position.js';
import type { Scores } from './score.js';

/**
 * Training rows that stay in a file and come a window at a time. A window is some groups of the file, drawn by (seed, epoch), whose rows are
 * shuffled by (seed, epoch, window). There is room for two: while one is trained on, the next is read.
 */
export interface Windows {
  /** Training rows in all. */
  readonly rows: number;
  /** Room for two windows, and for the validation rows, or a part of them. */
  readonly data: EncodedData;
  /** What is measured: the rows of the first room, and the labels of all validation rows. */
  readonly measured: EncodedData;
  readonly orders: Orders;
  /** Where the rows of a step are that was run last, counted from 0 in its epoch. */
  readonly batchAt: (
    epoch: number,
    step: number,
  ) => { readonly data: EncodedData; readonly order: Int32Array; readonly start: number };
  /** A crew that reads, too: its steps are those of whole epochs. */
  readonly lead: (crew: Crew) => Crew;
}

export interface WindowsRequest {
  readonly dataset: Dataset & { readonly file: RowFile };
  readonly plan: Plan & { readonly window: WindowPlan };
  readonly seed: number;
  readonly shuffles: boolean;
}

/** @throws TrainError `rows-in-file` for a loss that asks how frequent each id is among all training rows */
export const refuseFrequencies = ({ graph }: Pick<StepGraph, 'graph'>): void => {
  if (!graph.nodes.some((node) => node.kind === 'input' && node.name.startsWith('frequency.'))) return;
  throw trainError(
    'rows-in-file',
    'the loss has log_frequency, which is counted over rows in memory, and the rows are too many for it; ' +
      'more memory for rows (--memory), or fewer rows',
  );
};

/** Parts of the budget: of the two windows together, and of validation rows. */
const trainingShare = 0.6;
const validationShare = 0.25;

/** Windows that fit into the budget, and hold a batch. */
export const planWindows = ({ file, budget }: { readonly file: RowFile; readonly budget: number }, batch: number): WindowPlan => {
  const { groupRows } = file;
  const bytes = bytesOfRow(file.summaries.train) + bytesOfOrder;
  const fitting = Math.floor((budget * trainingShare) / 2 / (groupRows * bytes));
  const all = file.groups('train').length;
  return { groupRows, groups: Math.min(all, Math.max(1, fitting, Math.ceil(batch / groupRows))) };
};

const bytesOfOrder = 4;

const bytesOfRow = ({ rows, columns }: RowsSummary): number =>
  columns.reduce((sum, { kind, count }) => sum + (4 * count) / Math.max(1, rows) + (kind === 'bag' ? 4 : 0), 0);

/** One window of an epoch: which groups, and which steps of the epoch. */
interface Window {
  readonly groups: readonly number[];
  readonly rows: number;
  readonly from: number;
  readonly to: number;
}

/** The windows of an epoch. A last group that is shorter than the others comes last, so that every epoch has as many steps. */
export const windowsOfEpoch = (
  sizes: readonly number[],
  { batch, window }: Pick<Plan, 'batch'> & { readonly window: WindowPlan },
  seed: number,
  epoch: number,
  shuffles: boolean,
): readonly Window[] => {
  const order = Int32Array.from(sizes, (_, i) => i);
  const whole = sizes.findIndex((rows) => rows < window.groupRows);
  if (shuffles) permute(stream(seed, `groups/${epoch}`), whole < 0 ? order : order.subarray(0, whole));
  const windows: Window[] = [];
  let from = 0;
  for (let i = 0; i < order.length; i += window.groups) {
    const groups = [...order.subarray(i, i + window.groups)];
    const rows = groups.reduce((sum, group) => sum + (sizes[group] ?? 0), 0);
    windows.push({ groups, rows, from, to: from + Math.ceil(rows / batch) });
    from += Math.ceil(rows / batch);
  }
  return windows;
};

/** @throws what reading the file throws */
export const openWindows = async ({ dataset, plan, seed, shuffles }: WindowsRequest): Promise<Windows> => {
  const { file, budget, program, state, counts } = dataset;
  const { window } = plan;
  const sizes = file.groups('train');
  const places = window.groups * window.groupRows;
  // A bag ends where the next begins, so that the second room begins a row later.
  const stride = places + 1;
  const rooms = roomFor(file, 'train', window.groups, 2, stride);
  const buffers = [0, 1].map(() => new Int32Array(new SharedArrayBuffer(4 * places)));
  const valid = await openValidation(file, budget * validationShare);
  const empty = sliceRows(valid.room, 0, 0);
  const base = { program, state, counts };
  let known: { readonly epoch: number; readonly windows: readonly Window[] } | undefined;
  const windowsOf = (epoch: number): readonly Window[] => {
    if (known?.epoch !== epoch) known = { epoch, windows: windowsOfEpoch(sizes, plan, seed, epoch, shuffles) };
    return known.windows;
  };
  const perEpoch = windowsOf(1).length;
  const load = async (n: number): Promise<void> => {
    const epoch = 1 + Math.floor(n / perEpoch);
    const w = n % perEpoch;
    const { groups, rows } = windowsOfEpoch(sizes, plan, seed, epoch, shuffles)[w] ?? { groups: [], rows: 0 };
    const first = (n % 2) * stride;
    await file.read('train', groups, rooms.rows, first, (n % 2) * rooms.ids);
    const order = buffers[n % 2]?.subarray(0, rows);
    order?.forEach((_, i) => (order[i] = first + i));
    if (shuffles && order) permute(stream(seed, `shuffle/${epoch}/${w}`), order);
  };
  const held: { n: number; ready: Promise<void> }[] = [];
  /** The window is read now, unless it was read ahead. */
  const hold = (n: number): Promise<void> => {
    const found = held[n % 2];
    if (found?.n === n) return found.ready;
    const before = found?.ready.catch(() => undefined) ?? Promise.resolve();
    const ready = before.then(() => load(n));
    ready.catch(() => undefined);
    held[n % 2] = { n, ready };
    return ready;
  };
  const data = { ...base, train: rooms.rows, valid: valid.room, test: empty };
  return {
    rows: file.summaries.train.rows,
    data,
    measured: {
      ...base,
      train: sliceRows(rooms.rows, 0, Math.min(places, file.summaries.train.rows)),
      valid: { ...empty, rows: file.summaries.valid.rows, labels: valid.labels },
      test: empty,
    },
    // Each window has its own; a stretch says which.
    orders: { buffers, take: () => 0, makeNext: () => undefined },
    batchAt: (epoch, step) => {
      const windows = windowsOf(epoch);
      const w = windows.findIndex(({ to }) => step < to);
      const [from = 0, rows = 0] = [windows[w]?.from, windows[w]?.rows];
      const order = buffers[((epoch - 1) * perEpoch + w) % 2]?.subarray(0, rows) ?? new Int32Array(0);
      return { data, order, start: (step - from) * plan.batch };
    },
    lead: (crew) => lead(crew, windowsOf, hold, valid),
  };
};

interface Validation {
  /** All validation rows, or room for a part of them. */
  readonly room: EncodedRows;
  readonly labels: EncodedRows['labels'];
  /** Parts of the rows, which are read into the room one after the other; undefined if all are there. */
  readonly parts: readonly { readonly rows: number; readonly read: () => Promise<unknown> }[] | undefined;
}

const openValidation = async (file: RowFile, budget: number): Promise<Validation> => {
  const summary = file.summaries.valid;
  if (summary.rows * bytesOfRow(summary) <= budget) {
    const room = await readSplit(file, 'valid');
    return { room, labels: room.labels, parts: undefined };
  }
  const { parts, room } = partsOf(file, 'valid', budget);
  const labels: Record<string, Float32Array> = {};
  for (const name of Object.keys(room.labels)) labels[name] = new Float32Array(summary.rows);
  let row = 0;
  for (const { read, rows } of parts) {
    await read();
    for (const [name, values] of Object.entries(room.labels)) labels[name]?.set(values.subarray(0, rows), row);
    row += rows;
  }
  // Whoever plans by the room must not see the part that was read last.
  fillForAll(room, summary);
  return { room, labels, parts };
};

/** The rows of a split in parts that fit into so many bytes, and room for one of them. */
const partsOf = (
  file: RowFile,
  split: SplitName,
  budget: number,
): { readonly room: EncodedRows; readonly parts: NonNullable<Validation['parts']> } => {
  const sizes = file.groups(split);
  const groups = Math.max(1, Math.floor(budget / (file.groupRows * bytesOfRow(file.summaries[split]))));
  const room = roomFor(file, split, groups, 1, groups * file.groupRows).rows;
  const parts = Array.from({ length: Math.ceil(sizes.length / groups) }, (_, part) => {
    const own = sizes.map((_, i) => i).slice(part * groups, (part + 1) * groups);
    return {
      rows: own.reduce((sum, group) => sum + (sizes[group] ?? 0), 0),
      read: async () => emptyBehind(room, await file.read(split, own, room, 0, 0)),
    };
  });
  return { room, parts };
};

/** Bags of rows that a part does not fill: what stood there of a longer one would reach over ids of this. */
const emptyBehind = ({ bags }: EncodedRows, rows: number): void => {
  for (const { offsets } of Object.values(bags)) offsets.fill(offsets[rows] ?? 0, rows + 1);
};

/** Room for so many groups, `count` times, with `stride` rows from one to the next; `fillForAll` until rows are read. */
const roomFor = (
  file: RowFile,
  split: SplitName,
  groups: number,
  count: number,
  stride: number,
): { readonly rows: EncodedRows; readonly ids: number } => {
  const { columns } = file.summaries[split];
  const sizes = file.groups(split);
  const largest = (shape: ColumnShape): number =>
    sizes
      .map((_, group) => file.idsIn(split, group, shape.name))
      .sort((a, b) => b - a)
      .slice(0, groups)
      .reduce((sum, ids) => sum + ids, 0);
  const ids = Math.max(0, ...columns.filter(({ kind }) => kind === 'bag').map(largest));
  const rows = sharedRows(count * stride, columns, () => count * ids);
  fillForAll(rows, file.summaries[split]);
  return { rows, ids };
};

/** Every row gets the largest ids, and as many as any row has: whoever plans by them plans for all rows. */
const fillForAll = (rows: EncodedRows, { columns }: RowsSummary): void => {
  for (const { longest, largest, ...shape } of columns) {
    const { values, offsets } = columnValues(rows, shape);
    if (shape.kind === 'id' || shape.kind === 'bag') values.fill(largest);
    offsets?.forEach((_, i) => (offsets[i] = i * longest));
  }
};

/** Does the steps of an epoch window by window, and scores validation rows part by part. */
const lead = (
  crew: Crew,
  windowsOf: (epoch: number) => readonly Window[],
  hold: (n: number) => Promise<void>,
  valid: Validation,
): Crew => {
  let epoch = 1;
  return {
    ...crew,
    beginEpoch: (next, reached) => {
      epoch = next;
      crew.beginEpoch(next, reached);
    },
    run: async (stretch, watch, signal, clock) => {
      const windows = windowsOf(epoch);
      let reached = crew.reached() ?? nothingReached;
      for (let at = stretch.from; at < stretch.to;) {
        const w = windows.findIndex(({ to }) => at < to);
        const window = windows[w];
        if (window === undefined) break;
        const n = (epoch - 1) * windows.length + w;
        await hold(n);
        void hold(n + 1);
        const end = Math.min(window.to, stretch.to);
        const asked = { pause: false };
        reached = await crew.run(
          {
            from: at - window.from,
            to: end - window.from,
            before: stretch.before + window.from,
            order: n % 2,
            rows: window.rows,
          },
          (own) => (asked.pause = watch(own) || asked.pause),
          signal,
          clock?.subarray(at - stretch.from),
        );
        if (asked.pause || signal?.aborted === true || !Number.isFinite(reached.lastLoss) || reached.step < end) break;
        at = end;
      }
      return reached;
    },
    score: async (signal) => {
      if (valid.parts === undefined) return crew.score(signal);
      const all: { readonly rows: number; readonly scores: Scores }[] = [];
      for (const { read, rows } of valid.parts) {
        await read();
        const scores = await crew.score(signal);
        if (scores === undefined) return undefined;
        all.push({ rows, scores: firstRows(scores, rows, valid.room.rows) });
      }
      return joined(all);
    },
  };
};

/** Copies of the scores of the first rows. */
const firstRows = ({ logits, predictions }: Scores, rows: number, of: number): Scores => {
  const cut = (columns: Scores['logits']): Scores['logits'] =>
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values.slice(0, (values.length / of) * rows)]));
  return { logits: cut(logits), predictions: cut(predictions), outputs: {} };
};

const joined = (all: readonly { readonly scores: Scores }[]): Scores => {
  const join = (of: (scores: Scores) => Scores['logits']): Scores['logits'] => {
    const [first] = all;
    return Object.fromEntries(
      Object.keys(first ? of(first.scores) : {}).map((name) => {
        const parts = all.flatMap(({ scores }) => of(scores)[name] ?? []);
        const values = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
        let at = 0;
        for (const part of parts) {
          values.set(part, at);
          at += part.length;
        }
        return [name, values];
      }),
    );
  };
  return { logits: join(({ logits }) => logits), predictions: join(({ predictions }) => predictions), outputs: {} };
};

/** Rows of a part of those in memory: between two parts there is time for progress and signals. */
const rowsOfPart = 2 ** 16;

const partsInMemory = (rows: EncodedRows): Parts => {
  const starts = Array.from({ length: Math.ceil(rows.rows / rowsOfPart) }, (_, part) => part * rowsOfPart);
  return starts.map((from) => () => Promise.resolve(sliceRows(rows, from, Math.min(rows.rows, from + rowsOfPart))));
};

const partsInFile = (file: RowFile, split: SplitName, budget: number): Parts => {
  const { room, parts } = partsOf(file, split, budget);
  return parts.map(({ read, rows }) => async () => {
    await read();
    return sliceRows(room, 0, rows);
  });
};

type Parts = readonly (() => Promise<EncodedRows>)[];

export interface SplitRequest {
  readonly dataset: Pick<Dataset, 'file' | 'rows' | 'budget' | 'summaries'>;
  readonly split: SplitName;
  readonly predict: (rows: EncodedRows) => Promise<Scores>;
  readonly signal?: AbortSignal | undefined;
  /** Told how many rows are done. */
  readonly onRows?: (done: number) => void;
}

/**
 * Scores a split part by part, whether it is in memory or in a file: what is held of all its rows are logits and labels.
 * @throws the signal's reason, if that stops it
 */
export const scoreSplit = async ({
  dataset,
  split,
  predict,
  signal,
  onRows,
}: SplitRequest): Promise<{ readonly logits: Scores['logits']; readonly labels: EncodedRows['labels'] }> => {
  const { file, rows, budget, summaries } = dataset;
  const parts = file ? partsInFile(file, split, budget * validationShare) : rows ? partsInMemory(rows[split]) : [];
  const count = summaries[split].rows;
  const logits: Record<string, Float64Array> = {};
  const labels: Record<string, Float32Array> = {};
  let done = 0;
  for (const next of parts) {
    const part = await next();
    signal?.throwIfAborted();
    const scores = await predict(part);
    for (const [name, values] of Object.entries(scores.logits)) {
      const width = values.length / part.rows;
      (logits[name] ??= new Float64Array(count * width)).set(values, done * width);
    }
    for (const [name, values] of Object.entries(part.labels)) (labels[name] ??= new Float32Array(count)).set(values, done);
    done += part.rows;
    onRows?.(done);
  }
  return { logits, labels };
};
