import { createRandom } from './films.js';
import type { Example } from './generated.js';

/** Rows for shop.rec: lists that stand side by side, of any length, with values that are missing. */
export const shopRows = (count: number): readonly Example[] => {
  const random = createRandom(11);
  const below = (n: number): number => Math.floor(random() * n);
  return Array.from({ length: count }, () => {
    const bought = Array.from({ length: below(7) }, () => (below(6) === 0 ? null : below(8)));
    const price = random();
    return {
      user: below(30),
      article: below(8),
      bought,
      liked_before: bought.map(() => ['good', 'bad', ''][below(3)]).join('|') || (bought.length === 1 ? [null] : ''),
      shelf: ['a|b', 'c', ''][below(3)],
      place: below(5),
      price,
      color: [random(), -random(), random()],
      taken: price > 0.4,
      stars: 3 * price,
    };
  });
};
