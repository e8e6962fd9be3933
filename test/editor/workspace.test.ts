import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { editorHost } from '../../src/cli/editor-host.js';
import type { Host, Specs } from '../../src/editor/host.js';
import { createWorkspace, type Workspace } from '../../src/editor/workspace.js';

it('says once that a workspace has more specs than are looked at', () => {
  const said: string[] = [];
  let there = 1999;
  const specs = (folder: string, most: number): Specs => ({
    paths: Array.from({ length: Math.min(there, most) }, (_, i) => `${folder}/${String(i)}.rec`),
    isCut: there > most,
  });
  const workspace = createWorkspace({ specs }, (message) => said.push(message));
  workspace.addFolder('file:///shop');
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

const base = 'block twice(x: vector[d]) -> vector[d] {\n  return 2 * x\n}\n';
const importing = 'import { twice } from "./base.rec"\n';

/** Each reading of a file gives a source of its own, as those of a disk do. */
function diskOf(texts: ReadonlyMap<string, string>): { readonly host: Host; readonly read: string[] } {
  const read: string[] = [];
  const sourceAt = (file: string) => {
    const text = texts.get(file);
    return text === undefined ? undefined : { path: file, text };
  };
  return {
    read,
    host: {
      load: () => (file) => {
        const source = sourceAt(file);
        return source ? { source } : { problem: 'it does not exist' };
      },
      read: (file) => {
        read.push(file);
        return sourceAt(file);
      },
      version: (file) => texts.get(file),
      specs: (folder) => ({ paths: [...texts.keys()].filter((file) => file.startsWith(`${folder}/`)), isCut: false }),
    },
  };
}

const treesOf = (workspace: Workspace, file: string) =>
  new Set(
    workspace
      .all()
      .flatMap(({ checked }) => checked.files)
      .filter(({ span }) => span.source.path === file),
  );

it('reads a file once for all who import it', () => {
  const texts = new Map([
    ['/shop/a.rec', importing],
    ['/shop/b.rec', importing],
    ['/shop/base.rec', base],
    ['/shop/c.rec', importing],
  ]);
  const workspace = createWorkspace(diskOf(texts).host);
  workspace.addFolder('file:///shop');
  const [before, ...others] = treesOf(workspace, '/shop/base.rec');
  expect(others).toEqual([]);
  workspace.put('file:///shop/a.rec', `${importing}// more\n`);
  workspace.put('file:///elsewhere.rec', base);
  expect([...treesOf(workspace, '/shop/base.rec')]).toEqual([before]);

  texts.set('/shop/base.rec', base.replace('2 *', '3 *'));
  workspace.refresh();
  const [after, ...rest] = treesOf(workspace, '/shop/base.rec');
  expect(rest).toEqual([]);
  expect(after?.span.source.text).toContain('3 * x');
});

it('forgets what neither an open text nor a folder reaches', () => {
  const texts = new Map([
    ['/shop/a.rec', importing],
    ['/shop/base.rec', base],
    ['/other/a.rec', importing],
    ['/other/base.rec', base],
  ]);
  const { host, read } = diskOf(texts);
  const workspace = createWorkspace(host);
  const readAgain = (): readonly string[] => {
    read.length = 0;
    workspace.all();
    return [...read];
  };
  workspace.addFolder('file:///shop');
  workspace.addFolder('file:///other');
  expect(readAgain()).toEqual(['/shop/a.rec', '/shop/base.rec', '/other/a.rec', '/other/base.rec']);
  const [tree] = treesOf(workspace, '/shop/base.rec');
  expect(readAgain()).toEqual([]);

  workspace.put('file:///shop/a.rec', importing);
  workspace.removeFolder('file:///shop');
  workspace.removeFolder('file:///other');
  expect([...treesOf(workspace, '/shop/base.rec')]).toEqual([tree]);
  workspace.addFolder('file:///other');
  expect(readAgain()).toEqual(['/other/a.rec', '/other/base.rec']);

  workspace.close('file:///shop/a.rec');
  workspace.addFolder('file:///shop');
  expect(readAgain()).toEqual(['/shop/a.rec', '/shop/base.rec']);
});
