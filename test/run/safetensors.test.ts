import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isRunError } from '../../src/run/errors.js';
import { encodeTensors, openTensors, tensorToCopy, writeTensors } from '../../src/run/safetensors.js';
import type { TensorToWrite } from '../../src/run/safetensors.js';
import { bytesOf, concatenate, memoryFiles } from './memory-files.js';

const path = 'w.safetensors';

const two: readonly TensorToWrite[] = [
  { name: 'cross.0.W', shape: [2, 1], data: Float32Array.of(1, -2) },
  { name: 'b', shape: [], data: Float32Array.of(0.5) },
];

/** What Python's `struct` and `json` would write: length, header, numbers. */
function file(header: unknown, data: readonly number[] = [], length?: number): Uint8Array {
  const json = bytesOf(typeof header === 'string' ? header : JSON.stringify(header));
  const head = new Uint8Array(8);
  new DataView(head.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  return concatenate([head, json, Uint8Array.from(data)]);
}

const entry = (from: number, to: number, shape: readonly unknown[], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

async function open(bytes: Uint8Array) {
  const files = memoryFiles();
  files.contents.set(path, bytes);
  const tensors = (await openTensors(files, path)) ?? new Map<string, never>();
  return Promise.all(
    [...tensors.values()].map(async (tensor) => [tensor.name, tensor.shape, [...(await tensor.read())]] as const),
  );
}

async function bytesOfTensors(tensors: readonly TensorToWrite[]): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeTensors(tensors)) chunks.push(chunk);
  return concatenate(chunks);
}

test('the bytes of two tensors', async () => {
  const header =
    '{"cross.0.W":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}';
  const padding = (8 - (header.length % 8)) % 8;
  const numbers = [0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 0, 0, 0, 0x3f];
  expect(await bytesOfTensors(two)).toEqual(file(header + ' '.repeat(padding), numbers));
});

test('what is written is read, in any order of names and in parts', async () => {
  const files = memoryFiles();
  const long = Float32Array.from({ length: 1_200_001 }, (_, i) => Math.sin(i));
  const parts = [long.subarray(0, 7), long.subarray(7, 1_100_000), long.subarray(1_100_000)];
  await writeTensors(files, path, [
    ...two,
    { name: '1', shape: [1_200_001], data: parts },
    { name: '__proto__', shape: [0, 4], data: [] },
  ]);
  const tensors = await openTensors(files, path);
  expect([...(tensors?.keys() ?? [])].sort()).toEqual(['1', '__proto__', 'b', 'cross.0.W']);
  const read = await tensors?.get('1')?.read();
  expect(long.every((value, i) => value === read?.[i])).toBe(true);
  expect(await tensors?.get('__proto__')?.read()).toEqual(new Float32Array(0));
  const into = new Float32Array(4).subarray(1, 3);
  expect(await tensors?.get('cross.0.W')?.read(into)).toBe(into);
  expect([...into]).toEqual([1, -2]);
  await expect(tensors?.get('cross.0.W')?.read(new Float32Array(3))).rejects.toThrow('2 elements, not 3');
});

test('numbers that do not fill the shape are refused, as are those of another type and two tensors of one name', async () => {
  const refused = (tensors: readonly TensorToWrite[]) => expect(bytesOfTensors(tensors)).rejects;
  await refused([{ name: 'w', shape: [3], data: new Float32Array(2) }]).toThrow('w has 2 elements, its shape 3');
  await refused([{ name: 'w', shape: [2], data: new Float64Array(2) }]).toThrow('w has elements of F64, and should have F32');
  await refused([...two, ...two]).toThrow('two tensors have one name');
});

test('double precision is kept, and read as single where that is asked for', async () => {
  const files = memoryFiles();
  const values = Float64Array.from({ length: 1000 }, (_, i) => Math.PI * i);
  await writeTensors(files, path, [...two, { name: 'd', shape: [10, 100], type: 'F64', data: [values] }]);
  const stored = (await openTensors(files, path))?.get('d');
  const part = new Float64Array(3);
  await stored?.part(500, part);
  expect([stored?.type, ...part]).toEqual(['F64', values[500], values[501], values[502]]);
  expect(await stored?.read()).toEqual(new Float32Array(values));
});

test('a tensor is copied from file to file', async () => {
  const files = memoryFiles();
  const values = Float32Array.from({ length: 300_001 }, (_, i) => Math.cos(i));
  await writeTensors(files, path, [{ name: 'w', shape: [300_001], data: values }]);
  const stored = (await openTensors(files, path))?.get('w');
  await writeTensors(files, 'copy', [tensorToCopy(stored!)]);
  expect(Buffer.compare(files.contents.get('copy')!, files.contents.get(path)!)).toBe(0);
});

test('a file that another program wrote: metadata, any order, spaces', async () => {
  const header = { __metadata__: { format: 'pt' }, z: entry(4, 8, [1]), a: entry(0, 4, [1, 1]) };
  const data = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40];
  expect(await open(file(`${JSON.stringify(header)}   `, data))).toEqual([
    ['a', [1, 1], [1]],
    ['z', [1], [2]],
  ]);
});

test('no file is no error', async () => {
  expect(await openTensors(memoryFiles(), path)).toBeUndefined();
});

describe('a damaged file says what is wrong', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /shorter than a header/],
    ['a header longer than the file', file({}, [], 100), /header is longer/],
    ['a header of 2⁶³ bytes', file({}, [], 2 ** 62), /header is longer/],
    ['no JSON', file('{"a":'), /not JSON/],
    ['no UTF-8', concatenate([file('ab').subarray(0, 8), Uint8Array.of(0xff, 0xfe)]), /not UTF-8/],
    ['no object', file([1]), /not a JSON object/],
    ['no description', file({ a: 1 }), /tensor a has no description/],
    ['another type', file({ a: entry(0, 4, [2], 'F16') }, [0, 0, 0, 0]), /type "F16", not F32 or F64/],
    ['a negative size', file({ a: entry(0, 4, [-1]) }, [0, 0, 0, 0]), /no shape/],
    ['a size that is no number', file({ a: entry(0, 4, ['1']) }, [0, 0, 0, 0]), /no shape/],
    ['a shape without end', file({ a: entry(0, 4, [2 ** 52, 2 ** 52]) }, [0, 0, 0, 0]), /4 bytes for the shape/],
    ['a place backwards', file({ a: entry(4, 0, [1]) }, [0, 0, 0, 0]), /no place/],
    ['a place of three', file({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, [0, 0, 0, 0]), /no place/],
    ['a hole', file({ a: entry(4, 8, [1]) }, [0, 0, 0, 0, 0, 0, 0, 0]), /does not follow/],
    ['an overlap', file({ a: entry(0, 8, [2]), b: entry(4, 12, [2]) }, new Array<number>(12).fill(0)), /does not follow/],
    ['missing numbers', file({ a: entry(0, 8, [2]) }, [0, 0, 0, 0]), /bytes, its header says/],
    ['numbers too many', file({ a: entry(0, 4, [1]) }, [0, 0, 0, 0, 0]), /bytes, its header says/],
  ])('%s', async (_title, bytes, message) => {
    const error: unknown = await open(bytes).catch((e: unknown) => e);
    expect(isRunError(error) && error.code).toBe('run-damaged');
    expect(error).toHaveProperty('message', expect.stringMatching(message));
  });

  test('cut and changed bytes are read or refused, never a crash', async () => {
    const whole = await bytesOfTensors(two);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 3 }),
        async (length, changes) => {
          const bytes = whole.slice();
          for (const [at, byte] of changes) bytes[at] = byte;
          const error: unknown = await open(bytes.subarray(0, length)).then(
            () => undefined,
            (e: unknown) => e,
          );
          if (error !== undefined) expect(error).toSatisfy(isRunError);
        },
      ),
      { seed: 11, numRuns: 300 },
    );
  });
});
