import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { folderOf, program } from './support.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const example = (file: string): string => /^```ts\n([\s\S]*?)^```$/m.exec(page(file))?.[1] ?? '';

const films = (_: unknown, i: number): string => `${i % 20},${i % 12},Drama|War,${1 + (i % 5)}\n`;
const { folder, remove } = folderOf('predictor', {
  'package.json': '{"type": "module"}',
  'ratings.rec': /^```rec\n([\s\S]*?)^```$/m.exec(page('README.md'))?.[1] ?? '',
  'ratings.csv': `user_id,movie_id,genres,rating\n${Array.from({ length: 200 }, films).join('')}`,
  'users.csv': `user_id,age\n${Array.from({ length: 20 }, (_, i) => `${i},${20 + i}\n`).join('')}`,
});

beforeAll(() => {
  mkdirSync(path.join(folder, 'node_modules'));
  symlinkSync(root, path.join(folder, 'node_modules/reccompile'), 'junction');
  const line = ['train', 'ratings.rec', '--model', 'Ratings', '--out', 'runs/first', '--set', 'train.epochs=1', '--quiet'];
  const trained = spawnSync(process.execPath, [program, ...line], { cwd: folder, encoding: 'utf8' });
  expect(trained.status, trained.stderr).toBe(0);
});
afterAll(remove);

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  types: ['node'],
  typeRoots: [path.join(root, 'node_modules/@types')],
};

const call = (text: string): string =>
  `import { loadPredictor } from 'reccompile';\nconst p = await loadPredictor('runs/first');\n${text}\n`;
const sources = {
  'README.ts': example('README.md'),
  'runs.ts': example('docs/runs.md'),
  'many.ts': call('export const x: readonly unknown[] = await p.predict([{ a: 1 }]);'),
  'number.ts': call('await p.predict(7);'),
  'option.ts': call("await loadPredictor('x', { output: 'y' });"),
};

test("a strict compiler takes the documents' programs, and refuses wrong ones", () => {
  for (const [name, text] of Object.entries(sources)) writeFileSync(path.join(folder, name), text);
  const files = Object.keys(sources).map((name) => path.join(folder, name));
  const complaints = ts.getPreEmitDiagnostics(ts.createProgram(files, options));
  expect(complaints.map(({ file, code }) => [path.basename(file?.fileName ?? ''), code])).toEqual([
    ['number.ts', 2769],
    ['option.ts', 2561],
  ]);
});

test.each([
  ['README.ts', /^-?\d+\.\d+\n$/],
  ['runs.ts', /^1 -?\d+\.\d+\n50 -?\d+\.\d+\n181 -?\d+\.\d+\n$/],
] as const)('%s runs', (name, printed) => {
  const compilerOptions = { ...options, module: ts.ModuleKind.ESNext };
  writeFileSync(path.join(folder, 'program.js'), ts.transpileModule(sources[name], { compilerOptions }).outputText);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['program.js'], { cwd: folder, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(printed);
});
