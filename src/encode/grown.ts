/** A longer copy of numbers, zeros after them. */
export function grown<T extends Float64Array | Int32Array | Uint32Array>(values: T, length: number): T {
  const more = new (values.constructor as new (length: number) => T)(length);
  more.set(values);
  return more;
}
