import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf, encoderProgram, programFor } from '../../src/encode/compile.js';
import { typeScriptComment, typeScriptProperty, typeScriptString } from '../../src/encode/escape.js';
import { murmur3 } from '../../src/encode/hash.js';
import type { EncoderState } from '../../src/encode/program.js';
import { createRowEncoder, type RawRow } from '../../src/encode/row.js';
import { printEncoderSql } from '../../src/encode/sql-text.js';
import { rowSchema } from '../../src/encode/schema.js';
import { cyclicTime } from '../../src/encode/time.js';
import { createVocabulary, learnVocabulary, readVocabulary, writeVocabulary } from '../../src/encode/vocabulary.js';
import type { Feature, Label } from '../../src/model/model.js';
import { category, column, label, literal, model, number, operation, time, vector } from './models.js';

const nothing: EncoderState = { vocabularies: {}, statistics: {} };

function encoderOf(features: readonly Feature[], state: EncoderState = nothing, labels: readonly Label[] = []) {
  return createRowEncoder(encoderProgram(model(features, labels)), state, { labels: labels.length > 0 });
}

function ids(feature: Feature, rows: readonly RawRow[], state: EncoderState = nothing): unknown {
  const { encoded, problems } = encoderOf([feature], state).encodeRows(rows);
  return problems.length > 0 ? problems.map(({ problems: [first] }) => first?.reason) : [...(encoded.ids[feature.name] ?? [])];
}

describe('reserved rows', () => {
  const state = { vocabularies: { c: ['x', 'y'] }, statistics: {} };
  const rows = [{ c: 'y' }, { c: 'new' }, { c: null }, {}, { c: '' }];

  test('a vocabulary has row 0 for unknown and missing', () => {
    expect(ids(category('c'), rows, state)).toEqual([2, 0, 0, 0, 0]);
    expect(ids(category('c', { default: 'x' }), rows, state)).toEqual([2, 0, 1, 1, 1]);
    expect(ids(category('c', { codes: { kind: 'values', values: ['x', 'y'] } }), rows)).toEqual([2, 0, 0, 0, 0]);
  });
  test('hash and size have none', () => {
    const empty = murmur3('') % 7;
    expect(ids(category('c', { codes: { kind: 'hash', buckets: 7 } }), rows)).toEqual([
      murmur3('y') % 7,
      murmur3('new') % 7,
      empty,
      empty,
      empty,
    ]);
    const size = category('c', { codes: { kind: 'size', size: 3 } });
    expect(ids(size, [{ c: 2 }, { c: '1' }, { c: ' 0.0 ' }])).toEqual([2, 1, 0]);
    expect(ids(size, [{ c: 3 }, { c: -1 }, { c: 0.5 }, { c: 'x' }, {}])).toEqual([
      '3 is not a whole number from 0 to 2',
      '-1 is not a whole number from 0 to 2',
      '0.5 is not a whole number from 0 to 2',
      '"x" is not a number',
      'it is missing and has no default',
    ]);
  });
  test('buckets count boundaries at or below', () => {
    const age = category('c', { codes: { kind: 'buckets', boundaries: [18, 25] }, default: '30' });
    expect(ids(age, [{ c: 17.9 }, { c: 18 }, { c: '24' }, { c: 25 }, {}])).toEqual([0, 1, 1, 2, 2]);
  });
});

test('bags, their default, their limit, and what they refuse', () => {
  const bag = category('g', { many: { separator: '|', pool: 'mean', maxLength: 2 } });
  const state = { vocabularies: { g: ['a', 'b', 'c'] }, statistics: {} };
  const { encoded, problems } = encoderOf([bag], state).encodeRows([
    { g: 'a||z|b' },
    { g: ['c', null, 'b', 'a'] },
    { g: null },
    { g: [] },
    { g: [['a']] },
    { g: 'b' },
    { g: { a: 1 } },
  ]);
  expect([...(encoded.bags.g?.ids ?? [])]).toEqual([1, 0, 3, 2, 2]);
  expect([...(encoded.bags.g?.offsets ?? [])]).toEqual([0, 2, 4, 4, 4, 5]);
  expect(problems.map(({ position }) => position)).toEqual([4, 6]);
  const listed = encoderOf([category('g', { many: { pool: 'sum' }, default: 'a' })], state).encodeRows([{ g: 'a' }, {}]);
  expect(listed.problems[0]?.problems[0]?.reason).toContain('separator');
  expect([...(listed.encoded.bags.g?.ids ?? [])]).toEqual([1]);
});

test('crosses hash every combination, joined by U+001F', () => {
  const parts = [
    category('a'),
    category('b', { many: { separator: '|', pool: 'mean' } }),
    category('n', { codes: { kind: 'buckets', boundaries: [10] } }),
  ];
  const cross = category('ab', { cross: ['a', 'b', 'n'], codes: { kind: 'hash', buckets: 1 << 20 }, many: { pool: 'mean' } });
  const { encoded } = encoderOf([...parts, cross], { vocabularies: { a: [], b: [] }, statistics: {} }).encodeRows([
    { a: 'x', b: 'p|q', n: 12 },
    { a: null, b: 'p', n: 3 },
    { a: 'x', b: '', n: 3 },
  ]);
  const hash = (text: string): number => murmur3(text) % (1 << 20);
  expect([...(encoded.bags.ab?.ids ?? [])]).toEqual([hash('x\u001fp\u001f1'), hash('x\u001fq\u001f1'), hash('\u001fp\u001f0')]);
  expect([...(encoded.bags.ab?.offsets ?? [])]).toEqual([0, 2, 3, 3]);
});

test('a cross makes no more combinations than it keeps', () => {
  const list = (name: string) => category(name, { many: { separator: '|', pool: 'mean' }, codes: { kind: 'hash', buckets: 9 } });
  const cross = category('abcd', {
    cross: ['a', 'b', 'c', 'd'],
    codes: { kind: 'hash', buckets: 1 << 20 },
    many: { pool: 'mean', maxLength: 3 },
  });
  const long = Array.from({ length: 5000 }, (_, i) => `v${String(i)}`).join('|');
  const row = { a: long, b: long, c: long, d: 'x|y' };
  const { encoded } = encoderOf(['a', 'b', 'c', 'd'].map(list).concat(cross)).encodeRows([row]);
  const hash = (text: string): number => murmur3(text) % (1 << 20);
  expect([...(encoded.bags.abcd?.ids ?? [])]).toEqual(
    ['v0\u001fv0\u001fv0\u001fx', 'v0\u001fv0\u001fv0\u001fy', 'v0\u001fv0\u001fv1\u001fx'].map(hash),
  );
});

describe('lists that stand place by place', () => {
  const seen = category('seen', { many: { separator: '|', pool: 'mean', maxLength: 3 } });
  const stars = category('stars', {
    codes: { kind: 'size', size: 6 },
    default: '5',
    many: { separator: '|', pool: 'mean', maxLength: 3, parallel: 'seen' },
  });
  const state = { vocabularies: { seen: ['a', 'b', 'c'] }, statistics: {} };
  const encode = (rows: readonly RawRow[]) => encoderOf([seen, stars], state).encodeRows(rows);

  test('keep their order, their duplicates and the places of what is missing', () => {
    const lists = { seen: ['b', 'a', null, 'b'], stars: [1, null, 4, 2] };
    for (const row of [lists, { seen: 'b|a||b', stars: '1||4|2' }]) {
      const { encoded, problems } = encode([row, { seen: 'c', stars: [3] }, { seen: null, stars: [] }]);
      expect(problems).toEqual([]);
      expect([...(encoded.bags.seen?.ids ?? [])]).toEqual([2, 1, 0, 3]);
      expect([...(encoded.bags.stars?.ids ?? [])]).toEqual([1, 5, 4, 3]);
      expect(encoded.bags.seen?.offsets).toEqual(encoded.bags.stars?.offsets);
    }
  });

  test.each<[unknown, unknown, string]>([
    ['a|b', [1], 'it has 1 value, but seen, beside which it stands, has 2'],
    [['a', 'b', 'c', 'a'], [1, 2, 3, 4, 5], 'it has 5 values, but seen, beside which it stands, has 4'],
    [null, [1, 2], 'it has 2 values, but seen, beside which it stands, has 0'],
    ['a|b|c', null, 'it has 0 values, but seen, beside which it stands, has 3'],
  ])('%j beside %j is a bad row', (left, right, reason) => {
    expect(encode([{ seen: left, stars: right }]).problems).toEqual([{ position: 0, problems: [{ name: 'stars', reason }] }]);
  });

  test('are encoded alike without the other one', () => {
    const program = encoderProgram(model([seen, stars], []));
    const alone = createRowEncoder(programFor(program, ['seen']), state).encodeRows([{ seen: ['b', null, 'a'] }]);
    expect([...(alone.encoded.bags.seen?.ids ?? [])]).toEqual([2, 0, 1]);
  });
});

test('a program for a crossed feature has its parts', () => {
  const features = [
    category('abc', { cross: ['ab', 'c'], codes: { kind: 'hash', buckets: 9 } }),
    category('ab', { cross: ['a', 'b'], codes: { kind: 'hash', buckets: 9 } }),
    ...['a', 'b', 'c', 'd'].map((name) => category(name)),
  ];
  const names = (wanted: readonly string[]): readonly string[] =>
    programFor(encoderProgram(model(features, [])), wanted).features.map(({ name }) => name);
  expect(names(['abc'])).toEqual(['abc', 'ab', 'a', 'b', 'c']);
  expect(names(['d', 'ab'])).toEqual(['ab', 'a', 'b', 'd']);
});

test('numbers, times and vectors', () => {
  const price = number('price', { transforms: ['log1p', 'standardize'], default: 1 });
  const state = {
    vocabularies: {},
    statistics: {
      price: [{ mean: 0.5, deviation: 2 }],
      at: [
        { mean: 1, deviation: 2 },
        { mean: 0, deviation: 1 },
      ],
    },
  };
  const at = time('at', { unit: 'millisecond', cycles: ['day'], standardize: true });
  const { encoded } = encoderOf([price, at, vector('v', 2)], state).encodeRows([
    { price: '3', at: 21_600_000, v: [1, '2'] },
    { at: '0', v: '[0.5; 1e1]' },
  ]);
  expect([...(encoded.dense.price?.values ?? [])]).toEqual([(Math.log(4) - 0.5) / 2, (Math.log(2) - 0.5) / 2].map(Math.fround));
  const [sin = 0, cos = 0] = cyclicTime(21_600, ['day']);
  expect(sin).toBeCloseTo(1, 12);
  expect(cos).toBeCloseTo(0, 12);
  expect([...(encoded.dense.at?.values ?? [])]).toEqual([(sin - 1) / 2, cos, -0.5, 1].map(Math.fround));
  expect(encoded.dense.v).toEqual({ width: 2, values: new Float32Array([1, 2, 0.5, 10]) });
  const bad = encoderOf([price, vector('v', 2)], state).encodeRows([
    { price: -1, v: [1] },
    { price: 1e300, v: [1, 2] },
    { price: 'x', v: [1, NaN] },
  ]);
  expect(bad.problems.map(({ problems }) => problems.map(({ name, reason }) => `${name}: ${reason}`))).toEqual([
    ['price: log1p needs a number above -1, not -1', 'v: it has 1 numbers instead of 2'],
    ['price: "x" is not a number', 'v: NaN is not a number that a float holds'],
  ]);
});

test('labels', () => {
  const labels = [
    label('y', { kind: 'binary' }, operation('greater_equal', column('r', 'number'), literal(4))),
    label('k', { kind: 'class', classes: 3 }),
  ];
  const { encoded, problems } = encoderOf([], nothing, labels).encodeRows([
    { r: 4, k: 2 },
    { r: 3, k: '0' },
    { r: null, k: 1 },
    { r: 1, k: 3 },
  ]);
  expect(encoded.labels).toEqual({ y: new Float32Array([1, 0]), k: new Float32Array([2, 0]) });
  expect(problems.flatMap(({ problems: all }) => all)).toEqual([
    { name: 'y', reason: 'the label is missing' },
    { name: 'k', reason: '3 is not a class from 0 to 2' },
  ]);
});

test('no row, however strange, makes it throw', () => {
  const features = [
    category('a'),
    category('b', { many: { pool: 'sum' } }),
    number('c'),
    vector('d', 2),
    time('e'),
    category('f', { codes: { kind: 'size', size: 2 } }),
  ];
  const encoder = encoderOf(features, { vocabularies: { a: [], b: [] }, statistics: {} });
  const value = fc.anything({
    withBigInt: true,
    withDate: true,
    withNullPrototype: true,
    withTypedArray: true,
    withSparseArray: true,
  });
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), value), (row) => {
      const { positions, problems } = encoder.encodeRows([row]);
      expect(positions.length + problems.length).toBe(1);
    }),
    { numRuns: 300, seed: 8 },
  );
});

describe('vocabularies', () => {
  test('most frequent first, then by code units; rare ones left out', () => {
    expect(
      learnVocabulary(
        [
          ['b', 2],
          ['a', 2],
          ['Z', 2],
          ['rare', 1],
          ['top', 9],
          ['never', 0],
        ],
        2,
      ),
    ).toEqual(['top', 'Z', 'a', 'b']);
    expect(createVocabulary(['top', 'Z'])('Z')).toBe(2);
  });
  test('as a file, whatever the values are', () => {
    const values = ['', 'plain', 'new\nline', '"', '\\', '\0', '\u2028', '😀', '\ufeff', ' '];
    const text = writeVocabulary(values);
    expect(text.split('\n').length).toBe(values.length + 1);
    expect(readVocabulary(text)).toEqual(values);
    expect(readVocabulary('')).toEqual([]);
    expect(readVocabulary(writeVocabulary([]) + 'x\n')).toBeUndefined();
    expect(readVocabulary('"a"')).toBeUndefined();
  });
});

describe('schema', () => {
  const features: Feature[] = [
    category('movie', { doc: 'The film.' }),
    category('genres', { many: { separator: '|', pool: 'mean' } }),
    category('slot', { codes: { kind: 'size', size: 24 } }),
    number('age', { doc: 'In years.' }),
    number('age_root', { value: operation('sqrt', column('age', 'number')), default: 0, doc: 'Root.' }),
    time('seen'),
    vector('point', 2),
  ];
  const schema = rowSchema(model(features, [label('liked', { kind: 'binary' })]));
  const valid = new Ajv({ allowUnionTypes: true, allErrors: true }).compile(schema);

  test('is JSON, with the docs', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
    expect(schema.properties?.movie?.description).toBe('The film.');
    expect(schema.properties?.age?.description).toBe('In years.\nage_root: Root.');
    expect(schema.required).toEqual(['slot', 'age', 'seen', 'point']);
    expect(Object.keys(schema.properties ?? {})).not.toContain('liked');
  });

  const row = { movie: 'x', genres: 'a|b', slot: 3, age: '20', seen: '2024-05-31T10:00:00Z', point: [1, 2], other: 1 };
  const state = { vocabularies: { movie: [], genres: [] }, statistics: {} };
  test.each<[string, RawRow]>([
    ['a good one', row],
    ['a list', { ...row, genres: ['a', 1] }],
    ['nothing where that may be', { ...row, movie: null, genres: null }],
    ['a text that is no number', { ...row, age: 'old' }],
    ['a blank number', { ...row, age: ' ' }],
    ['no number', { ...row, age: null }],
    ['a slot too far', { ...row, slot: 24 }],
    ['a fraction as a category', { ...row, movie: 1.5 }],
    ['a date that is none', { ...row, seen: 'yesterday' }],
    ['a short vector', { ...row, point: [1] }],
    ['an object', { ...row, genres: { a: 1 } }],
  ])('agrees with the encoder on %s', (_, given) => {
    expect(valid(given)).toBe(encoderOf(features, state).encodeRows([given]).problems.length === 0);
  });
});

test('numbers are not left as they are where the state lacks their statistics', () => {
  const features = [number('price', { transforms: ['standardize'] }), time('seen', { standardize: true })];
  const good = { mean: 1, deviation: 2 };
  const stateOf = (statistics: EncoderState['statistics']): EncoderState => ({ vocabularies: {}, statistics });
  const times = encoderProgram(model(features, [])).features.flatMap((f) => (f.kind === 'time' ? f.cycles : []));
  const seen = times.flatMap(() => [good, good]);
  const { encoded } = encoderOf(features, stateOf({ price: [good], seen })).encodeRows([
    { price: 5, seen: '2024-05-31T10:00:00Z' },
  ]);
  expect([...(encoded.dense.price?.values ?? [])]).toEqual([2]);
  expect(() => encoderOf(features, stateOf({ seen }))).toThrow('price is standardized, which needs a finite mean');
  expect(() => encoderOf(features, stateOf({ price: [good], seen: [good] }))).toThrow('seen is standardized');
  expect(() => encoderOf(features, stateOf({ price: [{ mean: Infinity, deviation: 1 }], seen }))).toThrow('price');
  expect(() => encoderOf(features, stateOf({ price: [{ mean: 0, deviation: -1 }], seen }))).toThrow('price');
});

test('the program is plain JSON without spans, and says which columns it reads', () => {
  const shout = operation('lower', { ...column('city'), span: { source: { path: 'a.rec', text: '' }, start: 0, end: 1 } });
  const program = encoderProgram(
    model([category('a', { value: shout }), number('b', { value: column('city', 'number') })], [label('y', { kind: 'binary' })]),
  );
  expect(JSON.stringify(program)).not.toContain('span');
  expect(JSON.parse(JSON.stringify(program))).toEqual(program);
  expect(columnsOf(program)).toEqual([
    { name: 'city', type: 'text', usedBy: [{ kind: 'feature', name: 'a' }] },
    { name: 'city', type: 'number', usedBy: [{ kind: 'feature', name: 'b' }] },
    { name: 'y', type: 'boolean', usedBy: [{ kind: 'label', name: 'y' }] },
  ]);
});

test('as SQL for people', () => {
  const features = [category('city', { value: operation('lower', column('city')) }), category('a"b')];
  const program = encoderProgram(model(features, []));
  expect(printEncoderSql(program, operation('equal', column('city'), literal("o'clock")))).toBe(
    [
      'SELECT',
      `  translate(nullif("city", ''), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') AS "city",`,
      `  nullif("a""b", '') AS "a""b"`,
      'FROM rows',
      `WHERE (nullif("city", '') = 'o''clock')`,
      '',
    ].join('\n'),
  );
});

test('names and texts in TypeScript are only that', () => {
  const hostile = [
    '"',
    "'",
    '`',
    '${1}',
    '\n',
    '\r',
    '\0',
    '\u2028',
    '\\',
    '*/ process.exit() /*',
    '</script>',
    '😀',
    '\ud800',
    '__proto__',
  ];
  for (const text of hostile) {
    expect((new Function(`return ${typeScriptString(text)}`) as () => string)()).toBe(text);
    const object = (new Function(`return { ${typeScriptProperty(text)}: 1 }`) as () => object)();
    expect(Object.keys(object)).toEqual([text]);
    expect((new Function(`/* ${typeScriptComment(text)} */ return 7`) as () => number)()).toBe(7);
  }
});
