import type { EncodedRows } from '../encode/program.js';
import type { DenseParameter, Site } from '../graph/step.js';
import type { UpdateName } from '../graph/update/rules.js';
import { initialSlots, scalarNames, slotNames, updateName } from '../graph/update/rules.js';
import type { Initializer, Optimizer } from '../model/model.js';
import { trainError } from './errors.js';
import type { Plan } from './plan.js';

/** A table with its number of rows known. */
export interface SizedTable {
  readonly name: string;
  readonly rows: number;
  readonly dim: number;
  readonly l2: number;
  readonly initializer: Initializer;
}

/** An optimizer as a step applies it. `scalars` is where the step's numbers are, a position in the floats. */
export interface UpdateLayout {
  readonly name: UpdateName;
  readonly parameters: Readonly<Record<string, number>>;
  readonly exact: boolean;
  readonly slots: readonly string[];
  readonly initialSlots: readonly number[];
  readonly scalars: number;
}

/**
 * Where everything is, in numbers. Dense weights lie one after the other from `dense.at`, each padded to a multiple of 4;
 * slot s of them (s + 1)·size further; gradient region s at `gradients` + s·size.
 * Row r of a table is at `at` + r·rowStride, its slot s (s + 1)·slotStride behind it: one row's numbers are neighbours in memory.
 */
export interface Layout {
  readonly floats: number;
  readonly ints: number;
  readonly parts: readonly { readonly part: MemoryPart; readonly bytes: number }[];
  readonly dense: DenseLayout;
  readonly tables: readonly TableLayout[];
  readonly training?: Staging;
  readonly inference: Staging;
}

export interface DenseLayout {
  readonly at: number;
  readonly size: number;
  readonly parameters: readonly (DenseParameter & { readonly at: number; readonly size: number })[];
  readonly gradients: number;
  readonly update?: UpdateLayout;
  /** Pieces of one parameter each, in order: what workers share out. */
  readonly chunks: readonly { readonly parameter: number; readonly at: number; readonly size: number }[];
}

export interface TableLayout extends SizedTable {
  readonly at: number;
  readonly slotStride: number;
  readonly rowStride: number;
  readonly update?: UpdateLayout;
  readonly merge?: { readonly slotOf: number; readonly touched: number; readonly merged: number };
}

/** Room for the rows of a batch, shard by shard: shard s of a site's ids is at `ids` + s·idStride, and so on. */
export interface Staging {
  readonly rows: number;
  readonly shards: number;
  readonly sites: readonly SiteLayout[];
}

export interface SiteLayout extends Site {
  /** Position in `Layout.tables`. */
  readonly tableAt: number;
  readonly ids: number;
  readonly idStride: number;
  /** Bags only: rows + 1 a shard. */
  readonly offsets: number;
  readonly values: number;
  readonly gradients: number;
  /** Numbers of one shard in `values` and in `gradients`. */
  readonly stride: number;
}

export type MemoryPart = 'tables' | 'optimizer state' | 'dense weights' | 'gradients' | 'batches';

export interface LayoutRequest {
  readonly parameters: readonly DenseParameter[];
  readonly tables: readonly SizedTable[];
  readonly sites: readonly Site[];
  readonly plan: Plan;
  /** All rows that will be run: they say how long bags are. */
  readonly rows: readonly EncodedRows[];
  /** Absent: the model is only applied. */
  readonly optimizer?: { readonly embeddings: Optimizer; readonly rest: Optimizer };
}

const roundUp = (n: number, to: number): number => Math.ceil(n / to) * to;

const largestChunk = 16384;

/** Positions of everything that training (or applying) a model needs, and the sum. */
export const planLayout = (request: LayoutRequest): Layout => {
  const { plan, optimizer } = request;
  let floats = 0;
  let ints = 0;
  const bytes = new Map<MemoryPart, number>();
  const count = (part: MemoryPart, numbers: number): void => void bytes.set(part, (bytes.get(part) ?? 0) + 4 * numbers);
  const allocateFloats = (parts: readonly (readonly [MemoryPart, number])[]): number => {
    const at = floats;
    for (const [part, numbers] of parts) {
      count(part, numbers);
      floats += numbers;
    }
    floats = roundUp(floats, 16);
    return at;
  };
  const allocateInts = (part: MemoryPart, numbers: number): number => {
    const at = ints;
    count(part, numbers);
    ints = roundUp(ints + numbers, 16);
    return at;
  };
  const updateLayout = (of: Optimizer): UpdateLayout => {
    const name = updateName(of);
    return {
      name,
      parameters: of.parameters,
      exact: of.exact,
      slots: slotNames(name),
      initialSlots: initialSlots(name, of.parameters),
      scalars: allocateFloats([['optimizer state', scalarNames(name).length]]),
    };
  };

  const rest = optimizer === undefined ? undefined : updateLayout(optimizer.rest);
  const embeddings = optimizer === undefined ? undefined : updateLayout(optimizer.embeddings);
  const dense = layDense(request.parameters, plan.shards, rest, allocateFloats);
  const staging = (rows: number, shards: number, trained: boolean): Staging => ({
    rows,
    shards,
    sites: request.sites.map((site) => {
      const tableAt = request.tables.findIndex(({ name }) => name === site.table);
      const idStride = site.pool === undefined ? rows : longestBags(request.rows, site.name, rows);
      const stride = roundUp(rows * site.dim + 3, 4);
      return {
        ...site,
        tableAt,
        idStride,
        ids: allocateInts('batches', idStride * shards),
        offsets: allocateInts('batches', site.pool === undefined ? 0 : (rows + 1) * shards),
        stride,
        values: allocateFloats([['batches', stride * shards]]),
        gradients: allocateFloats([['gradients', trained ? stride * shards : 0]]),
      };
    }),
  });
  const training = optimizer === undefined ? undefined : staging(plan.shardRows, plan.shards, true);
  const inference = staging(plan.inferenceRows, 1, false);
  const tables = request.tables.map((table): TableLayout => {
    const slotStride = roundUp(table.dim, 4);
    const slots = embeddings?.slots.length ?? 0;
    const at = allocateFloats([
      ['tables', table.rows * slotStride],
      ['optimizer state', table.rows * slotStride * slots],
    ]);
    const place = { ...table, at, slotStride, rowStride: slotStride * (1 + slots) };
    if (training === undefined || embeddings === undefined) return place;
    const most = training.sites.reduce((sum, site) => sum + (site.table === table.name ? site.idStride * training.shards : 0), 0);
    const distinct = Math.min(table.rows, most);
    return {
      ...place,
      update: embeddings,
      merge: {
        slotOf: allocateInts('optimizer state', table.rows),
        touched: allocateInts('gradients', distinct),
        merged: allocateFloats([['gradients', distinct * slotStride]]),
      },
    };
  });
  const parts = [...bytes].map(([part, size]) => ({ part, bytes: size }));
  return { floats, ints, parts, dense, tables, inference, ...(training === undefined ? {} : { training }) };
};

const layDense = (
  parameters: readonly DenseParameter[],
  shards: number,
  update: UpdateLayout | undefined,
  allocateFloats: (parts: readonly (readonly [MemoryPart, number])[]) => number,
): DenseLayout => {
  let size = 0;
  const relative = parameters.map((parameter) => {
    const numbers = parameter.shape.reduce((product, n) => product * n, 1);
    const at = size;
    size += roundUp(numbers, 4);
    return { ...parameter, at, size: numbers };
  });
  const at = allocateFloats([
    ['dense weights', size],
    ['optimizer state', size * (update?.slots.length ?? 0)],
  ]);
  const gradients = allocateFloats([['gradients', update === undefined ? 0 : size * shards]]);
  const chunks = relative.flatMap((parameter, index) => {
    const padded = roundUp(parameter.size, 4);
    return Array.from({ length: Math.ceil(padded / largestChunk) }, (_, i) => ({
      parameter: index,
      at: parameter.at + i * largestChunk,
      size: Math.min(largestChunk, padded - i * largestChunk),
    }));
  });
  return { at, size, gradients, parameters: relative, chunks, ...(update === undefined ? {} : { update }) };
};

/** Most ids that `rows` rows can have together. */
const longestBags = (data: readonly EncodedRows[], feature: string, rows: number): number =>
  Math.max(
    1,
    ...data.map((encoded) => {
      const bag = encoded.bags[feature];
      if (bag === undefined) return 0;
      const lengths = new Int32Array(encoded.rows);
      for (let r = 0; r < encoded.rows; r++) lengths[r] = (bag.offsets[r + 1] ?? 0) - (bag.offsets[r] ?? 0);
      return lengths
        .sort()
        .subarray(-rows)
        .reduce((sum, length) => sum + length, 0);
    }),
  );

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

/** @throws TrainError `out-of-memory` with the sum and its parts, if the layout needs more than `limit` bytes. */
export const refuseOverflow = (layout: Layout, needed: number, limit: number): void => {
  if (needed <= limit) return;
  // Parts are counted in float32; an engine may compute in float64.
  const scale = needed / layout.parts.reduce((sum, { bytes }) => sum + bytes, 0);
  const parts = layout.parts
    .map(({ part, bytes }) => ({ part, bytes: bytes * scale }))
    .filter(({ bytes }) => bytes >= needed / 200)
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ part, bytes }) => `${part} ${gibibytes(bytes)}`);
  throw trainError(
    'out-of-memory',
    `training needs ${gibibytes(needed)} (${parts.join(', ')}), but there is room for ${gibibytes(limit)}; ` +
      'smaller dims, a larger min_count, hashing, or adagrad or sgd for the embeddings make it less',
  );
};
