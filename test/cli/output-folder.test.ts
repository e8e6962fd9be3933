import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { applyChanges, compareFolder } from '../../src/cli/output-folder.js';
import { workplace } from './workplace.js';

test.each(['..old', 'old'])('what a former build wrote in %s is removed, and its empty folder', async (name) => {
  const folder = path.join(workplace().folder, 'out');
  await applyChanges(folder, await compareFolder(folder, [{ path: `${name}/model.ts`, text: '1' }]));
  expect(existsSync(path.join(folder, name))).toBe(true);
  await applyChanges(folder, await compareFolder(folder, [{ path: 'model.ts', text: '1' }]));
  expect(existsSync(path.join(folder, name))).toBe(false);
  expect(existsSync(path.join(folder, 'model.ts'))).toBe(true);
});
