import { damaged } from './errors.js';
import { decode, parseJson, readExactly } from './files.js';
import type { Files } from './files.js';

/**
 * The safetensors format (Hugging Face, `safetensors` 0.x): 8 bytes with the header's length, a JSON header with each tensor's type,
 * shape and place, then the numbers, row-major and little-endian, without holes. Weights are float32; a checkpoint of an engine that computes in float64
 * has that.
 */
export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** Float32 without it. */
  readonly type?: NumberType;
  /** All elements in row-major order, whole or in parts, of the type's arrays. */
  readonly data: Numbers | Iterable<Numbers> | AsyncIterable<Numbers>;
}

export type Numbers = Float32Array | Float64Array;
export type NumberType = keyof typeof elementBytes;

export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: NumberType;
  /** Reads the elements, into the given array if there is one; it has to have the tensor's size. */
  readonly read: (into?: Float32Array) => Promise<Float32Array>;
  /** Fills `into` with the elements from `from` on, in row-major order. */
  readonly part: (from: number, into: Numbers) => Promise<void>;
}

const elementBytes = { F32: 4, F64: 8 } as const;

/** The format's own limit. */
const longestHeader = 100_000_000;
const writeBytes = 2 ** 22;
/** Elements that are read at once. */
const partLength = 2 ** 18;

/** Writes a file of these tensors, in this order. */
export async function writeTensors(files: Files, path: string, tensors: readonly TensorToWrite[]): Promise<void> {
  await files.write(path, encodeTensors(tensors));
}

/** The bytes of the file, in parts that may be views of the tensors' own memory. */
export async function* encodeTensors(tensors: readonly TensorToWrite[]): AsyncIterable<Uint8Array> {
  let end = 0;
  const entries = tensors.map(({ name, shape, type = 'F32' }) => {
    const begin = end;
    end += elementsOf(shape) * elementBytes[type];
    return [name, { dtype: type, shape, data_offsets: [begin, end] }] as const;
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

async function* elementsAsBytes({ name, shape, type = 'F32', data }: TensorToWrite): AsyncIterable<Uint8Array> {
  let count = 0;
  for await (const part of isNumbers(data) ? [data] : data) {
    if (typeOf(part) !== type) throw new Error(`${name} has elements of ${typeOf(part)}, and should have ${type}`);
    count += part.length;
    const bytes = littleEndian(part);
    for (let at = 0; at < bytes.length; at += writeBytes) yield bytes.subarray(at, at + writeBytes);
  }
  if (count !== elementsOf(shape))
    throw new Error(`${name} has ${String(count)} elements, its shape ${String(elementsOf(shape))}`);
}

const isNumbers = (data: TensorToWrite['data']): data is Numbers => data instanceof Float32Array || data instanceof Float64Array;

const typeOf = (numbers: Numbers): NumberType => (numbers instanceof Float64Array ? 'F64' : 'F32');

/** A tensor that lies in a file, to be written to another. */
export const tensorToCopy = ({ name, shape, type, part }: StoredTensor): TensorToWrite => ({
  name,
  shape,
  type,
  data: {
    async *[Symbol.asyncIterator]() {
      const count = elementsOf(shape);
      for (let from = 0; from < count; from += partLength) {
        const length = Math.min(partLength, count - from);
        const numbers = type === 'F64' ? new Float64Array(length) : new Float32Array(length);
        await part(from, numbers);
        yield numbers;
      }
    },
  },
});

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
  readonly type: NumberType;
  readonly begin: number;
  readonly end: number;
}

function parseEntry(path: string, name: string, entry: unknown): Entry {
  const broken = (what: string) => damaged(path, `the tensor ${name} ${what}`);
  if (!isRecord(entry)) throw broken('has no description');
  const { dtype, shape, data_offsets: offsets } = entry;
  if (dtype !== 'F32' && dtype !== 'F64') throw broken(`has numbers of type ${JSON.stringify(dtype)}, not F32 or F64`);
  if (!isSizes(shape) || shape.length > 16) throw broken('has no shape');
  if (!isSizes(offsets)) throw broken('has no place');
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length !== 2 || end < begin) throw broken('has no place');
  if (elementsOf(shape) * elementBytes[dtype] !== end - begin)
    throw broken(`has ${String(end - begin)} bytes for the shape [${shape.join(', ')}]`);
  return { name, shape, type: dtype, begin, end };
}

function stored(files: Files, path: string, start: number, { name, shape, type, begin, end }: Entry): StoredTensor {
  const size = elementBytes[type];
  const count = (end - begin) / size;
  const fill = async (from: number, into: Numbers): Promise<void> => {
    const bytes = bytesOf(into);
    await readExactly(files, path, start + begin + from * size, bytes);
    if (!nativeIsLittleEndian) swapBytes(bytes, size);
  };
  const part: StoredTensor['part'] = async (from, into) => {
    if (typeOf(into) === type) return fill(from, into);
    for (let at = 0; at < into.length; at += partLength) {
      const length = Math.min(partLength, into.length - at);
      const numbers = type === 'F64' ? new Float64Array(length) : new Float32Array(length);
      await fill(from + at, numbers);
      into.set(numbers, at);
    }
  };
  return {
    name,
    shape,
    type,
    part,
    read: async (into = new Float32Array(count)) => {
      if (into.length !== count) throw new Error(`${name} has ${String(count)} elements, not ${String(into.length)}`);
      await part(0, into);
      return into;
    },
  };
}

const nativeIsLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

function littleEndian(values: Numbers): Uint8Array {
  const bytes = bytesOf(values);
  if (nativeIsLittleEndian) return bytes;
  const swapped = bytes.slice();
  swapBytes(swapped, values.BYTES_PER_ELEMENT);
  return swapped;
}

function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
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
