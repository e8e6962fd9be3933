import { updateListed, updateSwept } from './average.js';
import type { Kernels, Memory } from './kernels.js';
import type { SiteLayout, Staging } from './layout.js';
import { addSplitRows, mirrorRows, updateSplitRows } from './split-tables.js';
import type { MergeLayout, TableLayout } from './table-layout.js';
import { isSwept, wholeSegment } from './table-layout.js';

/** What a step does with one trained table. */
export interface TableWork {
  /** Gives a place to every distinct row of the batch; padding is left out, by count. */
  readonly index: (count: number) => void;
  /** Sums the gradients of one piece of the places over all sites, each in row order, and adds L2. */
  readonly merge: (piece: number, count: number) => void;
  /** Squared norm of what a piece has merged. */
  readonly squaredNorm: (piece: number) => number;
  /** Of one piece, by a factor. */
  readonly scale: (piece: number, factor: number) => void;
  /** In how many pieces the rows that a step updates are shared out. */
  readonly updatePieces: () => number;
  /** Updates one piece of the touched rows, or of all of them if the table is swept. */
  readonly update: (piece: number, step: number) => void;
}

export const tableWork = (memory: Memory, staging: Staging, table: TableLayout): TableWork | undefined => {
  const { merge, update, slotStride, rowStride, l2, segments } = table;
  if (merge === undefined || update === undefined) return undefined;
  const { kernels, ints } = memory;
  const { pieces, touched, merged } = merge;
  const found = (): number => ints[merge.found] ?? 0;
  const placesIn = (piece: number): number => Math.max(0, Math.ceil((found() - piece) / pieces));
  const sites = staging.sites
    .filter((site) => site.table === table.name)
    .map((site) => siteMerge(kernels, staging, site, table, merge));
  const whole = wholeSegment(table);
  const isAll = isSwept(table);
  const perPiece = Math.max(1, Math.floor(pieceNumbers / rowStride));
  const sweeps = segments.map(({ rows }) => (isAll ? Math.ceil(rows / perPiece) : 0));

  /** Leaves in each segment the places of its rows: what a sweep reads. */
  const writePlaces = (piece: number): void => {
    for (let p = piece; p < found(); p += pieces) {
      const row = ints[touched + p] ?? 0;
      for (const { bank, from, rows, placeOf } of segments) {
        if (placeOf === undefined || row < from || row >= from + rows) continue;
        const places = memory.banks[bank]?.ints;
        if (places !== undefined) places[placeOf + row - from] = p + 1;
      }
    }
  };
  const sweep = (piece: number, step: number): void => {
    let s = 0;
    let first = 0;
    while (s < segments.length - 1 && piece >= first + (sweeps[s] ?? 0)) first += sweeps[s++] ?? 0;
    const segment = segments[s];
    const bank = memory.banks[segment?.bank ?? -1];
    if (segment?.placeOf === undefined || bank === undefined) return;
    const { at, rows, placeOf, mirror } = segment;
    const from = (piece - first) * perPiece;
    const to = Math.min(rows, from + perPiece);
    if (mirror !== undefined) mirrorRows(memory, bank, segment, merge, slotStride, from, to);
    const gradients = mirror?.merged ?? merged;
    updateSwept(bank.kernels, table, { at, placeOf, from, to, gradients }, step);
    bank.ints.fill(0, placeOf + from, placeOf + to);
  };

  return {
    index: (count) => {
      ints.fill(0, merge.slots, merge.slots + 2 ** merge.bits);
      ints[merge.found] = indexIds(kernels, staging, ints, merge, count);
    },
    merge: (piece, count) => {
      let known = 0;
      for (const mergeShard of sites)
        for (let shard = 0; shard * staging.rows < count; shard++)
          known = mergeShard(shard, Math.min(staging.rows, count - shard * staging.rows), piece, known);
      if (l2 !== 0) {
        if (whole === undefined) addSplitRows(memory, table, merge, piece);
        else kernels.addRows(merged, slotStride, touched, found(), pieces, piece, whole.at, rowStride, l2);
      }
      if (isAll) writePlaces(piece);
    },
    squaredNorm: (piece) => kernels.squaredNorm(merged + piece * slotStride, slotStride, placesIn(piece), pieces * slotStride),
    scale: (piece, factor) => {
      const [from, to] = [piece, piece + 1].map((k) => Math.floor((found() * k) / pieces)) as [number, number];
      kernels.scale(merged + from * slotStride, (to - from) * slotStride, factor);
    },
    updatePieces: () => (isAll ? sweeps.reduce((sum, n) => sum + n, 0) : Math.ceil(found() / perPiece)),
    update: (piece, step) => {
      if (isAll) return sweep(piece, step);
      const from = piece * perPiece;
      const count = Math.min(found() - from, perPiece);
      if (whole === undefined) return updateSplitRows(memory, table, merge, from, count, step);
      const rows = { at: whole.at, touched: touched + from, count, gradients: merged + from * slotStride };
      updateListed(kernels, table, rows, step);
    },
  };
};

/** Numbers of a table, its slots included, that are updated at once. */
const pieceNumbers = 2 ** 15;

const indexIds = (kernels: Kernels, staging: Staging, ints: Int32Array, merge: MergeLayout, count: number): number => {
  const { slots, bits, touched } = merge;
  let found = 0;
  for (const { column, places } of merge.columns)
    for (let shard = 0; shard * staging.rows < count; shard++) {
      const rows = Math.min(staging.rows, count - shard * staging.rows);
      const ids = column.ids + shard * column.stride;
      const to = places + shard * column.stride;
      if (column.form === 'sequence') {
        const lengths = column.lengths + shard * staging.rows;
        found = kernels.indexSequences(ids, lengths, rows, column.places, to, slots, bits, touched, found);
      } else {
        const size = column.form === 'row' ? rows : (ints[column.offsets + shard * (staging.rows + 1) + rows] ?? 0);
        found = kernels.indexRows(ids, size, to, slots, bits, touched, found);
      }
    }
  return found;
};

type SiteMerge = (shard: number, rows: number, piece: number, known: number) => number;

const siteMerge = (
  kernels: Kernels,
  staging: Staging,
  { column, dim, form, gradients, stride, rowStride }: SiteLayout,
  { slotStride }: TableLayout,
  { columns, merged, pieces }: MergeLayout,
): SiteMerge => {
  const first = columns.find((one) => one.column === column)?.places ?? 0;
  const places = (shard: number): number => first + shard * column.stride;
  const of = (shard: number): number => gradients + shard * stride;
  switch (column.form) {
    case 'row':
      return (shard, rows, piece, known) =>
        kernels.mergeRows(places(shard), rows, of(shard), rowStride, dim, slotStride, merged, pieces, piece, known);
    case 'bag': {
      const offsets = (shard: number): number => column.offsets + shard * (staging.rows + 1);
      const isMean = form === 'mean';
      return (shard, rows, piece, known) =>
        kernels.mergeBags(
          places(shard),
          offsets(shard),
          rows,
          of(shard),
          rowStride,
          dim,
          isMean,
          slotStride,
          merged,
          pieces,
          piece,
          known,
        );
    }
    case 'sequence': {
      const { places: steps, lengths } = column;
      return (shard, rows, piece, known) => {
        const real = lengths + shard * staging.rows;
        return kernels.mergeSequences(places(shard), real, rows, steps, of(shard), dim, slotStride, merged, pieces, piece, known);
      };
    }
    default:
      return column.form satisfies never;
  }
};
