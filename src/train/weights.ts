import { elementsOf } from '../graph/shapes.js';
import type { FloatBuffer } from './engine.js';
import { trainError } from './errors.js';
import type { Memory } from './kernels.js';
import type { DenseLayout, Layout } from './layout.js';
import type { SlotPlace, TableLayout } from './table-layout.js';
import { slotPlace } from './table-layout.js';
import { readRows, writeRows } from './table-rows.js';

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

/** Rows that are copied at once. */
const rowsAtOnce = 4096;

const ownPlace = ({ dim }: TableLayout): SlotPlace => ({ offset: 0, width: dim });

type Access = Pick<LiveArray, 'read' | 'write'>;

const rowAccess = (memory: Memory, table: TableLayout, place: SlotPlace): Access => ({
  read: (from, to) => readRows(memory, table, place, from, to),
  write: (from, values) => {
    writeRows(memory, table, place, from, from + values.length / place.width, values);
  },
});

const denseAccess = (floats: FloatBuffer, begin: number, shape: readonly number[]): Access => {
  const width = elementsOf(shape.slice(1), 1);
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
export const viewState = (memory: Memory, { dense, states, tables }: Layout, step: number, epoch: number): LiveState => {
  const { floats } = memory;
  const denseView = (name: string, shape: readonly number[], at: number): LiveArray =>
    liveArray(name, shape, floats, denseAccess(floats, at, shape));
  const tableView = (table: TableLayout, place: SlotPlace, suffix: string): LiveArray =>
    liveArray(`${tableWeight(table.name)}${suffix}`, [table.rows, place.width], floats, rowAccess(memory, table, place));
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
export const restoreWeights = (memory: Memory, { dense, states, tables }: Layout, weights: Weights): void => {
  const restore = (given: readonly NamedArray[], places: Layout['states'] | DenseLayout['parameters']): void => {
    for (const { name, shape, at, size } of places) memory.floats.set(find(given, name, shape).values.subarray(0, size), at);
  };
  restore(weights.dense, dense.parameters);
  restore(weights.states, states);
  for (const table of tables) {
    const { values } = find(weights.tables, tableWeight(table.name), [table.rows, table.dim]);
    writeRows(memory, table, ownPlace(table), 0, table.rows, values);
  }
};

const find = (arrays: readonly NamedArray[], name: string, shape: readonly number[]): NamedArray => {
  const found = arrays.find((array) => array.name === name);
  const size = elementsOf(shape, 1);
  if (found?.values.length === size && found.shape.join() === shape.join()) return found;
  const received = found === undefined ? 'there is none' : `[${found.shape.join(', ')}] was given`;
  throw trainError('weight-missing', `the model needs the weight ${name} of shape [${shape.join(', ')}], but ${received}`);
};
