import type { Example } from './generated.js';

/** A repeatable sequence of numbers in (0, 1). */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

/** Rows for films.rec, with every kind of value: text and numbers, missing, unknown, lists. */
export function filmRows(count: number, seed = 7): readonly Example[] {
  const random = createRandom(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(values: readonly T[]): T => values[below(values.length)] as T;
  return Array.from({ length: count }, () => ({
    user_id: pick([`u${String(below(6))}`, below(4), null, '']),
    film_id: pick([below(9), String(below(9))]),
    device: pick(['ios', 'web', 'tv', null]),
    zip: pick(['02138', 2138, 'Žluťoučký', true, undefined]),
    slot: pick([below(24), String(below(24))]),
    genres: pick(['a|b', '', 'c', ['a', null, 'c', 'a'], undefined]),
    seen: pick([[1, 2, 3, 4], [], [String(below(9))], null]),
    age: 15 + below(40),
    price: pick([random() * 100, '12.5', null]),
    title: pick([[random(), -random(), 1], '[0.5, 1e-3; 2]', '1 2 3']),
    seen_at: pick(['2024-05-31', '2024-02-29T18:30:05.25+02:00', '1969-12-31T23:59Z']),
    bought_at: below(2e9) - 1e9,
    hour: below(24),
    stars: 1 + below(5),
  }));
}

/** Rows that cannot be encoded, each with the feature or label at fault. */
export const badFilmRows: readonly (readonly [name: string, change: Example])[] = [
  ['user_id', { user_id: 1.5 }],
  ['user_id', { user_id: ['a'] }],
  ['film_id', { film_id: 2 ** 60 }],
  ['slot', { slot: 24 }],
  ['slot', { slot: undefined }],
  ['slot', { slot: 'ten' }],
  ['genres', { genres: [{}] }],
  ['seen', { seen: '1|2' }],
  ['age', { age: null }],
  ['price', { price: -1 }],
  ['price', { price: 'cheap' }],
  ['title', { title: [1, 2] }],
  ['title', { title: [1, 2, 1e39] }],
  ['title', { title: null }],
  ['seen_at', { seen_at: '2023-02-29' }],
  ['seen_at', { seen_at: 5 }],
  ['bought_at', { bought_at: true }],
  ['late', { hour: 'x' }],
  ['late', { hour: null }],
  ['liked', { stars: null }],
];
