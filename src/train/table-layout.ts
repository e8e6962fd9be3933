import { sweeps } from '../graph/update/cost.js';
import { rowSlotWidth } from '../graph/update/evaluate.js';
import { isRowWise } from '../graph/update/rules.js';
import type { Initializer } from '../model/model.js';
import type { Allocator } from './allocator.js';
import { roundUp } from './allocator.js';
import type { BankSize } from './kernels.js';
import type { IdColumn, Staging, UpdateLayout } from './layout.js';
import type { Segment, TableNeed } from './segments.js';

/** A table with its number of rows known. */
export interface SizedTable {
  readonly name: string;
  readonly rows: number;
  readonly dim: number;
  readonly l2: number;
  readonly initializer: Initializer;
  /** No step moves it. */
  readonly frozen?: true;
}

/** Where a slot of a table's row begins, from the row's beginning, and how many numbers it has. */
export interface SlotPlace {
  readonly offset: number;
  readonly width: number;
}

type SlotRow = Pick<TableLayout, 'update' | 'slotStride' | 'dim'>;

/** Numbers of slot s, one for each weight or a few of the row, and how many it takes. */
const slotSize = ({ update, slotStride, dim }: SlotRow, s: number): { readonly width: number; readonly taken: number } => {
  const { initialSlots = [], average, name = 'sgd' } = update ?? {};
  if (average !== undefined && s === average.slot + 1) return { width: 2, taken: rowSlotWidth };
  return s < initialSlots.length && isRowWise(name) ? { width: 1, taken: rowSlotWidth } : { width: dim, taken: slotStride };
};

/** The place of slot s: they come one after the other behind the weights. */
export const slotPlace = (row: SlotRow, s: number): SlotPlace => {
  let offset = row.slotStride;
  for (let before = 0; before < s; before++) offset += slotSize(row, before).taken;
  return { offset, width: slotSize(row, s).width };
};

/** Row r of a table is r − `from` times `rowStride` behind the beginning of its segment, and its slots behind it, as `slotPlace` says. */
export interface TableLayout extends SizedTable {
  /** In order of their rows, with no gap. */
  readonly segments: readonly Segment[];
  readonly slotStride: number;
  readonly rowStride: number;
  readonly update?: UpdateLayout;
  readonly merge?: MergeLayout;
}

/** Where the gradients of a table's rows are summed, in the first bank. Each of the distinct rows of a batch has a place. */
export interface MergeLayout {
  /** The columns of the table's sites, and where the places of their ids are: like the ids themselves. */
  readonly columns: readonly { readonly column: IdColumn; readonly places: number }[];
  /** 2^bits entries, by which a row's place is found. */
  readonly slots: number;
  readonly bits: number;
  /** How many distinct rows there are: a position in the ints. */
  readonly found: number;
  readonly touched: number;
  readonly merged: number;
  /** A power of two: in so many pieces the places are shared out. */
  readonly pieces: number;
  /** Squared norms by piece, in the doubles. */
  readonly norms: number;
}

/** Whether every row is updated: an exact update that moves rows without a gradient. */
export const isSwept = ({ update }: Pick<TableLayout, 'update'>): boolean =>
  update !== undefined && sweeps(update.name, update.exact);

/** The segment of a table that lies in the first bank as a whole, where kernels read it as it is; undefined for any other. */
export const wholeSegment = ({ segments }: TableLayout): Segment | undefined => {
  const [first] = segments;
  return first !== undefined && first.mirror === undefined ? first : undefined;
};

/** Gradients that are worth a piece of their own, and most pieces: each of them looks at all ids. */
const pieceNumbers = 2 ** 15;
const mostPieces = 8;

const distinctRows = (table: SizedTable, columns: readonly IdColumn[], shards: number): number =>
  Math.max(
    1,
    Math.min(
      table.rows,
      columns.reduce((sum, { stride }) => sum + stride * shards, 0),
    ),
  );

const columnsOf = (table: SizedTable, { sites }: Staging): readonly IdColumn[] => [
  ...new Set(sites.filter((site) => site.table === table.name).map(({ column }) => column)),
];

const layMerge = (table: SizedTable, training: Staging, allocate: Allocator): MergeLayout => {
  const columns = columnsOf(table, training);
  const distinct = distinctRows(table, columns, training.shards);
  const numbers = columns.reduce((sum, { stride }) => sum + stride * training.shards * table.dim, 0);
  const pieces = Math.min(mostPieces, 2 ** Math.max(0, Math.floor(Math.log2(numbers / pieceNumbers))));
  const bits = Math.ceil(Math.log2(2 * distinct));
  return {
    columns: columns.map((column) => ({ column, places: allocate.ints('gradients', column.stride * training.shards) })),
    bits,
    slots: allocate.ints('gradients', 2 ** bits),
    found: allocate.ints('gradients', 1),
    touched: allocate.ints('gradients', distinct),
    merged: allocate.floats([['gradients', distinct * roundUp(table.dim, 4)]]),
    pieces,
    norms: allocate.doubles(pieces),
  };
};

type PlaceTables = (needs: readonly TableNeed[]) => {
  readonly segments: readonly (readonly Segment[])[];
  readonly banks: readonly BankSize[];
};

export const layTables = (
  sized: readonly SizedTable[],
  training: Staging | undefined,
  updateOf: ((table: SizedTable) => UpdateLayout) | undefined,
  allocate: Allocator,
  place: PlaceTables,
): { readonly tables: readonly TableLayout[]; readonly banks: readonly BankSize[] } => {
  const merges = sized.map((table) => (training && table.frozen !== true ? layMerge(table, training, allocate) : undefined));
  const laid = sized.map((table, t): Omit<TableLayout, 'segments'> => {
    const update = table.frozen === true ? undefined : updateOf?.(table);
    const slotStride = roundUp(table.dim, 4);
    const row = { slotStride, dim: table.dim, ...(update && { update }) };
    const slots = slotPlace(row, update?.slots.length ?? 0).offset - slotStride;
    const merge = merges[t];
    allocate.count('tables', table.rows * slotStride);
    allocate.count('optimizer state', table.rows * (slots + (isSwept({ ...(update && { update }) }) ? 1 : 0)));
    return { ...table, slotStride, rowStride: slotStride + slots, ...(update && { update }), ...(merge && { merge }) };
  });
  const { segments, banks } = place(
    laid.map((table) => ({
      ...table,
      distinct:
        training === undefined || table.frozen === true ? 0 : distinctRows(table, columnsOf(table, training), training.shards),
      isSwept: isSwept(table),
    })),
  );
  return { tables: laid.map((table, t) => ({ ...table, segments: segments[t] ?? [] })), banks };
};
