import { damaged } from './errors.js';
import { decode, parseJson, readExactly } from './files.js';
import type { Files } from './files.js';

/**
 * The safetensors format (Hugging Face, `safetensors` 0.x): 8 bytes with the header's length, a JSON header with each tensor's type,
 * shape and place, then the numbers, row-major and little-endian, without holes. Only float32 is used here.
 */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** All elements in row-major order, whole or in parts. */
  readonly data: Float32Array | Iterable<Float32Array>;
}

export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Reads the elements, into the given array if there is one; it has to have the tensor's size. */
  readonly read: (into?: Float32Array) => Promise<Float32Array>;
}

/** The format's own limit. */
const longestHeader = 100_000_000;
const elementBytes = 4;
const writeBytes = 2 ** 22;

/** Writes a file of these tensors, in this order. */
export async function writeTensors(files: Files, path: string, tensors: readonly TensorToWrite[]): Promise<void> {
  await files.write(path, encodeTensors(tensors));
}

/** The bytes of the file, in parts that may be views of the tensors' own memory. */
export function* encodeTensors(tensors: readonly TensorToWrite[]): Iterable<Uint8Array> {
  let end = 0;
  const entries = tensors.map(({ name, shape }) => {
    const begin = end;
    end += elementsOf(shape) * elementBytes;
    return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }] as const;
  });
  if (new Set(tensors.map(({ name }) => name)).size < tensors.length) throw new Error('two tensors have one name');
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20, 8);
  new DataView(header.buffer).setUint32(0, padded, true);
  header.fill(0, 4, 8);
  header.set(json, 8);
  yield header;
  for (const tensor of tensors) yield* elementsAsBytes(tensor);
}

function* elementsAsBytes({ name, shape, data }: TensorToWrite): Iterable<Uint8Array> {
  let count = 0;
  for (const part of data instanceof Float32Array ? [data] : data) {
    count += part.length;
    const bytes = littleEndian(part);
    for (let at = 0; at < bytes.length; at += writeBytes) yield bytes.subarray(at, at + writeBytes);
  }
  if (count !== elementsOf(shape))
    throw new Error(`${name} has ${String(count)} elements, its shape ${String(elementsOf(shape))}`);
}

/**
 * The tensors of a file by name; their numbers are read when asked for. Undefined if there is no such file.
 * @throws RunError `run-damaged` if it breaks a rule of the format, or has other numbers than float32
 */
export async function openTensors(files: Files, path: string): Promise<ReadonlyMap<string, StoredTensor> | undefined> {
  const size = await files.size(path);
  if (size === undefined) return undefined;
  if (size < 8) throw damaged(path, 'it is shorter than a header');
  const lengths = new Uint8Array(8);
  await readExactly(files, path, 0, lengths);
  const view = new DataView(lengths.buffer);
  const length = view.getUint32(0, true);
  if (view.getUint32(4, true) !== 0 || length > Math.min(longestHeader, size - 8))
    throw damaged(path, 'its header is longer than itself');
  const json = new Uint8Array(length);
  await readExactly(files, path, 8, json);
  const header = parseJson(path, decode(path, json));
  if (!isRecord(header)) throw damaged(path, 'its header is not a JSON object');

  const start = 8 + length;
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => parseEntry(path, name, entry))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) throw damaged(path, `the tensor ${entry.name} does not follow the one before it`);
    end = entry.end;
  }
  if (start + end !== size) throw damaged(path, `it has ${String(size)} bytes, its header says ${String(start + end)}`);
  return new Map(entries.map((entry) => [entry.name, stored(files, path, start, entry)]));
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function parseEntry(path: string, name: string, entry: unknown): Entry {
  const broken = (what: string) => damaged(path, `the tensor ${name} ${what}`);
  if (!isRecord(entry)) throw broken('has no description');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32') throw broken(`has numbers of type ${JSON.stringify(dtype)}, not F32`);
  if (!isSizes(shape) || shape.length > 16) throw broken('has no shape');
  if (!isSizes(offsets)) throw broken('has no place');
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2 || end < begin) throw broken('has no place');
  if (elementsOf(shape) * elementBytes !== end - begin)
    throw broken(`has ${String(end - begin)} bytes for the shape [${shape.join(', ')}]`);
  return { name, shape, begin, end };
}

function stored(files: Files, path: string, start: number, { name, shape, begin, end }: Entry): StoredTensor {
  const count = (end - begin) / elementBytes;
  return {
    name,
    shape,
    read: async (into = new Float32Array(count)) => {
      if (into.length !== count) throw new Error(`${name} has ${String(count)} elements, not ${String(into.length)}`);
      const bytes = new Uint8Array(into.buffer, into.byteOffset, into.byteLength);
      await readExactly(files, path, start + begin, bytes);
      if (!nativeIsLittleEndian) swapBytes(bytes);
      return into;
    },
  };
}

const nativeIsLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

function littleEndian(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  if (nativeIsLittleEndian) return bytes;
  const swapped = bytes.slice();
  swapBytes(swapped);
  return swapped;
}

function swapBytes(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += elementBytes) bytes.subarray(at, at + elementBytes).reverse();
}

function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
