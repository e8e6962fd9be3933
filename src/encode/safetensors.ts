import { isRecord } from './json.js';

/**
 * The safetensors format (Hugging Face, `safetensors` 0.x): 8 bytes with the header's length, a JSON header with each tensor's type,
 * shape and place, then the numbers, row-major and little-endian, without holes. Weights are float32; a checkpoint of an engine that
 * computes in float64 has that.
 */
export const elementBytes = { F32: 4, F64: 8 } as const;

export type NumberType = keyof typeof elementBytes;
export type Numbers = Float32Array | Float64Array;

export interface TensorEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: NumberType;
  /** Bytes behind the header. */
  readonly begin: number;
  readonly end: number;
}

/** The format's own limit. */
const longestHeader = 100_000_000;

/** What a file begins with: the header's length, and the header, padded to 8 bytes. @throws Error where two tensors have one name */
export function headerBytes(tensors: readonly Pick<TensorEntry, 'name' | 'shape' | 'type'>[]): Uint8Array {
  let end = 0;
  const entries = tensors.map(({ name, shape, type }) => {
    const begin = end;
    end += elementsOf(shape) * elementBytes[type];
    return [name, { dtype: type, shape, data_offsets: [begin, end] }] as const;
  });
  if (new Set(tensors.map(({ name }) => name)).size < tensors.length) throw new Error('two tensors have one name');
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20, 8);
  new DataView(header.buffer).setUint32(0, padded, true);
  header.set(json, 8);
  return header;
}

/** The header's length, from the first 8 bytes of a file of `size` bytes; undefined where it is longer than the file or the format allows. */
export function headerLength(first: Uint8Array, size: number): number | undefined {
  const view = new DataView(first.buffer, first.byteOffset, 8);
  const length = view.getUint32(0, true);
  return view.getUint32(4, true) !== 0 || length > Math.min(longestHeader, size - 8) ? undefined : length;
}

/**
 * The tensors that a header names, in the order of their numbers.
 * @param numbers how many bytes follow the header
 * @throws what `broken` makes of a rule of the format that it breaks
 */
export function parseHeader(header: unknown, numbers: number, broken: (what: string) => Error): readonly TensorEntry[] {
  if (!isRecord(header)) throw broken('its header is not a JSON object');
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => parseEntry(name, entry, (what) => broken(`the tensor ${name} ${what}`)))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  let end = 0;
  for (const entry of entries) {
    if (entry.begin !== end) throw broken(`the tensor ${entry.name} does not follow the one before it`);
    end = entry.end;
  }
  if (end !== numbers) throw broken(`behind its header it has ${String(numbers)} bytes, its header says ${String(end)}`);
  return entries;
}

function parseEntry(name: string, entry: unknown, broken: (what: string) => Error): TensorEntry {
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

/** Float32 numbers by name. */
export interface NamedNumbers {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A file of float32 in memory. */
export function encodeSafetensors(tensors: readonly NamedNumbers[]): Uint8Array {
  const header = headerBytes(tensors.map(({ name, shape }) => ({ name, shape, type: 'F32' })));
  const bytes = new Uint8Array(tensors.reduce((size, { values }) => size + values.byteLength, header.length));
  bytes.set(header);
  let at = header.length;
  for (const { values } of tensors) {
    bytes.set(littleEndian(values), at);
    at += values.byteLength;
  }
  return bytes;
}

/** The tensors of a file in memory, as float32. @throws Error that says what is wrong with it */
export function decodeSafetensors(bytes: Uint8Array): readonly NamedNumbers[] {
  const broken = (what: string): Error => new Error(`this is no whole safetensors file: ${what}`);
  const length = bytes.length < 8 ? undefined : headerLength(bytes, bytes.length);
  if (length === undefined) throw broken('its header is longer than itself');
  const start = 8 + length;
  return parseHeader(parseJson(bytes.subarray(8, start)), bytes.length - start, broken).map(
    ({ name, shape, type, begin, end }) => {
      // A copy of its own: `slice` of Node's Buffer shares memory.
      const own = new Uint8Array(bytes.subarray(start + begin, start + end));
      if (!nativeIsLittleEndian) swapBytes(own, elementBytes[type]);
      const values = type === 'F64' ? Float32Array.from(new Float64Array(own.buffer)) : new Float32Array(own.buffer);
      return { name, shape, values };
    },
  );
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}

export const nativeIsLittleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

export const bytesOf = ({ buffer, byteOffset, byteLength }: Numbers): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** The numbers as a file has them, in place where that is as memory has them. */
export function littleEndian(values: Numbers): Uint8Array {
  const bytes = bytesOf(values);
  if (nativeIsLittleEndian) return bytes;
  const swapped = bytes.slice();
  swapBytes(swapped, values.BYTES_PER_ELEMENT);
  return swapped;
}

export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let at = 0; at < bytes.length; at += size) bytes.subarray(at, at + size).reverse();
}

export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && Number(size) >= 0);
}
