import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSpec, shownPath } from '../../src/cli/files.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'reccompile-files-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const write = (name: string, content: string | Uint8Array): string => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
};

test('reads a spec, and names it from the current folder', () => {
  write('specs/a.rec', '\uFEFFmodel Ä {}');
  expect(readSpec('specs/a.rec', { folder })).toEqual({ path: 'specs/a.rec', text: 'model Ä {}' });
  expect(readSpec('../a.rec', { folder: path.join(folder, 'specs/deep') }).path).toBe('../a.rec');
});

test.each([
  ['missing.rec', 'cannot read missing.rec: there is no such file or folder'],
  ['specs', 'cannot read specs: it is a folder'],
  ['specs/a.rec/b.rec', 'cannot read specs/a.rec/b.rec: a part of the path is not a folder'],
  ['latin1.rec', 'cannot read latin1.rec: it is not UTF-8 text'],
  ['large.rec', 'cannot read large.rec: it has 11 MiB, a spec at most 10'],
])('refuses %s', (name, message) => {
  write('specs/a.rec', '');
  write('latin1.rec', Uint8Array.of(0x6d, 0xe9));
  truncateSync(write('large.rec', ''), 10 * 2 ** 20 + 1);
  expect(() => readSpec(name, { folder })).toThrow(message);
});

test('names the one spec of a folder', () => {
  write('runs/a/model.rec', '');
  expect(() => readSpec('runs/a', { folder })).toThrow(
    expect.objectContaining({ help: 'Name the .rec file in it: runs/a/model.rec' }),
  );
});

test('names the file that is near', () => {
  write('near/hotels.rec', '');
  expect(() => readSpec('near/hotels.recc', { folder })).toThrow(expect.objectContaining({ help: 'did you mean hotels.rec?' }));
  expect(() => readSpec('near/other.rec', { folder })).toThrow(
    expect.not.objectContaining({ help: expect.anything() as unknown }),
  );
});

test.skipIf(process.getuid?.() === 0 || process.platform === 'win32')('refuses what it may not read', () => {
  chmodSync(write('secret.rec', ''), 0);
  expect(() => readSpec('secret.rec', { folder })).toThrow('cannot read secret.rec: permission denied');
});

test('shows paths with / on Windows', () => {
  expect(shownPath('C:\\work\\specs\\a.rec', 'C:\\work', path.win32)).toBe('specs/a.rec');
  expect(shownPath('D:\\a.rec', 'C:\\work', path.win32)).toBe('D:/a.rec');
});
