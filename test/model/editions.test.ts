import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from '../../src/language/parser.js';
import { print } from '../../src/language/printer.js';
import type { Block, Parameter, TypeExpression } from '../../src/language/syntax.js';
import { check } from '../../src/model/check.js';
import { dataKeys } from '../../src/model/data-section.js';
import { categoryKeys, manyKeys, numberKeys, timeKeys } from '../../src/model/feature-section.js';
import { expand } from '../../src/model/expand.js';
import { initializers } from '../../src/model/initializers.js';
import { builtins } from '../../src/model/instantiate/builtins.js';
import { messages } from '../../src/model/messages.js';
import { metricNames } from '../../src/model/metrics.js';
import type { CheckedModel } from '../../src/model/model.js';
import { optimizerRules } from '../../src/model/optimizers.js';
import type { Keys } from '../../src/model/reading.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { crossKeys, deepKeys } from '../../src/model/short-form.js';
import { embeddingKeys, tableKeys } from '../../src/model/table-section.js';
import { trainKeys } from '../../src/model/train-section.js';
import { standardLibrary } from '../../src/std/index.js';
import { spec } from './support.js';

const tables: Readonly<Record<string, Keys>> = {
  data: dataKeys,
  category: categoryKeys,
  'category[]': manyKeys,
  number: numberKeys,
  time: timeKeys,
  embeddings: embeddingKeys,
  table: tableKeys,
  cross: crossKeys,
  deep: deepKeys,
  train: trainKeys,
};

const keys = Object.entries(tables).flatMap(([table, of]) =>
  Object.entries(of).flatMap(([name, key]) => {
    const more = [key.required && 'required', key.flag && 'flag', key.position !== undefined && `at ${String(key.position)}`];
    return [['key', `${table}.${name}`, ...more.filter((m) => typeof m === 'string')].join(' ')];
  }),
);

/** `path = value` of every leaf. */
function leaves(value: unknown, path: string): readonly string[] {
  if (Array.isArray(value) && value.every((v) => typeof v !== 'object')) return [`${path} = [${value.map(String).join(', ')}]`];
  if (typeof value !== 'object' || value === null) return [`${path} = ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([k, v]) => leaves(v, `${path}.${k}`));
}

/** What is no matter of training; that is printed. */
const said = ({ data, features, labels, tables }: CheckedModel): unknown => ({
  ...(data && { split: data.split, badRows: data.badRows }),
  features: features.map(({ name: _name, value: _value, span: _span, ...rest }) => rest),
  weights: labels.map(({ weight }) => weight),
  tables: tables.map(({ dim, initializer, l2 }) => ({ dim, initializer, l2 })),
});

/** What models mean that say as little as they may. */
const smallest: Readonly<Record<string, string>> = {
  binary: 'data { source: "a.csv" } features { x: number } label y: binary deep { units: [2] }',
  number: 'data { source: "a.tsv" } features { x: number } label y: number cross { }',
  class: 'features { x: number } label y: class(3) deep { units: [2] }',
  features: `features { a: category, b: category[], c: number(buckets: [1]), d: time(cycle: day), e: number[2], f: category(hash: 9) }
    embeddings { dim: 2 } label y: binary deep { units: [2] }`,
  time: 'data { source: "a.jsonl", split: by_time(t, train: 0.5) } features { x: number } label y: binary deep { units: [2] }',
};

const defaults = Object.entries(smallest).flatMap(([name, text]) => {
  const checked = check(spec(`model M { ${text} }`));
  expect(renderDiagnostics(checked.diagnostics)).toBe('');
  const training = /\n {2}train \{([^]*)\n {2}\}\n\n {2}(metrics.*)\n/.exec(print(expand(checked)));
  const lines = [...(training?.[1] ?? '').trim().split('\n'), training?.[2] ?? ''];
  return [
    ...checked.models.flatMap((model) => leaves(said(model), `default ${name}`)),
    ...lines.map((line) => `default ${name} ${line.trim()}`),
  ];
});

const optimizers = Object.entries(optimizerRules).flatMap(([rule, { parameters }]) =>
  parameters.map((p, i) => `optimizer ${rule} ${String(i)} ${p.name} = ${String(p.default)}`),
);

const codes = Object.entries(messages).map(([code, { severity }]) => `code ${code} ${severity}`);

const functions = Object.entries(builtins).flatMap(([name, b]) => [
  `built-in ${name}${b.list ? ' list' : ''}${b.indexed ? ' indexed' : ''}${b.keepsIndex ? ' keeps' : ''}`,
  ...b.parameters.map((p, i) => `built-in ${name} ${String(i)} ${p.name}${p.optional ? ' optional' : ''}`),
]);

/** The text of a parameter or of a result, as a block has it. */
function signature(block: Block, part: { readonly parameters?: readonly Parameter[]; readonly result?: TypeExpression }): string {
  const { doc: _doc, trivia: _trivia, result: _result, ...rest } = block;
  const empty: Block = { ...rest, parameters: [], ...part, body: { statements: [], span: block.span } };
  const [, text = ''] = /^block \w+(.*) \{ ?\}\n$/s.exec(print({ kind: 'file', span: block.span, items: [empty] })) ?? [];
  return text
    .replace(/^\((.*)\)$/s, '$1')
    .replace(/^\(\) -> /, '')
    .trim();
}

const blocks = standardLibrary
  .flatMap((source) => parse(source).file.items.filter((i) => i.kind === 'block'))
  .flatMap((block) => {
    const name = `block ${block.name.text}`;
    return [
      ...block.parameters.map(
        ({ doc: _doc, trivia: _trivia, ...p }, i) => `${name} ${String(i)} ${signature(block, { parameters: [p] })}`,
      ),
      `${name} -> ${block.result ? signature(block, { result: block.result }) : ''}`,
    ];
  });

const initial = Object.entries(initializers).flatMap(([name, value]) => leaves(value, `initializer ${name}`));

const current = [
  ...keys,
  ...defaults,
  ...optimizers,
  ...initial,
  ...metricNames.map((name) => `metric ${name}`),
  ...codes,
  ...functions,
  ...blocks,
];

const golden = new URL('editions/edition-1.txt', import.meta.url);

describe('edition 1', () => {
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, `${current.join('\n')}\n`);
  const pinned = existsSync(golden) ? readFileSync(golden, 'utf8').trimEnd().split('\n') : [];

  test('keeps every key, default, code and block', () => {
    const now = new Set(current);
    expect(
      pinned.filter((line) => !now.has(line)),
      'specs that say `edition 1` would change their meaning: this needs a new edition',
    ).toEqual([]);
  });

  test('has what was added to it written down', () => {
    const before = new Set(pinned);
    expect(
      current.filter((line) => !before.has(line)),
      'what only adds may join the edition: UPDATE_GOLDEN=1 writes it down',
    ).toEqual([]);
  });

  test('gives a fact one line', () => {
    expect(current.length).toBe(new Set(current).size);
    expect(current.filter((line) => / $|undefined/.test(line) || line.includes('\n'))).toEqual([]);
  });

  test('is the only one', () => {
    expect(check(spec('edition 1')).diagnostics).toEqual([]);
    expect(check(spec('edition 2')).diagnostics.map((d) => d.message)).toEqual([
      'there is no edition 2; this compiler knows edition 1',
    ]);
  });
});
