import * as tf from '@tensorflow/tfjs';
import { tablePaths, weightPaths, type Model, type Tables, type Weights } from './model.js';

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Where numbers are: in variables, or in memory. */
export interface Parts {
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly values: ReadonlyMap<string, Pick<NamedArray, 'shape' | 'values'>>;
}

const weightKeys = Object.keys(weightPaths) as (keyof Weights)[];
const tableKeys = Object.keys(tablePaths) as (keyof Tables)[];

export function partsOf({ weights, tables }: Model): Parts {
  return {
    variables: new Map([...weightKeys.map((key) => [weightPaths[key], weights[key]] as const)]),
    values: new Map(
      tableKeys.map((key) => {
        const { rows, dim, values } = tables[key];
        return [tablePaths[key], { shape: [rows, dim], values }] as const;
      }),
    ),
  };
}

/** Copies of all numbers. */
export async function readParts({ variables, values }: Parts): Promise<readonly NamedArray[]> {
  const read = [...variables].map(async ([name, variable]) => {
    return { name, shape: variable.shape, values: Float32Array.from(await variable.data()) };
  });
  const kept = [...values].map(([name, { shape, values }]) => ({ name, shape, values: values.slice() }));
  return [...(await Promise.all(read)), ...kept];
}

/** Puts numbers in their places. Throws where some are missing or have another shape. */
export function writeParts({ variables, values }: Parts, arrays: readonly NamedArray[]): void {
  const given = new Map(arrays.map((array) => [array.name, array]));
  const find = (name: string, shape: readonly number[]): Float32Array => {
    const found = given.get(name);
    if (found === undefined) throw new Error(`there is no weight ${name}`);
    if (found.shape.join() === shape.join()) return found.values;
    throw new Error(`the weight ${name} has the shape ${found.shape.join()}, not ${shape.join()}`);
  };
  for (const [name, variable] of variables)
    tf.tidy(() => {
      variable.assign(tf.tensor(find(name, variable.shape).slice(), variable.shape));
    });
  for (const [name, { shape, values: to }] of values) to.set(find(name, shape));
}

/** All numbers of a model. */
export const arraysOf = (model: Model): Promise<readonly NamedArray[]> => readParts(partsOf(model));

/** Puts numbers into a model. Throws where some are missing or have another shape. */
export const setArrays = (model: Model, arrays: readonly NamedArray[]): void => {
  writeParts(partsOf(model), arrays);
};

interface Header {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [from: number, to: number];
}

/** Arrays as a safetensors file, with a text beside them. */
export function encodeArrays(arrays: readonly NamedArray[], note?: string): Uint8Array {
  let end = 0;
  const header: Record<string, unknown> = note === undefined ? {} : { __metadata__: { note } };
  for (const { name, shape, values } of arrays)
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += values.byteLength)] } satisfies Header;
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + 8 * Math.ceil(json.length / 8);
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setUint32(0, start - 8, true);
  bytes.set(json, 8);
  let at = start;
  for (const { values } of arrays) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

/** The arrays of a safetensors file of float32. Throws where it is none. */
export function decodeArrays(bytes: Uint8Array): readonly NamedArray[] {
  const { start, header } = headerOf(bytes);
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
        if (dtype !== 'F32') throw new Error(`${name} has numbers of type ${dtype}, not F32`);
        if (start + to > bytes.length) throw new Error(`the file ends before the numbers of ${name}`);
        return { name, shape, values: new Float32Array(new Uint8Array(bytes.subarray(start + from, start + to)).buffer) };
      },
    );
}

/** The text that stands beside the arrays of a file. */
export function noteOf(bytes: Uint8Array): string | undefined {
  const { __metadata__ } = headerOf(bytes).header as { readonly __metadata__?: { readonly note?: string } };
  return __metadata__?.note;
}

function headerOf(bytes: Uint8Array): { readonly start: number; readonly header: Readonly<Record<string, Header>> } {
  if (bytes.length < 8) throw new Error('this is no safetensors file');
  const start = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return { start, header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Readonly<Record<string, Header>> };
}
