import { updateRules } from '../graph/update/rules.js';
import type { Memory } from './kernels.js';
import type { SiteLayout, Staging, TableLayout } from './layout.js';

/** Merges the gradients of a table's rows over all sites, each in row order; padding is left out, by count. Returns how many rows were touched. */
export const tableMerge = (memory: Memory, staging: Staging, table: TableLayout): ((count: number) => number) => {
  const { merge } = table;
  if (merge === undefined) return () => 0;
  const sites = staging.sites
    .filter((site) => site.table === table.name)
    .map((site) => siteMerge(memory, staging, site, table.slotStride, merge));
  return (count) => {
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

/** Updates the touched rows, or all of them if the update is exact and moves rows without a gradient; then forgets which were touched. */
export const updateTable = ({ kernels }: Memory, table: TableLayout, touchedRows: number): void => {
  const { update, merge, at, rowStride, slotStride, rows } = table;
  if (update === undefined || merge === undefined) return;
  const kernel = kernels.updates[update.name];
  if (update.exact && updateRules[update.name].movesUntouched)
    kernel.sweep(at, rowStride, slotStride, merge.slotOf, 0, rows, merge.merged, update.scalars);
  else kernel.rows(at, rowStride, slotStride, merge.touched, touchedRows, merge.merged, update.scalars);
  kernels.forgetRows(merge.slotOf, merge.touched, touchedRows);
};
