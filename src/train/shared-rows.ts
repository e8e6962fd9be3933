import type { EncodedRows } from '../encode/program.js';

type Numbers = Int32Array | Float32Array;

const shared = <T extends Numbers>(values: T): T => {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const buffer = new SharedArrayBuffer(values.byteLength);
  const copy = values instanceof Int32Array ? new Int32Array(buffer) : new Float32Array(buffer);
  copy.set(values);
  return copy as T;
};

const each = <T>(of: Readonly<Record<string, T>>, change: (value: T) => T): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(of).map(([name, value]) => [name, change(value)]));

/** The rows where every thread sees them: copies of all columns that are not there yet. */
export const shareRows = ({ rows, ids, bags, dense, labels }: EncodedRows): EncodedRows => ({
  rows,
  ids: each(ids, shared),
  bags: each(bags, (bag) => ({ ids: shared(bag.ids), offsets: shared(bag.offsets) })),
  dense: each(dense, ({ width, values }) => ({ width, values: shared(values) })),
  labels: each(labels, shared),
});
