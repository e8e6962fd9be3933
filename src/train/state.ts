import { elementsOf } from '../graph/shapes.js';
import type { StoredCheckpoint } from '../run/read-checkpoint.js';
import type { StoredWeights } from '../run/stored-weights.js';
import type { StoredTensor } from '../run/safetensors.js';
import type { FloatBuffer } from './engine.js';
import { trainError } from './errors.js';
import type { ArrayView, LiveArray, LiveState, NamedArray, StateOf, StateView, Weights } from './weights.js';
import { inFloat32 } from './weights.js';

/** State up to so many bytes is copied; more of it is written from where it is used. */
export const copiedBytes = 256e6;

const sizeOf = ({ shape }: Pick<ArrayView, 'shape'>): number => elementsOf(shape, 1);

const bytesOf = (arrays: readonly ArrayView[]): number =>
  arrays.reduce((sum, array) => sum + sizeOf(array) * (array.type === 'F64' ? 8 : 4), 0);

export const weightBytes = ({ dense, states, tables }: StateView): number => bytesOf([...dense, ...states, ...tables]);

export const stateBytes = (state: StateView): number => weightBytes(state) + bytesOf([...state.denseSlots, ...state.tableSlots]);

const eachArray = <A extends ArrayView, B extends ArrayView>(state: StateOf<A>, change: (array: A) => B): StateOf<B> => ({
  ...state,
  dense: state.dense.map(change),
  states: state.states.map(change),
  tables: state.tables.map(change),
  denseSlots: state.denseSlots.map(change),
  tableSlots: state.tableSlots.map(change),
});

/** Copies states one after the other, each into the memory of the one before. */
export const createStateCopy = (): ((state: StateView) => StateView) => {
  const buffers = new Map<string, FloatBuffer>();
  return (state) =>
    eachArray(state, (array) => {
      const { name, type, parts } = array;
      const size = sizeOf(array);
      const known = buffers.get(name);
      const values = known?.length === size ? known : type === 'F64' ? new Float64Array(size) : new Float32Array(size);
      buffers.set(name, values);
      let at = 0;
      for (const part of parts) {
        values.set(part, at);
        at += part.length;
      }
      return viewOf({ ...array, values });
    });
};

/** An array of one's own as a view. */
export const viewOf = ({ name, shape, values }: NamedArray): ArrayView => {
  const width = elementsOf(shape.slice(1), 1);
  return {
    name,
    shape,
    type: values instanceof Float64Array ? 'F64' : 'F32',
    read: (from, to) => values.slice(from * width, to * width),
    parts: [values],
    data: inFloat32([values]),
  };
};

/** Weights in memory as views. */
export const viewsOf = ({ dense, states, tables }: Weights): Pick<StateView, 'dense' | 'states' | 'tables'> => ({
  dense: dense.map(viewOf),
  states: states.map(viewOf),
  tables: tables.map(viewOf),
});

/** Elements of an array's first axis that are read from a file at once. */
const elementsAtOnce = (width: number): number => Math.max(1, Math.floor(2 ** 18 / Math.max(1, width)));

const refuseUnlike = (array: Pick<ArrayView, 'name' | 'shape' | 'type'>, stored: StoredTensor | undefined): StoredTensor => {
  if (stored?.shape.join() === array.shape.join() && stored.type === array.type) return stored;
  const received = stored === undefined ? 'none' : `${stored.type} of [${stored.shape.join(', ')}]`;
  throw trainError(
    'weight-missing',
    `the checkpoint has ${received} for ${array.name}, which should be ${array.type} of [${array.shape.join(', ')}]`,
  );
};

const restoreArray = async (array: LiveArray, stored: StoredTensor | undefined): Promise<void> => {
  const { part } = refuseUnlike(array, stored);
  const [length = 1, ...rest] = array.shape;
  const width = elementsOf(rest, 1);
  const step = elementsAtOnce(width);
  for (let from = 0; from < length; from += step) {
    const size = Math.min(step, length - from) * width;
    const values = array.type === 'F64' ? new Float64Array(size) : new Float32Array(size);
    await part(from * width, values);
    array.write(from, values);
  }
};

/** Puts back all that a checkpoint has. @throws TrainError `weight-missing` if it is of another model */
export const restoreState = async (
  live: LiveState,
  stored: StoredWeights & Pick<StoredCheckpoint, 'optimizer'>,
): Promise<void> => {
  await restoreLiveWeights(live, stored);
  const slots = await stored.optimizer();
  for (const array of [...live.denseSlots, ...live.tableSlots]) await restoreArray(array, slots.get(array.name));
};

/** Puts back weights alone. @throws TrainError `weight-missing` if they are of another model */
export const restoreLiveWeights = async (live: LiveState, stored: StoredWeights): Promise<void> => {
  const weights = await stored.weights();
  for (const array of [...live.dense, ...live.states]) await restoreArray(array, weights.get(array.name));
  for (const array of live.tables) await restoreArray(array, await stored.table(array.name));
};

/** Stored weights of the arrays of a state. @throws TrainError `weight-missing` if they are of another model */
export const readWeights = async (like: StateView, stored: StoredWeights): Promise<Weights> => {
  const weights = await stored.weights();
  const read = async (array: ArrayView, tensor: StoredTensor | undefined): Promise<NamedArray> => {
    const { part } = refuseUnlike(array, tensor);
    const values = array.type === 'F64' ? new Float64Array(sizeOf(array)) : new Float32Array(sizeOf(array));
    await part(0, values);
    return { name: array.name, shape: array.shape, values };
  };
  const tables: NamedArray[] = [];
  for (const array of like.tables) tables.push(await read(array, await stored.table(array.name)));
  return {
    dense: await Promise.all(like.dense.map((array) => read(array, weights.get(array.name)))),
    states: await Promise.all(like.states.map((array) => read(array, weights.get(array.name)))),
    tables,
  };
};

/** The first weight that is not finite; undefined if all are. */
export const notFiniteWeight = ({
  dense,
  states,
  tables,
}: Pick<StateView, 'dense' | 'states' | 'tables'>): { readonly name: string; readonly value: number } | undefined => {
  for (const { name, parts } of [...dense, ...states, ...tables])
    for (const values of parts) for (const value of values) if (!Number.isFinite(value)) return { name, value };
  return undefined;
};
