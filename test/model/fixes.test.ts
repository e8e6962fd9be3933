import { describe, expect, test } from 'vitest';
import { parse } from '../../src/language/parser.js';
import { check, type CheckOptions } from '../../src/model/check.js';
import type { Explanation } from '../../src/model/explanations/explanation.js';
import { explanations } from '../../src/model/explanations.js';
import { fixesOf, replaced } from '../../src/model/fixes.js';
import { mend } from '../../src/model/mend.js';
import { spec } from './support.js';

const model = (train = '', features = 'a: number', more = ''): string =>
  `model M { features { ${features} } label y: binary embeddings { dim: 2 } deep { units: [4] } train { ${train} } ${more} }`;
const network = (value: string): string => `model M { features { a: number } label y: binary network { y = ${value} } }`;
const load: CheckOptions['load'] = () => ({
  source: {
    path: 'blocks.rec',
    text: 'block half(x: vector[d]) -> vector[d] { return x / 2 }\nblock third(x: vector[d]) -> vector[d] { return x / 3 }\n',
  },
});

const codesOf = (text: string): readonly string[] => check(spec(text), { load }).diagnostics.map((d) => d.code);

/** A code, a text that has it, and the text with the fix. */
const fixes: readonly (readonly [code: string, text: string, mended: string])[] = [
  ['unexpected-character', model('epochs: 3;'), model('epochs: 3')],
  ['unexpected-character', model('', "c: category(default: 'x')"), model('', 'c: category(default: "x")')],
  ['unexpected-character', model('', 'b: number = a > 1 && c < 2'), model('', 'b: number = a > 1 and c < 2')],
  ['expected', model('epochs = 3'), model('epochs : 3')],
  ['expected', model('', '"a": number'), model('', 'a: number')],
  ['expected', model().replace('model', 'modle'), model()],
  ['unknown-section', model().replace('train', 'trian'), model('')],
  ['unknown-key', model('epoch: 3'), model('epochs: 3')],
  ['unknown-type', model('', 'a: numbr'), model('', 'a: number')],
  ['unknown-type', model('', 'a: float'), model('', 'a: number')],
  [
    'unknown-feature',
    model().replace('dim: 2', 'c: { dim: 2 }').replace('a: number', 'cc: category'),
    model().replace('dim: 2', 'cc: { dim: 2 }').replace('a: number', 'cc: category'),
  ],
  ['unknown-name', network('linear(aa, 1)'), network('linear(a, 1)')],
  ['unknown-name', network('linear(a, 1, use_bias: False)'), network('linear(a, 1, use_bias: false)')],
  ['unknown-function', network('lineer(a, 1)'), network('linear(a, 1)')],
  ['unknown-argument', network('linear(a, 1, use_bia: false)'), network('linear(a, 1, use_bias: false)')],
  [
    'unknown-model',
    `${model()} model N extends MM { }`.replace('model M', 'model Mm'),
    `${model()} model N extends Mm { }`.replace('model M', 'model Mm'),
  ],
  [
    'unknown-import',
    `import { hafl } from "./blocks.rec"\n${network('linear(half(a), 1)')}`,
    `import { half } from "./blocks.rec"\n${network('linear(half(a), 1)')}`,
  ],
  [
    'cannot-import',
    `import { half } from "./blocks"\n${network('linear(half(a), 1)')}`,
    `import { half } from "./blocks.rec"\n${network('linear(half(a), 1)')}`,
  ],
  ['unused-import', `import { half } from "./blocks.rec"\n${model()}`, model()],
  [
    'unused-import',
    `import { half, third } from "./blocks.rec"\n${network('linear(half(a), 1)')}`,
    `import { half } from "./blocks.rec"\n${network('linear(half(a), 1)')}`,
  ],
  [
    'unused-import',
    `import { half, third } from "./blocks.rec"\n${network('linear(third(a), 1)')}`,
    `import { third } from "./blocks.rec"\n${network('linear(third(a), 1)')}`,
  ],
  ['unused-import', `import { half, third } from "./blocks.rec"\n${model()}`, model()],
  [
    'overrides-nothing',
    `override block odd(x: vector[d]) -> vector[d] { return x }\n${model()}`,
    `block odd(x: vector[d]) -> vector[d] { return x }\n${model()}`,
  ],
  ['wrong-value', model('shuffle: True'), model('shuffle: true')],
  ['wrong-value', model('optimizer: adm(1e-3)'), model('optimizer: adam(1e-3)')],
  ['wrong-value', model('optimizer: "adam"'), model('optimizer: adam')],
  ['wrong-value', model('schedule: cosin'), model('schedule: cosine')],
  ['wrong-value', model('', undefined, 'metrics: ["auc"]'), model('', undefined, 'metrics: [auc]')],
  ['wrong-value', model('', undefined, 'data { source: a.csv }'), model('', undefined, 'data { source: "a.csv" }')],
  ['wrong-argument', model().replace('[4]', '4'), model()],
  ['wrong-argument', model().replace('[4]', '[4], activation: "relu"'), model().replace('[4]', '[4], activation: relu')],
  [
    'out-of-range',
    model('', undefined, 'data { source: "a.csv" split: random(train: 80, test: 0.2) }'),
    model('', undefined, 'data { source: "a.csv" split: random(train: 0.8, test: 0.2) }'),
  ],
  ['empty-value', model('', 'c: category(values: ["", "x"])'), model('', 'c: category(values: ["x"])')],
  ['empty-value', model('', 'c: category(values: ["x", ""])'), model('', 'c: category(values: ["x"])')],
  ['ignore-of-unknown', `// rec-ignore unused-import-: why\n${model()}`.replace('import-', 'featre'), model()],
  ['unused-ignore', `// rec-ignore unused-feature: why\n${model()}`, model()],
];

describe('a fix that is certain', () => {
  test.each(fixes)('of %s: %s', (code, text, mended) => {
    expect(codesOf(text)).toContain(code);
    const after = mend(spec(text), { load });
    expect(after.text).toBe(mended);
    expect(after.fixed.map((d) => d.code)).toContain(code);
    expect(codesOf(after.text)).not.toContain(code);
  });

  test('is none where another name is as near, or has another number', () => {
    for (const text of [
      network('linear(ab, 1)').replace('a: number', 'aa: number, ac: number'),
      network('linear(tower3, 1)').replace('a: number', 'tower2: number'),
    ]) {
      const { text: after, fixed } = mend(spec(text));
      expect({ after, fixed }).toEqual({ after: text, fixed: [] });
      expect(check(spec(text)).diagnostics[0]?.help).toMatch(/^did you mean/);
    }
  });
});

test('of fixes that overlap the first is made, and none of another text', () => {
  const source = spec('abcdef');
  const at = (start: number, end: number, text: string, of = source) => ({
    ...({ code: 'unused-ignore', severity: 'warning', message: '', labels: [], notes: [], trace: [] } as const),
    span: { source: of, start, end },
    fix: { span: { source: of, start, end }, text },
  });
  const made = (...diagnostics: readonly ReturnType<typeof at>[]): string => replaced(source.text, fixesOf(source, diagnostics));
  expect(made(at(3, 5, 'Y'), at(1, 4, 'X'), at(5, 6, ''), at(0, 1, 'Z', spec('other')))).toBe('aX' + 'e');
  expect(made(at(0, 1, 'Z', spec('abcdef')))).toBe('abcdef');
  expect(made()).toBe('abcdef');
});

describe('never makes a text worse', () => {
  const syntaxOf = (text: string): number => parse(spec(text)).problems.length;
  test('of the explanations', { timeout: 30_000 }, () => {
    for (const { wrong, options } of Object.values<Explanation>(explanations)) {
      const { text } = mend(spec(wrong), options);
      const errors = (of: string): number => check(spec(of), options).diagnostics.length;
      expect(errors(text)).toBeLessThanOrEqual(errors(wrong));
      expect(syntaxOf(text)).toBeLessThanOrEqual(syntaxOf(wrong));
    }
  });

  test('of specs with a piece cut out', { timeout: 30_000 }, () => {
    const text = model('optimizer: adam(1e-3), epochs: 3', 'a: number, b: category(values: ["x", "y"])', 'metrics: [auc]');
    for (let i = 0; i < text.length; i += 5) {
      const cut = text.slice(0, i) + text.slice(i + 1 + (i % 4));
      const after = mend(spec(cut)).text;
      expect(syntaxOf(after)).toBeLessThanOrEqual(syntaxOf(cut));
      expect(mend(spec(after)).text).toBe(after);
    }
  });
});
