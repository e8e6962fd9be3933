import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { editorHost } from '../../src/cli/editor-host.js';
import type { Specs } from '../../src/editor/host.js';
import { createWorkspace } from '../../src/editor/workspace.js';

it('says once that a workspace has more specs than are looked at', () => {
  const said: string[] = [];
  let there = 1999;
  const specs = (folder: string, most: number): Specs => ({
    paths: Array.from({ length: Math.min(there, most) }, (_, i) => `${folder}/${String(i)}.rec`),
    isCut: there > most,
  });
  const workspace = createWorkspace({ specs }, (message) => said.push(message));
  workspace.addFolder('file:///work');
  workspace.all();
  expect(said).toEqual([]);
  there = 3000;
  workspace.all();
  workspace.all();
  expect(said).toEqual([expect.stringContaining('only 2000 specs')]);
});

it('looks for specs in no more than so many files, those near the top first', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'many-'));
  for (const name of ['a/node_modules', 'a/.hidden', 'a/b']) mkdirSync(path.join(folder, name), { recursive: true });
  for (const name of ['a/node_modules/x.rec', 'a/.hidden/x.rec', 'a/b/deep.rec', 'near.rec'])
    writeFileSync(path.join(folder, name), '');
  const { specs } = editorHost();
  const names = (most: number): unknown => {
    const found = specs?.(folder, most);
    return { ...found, paths: found?.paths.map((file) => path.basename(file)) };
  };
  expect(names(10)).toEqual({ paths: ['near.rec', 'deep.rec'], isCut: false });
  expect(names(1)).toEqual({ paths: ['near.rec'], isCut: true });
  rmSync(folder, { recursive: true });
});
