export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

interface Header {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [from: number, to: number];
}

/** Arrays as a safetensors file, with a text beside them: parts that follow one another, most of them views of the numbers. */
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
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [from, to] = entry.data_offsets;
    if (entry.dtype !== 'F32') throw new Error(`${name} has numbers of type ${entry.dtype}, not F32`);
    if (start + to > size) throw new Error(`the file ends before the numbers of ${name}`);
    const values = new Float32Array((to - from) / 4);
    await read(start + from, new Uint8Array(values.buffer));
    arrays.push({ name, shape: entry.shape, values });
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

interface FileHeader {
  /** Where the numbers begin. */
  readonly start: number;
  readonly header: Readonly<Record<string, Header>>;
}

async function headerOf(size: number, read: ByteSource['read']): Promise<FileHeader> {
  const lengths = new Uint8Array(8);
  if (size >= 8) await read(0, lengths);
  const length = Number(new DataView(lengths.buffer).getBigUint64(0, true));
  if (size < 8 || length > size - 8) throw new Error('this is no safetensors file');
  const json = new Uint8Array(length);
  await read(8, json);
  return { start: 8 + length, header: JSON.parse(new TextDecoder().decode(json)) as FileHeader['header'] };
}
