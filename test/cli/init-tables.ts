import { createUniform } from '../../src/encode/split.js';

const draw = createUniform(7);
let drawn = 0;
const uniform = (): number => draw(drawn++);
const below = (n: number): number => Math.floor(uniform() * n);
/** Small numbers are the usual ones. */
const rank = (n: number): number => Math.floor(n * uniform() ** 3);
const rows = (n: number, row: (i: number) => string): string => Array.from({ length: n }, (_, i) => row(i)).join('\n') + '\n';
const hex = (n: number): string => (((n + 1) * 2654435761) % 2 ** 32).toString(16).padStart(8, '0');

/** Ad clicks, like those of Criteo: counts with gaps and a long tail, hashed categories, few clicks. */
export function adClicks(n = 3000): string {
  const counts = ['I1', 'I2', 'I3', 'I4'];
  const categories: readonly (readonly [string, number])[] = [
    ['C1', 6],
    ['C2', 60],
    ['C3', 3000],
    ['C4', 40_000],
  ];
  const header = ['click', 'row_id', ...counts, ...categories.map(([name]) => name), 'shard'].join(',');
  return `${header}\n${rows(n, (i) => {
    const kind = rank(6);
    const many = Math.floor(20 * uniform() ** -0.7) - 20;
    const click = uniform() < 0.04 + 0.04 * kind ? 1 : 0;
    const fields = categories.map(([, size], at) => (at === 0 ? hex(kind) : uniform() < 0.05 ? '' : hex(rank(size) + 100 * at)));
    return [
      click,
      i + 1,
      many,
      uniform() < 0.4 ? '' : rank(50),
      below(3) - 1,
      uniform() < 0.1 ? '' : many * 2,
      ...fields,
      'eu-1',
    ].join(',');
  })}`;
}

/** Products with lists, vectors, an object, and names that a spec cannot write. */
export function products(n = 600): string {
  const tags = ['red', 'blue', 'wool', 'silk', 'new', 'sale', 'kids', 'warm'];
  return rows(n, (i) => {
    const chosen = tags.filter(() => uniform() < 0.3);
    const price = Math.round(1000 * uniform() ** 3) / 10 + 1;
    return JSON.stringify({
      'Product "ID"': `p${String(below(80))}`,
      in: ['EU', 'US', 'JP'][below(3)],
      'list price (€)': price,
      größe: ['S', 'M', 'L'][below(3)],
      tags: chosen,
      embedding: Array.from({ length: 4 }, () => Math.round(2000 * uniform() - 1000) / 1000),
      seller: { name: 'x', since: 2020 },
      sold: uniform() < 0.2 + (chosen.includes('sale') ? 0.4 : 0),
      'sold\nlater': i % 2 === 0 ? null : below(9),
    });
  });
}

/** A SELECT of rides with times, places and a fare that follows from the distance. */
export const rides = (n = 2000): string => `
  SELECT TIMESTAMP '2024-03-01 00:00:00' + to_seconds(i * 431) AS pickup_at,
    'd' || (i * 7919 % 90) AS driver_id,
    (i * 31 % 4 + 1)::INTEGER AS passengers,
    CASE WHEN i % 17 = 0 THEN NULL ELSE 40.6 + (i * 37 % 200) / 1000.0 END AS pickup_latitude,
    (i * 53 % 300) / 10.0 AS distance_km,
    CASE WHEN i % 3 = 0 THEN 'card' WHEN i % 3 = 1 THEN 'cash' ELSE 'app' END AS payment,
    i % 5 = 0 AS shared,
    3 + 1.8 * ((i * 53 % 300) / 10.0) + (i % 7) AS fare,
    round((3 + 1.8 * ((i * 53 % 300) / 10.0) + (i % 7)) * 100)::INTEGER AS fare_cents,
    'USD' AS currency,
    uuid() AS ride_id
  FROM range(${String(n)}) t(i)`;
