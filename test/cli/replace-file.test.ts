import { readdirSync, readFileSync } from 'node:fs';
import type * as files from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { createFile } from '../../src/cli/replace-file.js';
import { workplace } from './workplace.js';

/** A disk without room for what stands in `full`, and without links in `plain`. */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof files>();
  const refuse = (code: string): never => {
    throw Object.assign(new Error(code), { code });
  };
  return {
    ...real,
    open: (...args: Parameters<typeof real.open>) => (/full.*tmp$/.test(String(args[0])) ? refuse('ENOSPC') : real.open(...args)),
    link: async (from: string, to: string) => (to.includes('plain') ? refuse('EPERM') : real.link(from, to)),
  };
});

const spec = (type: string): string => `model M {\n  features { price: ${type} }\n  label y: binary\n  deep { units: [4] }\n}\n`;

test('--fix that cannot write a file says so, and goes on to the others', async () => {
  const { call, folder } = workplace({ 'full.rec': spec('numbr'), 'b.rec': spec('numbr') });
  const { status, error } = await call(['check', 'full.rec', 'b.rec', '--fix']);
  expect(error).toContain('cannot write full.rec: the disk is full');
  expect(status).toBe(1);
  expect(readFileSync(path.join(folder, 'b.rec'), 'utf8')).toBe(spec('number'));
});

test.each(['new.rec', 'plain.rec'])('what has got the name of %s stays', async (name) => {
  const { folder } = workplace();
  await createFile(name, 'mine', { folder });
  await expect(createFile(name, 'yours', { folder })).rejects.toThrow(`cannot write ${name}: it exists already`);
  expect(readFileSync(path.join(folder, name), 'utf8')).toBe('mine');
  expect(readdirSync(folder)).toEqual([name]);
});
