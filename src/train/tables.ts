import { updateRules } from '../graph/update/rules.js';
import type { Memory } from './kernels.js';
import type { SiteLayout, Staging, TableLayout } from './layout.js';

/**
 * Forgets the `former` rows of the last step, and merges the gradients of a table's rows over all sites, each in row order; padding is
 * left out, by count. Returns how many rows were touched.
 */
export type TableMerge = (count: number, former: number) => number;

export const tableMerge = (memory: Memory, staging: Staging, table: TableLayout): TableMerge => {
  const { merge } = table;
  if (merge === undefined) return () => 0;
  const sites = staging.sites
    .filter((site) => site.table === table.name)
    .map((site) => siteMerge(memory, staging, site, table.slotStride, merge));
  return (count, former) => {
    memory.kernels.forgetRows(merge.slotOf, merge.touched, former);
    let found = 0;
    for (const mergeShard of sites)
      for (let shard = 0; shard * staging.rows < count; shard++)
        found = mergeShard(shard, Math.min(staging.rows, count - shard * staging.rows), found);
    return found;
  };
};

type SiteMerge = (shard: number, rows: number, found: number) => number;

const siteMerge = (
  { kernels }: Memory,
  staging: Staging,
  { column, dim, form, gradients, stride }: SiteLayout,
  slotStride: number,
  { slotOf, touched, merged }: NonNullable<TableLayout['merge']>,
): SiteMerge => {
  const ids = (shard: number): number => column.ids + shard * column.stride;
  const of = (shard: number): number => gradients + shard * stride;
  switch (column.form) {
    case 'row':
      return (shard, rows, found) =>
        kernels.mergeRows(ids(shard), rows, of(shard), dim, slotStride, slotOf, touched, merged, found);
    case 'bag': {
      const offsets = (shard: number): number => column.offsets + shard * (staging.rows + 1);
      const isMean = form === 'mean';
      return (shard, rows, found) =>
        kernels.mergeBags(ids(shard), offsets(shard), rows, of(shard), dim, isMean, slotStride, slotOf, touched, merged, found);
    }
    case 'sequence': {
      const { places, lengths } = column;
      return (shard, rows, found) => {
        const real = lengths + shard * staging.rows;
        return kernels.mergeSequences(ids(shard), real, rows, places, of(shard), dim, slotStride, slotOf, touched, merged, found);
      };
    }
    default:
      return column.form satisfies never;
  }
};

/** Numbers of a table, its slots included, that are updated at once. */
const pieceNumbers = 2 ** 15;

const rowsOfPiece = ({ rowStride }: TableLayout): number => Math.max(1, Math.floor(pieceNumbers / rowStride));

/** Whether every row is updated: an exact update that moves rows without a gradient. */
export const isSwept = ({ update }: Pick<TableLayout, 'update'>): boolean =>
  update?.exact === true && updateRules[update.name].movesUntouched;

/** In how many pieces the rows that a step updates are shared out. */
export const updatePieces = (table: TableLayout, touchedRows: number): number =>
  table.merge === undefined ? 0 : Math.ceil((isSwept(table) ? table.rows : touchedRows) / rowsOfPiece(table));

/** Updates one piece of the touched rows, or of all of them if the table is swept. */
export const updatePiece = ({ kernels }: Memory, table: TableLayout, touchedRows: number, piece: number): void => {
  const { update, merge, at, rowStride, slotStride, rows } = table;
  if (update === undefined || merge === undefined) return;
  const kernel = kernels.updates[update.name];
  const { slotOf, touched, merged } = merge;
  const from = piece * rowsOfPiece(table);
  const to = from + rowsOfPiece(table);
  if (isSwept(table)) kernel.sweep(at, rowStride, slotStride, slotOf, from, Math.min(rows, to), merged, update.scalars);
  else {
    const count = Math.min(touchedRows, to) - from;
    kernel.rows(at, rowStride, slotStride, touched + from, count, merged + from * slotStride, update.scalars);
  }
};
