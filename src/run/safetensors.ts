import {
  bytesOf,
  elementBytes,
  elementsOf,
  headerBytes,
  headerLength,
  littleEndian,
  nativeIsLittleEndian,
  parseHeader,
  swapBytes,
  type Numbers,
  type NumberType,
  type TensorEntry,
} from '../encode/safetensors.js';
import { damaged } from './errors.js';
import { decode, parseJson, readExactly } from './files.js';
import type { Files } from './files.js';

export type { Numbers, NumberType } from '../encode/safetensors.js';

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  /** Float32 without it. */
  readonly type?: NumberType;
  /** All elements in row-major order, whole or in parts, of the type's arrays. */
  readonly data: Numbers | Iterable<Numbers> | AsyncIterable<Numbers>;
}

export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: NumberType;
  /** Reads the elements, into the given array if there is one; it has to have the tensor's size. */
  readonly read: (into?: Float32Array) => Promise<Float32Array>;
  /** Fills `into` with the elements from `from` on, in row-major order. */
  readonly part: (from: number, into: Numbers) => Promise<void>;
}

const writeBytes = 2 ** 22;
/** Elements that are read at once. */
const partLength = 2 ** 18;

/** Writes a file of these tensors, in this order. */
export async function writeTensors(files: Files, path: string, tensors: readonly TensorToWrite[]): Promise<void> {
  await files.write(path, encodeTensors(tensors));
}

/** The bytes of the file, in parts that may be views of the tensors' own memory. */
export async function* encodeTensors(tensors: readonly TensorToWrite[]): AsyncIterable<Uint8Array> {
  yield headerBytes(tensors.map(({ name, shape, type = 'F32' }) => ({ name, shape, type })));
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
  const length = headerLength(lengths, size);
  if (length === undefined) throw damaged(path, 'its header is longer than itself');
  const json = new Uint8Array(length);
  await readExactly(files, path, 8, json);
  const start = 8 + length;
  const header = parseJson(path, decode(path, json));
  const entries = parseHeader(header, size - start, (what) => damaged(path, what));
  return new Map(entries.map((entry) => [entry.name, stored(files, path, start, entry)]));
}

function stored(files: Files, path: string, start: number, { name, shape, type, begin, end }: TensorEntry): StoredTensor {
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
