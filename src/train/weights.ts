import { fillInitial } from '../graph/random.js';
import type { FloatBuffer } from './engine.js';
import { trainError } from './errors.js';
import type { Memory } from './kernels.js';
import type { DenseLayout, Layout, SlotPlace, TableLayout } from './layout.js';
import { slotPlace } from './layout.js';

/** A weight or a table, row-major. */
export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: FloatBuffer;
}

/** Everything that a trained model knows: dense weights and states by their paths, tables by theirs (`table.<name>`, [rows, dim]). */
export interface Weights {
  readonly dense: readonly NamedArray[];
  /** Running statistics: no parameters, but inference reads them. */
  readonly states: readonly NamedArray[];
  readonly tables: readonly NamedArray[];
}

/** An array that may be too large to be copied. */
export interface ArrayView {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: 'F32' | 'F64';
  /** A copy of elements `from` ≤ i < `to` of its first axis. */
  readonly read: (from: number, to: number) => FloatBuffer;
  /** All elements in parts, of the array's own type. */
  readonly parts: Iterable<FloatBuffer>;
  /** All elements in parts, for a file. */
  readonly data: Iterable<Float32Array>;
}

/** An array that is still in use. */
export interface LiveArray extends ArrayView {
  /** Puts values from element `from` of its first axis on: whole elements. */
  readonly write: (from: number, values: FloatBuffer) => void;
}

/** The weights, and what the optimizers remember of them under `<weight>/<slot>`. */
export interface StateOf<A extends ArrayView> {
  readonly step: number;
  readonly epoch: number;
  readonly dense: readonly A[];
  readonly states: readonly A[];
  readonly tables: readonly A[];
  readonly denseSlots: readonly A[];
  readonly tableSlots: readonly A[];
}

export type StateView = StateOf<ArrayView>;

/** Valid until the next step. */
export type LiveState = StateOf<LiveArray>;

export const tableWeight = (table: string): string => `table.${table}`;

/** Rows that are drawn or copied at once: an even number, as `fillInitial` asks. */
const rowsAtOnce = 4096;

/** First values of all weights, states, tables and slots. */
export const initialise = ({ floats }: Memory, { dense, states, tables }: Layout, seed: number): void => {
  for (const { name, shape, initializer, at, size, training } of dense.parameters) {
    fillInitial(seed, name, shape, initializer, floats.subarray(at, at + size));
    training?.update.initialSlots.forEach((value, s) => {
      const slot = at + (s + 1) * training.slotStride;
      floats.fill(value, slot, slot + padded(size));
    });
  }
  for (const { initial, at, size } of states) floats.fill(initial, at, at + size);
  for (const table of tables) {
    const { rows, dim, at, rowStride } = table;
    const drawn = new Float32Array(rowsAtOnce * dim);
    const slots = table.update?.initialSlots ?? [];
    for (let from = 0; from < rows; from += rowsAtOnce) {
      const to = Math.min(rows, from + rowsAtOnce);
      fillInitial(
        seed,
        tableWeight(table.name),
        [rows, dim],
        table.initializer,
        drawn.subarray(0, (to - from) * dim),
        from * dim,
      );
      writeRows(floats, table, ownPlace(table), from, to, drawn);
      for (let row = from; row < to; row++)
        for (let s = 0; s < slots.length; s++) {
          const { offset, width } = slotPlace(table, s);
          const slot = at + row * rowStride + offset;
          floats.fill(slots[s] ?? 0, slot, slot + padded(width));
        }
    }
  }
};

const ownPlace = ({ dim }: TableLayout): SlotPlace => ({ offset: 0, width: dim });

const padded = (size: number): number => Math.ceil(size / 4) * 4;

const writeRows = (
  floats: FloatBuffer,
  { at, rowStride }: TableLayout,
  { offset, width }: SlotPlace,
  from: number,
  to: number,
  values: FloatBuffer,
): void => {
  for (let row = from, source = 0; row < to; row++) {
    const target = at + row * rowStride + offset;
    for (let i = 0; i < width; i++) floats[target + i] = values[source++] ?? NaN;
  }
};

const emptyLike = (floats: FloatBuffer, size: number): FloatBuffer =>
  floats instanceof Float64Array ? new Float64Array(size) : new Float32Array(size);

type Access = Pick<LiveArray, 'read' | 'write'>;

const rowAccess = (floats: FloatBuffer, table: TableLayout, place: SlotPlace): Access => ({
  read: (from, to) => {
    const { at, rowStride } = table;
    const { offset, width } = place;
    const values = emptyLike(floats, (to - from) * width);
    for (let row = from, target = 0; row < to; row++) {
      const source = at + row * rowStride + offset;
      for (let i = 0; i < width; i++) values[target++] = floats[source + i] ?? NaN;
    }
    return values;
  },
  write: (from, values) => {
    writeRows(floats, table, place, from, from + values.length / place.width, values);
  },
});

const denseAccess = (floats: FloatBuffer, begin: number, shape: readonly number[]): Access => {
  const width = shape.slice(1).reduce((product, n) => product * n, 1);
  return {
    read: (from, to) => floats.slice(begin + from * width, begin + to * width),
    write: (from, values) => {
      floats.set(values, begin + from * width);
    },
  };
};

const liveArray = (name: string, shape: readonly number[], floats: FloatBuffer, access: Access): LiveArray => {
  const parts = {
    *[Symbol.iterator]() {
      const length = shape[0] ?? 1;
      for (let from = 0; from < length; from += rowsAtOnce) yield access.read(from, Math.min(length, from + rowsAtOnce));
    },
  };
  return { name, shape, type: floats instanceof Float64Array ? 'F64' : 'F32', ...access, parts, data: inFloat32(parts) };
};

export const inFloat32 = (parts: Iterable<FloatBuffer>): Iterable<Float32Array> => ({
  *[Symbol.iterator]() {
    for (const part of parts) yield part instanceof Float32Array ? part : new Float32Array(part);
  },
});

/** Views of all weights, states and slots after a step. */
export const viewState = ({ floats }: Memory, { dense, states, tables }: Layout, step: number, epoch: number): LiveState => {
  const denseView = (name: string, shape: readonly number[], at: number): LiveArray =>
    liveArray(name, shape, floats, denseAccess(floats, at, shape));
  const tableView = (table: TableLayout, place: SlotPlace, suffix: string): LiveArray =>
    liveArray(`${tableWeight(table.name)}${suffix}`, [table.rows, place.width], floats, rowAccess(floats, table, place));
  return {
    step,
    epoch,
    dense: dense.parameters.map(({ name, shape, at }) => denseView(name, shape, at)),
    states: states.map(({ name, shape, at }) => denseView(name, shape, at)),
    tables: tables.map((table) => tableView(table, ownPlace(table), '')),
    denseSlots: dense.parameters.flatMap(({ name, shape, at, training }) =>
      (training?.update.slots ?? []).map((slot, s) =>
        denseView(`${name}/${slot}`, shape, at + (s + 1) * (training?.slotStride ?? 0)),
      ),
    ),
    tableSlots: tables.flatMap((table) =>
      (table.update?.slots ?? []).map((slot, s) => tableView(table, slotPlace(table, s), `/${slot}`)),
    ),
  };
};

/** A copy of all weights and states. */
export const copyWeights = (state: StateView): Weights => {
  const copy = ({ name, shape, read }: ArrayView): NamedArray => ({ name, shape, values: read(0, shape[0] ?? 1) });
  return { dense: state.dense.map(copy), states: state.states.map(copy), tables: state.tables.map(copy) };
};

/** Puts weights back. @throws TrainError `weight-missing` if one is not there, or has another shape. */
export const restoreWeights = ({ floats }: Memory, { dense, states, tables }: Layout, weights: Weights): void => {
  const restore = (given: readonly NamedArray[], places: Layout['states'] | DenseLayout['parameters']): void => {
    for (const { name, shape, at, size } of places) floats.set(find(given, name, shape).values.subarray(0, size), at);
  };
  restore(weights.dense, dense.parameters);
  restore(weights.states, states);
  for (const table of tables) {
    const { values } = find(weights.tables, tableWeight(table.name), [table.rows, table.dim]);
    writeRows(floats, table, ownPlace(table), 0, table.rows, values);
  }
};

const find = (arrays: readonly NamedArray[], name: string, shape: readonly number[]): NamedArray => {
  const found = arrays.find((array) => array.name === name);
  const size = shape.reduce((product, n) => product * n, 1);
  if (found?.values.length === size && found.shape.join() === shape.join()) return found;
  const received = found === undefined ? 'there is none' : `[${found.shape.join(', ')}] was given`;
  throw trainError('weight-missing', `the model needs the weight ${name} of shape [${shape.join(', ')}], but ${received}`);
};
