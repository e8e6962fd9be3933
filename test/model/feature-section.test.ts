import { describe, expect, test } from 'vitest';
import type { Feature } from '../../src/model/model.js';
import { expectAlone, found, messagesOf, modelOf, withoutSpans, type Wrong } from './support.js';

const withFeatures = (features: string): string =>
  `model M { features { ${features} } label clicked: binary embeddings { dim: 4 } deep { units: [4] } }`;
function featureOf(features: string, name = 'f'): unknown {
  const feature = modelOf(withFeatures(features)).features.find((f: Feature) => f.name === name);
  return withoutSpans(feature);
}

const column = (name: string, type: string) => ({ kind: 'column', name, type });
const category = { name: 'f', kind: 'category', table: 'f', value: column('f', 'text') };
const learned = { kind: 'vocabulary', name: 'f', minCount: 1 };
const number = { name: 'f', kind: 'number', value: column('f', 'number'), transforms: [] };
const time = { name: 'f', kind: 'time', value: column('f', 'time'), standardize: false };

describe('every kind and option', () => {
  test.each<readonly [string, object]>([
    ['f: category', { ...category, codes: learned }],
    ['f: category()', { ...category, codes: learned }],
    ['f: category(min_count: 5)', { ...category, codes: { ...learned, minCount: 5 } }],
    ['f: category(values: ["a", "b"])', { ...category, codes: { kind: 'values', values: ['a', 'b'] } }],
    ['f: category(hash: 1_000)', { ...category, codes: { kind: 'hash', buckets: 1000 } }],
    ['f: category(size: 24)', { ...category, codes: { kind: 'size', size: 24 } }],
    ['f: category(default: "none")', { ...category, codes: learned, default: 'none' }],
    ['f: category = zip', { ...category, codes: learned, value: column('zip', 'text') }],
    ['f: category = column("Zip Code")', { ...category, codes: learned, value: column('Zip Code', 'text') }],
    ['f: category[]', { ...category, codes: learned, many: { pool: 'mean' } }],
    [
      'f: category[](separator: "|", pool: sum, max_length: 50)',
      { ...category, codes: learned, many: { pool: 'sum', separator: '|', maxLength: 50 } },
    ],
    ['f: category[](hash: 10, pool: mean)', { ...category, codes: { kind: 'hash', buckets: 10 }, many: { pool: 'mean' } }],
    ['f: number', number],
    ['f: number(log1p)', { ...number, transforms: ['log1p'] }],
    ['f: number(standardize, log1p)', { ...number, transforms: ['log1p', 'standardize'] }],
    ['f: number(log1p: true)', { ...number, transforms: ['log1p'] }],
    ['f: number(log1p: false)', number],
    ['f: number(default: -1)', { ...number, default: -1 }],
    [
      'f: number(buckets: [18, 25, 35])',
      { ...category, codes: { kind: 'buckets', boundaries: [18, 25, 35] }, value: column('f', 'number') },
    ],
    [
      'f: number(buckets: [-1.5, 0], default: 0.5)',
      { ...category, codes: { kind: 'buckets', boundaries: [-1.5, 0] }, value: column('f', 'number'), default: '0.5' },
    ],
    ['f: number[64]', { name: 'f', kind: 'vector', size: 64, value: column('f', 'text') }],
    ['f: number[1] = embedding', { name: 'f', kind: 'vector', size: 1, value: column('embedding', 'text') }],
    ['f: time(cycle: day)', { ...time, cycles: ['day'] }],
    ['f: time(cycle: [hour, week, year])', { ...time, cycles: ['hour', 'week', 'year'] }],
    [
      'f: time(cycle: day, unit: second, standardize, default: "2001-01-01T00:00:00Z")',
      {
        ...time,
        value: column('f', 'number'),
        cycles: ['day'],
        unit: 'second',
        standardize: true,
        default: '2001-01-01T00:00:00Z',
      },
    ],
  ])('%s', (text, wanted) => {
    expect(featureOf(text)).toEqual(wanted);
  });

  test('the value may be an expression', () => {
    expect(featureOf('f: number = log(price + 1)')).toMatchObject({
      value: { kind: 'operation', operator: 'log', type: 'number' },
    });
    expect(featureOf('f: category = age >= 18')).toMatchObject({ value: { kind: 'operation', operator: 'greater_equal' } });
    expect(featureOf('f: category = lower(city)')).toMatchObject({ value: { kind: 'operation', operator: 'lower' } });
    expect(featureOf('f: time(cycle: day, unit: second) = stamp / 1000')).toMatchObject({ value: { operator: 'divide' } });
  });

  test('doc comments travel along', () => {
    expect(featureOf('/// What it costs.\nf: number')).toMatchObject({ doc: 'What it costs.' });
  });

  test('names that are words of the language are no trouble', () => {
    expect(
      modelOf(withFeatures('model: number, label: number, time: number, sum: number, features: number')).features,
    ).toHaveLength(5);
  });
});

describe('shared vocabularies', () => {
  test('number values as the other feature does', () => {
    expect(featureOf('movie: category(min_count: 5), f: category[](vocabulary: movie)')).toMatchObject({
      codes: { kind: 'vocabulary', name: 'movie', minCount: 5 },
      table: 'f',
    });
  });

  test('may stand before what they name, and share any numbering that is not of buckets', () => {
    expect(featureOf('f: category(vocabulary: movie), movie: category(hash: 10)')).toMatchObject({
      codes: { kind: 'hash', buckets: 10 },
    });
    expect(featureOf('f: category(vocabulary: movie), movie: category(values: ["a"])')).toMatchObject({
      codes: { kind: 'values' },
    });
  });
});

describe('crosses', () => {
  const crossed = { name: 'f', kind: 'category', table: 'f', cross: ['a', 'b'] };
  test.each<readonly [string, object]>([
    ['a: category, b: category, f: category(cross: [a, b])', { ...crossed, codes: learned }],
    ['a: category, b: category, f: category(cross: [a, b], min_count: 3)', { ...crossed, codes: { ...learned, minCount: 3 } }],
    ['f: category(cross: [a, b], hash: 100), a: category, b: category', { ...crossed, codes: { kind: 'hash', buckets: 100 } }],
    [
      'a: category, b: category[], f: category(cross: [a, b], hash: 9)',
      { ...crossed, codes: { kind: 'hash', buckets: 9 }, many: { pool: 'mean' } },
    ],
    [
      'a: category, b: category[], f: category[](cross: [a, b], hash: 9, pool: sum)',
      { ...crossed, codes: { kind: 'hash', buckets: 9 }, many: { pool: 'sum' } },
    ],
    ['a: category, b: number(buckets: [1]), f: category(cross: [a, b])', { ...crossed, codes: learned }],
  ])('%s', (text, wanted) => {
    expect(featureOf(text)).toEqual(wanted);
  });

  test('a feature that only a cross needs is used', () => {
    const text = `model M {
      features { a: category, b: category, f: category(cross: [a, b], hash: 9) }
      label clicked: binary
      embeddings { f: { dim: 4 } a: { dim: 1 } b: { dim: 1 } }
      network { clicked = linear(f, 1) }
    }`;
    expect(found(text)).toEqual([]);
    expect(modelOf(text).features.map((f) => f.name)).toEqual(['a', 'b', 'f']);
    expect(modelOf(text).tables.map((t) => t.name)).toEqual(['f']);
  });
});

const wrong: readonly Wrong[] = [
  ['f: categry', 'unknown-type «categry»', /no type `categry`/],
  ['f: text', 'unknown-type «text»', /no type `text`/],
  ['f: 3', 'wrong-value «3»', /a type such as/],
  ['f: number[2, 3]', 'wrong-value «number[2, 3]»', /a type such as/],
  ['f: number[]', 'wrong-value «number[]»', /`number` or `number\[size\]`/],
  ['f: number[0]', 'out-of-range «0»', /the size of feature `f`/],
  ['f: number[n]', 'wrong-value «n»', /the size of feature `f`/],
  ['f: number[4](log1p)', 'unknown-key «log1p»', /`number\[…\]` of feature `f` has no `log1p`/],
  ['f: number[4] = a + b', 'column-type «a + b»', /a column of lists/],
  ['f: category[8]', 'wrong-value «8»', /`category` or `category\[\]`/],
  ['f: time', 'missing-key «time»', /needs `cycle`/],
  ['f: time[](cycle: day)', 'wrong-value «time[](cycle: day)»', /one with brackets/],
  ['f: time(cycle: month)', 'wrong-value «month»', /`hour`, `day`, `week` or `year`/],
  ['f: time(cycle: [])', 'wrong-value «[]»', /a list of 1 or more/],
  ['f: time(cycle: [day, day])', 'duplicate-name «day»', /`day`/],
  ['f: time(cycle: day, unit: days)', 'wrong-value «days»', /`second`/],
  ['f: time(cycle: day, default: "yesterday")', 'wrong-value «"yesterday"»', /ISO 8601/],
  ['f: category(min_cont: 5)', 'unknown-key «min_cont»', /has no `min_cont`/],
  ['f: category(min_count: 0)', 'out-of-range «0»', /a whole number ≥ 1/],
  ['f: category(min_count: 2.5)', 'out-of-range «2.5»', /a whole number/],
  ['f: category(separator: "|")', 'unknown-key «separator»', /has no `separator`/],
  ['f: category[](separator: "")', 'wrong-value «""»', /`separator`/],
  ['f: category(values: [])', 'wrong-value «[]»', /a list of 1 or more/],
  ['f: category(values: ["a", "b", "a"])', 'duplicate-name «"a"»', /`a`/],
  ['f: category(values: ["a", ""])', 'empty-value «["a", ""]»', /an empty text is a missing one/],
  ['f: category[](values: ["", "a"], default: "a")', 'empty-value «["", "a"]»', /no row has the value `""`/],
  ['f: category(values: [1])', 'wrong-value «1»', /a text in quotes/],
  ['f: category(values: ["a"], default: "b")', 'wrong-value «"b"»', /one of its `values`/],
  ['f: category(hash: 0)', 'out-of-range «0»', /a whole number ≥ 1/],
  ['f: category(hash: 1e9, hash: 3)', 'duplicate-name «hash»', /two keys/],
  ['f: category(hash: 10, size: 10)', 'conflicting-keys «size»', /`hash` and `size`/],
  ['f: category(hash: 10, min_count: 3)', 'conflicting-keys «min_count»', /only a learned vocabulary counts/],
  ['f: category(size: 10, default: "10")', 'out-of-range «"10"»', /0 … 9/],
  ['f: category(vocabulary: g)', 'unknown-feature «g»', /no feature `g`/],
  ['g: number, f: category(vocabulary: g)', 'vocabulary-of-none «g»', /`g` has no vocabulary/],
  ['g: number(buckets: [1]), f: category(vocabulary: g)', 'vocabulary-of-none «g»', /`g` has no vocabulary/],
  ['f: category(vocabulary: f)', 'vocabulary-of-none «f»', /no vocabulary of its own/],
  ['f: category(vocabulary: "g"), g: category', 'wrong-value «"g"»', /a name/],
  ['g: category, f: category(cross: [g])', 'wrong-value «[g]»', /a list of 2 or more/],
  ['g: category, f: category(cross: [g, h])', 'unknown-feature «h»', /no feature `h`/],
  ['g: category, f: category(cross: [g, g])', 'duplicate-name «g»', /`g`/],
  ['g: number, h: category, f: category(cross: [g, h])', 'cross-of-crossed «g»', /which is a number, not a category/],
  [
    'g: category, h: category, f: category(cross: [g, h]), e: category(cross: [f, g])',
    'cross-of-crossed «f»',
    /which is crossed itself/,
  ],
  ['g: category, h: category, f: category(cross: [g, h]) = g', 'conflicting-keys «cross»', /`cross` and `=`/],
  ['g: category, h: category, f: category(cross: [g, h], values: ["a"])', 'conflicting-keys «cross»', /`cross` and `values`/],
  ['g: category, h: category, f: category(cross: [g, h], default: "a")', 'conflicting-keys «default»', /`default`/],
  ['f: category[](parallel: g), g: category', 'wrong-value «g»', /another `category\[\]`, not `g`/],
  ['f: category[](parallel: f)', 'wrong-value «f»', /not itself/],
  ['f: category[](parallel: g, max_length: 3), g: category[]', 'wrong-value «g»', /the same `max_length`, not none and 3/],
  ['f: category[](parallel: g), g: category[](parallel: h), h: category[]', 'wrong-value «g»', /that it stands beside itself/],
  ['f: category[](parallel: k), g: category[]', 'unknown-feature «k»', /no feature `k`/],
  ['f: category[](pool: max)', 'not-yet «max»', /`max` as `pool`/],
  ['f: category[](pool: avg)', 'wrong-value «avg»', /`mean` or `sum`/],
  ['f: category[](max_length: 0)', 'out-of-range «0»', /`max_length`/],
  ['f: category[] = a > 3', 'column-type «a > 3»', /a column/],
  ['f: number(buckets: [])', 'wrong-value «[]»', /a list of 1 or more/],
  ['f: number(buckets: [3, 2])', 'out-of-range «[3, 2]»', /a list that rises/],
  ['f: number(buckets: [2, 2])', 'out-of-range «[2, 2]»', /a list that rises/],
  ['f: number(log1p, buckets: [2])', 'conflicting-keys «log1p»', /`log1p` and `buckets`/],
  ['f: number(log: true)', 'unknown-key «log»', /has no `log`/],
  ['f: number(log2)', 'unknown-key «log2»', /has no `log2`/],
  ['f: number(3)', 'wrong-value «3»', /given by name/],
  ['f: number(log1p: 2)', 'wrong-value «2»', /`true` or `false`/],
  ['f: number(default: "0")', 'wrong-value «"0"»', /a number/],
  ['f: number = "a"', 'column-type «"a"»', /wants a number, not a text/],
  ['f: number = lower(a)', 'column-type «lower(a)»', /wants a number, not a text/],
  ['f: number, f: category', 'duplicate-name «f»', /two features called `f`/],
];

test.each(wrong)('%s', (...row) => expectAlone(withFeatures, row));

test('two features cannot borrow from each other', () => {
  expect(found(withFeatures('f: category(vocabulary: g), g: category(vocabulary: f)'))).toEqual([
    'vocabulary-of-none «g»',
    'vocabulary-of-none «f»',
  ]);
});

test('a name that is missing is that of nothing', () => {
  const text = `model M {
    features {
      g: category[](max_length: 5)
      f: category[](size: 24, max_length: 5, parallel: : g)
    }
    label clicked: binary
    embeddings { dim: 4 }
    network { clicked = sum[t](dot(sequence(g)[t], sequence(f)[t])) }
  }`;
  const messages = messagesOf(text).join('\n');
  expect(messages).toContain('the values of `f` in a row');
  expect(messages).not.toContain('``');
});

test('a feature whose vocabulary is borrowed is used', () => {
  const text = `model M {
    features { movie: category, previous: category(vocabulary: movie), other: category }
    label clicked: binary
    embeddings { dim: 4 }
    network { clicked = linear(previous, 1) }
  }`;
  expect(found(text)).toEqual(['unused-feature «other»']);
  expect(modelOf(text).features.map((f) => f.name)).toEqual(['movie', 'previous']);
});

test('an unknown feature names the nearest', () => {
  expect(messagesOf(withFeatures('movie: category, f: category(vocabulary: move)'))).toEqual(['there is no feature `move`']);
});
