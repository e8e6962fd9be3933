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

/** Arrays as a safetensors file, with a text beside them: its parts, which follow one another. They may be views of the numbers. */
export function encodeArrays(arrays: readonly NamedArray[], note?: string): readonly Uint8Array[] {
  let end = 0;
  const header: Record<string, unknown> = note === undefined ? {} : { __metadata__: { note } };
  for (const { name, shape, values } of arrays)
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += values.byteLength)] } satisfies Header;
  const json = new TextEncoder().encode(JSON.stringify(header));
  const length = 8 * Math.ceil(json.length / 8);
  const head = new Uint8Array(8 + length).fill(0x20, 8);
  new DataView(head.buffer).setUint32(0, length, true);
  head.set(json, 8);
  return [head, ...arrays.map(({ values }) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength))];
}

/** A file that is read in parts: one array of bytes cannot hold a large one. */
export interface ByteSource {
  readonly size: number;
  /** Fills `into` with the bytes from `from` on. */
  readonly read: (from: number, into: Uint8Array) => Promise<void>;
}

export interface StoredArrays {
  readonly arrays: readonly NamedArray[];
  /** The text that stands beside them. */
  readonly note: string | undefined;
}

/** What a safetensors file of float32 holds. Throws where it is none. */
export async function decodeArrays(file: Uint8Array | ByteSource): Promise<StoredArrays> {
  const { size, read } = file instanceof Uint8Array ? inMemory(file) : file;
  const { start, header } = await headerOf(size, read);
  const arrays: NamedArray[] = [];
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    if (dtype !== 'F32') throw new Error(`${name} has numbers of type ${dtype}, not F32`);
    if (start + to > size) throw new Error(`the file ends before the numbers of ${name}`);
    const values = new Float32Array((to - from) / 4);
    await read(start + from, new Uint8Array(values.buffer));
    arrays.push({ name, shape, values });
  }
  const { __metadata__: beside } = header as { readonly __metadata__?: { readonly note?: string } };
  return { arrays, note: beside?.note };
}

function inMemory(bytes: Uint8Array): ByteSource {
  const read = (from: number, into: Uint8Array): Promise<void> => {
    into.set(bytes.subarray(from, from + into.length));
    return Promise.resolve();
  };
  return { size: bytes.length, read };
}

async function headerOf(
  size: number,
  read: ByteSource['read'],
): Promise<{ readonly start: number; readonly header: Readonly<Record<string, Header>> }> {
  const lengths = new Uint8Array(8);
  if (size >= 8) await read(0, lengths);
  const length = Number(new DataView(lengths.buffer).getBigUint64(0, true));
  if (size < 8 || length > size - 8) throw new Error('this is no safetensors file');
  const json = new Uint8Array(length);
  await read(8, json);
  return { start: 8 + length, header: JSON.parse(new TextDecoder().decode(json)) as Readonly<Record<string, Header>> };
}
