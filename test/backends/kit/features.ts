import type { EncodedRows } from '../../../src/encode/program.js';

/** An input of a written model: row-major numbers of a shape. */
export interface Fed {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** The rows' features as ONNX files take them: `ids.…`, `offsets.…` of those with several values, `dense.…`. */
export const flatFeatures = ({ rows, ids, bags, dense }: EncodedRows): Readonly<Record<string, Fed>> =>
  Object.fromEntries<Fed>([
    ...Object.entries(ids).map(([name, values]) => [`ids.${name}`, { shape: [rows], values }] as const),
    ...Object.entries(bags).flatMap(([name, bag]) => [
      [`ids.${name}`, { shape: [bag.ids.length], values: bag.ids }] as const,
      [`offsets.${name}`, { shape: [rows + 1], values: bag.offsets }] as const,
    ]),
    ...Object.entries(dense).map(([name, { width, values }]) => [`dense.${name}`, { shape: [rows, width], values }] as const),
  ]);

/**
 * The rows' features as graph models of TensorFlow.js take them: several values are padded to one length, `mask.…` says how many there are.
 * @param placesOf the length that a model wants for a feature; undefined if it takes any
 */
export function paddedFeatures(
  { rows, ids, bags, dense }: EncodedRows,
  placesOf: (feature: string) => number | undefined,
): Readonly<Record<string, Fed>> {
  const fed: Record<string, Fed> = {};
  for (const [name, values] of Object.entries(ids)) fed[`ids.${name}`] = { shape: [rows], values };
  for (const [name, { width, values }] of Object.entries(dense)) fed[`dense.${name}`] = { shape: [rows, width], values };
  for (const [name, { ids: all, offsets }] of Object.entries(bags)) {
    const lengths = Array.from({ length: rows }, (_, row) => (offsets[row + 1] ?? 0) - (offsets[row] ?? 0));
    const places = placesOf(name) ?? Math.max(1, ...lengths);
    const padded = new Int32Array(rows * places);
    const mask = new Float32Array(rows * places);
    lengths.forEach((length, row) => {
      const kept = Math.min(length, places);
      padded.set(all.subarray(offsets[row], (offsets[row] ?? 0) + kept), row * places);
      mask.fill(1, row * places, row * places + kept);
    });
    fed[`ids.${name}`] = { shape: [rows, places], values: padded };
    fed[`mask.${name}`] = { shape: [rows, places], values: mask };
  }
  return fed;
}
