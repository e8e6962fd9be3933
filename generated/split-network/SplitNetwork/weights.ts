import * as tf from '@tensorflow/tfjs';
import { tablePaths, weightPaths, type Model, type Tables, type Weights } from './model.js';

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

const weightKeys = Object.keys(weightPaths) as (keyof Weights)[];
const tableKeys = Object.keys(tablePaths) as (keyof Tables)[];

/** All numbers of a model. */
export async function arraysOf(model: Model): Promise<readonly NamedArray[]> {
  const weights = await Promise.all(
    weightKeys.map(async (key) => {
      const weight: tf.Variable = model.weights[key];
      return { name: weightPaths[key], shape: weight.shape, values: Float32Array.from(await weight.data()) };
    }),
  );
  const tables = tableKeys.map((key) => {
    const { rows, dim, values } = model.tables[key];
    return { name: tablePaths[key], shape: [rows, dim], values };
  });
  return [...weights, ...tables];
}

/** Puts numbers into a model. Throws where some are missing or have another shape. */
export function setArrays(model: Model, arrays: readonly NamedArray[]): void {
  const find = (name: string, shape: readonly number[]): Float32Array => {
    const found = arrays.find((array) => array.name === name);
    if (found === undefined) throw new Error('there is no weight ' + name);
    if (found.shape.join() === shape.join()) return found.values;
    throw new Error('the weight ' + name + ' has the shape ' + found.shape.join() + ', not ' + shape.join());
  };
  for (const key of weightKeys) {
    const weight: tf.Variable = model.weights[key];
    const values = find(weightPaths[key], weight.shape);
    tf.tidy(() => weight.assign(tf.tensor(values, weight.shape)));
  }
  for (const key of tableKeys) {
    const { rows, dim, values } = model.tables[key];
    values.set(find(tablePaths[key], [rows, dim]));
  }
}

/** Arrays as a safetensors file. */
export function encodeArrays(arrays: readonly NamedArray[]): Uint8Array {
  let end = 0;
  const header: Record<string, unknown> = {};
  for (const { name, shape, values } of arrays)
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += 4 * values.length)] };
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + 8 * Math.ceil(json.length / 8);
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  bytes.set(json, 8);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, start - 8, true);
  let at = start;
  for (const { values } of arrays)
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  return bytes;
}

/** The arrays of a safetensors file of float32. */
export function decodeArrays(bytes: Uint8Array): readonly NamedArray[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + view.getUint32(0, true);
  type Entry = { readonly dtype: string; readonly shape: readonly number[]; readonly data_offsets: readonly [number, number] };
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Readonly<Record<string, Entry>>;
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        if (dtype !== 'F32') throw new Error(name + ' has numbers of type ' + dtype + ', not F32');
        const values = Float32Array.from({ length: (to - from) / 4 }, (_, i) => view.getFloat32(start + from + 4 * i, true));
        return { name, shape, values };
      },
    );
}
