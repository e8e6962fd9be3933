import { expect, test } from 'vitest';
import { encodeData } from '../../src/data/encode.js';
import { encoderProgram } from '../../src/encode/compile.js';
import { category, column, data, label, literal, model, operation, source, span } from '../encode/models.js';
import { movieLens } from './movielens.js';

const million = movieLens('ml-1m', 'ratings.csv.gz');
const small = movieLens('ml-100k', 'u.data');

const rating = column('rating', 'number');

test.skipIf(million === undefined)(
  'MovieLens 1M clicks: every row but the threes, forty without a film',
  { timeout: 60_000 },
  async () => {
    const users = source('ml-1m/users.dat', {
      separator: '::',
      columns: ['user_id', 'gender', 'age', 'occupation', 'zip'],
      encoding: 'latin1',
    });
    const clicks = model(
      ['user_id', 'movie_id', 'gender', 'age', 'occupation', 'zip'].map((name) => category(name)),
      [label('clicked', { kind: 'binary' }, operation('greater', rating, literal(3)))],
      data(source('ml-1m/ratings.csv.gz'), {
        joins: [{ name: 'users', source: users, on: 'user_id', required: false, span }],
        keep: operation('not_equal', rating, literal(3)),
        split: { kind: 'random', train: 0.8, valid: 0.1, test: 0.1, seed: 42 },
      }),
    );
    const encoded = await encodeData({ model: clicks, program: encoderProgram(clicks), paths: { folder: million ?? '' } });
    const { train, valid, test: held, counts, state } = encoded;
    expect(counts).toEqual({ read: 1_000_209, dropped: 1_000_209 - 739_012, bad: 0, badRows: [] });
    expect(train.rows + valid.rows + held.rows).toBe(739_012);
    expect(Math.abs(train.rows / 739_012 - 0.8)).toBeLessThan(0.002);
    const missing = [train, valid].flatMap((rows) => [...(rows.ids.movie_id ?? [])]).filter((id) => id === 0);
    expect(missing.length).toBeGreaterThan(20);
    expect(state.vocabularies.gender).toEqual(['M', 'F']);
    expect(state.vocabularies.user_id?.length).toBe(6040);
    expect(state.vocabularies.occupation?.length).toBe(21);
  },
);

test.skipIf(small === undefined)('MovieLens 100K: tabs, no header, joins, Latin-1 film titles', { timeout: 60_000 }, async () => {
  const users = source('ml-100k/u.user', { separator: '|', columns: ['user_id', 'age', 'gender', 'occupation', 'zip'] });
  const items = source('ml-100k/u.item', {
    separator: '|',
    columns: ['movie_id', 'title', 'released', 'video', 'url', ...Array.from({ length: 19 }, (_, i) => `genre${String(i)}`)],
    encoding: 'latin1',
  });
  const ratings = model(
    [category('user_id'), category('movie_id'), category('title'), category('zip', { codes: { kind: 'hash', buckets: 100 } })],
    [label('rating', { kind: 'number' })],
    data(source('ml-100k/u.data', { separator: '\t', columns: ['user_id', 'movie_id', 'rating', 'timestamp'] }), {
      joins: [
        { name: 'users', source: users, on: 'user_id', required: true, span },
        { name: 'items', source: items, on: 'movie_id', required: false, span },
      ],
      split: { kind: 'time', column: 'timestamp', train: 0.8, valid: 0, test: 0.2 },
    }),
  );
  const {
    train,
    test: held,
    counts,
    state,
  } = await encodeData({ model: ratings, program: encoderProgram(ratings), paths: { folder: small ?? '' } });
  expect(counts).toEqual({ read: 100_000, dropped: 0, bad: 0, badRows: [] });
  expect([train.rows, held.rows]).toEqual([80_000, 20_000]);
  expect(state.vocabularies.title).toContain('Misérables, Les (1995)');
  const zero = train.labels.rating?.every((value) => value >= 1 && value <= 5);
  expect(zero).toBe(true);
});
