import { expect, it } from 'vitest';
import { createWorkspace } from '../../src/editor/workspace.js';

it('says once that a workspace has more specs than are looked at', () => {
  const said: string[] = [];
  let there = 1999;
  const specs = (folder: string, most: number): readonly string[] =>
    Array.from({ length: Math.min(there, most) }, (_, i) => `${folder}/${String(i)}.rec`);
  const workspace = createWorkspace({ specs }, (message) => said.push(message));
  workspace.addFolder('file:///work');
  workspace.all();
  expect(said).toEqual([]);
  there = 3000;
  workspace.all();
  workspace.all();
  expect(said).toEqual([expect.stringContaining('only 2000 specs')]);
});
