import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from '../../src/language/parser.js';
import { print } from '../../src/language/printer.js';
import { standardBlocks, standardLibrary } from '../../src/std/index.js';
import { equations } from './equations/all.js';

describe.each(standardLibrary.map((source) => [source.path, source] as const))('%s', (_, source) => {
  const { file, problems } = parse(source);
  const blocks = file.items.filter((item) => item.kind === 'block');

  test('has blocks and nothing else, is found by their names, and is formatted', () => {
    expect(problems).toEqual([]);
    expect(blocks).toHaveLength(file.items.length);
    expect([...standardBlocks].filter(([, from]) => from === source).map(([name]) => name)).toEqual(
      blocks.map((block) => block.name.text),
    );
    expect(print(file)).toBe(source.text);
  });

  test.each(blocks.map((block) => [block.name.text, block] as const))('%s says its equation first', (_name, block) => {
    const [equation = '', ...more] = (block.doc ?? '').split('\n');
    expect(equation).toMatch(/^\S.*?(?: {2}\[[^\]]+\])?$/);
    for (const line of more) expect(line).toMatch(/^\S/);
    expect(block.result).toBeDefined();
  });
});

test('every block has a test that holds it against its equation', () => {
  const s = { d: 2, rank: 2, experts: 2, m: 2, n: 2 };
  const others = ['tables', 'batches'].map((name) => readFileSync(new URL(`${name}.test.ts`, import.meta.url), 'utf8'));
  const calls = [...Object.values(equations).map((equation) => equation.call(s)), ...others].join('\n');
  expect([...standardBlocks.keys()].filter((name) => !new RegExp(`\\b${name}\\b`).test(calls))).toEqual([]);
});
