import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { editorHost } from '../../src/cli/editor-host.js';
import { check } from '../../src/model/check.js';
import type { DataSection } from '../../src/model/model.js';
import { dataOf } from '../../src/editor/data.js';

let top: string;
let folder: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(path.join(tmpdir(), 'editor-host-')));
  folder = path.join(top, 'specs');
  mkdirSync(path.join(folder, 'data'), { recursive: true });
});
afterEach(() => {
  rmSync(top, { recursive: true });
});

const write = (file: string, text: string): string => {
  const place = path.join(folder, file);
  mkdirSync(path.dirname(place), { recursive: true });
  writeFileSync(place, text);
  return place;
};

it('finds specs in folders of any name, but in none of others’ packages nor hidden ones', () => {
  for (const file of ['a.rec', 'target/b.rec', 'build/c.rec', 'node_modules/d.rec', '.git/e.rec', '.f.rec']) write(file, '');
  const { specs } = editorHost();
  const found = (most: number): readonly string[] | undefined =>
    specs?.(folder, most).paths.map((file) => path.relative(folder, file));
  expect(found(100)).toEqual(['a.rec', 'build/c.rec', 'target/b.rec']);
  expect(found(1)).toEqual(['a.rec']);
});

it('lists the folder of a spec and below, also through links, and nothing else', () => {
  write('data/rows.csv', '');
  writeFileSync(path.join(top, 'secret.csv'), '');
  symlinkSync(top, path.join(folder, 'out'));
  symlinkSync(path.join(top, 'secret.csv'), path.join(folder, 'secret.csv'));
  symlinkSync(path.join(folder, 'data'), path.join(folder, 'in'));
  const { list } = editorHost();
  expect(list?.(`${folder}/`, `${folder}/`).toSorted()).toEqual(['data/', 'in/']);
  expect(list?.(`${folder}/in/`, `${folder}/`)).toEqual(['rows.csv']);
  expect(list?.(`${folder}/out/`, `${folder}/`)).toEqual([]);
  expect(list?.(`${folder}/../`, `${folder}/`)).toEqual([]);
});

function data(source: string): DataSection {
  const text = `model M { data { source: "${source}" } features { a: category } }`;
  const spec = { path: `${folder}/m.rec`, text };
  const found = dataOf({ uri: '', source: spec, checked: check(spec), isLibrary: false }, 'M');
  if (!found) throw new Error('the spec has no data');
  return found;
}

it('reads the columns of a pattern again when one of its files changes, or comes to it', async () => {
  const one = write('data/1.csv', 'user,item\nu1,i1\n');
  const host = editorHost();
  const columns = async (): Promise<readonly string[]> =>
    (await host.columns?.(data('data/*.csv')))?.map(({ name }) => name) ?? [];
  expect(await columns()).toEqual(['user', 'item']);
  write('data/1.csv', 'user,item,age\nu1,i1,30\n');
  utimesSync(one, 1, 1);
  expect(await columns()).toEqual(['user', 'item', 'age']);
  const values = async () => (await host.columns?.(data('data/*.csv')))?.[0]?.frequent;
  expect(await values()).toEqual(['u1']);
  write('data/2.csv', 'user,item,age\nu2,i2,30\nu2,i1,31\n');
  expect(await values()).toEqual(['u2', 'u1']);
});

it('reads unchanged files once', async () => {
  write('data/1.csv', 'user,item\nu1,i1\n');
  const host = editorHost();
  const first = await host.columns?.(data('data/*.csv'));
  expect((await host.columns?.(data('data/*.csv')))?.[0]).toBe(first?.[0]);
});
