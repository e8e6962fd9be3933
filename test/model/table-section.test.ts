import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import type { Table } from '../../src/model/model.js';
import { expectAlone, found, modelOf, spec, type Wrong } from './support.js';

const withTables = (embeddings: string): string => `model M {
  features {
    user: category
    movie: category
    history: category[](vocabulary: movie)
    device: category(values: ["ios", "android"])
    slot: category(size: 24)
    zip: category(hash: 1_000)
    age: number(buckets: [18, 25])
    price: number
    seen: time(cycle: day)
    title: number[8]
  }
  label clicked: binary
  ${embeddings}
  deep { units: [4] }
}`;
const tablesOf = (embeddings: string, facts?: Record<string, number>): readonly Table[] =>
  modelOf(withTables(embeddings), facts && { facts: { vocabularies: facts } }).tables;
const dims = (tables: readonly Table[]): Record<string, number> => Object.fromEntries(tables.map((t) => [t.name, t.dim]));
const tableOf = (embeddings: string, name: string): Table | undefined => tablesOf(embeddings).find((t) => t.name === name);

describe('tables', () => {
  test('one for each category, in the order of the features', () => {
    expect(dims(tablesOf('embeddings { dim: 8, user: { dim: 16 } }'))).toEqual({
      user: 16,
      movie: 8,
      history: 8,
      device: 8,
      slot: 8,
      zip: 8,
      age: 8,
    });
  });

  test('row counts follow the codes', () => {
    expect(Object.fromEntries(tablesOf('embeddings { dim: 8 }').map((t) => [t.name, t.rows]))).toEqual({
      user: { kind: 'vocabulary', name: 'user' },
      movie: { kind: 'vocabulary', name: 'movie' },
      history: { kind: 'vocabulary', name: 'movie' },
      device: { kind: 'known', rows: 3 },
      slot: { kind: 'known', rows: 24 },
      zip: { kind: 'known', rows: 1000 },
      age: { kind: 'known', rows: 3 },
    });
  });

  test('facts make row counts known', () => {
    const tables = tablesOf('embeddings { dim: 8 }', { user: 944, movie: 1683 });
    expect(tables.map((t) => t.rows)).toContainEqual({ kind: 'known', rows: 944 });
    expect(tables.filter((t) => t.rows.kind === 'vocabulary')).toEqual([]);
  });

  test('features may share one', () => {
    const tables = tablesOf('embeddings { dim: 8, movies: { dim: 32, features: [history, movie], l2: 1e-6 } }');
    const shared = tables.find((t) => t.name === 'movies');
    expect(shared).toMatchObject({
      dim: 32,
      features: ['history', 'movie'],
      l2: 1e-6,
      rows: { kind: 'vocabulary', name: 'movie' },
    });
    expect(tables.map((t) => t.name)).not.toContain('movie');
    expect(tables.map((t) => t.name)).not.toContain('history');
    const { features } = modelOf(withTables('embeddings { dim: 8, movies: { features: [movie, history] } }'));
    expect(features.flatMap((f) => (f.kind === 'category' ? [`${f.name}: ${f.table}`] : []))).toContain('history: movies');
  });

  test('a shared table may be called as one of its features', () => {
    expect(tableOf('embeddings { dim: 8, movie: { dim: 32, features: [movie, history] } }', 'movie')?.features).toEqual([
      'movie',
      'history',
    ]);
  });

  test.each([
    ['device', 3, 8],
    ['slot', 24, 13],
    ['zip', 1000, 34],
    ['age', 3, 8],
  ])('dim: auto of %s is 6·%i^(1/4)', (name, rows, dim) => {
    expect(Math.round(6 * rows ** 0.25)).toBe(dim);
    expect(tableOf(`embeddings { dim: 8, ${name}: { dim: auto } }`, name)?.dim).toBe(dim);
  });

  test('dim: auto of a learned vocabulary takes facts', () => {
    expect(dims(tablesOf('embeddings { dim: auto }', { user: 944, movie: 1683 }))).toMatchObject({
      user: 33,
      movie: 38,
      history: 38,
    });
    expect(found(withTables('embeddings { dim: 8, user: { dim: auto } }'))).toEqual(['auto-dim-needs-facts «auto»']);
    expect(
      check(spec(withTables('embeddings { dim: auto }')), { facts: { vocabularies: { user: 9 } } }).diagnostics.map(
        (d) => d.code,
      ),
    ).toEqual(['auto-dim-needs-facts']);
  });

  test('l2 and init have a default for all', () => {
    const tables = 'embeddings { dim: 8, l2: 1e-5, init: normal(0, 0.01), user: { l2: 0, init: 0 } }';
    expect(tableOf(tables, 'movie')).toMatchObject({ l2: 1e-5, initializer: { kind: 'normal', mean: 0, deviation: 0.01 } });
    expect(tableOf(tables, 'user')).toMatchObject({ l2: 0, initializer: { kind: 'constant', value: 0 } });
    expect(tableOf('embeddings { dim: 8 }', 'user')).toMatchObject({
      l2: 0,
      initializer: { kind: 'uniform', low: -0.05, high: 0.05 },
    });
  });

  test('a feature may be called as a key', () => {
    const text = `model M {
      features { dim: category, init: category, l2: number }
      label clicked: binary
      embeddings { dim: { dim: 3 }, init: { dim: 5 } }
      deep { units: [4] }
    }`;
    expect(dims(modelOf(text).tables)).toEqual({ dim: 3, init: 5 });
  });
});

const wrong: readonly Wrong[] = [
  ['embeddings { dim: 0 }', 'out-of-range «0»', /a whole number ≥ 1/],
  ['embeddings { dim: 2.5 }', 'out-of-range «2.5»', /a whole number/],
  ['embeddings { dim: "8" }', 'wrong-value «"8"»', /`dim` of `embeddings`/],
  ['embeddings { dim: 8, dim: 9 }', 'duplicate-name «dim»', /two keys of `embeddings`/],
  ['embeddings { dim: 8, l2: -1 }', 'out-of-range «-1»', /a number ≥ 0/],
  ['embeddings { dim: 8, init: he }', 'wrong-value «he»', /`he_normal`/],
  ['embeddings { dim: 8, init: uniform(1, 0) }', 'out-of-range «uniform(1, 0)»', /a range that rises/],
  ['embeddings { dim: 8, init: he_normal(1) }', 'wrong-value «1»', /given by name/],
  ['embeddings { dim: 8, usr: { dim: 4 } }', 'unknown-feature «usr»', /no feature `usr`/],
  ['embeddings { dim: 8, usr: 4 }', 'unknown-feature «usr»', /no feature `usr`/],
  ['embeddings { dim: 8, user: 4 }', 'wrong-value «4»', /a record, not 4/],
  ['embeddings { dim: 8, user: { size: 4 } }', 'unknown-key «size»', /the table `user` has no `size`/],
  ['embeddings { dim: 8, user: { frozen: 1 } }', 'wrong-value «1»', /`frozen`/],
  ['embeddings { dim: 8, user: { dim: 4 }, user: { dim: 5 } }', 'duplicate-name «user»', /two tables called `user`/],
  ['embeddings { dim: 8, price: { dim: auto } }', 'wrong-value «auto»', /a number has no vocabulary/],
  ['embeddings { dim: 8, title: { dim: 4 } }', 'no-table «title»', /`title` is a vector/],
  ['embeddings { dim: 8, seen: { dim: 4 } }', 'no-table «seen»', /`seen` is a time/],
  ['embeddings { dim: 8, t: { features: [user, price] } }', 'no-table «price»', /`price` is a number/],
  ['embeddings { dim: 8, t: { features: [user, usr] } }', 'unknown-feature «usr»', /no feature `usr`/],
  ['embeddings { dim: 8, t: { features: [user, user] } }', 'duplicate-name «user»', /two features called `user`/],
  ['embeddings { dim: 8, t: { features: [] } }', 'wrong-value «[]»', /a list of 1 or more/],
  ['embeddings { dim: 8, t: { features: [user, movie] } }', 'unlike-codes «t»', /numbered in different ways/],
  ['embeddings { dim: 8, t: { features: [device, slot] } }', 'unlike-codes «t»', /numbered in different ways/],
  [
    'embeddings { dim: 8, s: { features: [movie] }, t: { features: [movie, history] } }',
    'two-tables «t»',
    /`movie` is in two tables, `s` and `t`/,
  ],
  ['embeddings { dim: 8, user: { features: [movie, history] } }', 'duplicate-name «user»', /two tables called `user`/],
  ['embeddings: 8', 'wrong-value «8»', /`embeddings` is a section in { }, not 8/],
];

test.each(wrong)('%s', (...row) => expectAlone(withTables, row));

test('without any size each table is named', () => {
  expect(found(withTables('')).map((f) => f.split(' ')[0])).toEqual(Array.from({ length: 7 }, () => 'missing-dim'));
});
