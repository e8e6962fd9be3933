import { averageShare, decayOf, stepBase } from '../graph/update/decay.js';
import type { Kernels, Memory } from './kernels.js';
import type { Layout, UpdateLayout } from './layout.js';
import type { TableLayout } from './table-layout.js';
import { slotPlace } from './table-layout.js';
import { readRows } from './table-rows.js';
import type { Weights } from './weights.js';
import { copyWeights, tableWeight, viewState } from './weights.js';

interface TableAverage {
  readonly momentum: number;
  /** From the beginning of a row. */
  readonly offset: number;
  /** Where the step stands that a row's average is up to date with; absent where every step moves every row. */
  readonly averagedAt?: number;
}

const averageOf = (table: TableLayout): TableAverage | undefined => {
  const average = table.update?.average;
  if (average === undefined) return undefined;
  const { momentum, slot, isLazy } = average;
  const { offset } = slotPlace(table, slot);
  return { momentum, offset, ...(isLazy && { averagedAt: slotPlace(table, slot + 1).offset }) };
};

/** Rows of a segment: where the segment is, and which of its rows, whose gradients come one after the other. */
export interface ListedRows {
  readonly at: number;
  readonly touched: number;
  readonly count: number;
  readonly gradients: number;
}

/** Updates the rows that a step has touched, and their moving averages. */
export const updateListed = (kernels: Kernels, table: TableLayout, rows: ListedRows, step: number): void => {
  const { update, rowStride, slotStride } = table;
  if (update === undefined) return;
  const { at, touched, count, gradients } = rows;
  const average = averageOf(table);
  if (average?.averagedAt !== undefined) {
    const { momentum, offset, averagedAt } = average;
    kernels.catchUp(at, rowStride, slotStride, offset, averagedAt, touched, count, step - 1, step, momentum);
  }
  kernels.updates[update.name].rows(at, rowStride, slotStride, touched, count, gradients, update.scalars);
  if (average !== undefined)
    kernels.average(at, rowStride, slotStride, average.offset, touched, count, averageShare(average.momentum, step));
};

/** Rows `from` ≤ r < `to` of a segment, and where the places of their gradients are. */
export interface SweptRows {
  readonly at: number;
  readonly placeOf: number;
  readonly from: number;
  readonly to: number;
  readonly gradients: number;
}

/** Updates rows whether a step has touched them or not, and their moving averages. */
export const updateSwept = (kernels: Kernels, table: TableLayout, rows: SweptRows, step: number): void => {
  const { update, rowStride, slotStride } = table;
  if (update === undefined) return;
  const { at, placeOf, from, to, gradients } = rows;
  kernels.updates[update.name].sweep(at, rowStride, slotStride, placeOf, from, to, gradients, update.scalars);
  const average = averageOf(table);
  if (average === undefined) return;
  const share = averageShare(average.momentum, step);
  kernels.average(at + from * rowStride, rowStride, slotStride, average.offset, undefined, to - from, share);
};

/** The layout in which the averages stand where the weights do: what is read by it are the weights that a run is after. */
export const averagedLayout = (layout: Layout): Layout => {
  const placeOf = ({ average }: UpdateLayout, slotStride: number): number =>
    average === undefined ? 0 : (average.slot + 1) * slotStride;
  return {
    ...layout,
    dense: {
      ...layout.dense,
      parameters: layout.dense.parameters.map((place) => {
        const { training, at } = place;
        return training === undefined ? place : { ...place, at: at + placeOf(training.update, training.slotStride) };
      }),
    },
    tables: layout.tables.map((table) => {
      const offset = averageOf(table)?.offset ?? 0;
      return { ...table, segments: table.segments.map((segment) => ({ ...segment, at: segment.at + offset })) };
    }),
  };
};

/** Brings the averages of all rows up to date with step `step`, so that they can be read where they are. */
export const settleAverages = ({ banks }: Memory, { tables }: Layout, step: number): void => {
  for (const table of tables) {
    const average = averageOf(table);
    if (average?.averagedAt === undefined) continue;
    const { momentum, offset, averagedAt } = average;
    const { rowStride, slotStride } = table;
    for (const { bank, at, rows } of table.segments)
      banks[bank]?.kernels.catchUp(at, rowStride, slotStride, offset, averagedAt, undefined, rows, step, step, momentum);
  }
};

/** A copy of the weights that a run is after: the moving averages, where it has them. It leaves all as it is, so that training can go on from it. */
export const copyAverages = (memory: Memory, layout: Layout, step: number): Weights => {
  const copied = copyWeights(viewState(memory, averagedLayout(layout), step, 0));
  for (const table of layout.tables) {
    const average = averageOf(table);
    const copy = copied.tables.find(({ name }) => name === tableWeight(table.name));
    if (average?.averagedAt !== undefined && copy !== undefined) catchUpCopy(memory, table, average, copy.values, step);
  }
  return copied;
};

/** Rows that are read at once. */
const rowsAtOnce = 4096;

const catchUpCopy = (
  memory: Memory,
  table: TableLayout,
  { momentum, averagedAt = 0 }: TableAverage,
  averages: Weights['tables'][number]['values'],
  step: number,
): void => {
  const { rows, dim } = table;
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const last = Math.min(rows, first + rowsAtOnce);
    const weights = readRows(memory, table, { offset: 0, width: dim }, first, last);
    const steps = readRows(memory, table, { offset: averagedAt, width: 2 }, first, last);
    for (let r = 0; r < last - first; r++) {
      const before = stepBase * (steps[2 * r] ?? 0) + (steps[2 * r + 1] ?? 0);
      const left = decayOf(momentum, step - before);
      if (step <= before) continue;
      for (let i = r * dim; i < (r + 1) * dim; i++) {
        const w = weights[i] ?? NaN;
        averages[first * dim + i] = w + left * ((averages[first * dim + i] ?? NaN) - w);
      }
    }
  }
};
