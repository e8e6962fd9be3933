import { updateRules } from '../graph/update/rules.js';
import type { Memory } from './kernels.js';
import type { Staging, TableLayout } from './layout.js';

/** Merges the gradients of a table's rows over all sites, each in row order; padding is left out. Returns how many rows were touched. */
export const tableMerge = ({ kernels }: Memory, staging: Staging, table: TableLayout): ((count: number) => number) => {
  const { merge, slotStride } = table;
  if (merge === undefined) return () => 0;
  const sites = staging.sites.filter((site) => site.table === table.name);
  const { slotOf, touched, merged } = merge;
  return (count) => {
    let found = 0;
    for (const site of sites)
      for (let shard = 0; shard * staging.rows < count; shard++) {
        const rows = Math.min(staging.rows, count - shard * staging.rows);
        const ids = site.ids + shard * site.idStride;
        const gradients = site.gradients + shard * site.stride;
        if (site.pool === undefined)
          found = kernels.mergeRows(ids, rows, gradients, site.dim, slotStride, slotOf, touched, merged, found);
        else {
          const offsets = site.offsets + shard * (staging.rows + 1);
          const mean = site.pool === 'mean';
          found = kernels.mergeBags(ids, offsets, rows, gradients, site.dim, mean, slotStride, slotOf, touched, merged, found);
        }
      }
    return found;
  };
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
