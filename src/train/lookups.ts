import type { EncodedRows } from '../encode/program.js';
import type { Session } from './engine.js';
import { trainError } from './errors.js';
import type { Memory } from './kernels.js';
import type { IdColumn, Layout, RowsInput, SiteLayout, Staging } from './layout.js';
import type { FillRows } from './rows.js';
import { repeatLast } from './rows.js';
import { gatherSplit, gatherSplitBags } from './split-tables.js';
import { wholeSegment } from './table-layout.js';

export interface LookupRequest {
  readonly session: Session;
  readonly memory: Memory;
  readonly layout: Layout;
  readonly staging: Staging;
  readonly data: EncodedRows;
}

/** Puts the ids of a shard's rows where lookups and merging find them. */
export const createIdFill = (request: IdRequest): FillRows => {
  const columns = request.staging.columns.map((column) => fillIds(request, column));
  return (shard, order, from, real) => {
    for (const fill of columns) fill(shard, order, from, real);
  };
};

/** Puts the rows of tables that a shard's ids stand for into the session. */
export const createLookups = (request: LookupRequest): ((shard: number, real: number) => void) => {
  const { session, staging } = request;
  // A graph that is linear in a row needs it for no gradient.
  const inputs = staging.inputs.filter(({ name }) => session.inputs[`rows.${name}`] !== undefined);
  const read = new Set(inputs.map(({ name }) => name));
  const sites = staging.sites
    .filter(({ name, place }) => read.has(place?.input ?? name))
    .map((site) => gatherSite(request, site));
  const copies = inputs.map((input) => copyRows(request, input));
  return (shard, real) => {
    for (const gather of sites) gather(shard, real);
    for (const copy of copies) copy(shard, real);
  };
};

/** The bags of a multivalent feature. @throws TrainError `column-missing` */
export const bagsOf = (data: EncodedRows, feature: string): EncodedRows['bags'][string] => {
  const bag = data.bags[feature];
  if (bag === undefined) throw trainError('column-missing', `the rows have no bags of ids for ${feature}`);
  return bag;
};

/** One id a row. @throws TrainError `column-missing` */
export const idsOf = (data: EncodedRows, feature: string): Int32Array => {
  const ids = data.ids[feature];
  if (ids === undefined) throw trainError('column-missing', `the rows have no ids for ${feature}`);
  return ids;
};

type IdRequest = Pick<LookupRequest, 'memory' | 'staging' | 'data'>;

const fillIds = (request: IdRequest, column: IdColumn): FillRows => {
  switch (column.form) {
    case 'row':
      return fillRowIds(request, column);
    case 'bag':
      return fillBags(request, column);
    case 'sequence':
      return fillSequences(request, column);
    default:
      return column.form satisfies never;
  }
};

const fillRowIds = ({ memory: { ints }, data }: IdRequest, { feature, ids: first, stride }: IdColumn): FillRows => {
  const column = idsOf(data, feature);
  return (shard, order, from, real) => {
    const ids = first + shard * stride;
    if (order === undefined) for (let r = 0; r < real; r++) ints[ids + r] = column[from + r] ?? 0;
    else for (let r = 0; r < real; r++) ints[ids + r] = column[order[from + r] ?? 0] ?? 0;
  };
};

const fillBags = ({ memory: { ints }, staging, data }: IdRequest, column: IdColumn): FillRows => {
  const bag = bagsOf(data, column.feature);
  return (shard, order, from, real) => {
    const ids = column.ids + shard * column.stride;
    const offsets = column.offsets + shard * (staging.rows + 1);
    let size = 0;
    ints[offsets] = 0;
    for (let r = 0; r < real; r++) {
      const row = order === undefined ? from + r : (order[from + r] ?? 0);
      const begin = bag.offsets[row] ?? 0;
      const end = bag.offsets[row + 1] ?? 0;
      // Behind the last place are numbers of others.
      if (size + end - begin > column.stride) throw new Error(`bags of ${column.feature} are longer than was planned`);
      for (let b = begin; b < end; b++) ints[ids + size++] = bag.ids[b] ?? 0;
      ints[offsets + r + 1] = size;
    }
  };
};

/** Places behind a row's last id repeat it; an empty row has the table's first. */
const fillSequences = ({ memory: { ints }, staging, data }: IdRequest, column: IdColumn): FillRows => {
  const bag = bagsOf(data, column.feature);
  const { places } = column;
  return (shard, order, from, real) => {
    const lengths = column.lengths + shard * staging.rows;
    let at = column.ids + shard * column.stride;
    for (let r = 0; r < real; r++) {
      const row = order === undefined ? from + r : (order[from + r] ?? 0);
      const begin = bag.offsets[row] ?? 0;
      const length = Math.min(places, (bag.offsets[row + 1] ?? 0) - begin);
      let id = 0;
      for (let t = 0; t < places; t++) {
        if (t < length) id = bag.ids[begin + t] ?? 0;
        ints[at++] = id;
      }
      ints[lengths + r] = length;
    }
  };
};

type GatherSite = (shard: number, real: number) => void;

const gatherSite = ({ memory, layout, staging }: LookupRequest, site: SiteLayout): GatherSite => {
  const { kernels } = memory;
  const { column, dim, stride, rowStride } = site;
  const table = layout.tables[site.tableAt];
  if (table === undefined) throw new Error(`${site.name} has no table`);
  const isMean = site.form === 'mean';
  const whole = wholeSegment(table);
  return (shard, real) => {
    const ids = column.ids + shard * column.stride;
    const to = site.values + shard * stride;
    const count = real * column.places;
    if (column.form === 'bag') {
      const offsets = column.offsets + shard * (staging.rows + 1);
      if (whole === undefined) gatherSplitBags(memory, table, dim, ids, offsets, real, isMean, to, rowStride);
      else kernels.gatherBags(whole.at, table.rowStride, dim, ids, offsets, real, isMean, to, rowStride);
    } else if (whole === undefined) gatherSplit(memory, table, dim, ids, count, to, rowStride);
    else kernels.gather(whole.at, table.rowStride, dim, ids, count, to, rowStride);
  };
};

const copyRows = ({ session, memory, staging }: LookupRequest, { name, width, values, stride }: RowsInput): GatherSite => {
  const input = session.inputs[`rows.${name}`];
  if (input === undefined) return () => undefined;
  const staged = Array.from({ length: staging.shards }, (_, s) =>
    memory.floats.subarray(values + s * stride, values + s * stride + staging.rows * width),
  );
  return (shard, real) => {
    const gathered = staged[shard];
    if (gathered === undefined) return;
    input.set(gathered);
    repeatLast(input, real, staging.rows, width);
  };
};

/** Throws a train error if an id is no row of its table: WebAssembly would read what lies behind it. */
export const checkIds = (data: EncodedRows, staging: Staging, layout: Layout): void => {
  for (const site of staging.sites) {
    const ids = site.column.form === 'row' ? data.ids[site.feature] : data.bags[site.feature]?.ids;
    const table = layout.tables[site.tableAt];
    if (ids === undefined || table === undefined) continue;
    const id = outermost(ids, table.rows);
    if (id < 0 || id >= table.rows)
      throw trainError(
        'id-outside-table',
        `${site.feature} has the id ${id}, but its table ${table.name} has ${table.rows} rows`,
      );
  }
};

/** The first id that is no row of so many; else the last one. Over the array's own index, which takes a tenth of the time of its iterator. */
const outermost = (ids: Int32Array, rows: number): number => {
  let id = 0;
  for (let i = 0; i < ids.length && id >= 0 && id < rows; i++) id = ids[i] ?? 0;
  return id;
};
