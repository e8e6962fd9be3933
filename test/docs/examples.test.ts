import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { dataKeys } from '../../src/model/data-section.js';
import { categoryKeys, manyKeys, numberKeys, timeKeys } from '../../src/model/feature-section.js';
import { builtins } from '../../src/model/instantiate/builtins.js';
import { optimizerRules } from '../../src/model/optimizers.js';
import type { Keys } from '../../src/model/reading.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { crossKeys, deepKeys } from '../../src/model/short-form.js';
import { embeddingKeys, tableKeys } from '../../src/model/table-section.js';
import { trainKeys } from '../../src/model/train-section.js';
import { workplace } from '../cli/workplace.js';
import { checkExamples, examplesOf } from './pages.js';

describe.each(['README.md', 'docs/language.md', 'docs/coming-from.md', 'site/index.md'])('the examples of %s', (file) => {
  const page = readFileSync(file, 'utf8');
  const examples = examplesOf(page);
  const results = checkExamples(examples).map((result) => ({ ...result, place: `line ${String(result.example.line)}` }));
  test('are all found', () => {
    expect(examples.length).toBeGreaterThan(0);
    expect(examples.length).toBe(page.split('```rec').length - 1);
  });
  test('call every block that they declare, as sizes are checked at calls', () => {
    const right = examples.filter(({ wrong }) => wrong === undefined).map(({ text }) => text);
    for (const [, name = ''] of right.join('\n').matchAll(/^block (\w+)/gm))
      expect(
        right.some((text) => new RegExp(`(?<!block )\\b${name}\\b`).test(text.replaceAll(/(\/\/|import).*/g, ''))),
        name,
      ).toBe(true);
  });
  test.each(results)('at $place', ({ example, errors }) => {
    if (example.wrong === undefined) expect(renderDiagnostics(errors)).toBe('');
    else expect(errors.map(({ code }) => code)).toEqual([example.wrong]);
    if (example.printed !== undefined) expect(renderDiagnostics(errors)).toBe(example.printed);
  });
});
describe('README.md', () => {
  const page = readFileSync('README.md', 'utf8');
  const spec = examplesOf(page)[0]?.text ?? '';

  test('prints a mistake as the tool does', async () => {
    const sizes = 'embeddings {\n    dim: 32\n    user_id: { dim: 64 }\n  }';
    const network = 'network {\n    v = fields(user_id, movie_id, genres)\n    rating = fm(v)\n  }';
    const wrong = `${spec.replace('embeddings { dim: 32 }', sizes)}\n/// A mistake.\nmodel Pairs extends Ratings {\n  ${network}\n}\n`;
    const { out } = await workplace({ 'ratings.rec': wrong }).call(['check', 'ratings.rec']);
    expect(page).toContain(`\n\`\`\`\n${out.split('\n\n')[0] ?? ''}\n\`\`\`\n`);
  });

  test('gives command lines that work on its spec', async () => {
    const { call, write, folder } = workplace({ 'ratings.rec': spec });
    const movies = (_: unknown, i: number): string => `${i % 20},${i % 12},Drama|War,${20 + (i % 30)},${1 + (i % 5)}\n`;
    const rows = `user_id,movie_id,genres,age,rating\n${Array.from({ length: 200 }, movies).join('')}`;
    write('ratings.csv', rows.replaceAll(/^(([^,]*,){3})[^,]*,/gm, '$1'));
    write('users.csv', `user_id,age\n${Array.from({ length: 20 }, (_, i) => `${i},${20 + i}\n`).join('')}`);
    write('rows.csv', rows);
    const said = [...page.matchAll(/^(?:npx reccompile |\| `)([\w-]+ (?:ratings\.rec|runs\/first)[^`#\n]*)/gm)];
    const lines = said.map(([, line = '']) => line.trim().split(/ +/));
    expect(lines.map(([name]) => name)).toEqual([
      'check',
      'inspect',
      'train',
      'eval',
      'predict',
      'train',
      'expand',
      'build',
      'export',
      'emit',
      'fit-dims',
      'check',
      'check',
      'train',
      'export',
    ]);
    const needsGpu = (line: readonly string[]): boolean => line.includes('tfjs:webgpu');
    expect(lines.filter(needsGpu)).toHaveLength(1);
    for (const line of lines) if (!needsGpu(line)) expect({ line, ...(await call(line)) }).toMatchObject({ line, status: 0 });
    const loaded = /loadGraphModel\('(.*)'\)/.exec(page)?.[1] ?? 'none';
    expect(existsSync(path.join(folder, loaded)), loaded).toBe(true);
  }, 60_000);
});
describe('docs/language.md', () => {
  const manual = readFileSync('docs/language.md', 'utf8');
  const keys: readonly (readonly [string, Keys])[] = [
    ['data', dataKeys],
    ['category', categoryKeys],
    ['category[]', manyKeys],
    ['number', numberKeys],
    ['time', timeKeys],
    ['embeddings', embeddingKeys],
    ['a table', tableKeys],
    ['cross', crossKeys],
    ['deep', deepKeys],
    ['train', trainKeys],
  ];
  test.each(keys)('names every key of %s', (_, table) => {
    for (const name of Object.keys(table)) expect(manual, name).toContain(`\`${name}\``);
  });
  test('names every built-in function', () => {
    for (const name of Object.keys(builtins)) expect(manual).toMatch(new RegExp(`\\b${name}\\b`));
  });
  test('gives every default of every optimizer', () => {
    for (const [rule, { parameters }] of Object.entries(optimizerRules)) {
      const row = new RegExp(`\\| \`${rule}\`\\s+\\|([^|]*)\\|`).exec(manual)?.[1];
      expect(row, rule).toBeDefined();
      for (const p of parameters) {
        const inherited = rule === 'adamw' && p.name !== 'weight_decay';
        const value = p.isSwitch === true ? 'off' : `(${String(p.default)}|${p.default.toExponential()})`;
        if (!inherited) expect(row).toMatch(new RegExp(`\`${p.name}\` ${value}`));
      }
    }
  });
});
