import type { EncodedRows } from '../encode/program.js';
import { fillNoise, noiseStream } from '../graph/random.js';
import type { FloatBuffer, Session } from './engine.js';
import { trainError } from './errors.js';
import type { Memory } from './kernels.js';
import type { Layout, SiteLayout, Staging } from './layout.js';

/** Fills a session's inputs with the rows of a shard. */
export interface Feed {
  /**
   * Rows `order[start]` … `order[start + count - 1]` are the batch (without `order`: rows `start` …); shard s takes its share of them.
   * Returns how many there were: the rest of the session's rows repeat the last one, with weight 0.
   */
  readonly fill: (shard: number, order: Int32Array | undefined, start: number, count: number, step: number) => number;
}

export interface FeedRequest {
  readonly session: Session;
  readonly memory: Memory;
  readonly layout: Layout;
  readonly staging: Staging;
  readonly data: EncodedRows;
  /** Noise inputs, with the width of a row, or all of it where rows share it; and the run's seed. */
  readonly noise: readonly { readonly name: string; readonly width: number; readonly byRow: boolean }[];
  readonly seed: number;
}

export const createFeed = (request: FeedRequest): Feed => {
  const { session, staging, data, seed } = request;
  const sites = staging.sites.map((site) => siteFeed(request, site));
  const columns = [
    ...Object.entries(data.dense).map(([name, { width, values }]) => ({ name: `dense.${name}`, width, values })),
    ...Object.entries(data.labels).map(([name, values]) => ({ name: `label.${name}`, width: 1, values })),
  ].flatMap(({ name, width, values }) => {
    const input = session.inputs[name];
    return input === undefined ? [] : [{ input, width, values }];
  });
  const weight = session.inputs.weight;
  const totalWeight = session.inputs.total_weight;
  const noise = request.noise.flatMap(({ name, width, byRow }) => {
    const input = session.inputs[name];
    return input instanceof Int32Array || input === undefined ? [] : [{ input, width, byRow, stream: noiseStream(seed, name) }];
  });
  for (const name of Object.keys(session.inputs))
    if (/^(dense|label)\./.test(name) && !columns.some(({ input }) => input === session.inputs[name]))
      throw trainError('column-missing', `the rows have no column for ${name.slice(name.indexOf('.') + 1)}`);

  return {
    fill: (shard, order, start, count, step) => {
      const rows = session.rows;
      const first = shard * rows;
      const real = Math.min(rows, count - first);
      const from = start + first;
      for (const site of sites) site(shard, order, from, real);
      for (const { input, width, values } of columns) {
        if (width === 1)
          for (let r = 0; r < real; r++) input[r] = values[order === undefined ? from + r : (order[from + r] ?? 0)] ?? NaN;
        else
          for (let r = 0; r < real; r++) {
            const row = order === undefined ? from + r : (order[from + r] ?? 0);
            for (let i = 0; i < width; i++) input[r * width + i] = values[row * width + i] ?? NaN;
          }
        repeatLast(input, real, rows, width);
      }
      for (const { input, width, byRow, stream } of noise) fillNoise(stream, step, byRow ? first : 0, width, input);
      if (weight !== undefined) weight.fill(1, 0, real).fill(0, real);
      if (totalWeight !== undefined) totalWeight[0] = count;
      return real;
    },
  };
};

type SiteFeed = (shard: number, order: Int32Array | undefined, from: number, real: number) => void;

const siteFeed = ({ session, memory, layout, staging, data }: FeedRequest, site: SiteLayout): SiteFeed => {
  const { floats, ints, kernels } = memory;
  const { dim, idStride, pool } = site;
  const rows = staging.rows;
  const table = layout.tables[site.tableAt];
  // A graph that is linear in a row needs it for no gradient.
  const input = session.inputs[`rows.${site.name}`];
  if (table === undefined) throw new Error(`${site.name} has no table`);
  const staged = Array.from({ length: staging.shards }, (_, s) =>
    floats.subarray(site.values + s * site.stride, site.values + s * site.stride + rows * dim),
  );
  const take = (shard: number, real: number): void => {
    const values = staged[shard];
    if (input === undefined || values === undefined) return;
    input.set(values);
    repeatLast(input, real, rows, dim);
  };
  if (pool === undefined) {
    const column = data.ids[site.name];
    if (column === undefined) throw trainError('column-missing', `the rows have no ids for ${site.name}`);
    return (shard, order, from, real) => {
      const ids = site.ids + shard * idStride;
      if (order === undefined) for (let r = 0; r < real; r++) ints[ids + r] = column[from + r] ?? 0;
      else for (let r = 0; r < real; r++) ints[ids + r] = column[order[from + r] ?? 0] ?? 0;
      kernels.gather(table.at, table.rowStride, dim, ids, real, site.values + shard * site.stride);
      take(shard, real);
    };
  }
  const bag = data.bags[site.name];
  if (bag === undefined) throw trainError('column-missing', `the rows have no bags of ids for ${site.name}`);
  return (shard, order, from, real) => {
    const ids = site.ids + shard * idStride;
    const offsets = site.offsets + shard * (rows + 1);
    let size = 0;
    ints[offsets] = 0;
    for (let r = 0; r < real; r++) {
      const row = order === undefined ? from + r : (order[from + r] ?? 0);
      for (let b = bag.offsets[row] ?? 0, end = bag.offsets[row + 1] ?? 0; b < end; b++) ints[ids + size++] = bag.ids[b] ?? 0;
      ints[offsets + r + 1] = size;
    }
    kernels.gatherBags(table.at, table.rowStride, dim, ids, offsets, real, pool === 'mean', site.values + shard * site.stride);
    take(shard, real);
  };
};

/** Padding repeats the last row: zeros would be NaN under a norm, and NaN × 0 is NaN. */
const repeatLast = (input: FloatBuffer | Int32Array, real: number, rows: number, width: number): void => {
  for (let r = real; r < rows; r++) input.copyWithin(r * width, (real - 1) * width, real * width);
};

/** Throws a train error if an id is no row of its table: WebAssembly would read what lies behind it. */
export const checkIds = (data: EncodedRows, staging: Staging, layout: Layout): void => {
  for (const site of staging.sites) {
    const ids = site.pool === undefined ? data.ids[site.name] : data.bags[site.name]?.ids;
    const table = layout.tables[site.tableAt];
    if (ids === undefined || table === undefined) continue;
    for (const id of ids)
      if (id < 0 || id >= table.rows)
        throw trainError('id-outside-table', `${site.name} has the id ${id}, but its table ${table.name} has ${table.rows} rows`);
  }
};
