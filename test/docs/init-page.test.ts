import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { exampleRatings } from '../../src/init/example.js';
import { templates } from '../../src/init/library.js';
import { workplace } from '../cli/workplace.js';
import { examplesOf } from './pages.js';

const page = readFileSync('docs/init.md', 'utf8');

test('docs/init.md shows what init prints and writes', async () => {
  const { call, folder } = workplace({ 'ratings.csv': exampleRatings() });
  const line = /^```sh\nreccompile (init ratings\.csv .*)\n```$/m.exec(page)?.[1] ?? '';
  const { status, error } = await call(line.split(' '));
  expect(status).toBe(0);
  expect(page).toContain(`\`\`\`text\n${error}\`\`\`\n`);
  expect(examplesOf(page)[0]?.text).toBe(readFileSync(path.join(folder, 'ratings.rec'), 'utf8'));
});

test('docs/init.md names templates that there are', () => {
  const names = /those of \[specs\]\(\.\.\/specs\): (.*) and others/s.exec(page)?.[1] ?? '';
  const named = [...names.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(3);
  expect(templates().map(({ name }) => name)).toEqual(expect.arrayContaining(named));
});
