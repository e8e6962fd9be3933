import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nodeFiles, renamePatiently } from '../../src/data/node-files.js';
import type { Files } from '../../src/run/files.js';
import { openTensors, writeTensors } from '../../src/run/safetensors.js';
import { bytesOf } from './memory-files.js';

const files: Files = nodeFiles;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reccompile-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('writes whole files, and leaves none of its own behind', async () => {
  const file = `${folder}/a`;
  await files.write(file, [bytesOf('one '), bytesOf('two')]);
  await files.append(file, bytesOf(' three'));
  const into = new Uint8Array(32);
  expect(await files.size(file)).toBe(13);
  expect(await files.read(file, 4, into)).toBe(9);
  expect(new TextDecoder().decode(into.subarray(0, 9))).toBe('two three');
  expect(await files.list(folder)).toEqual(['a']);
});

test('a write that fails keeps what was there', async () => {
  const file = `${folder}/a`;
  await writeFile(file, 'before');
  const chunks = function* () {
    yield bytesOf('after');
    throw new Error('no more');
  };
  await expect(files.write(file, chunks())).rejects.toThrow('no more');
  expect(await files.size(file)).toBe(6);
  expect(await readdir(folder)).toEqual(['a']);
});

test('says what is not there without an error', async () => {
  expect(await files.size(`${folder}/none`)).toBeUndefined();
  expect(await files.size(folder)).toBeUndefined();
  expect(await files.list(`${folder}/none`)).toEqual([]);
  await files.remove(`${folder}/none`);
  await expect(files.write(`${folder}/none/a`, [])).rejects.toMatchObject({ code: 'ENOENT' });
});

test('shared memory is written and read', async () => {
  const values = new Float32Array(new SharedArrayBuffer(12));
  values.set([1, 2, 3]);
  await writeTensors(files, `${folder}/t`, [{ name: 'w', shape: [3], data: values }]);
  const into = new Float32Array(new SharedArrayBuffer(12));
  await (await openTensors(files, `${folder}/t`))?.get('w')?.read(into);
  expect([...into]).toEqual([1, 2, 3]);
});

test('a rename that is refused for a moment is tried again', async () => {
  const refusal = (code: string) => Object.assign(new Error(code), { code });
  const wait = vi.fn(() => Promise.resolve());
  const rename = vi.fn(() => Promise.resolve());
  rename.mockRejectedValueOnce(refusal('EPERM')).mockRejectedValueOnce(refusal('EBUSY'));
  await renamePatiently('a', 'b', { rename, wait });
  expect([rename.mock.calls.length, wait.mock.calls.length]).toEqual([3, 2]);
  await expect(renamePatiently('a', 'b', { rename: () => Promise.reject(refusal('EPERM')), wait })).rejects.toThrow('EPERM');
  await expect(renamePatiently('a', 'b', { rename: () => Promise.reject(refusal('ENOENT')), wait })).rejects.toThrow('ENOENT');
});
