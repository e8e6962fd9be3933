import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {(below: number) => number} Whole a whole number from 0 to `below`, less one */

/**
 * Mulberry32, so that the data are the same on every machine.
 * @param {number} seed
 * @returns {Whole}
 */
function generator(seed) {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const toys = {
  'blender.csv': {
    rows: 100_000,
    train: 90_000,
    header: 'part,country,bananas,cookbooks,clicks',
    /** @param {Whole} whole */
    row: (whole) => {
      const [country, bananas, cookbooks] = [whole(200), whole(24), whole(6)];
      const [a, b, c] = [country / 200, bananas / 24, cookbooks / 6];
      return [country, bananas, cookbooks, 0.1 * a + 0.4 * b + 0.7 * c + 0.1 * a * b + 3.1 * b * c + 0.1 * c * c];
    },
  },
  'almonds.csv': {
    rows: 100_000,
    train: 70_000,
    header: 'part,age,employed,rum,soda,almonds,clicks',
    /** @param {Whole} whole */
    row: (whole) => {
      const [age, employed, rum, soda, almonds] = [18 + whole(62), whole(2), whole(2), whole(2), whole(2)];
      const [g, e, r, s, a] = [age / 68, employed / 2, rum / 2, soda / 2, almonds / 2];
      const linear = 0.1 * g + 1.2 * e + 0.5 * r + 0.2 * s;
      return [
        age,
        employed,
        rum,
        soda,
        almonds,
        linear + 1.8 * e * r + 0.1 * e * s + 3.1 * e * a + 1.5 * r * a + 2 * e * r * s * a,
      ];
    },
  },
};

/**
 * Writes the data of `specs/blender.rec` and `specs/almonds.rec`, from their formulas.
 * @param {string} folder
 */
export function writeToys(folder) {
  mkdirSync(folder, { recursive: true });
  for (const [file, { rows, train, header, row }] of Object.entries(toys)) {
    const whole = generator(42);
    const lines = Array.from({ length: rows }, (_, i) => `${i < train ? 'train' : 'test'},${row(whole).join(',')}`);
    writeFileSync(path.join(folder, file), `${header}\n${lines.join('\n')}\n`);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? 'build/toys';
  writeToys(folder);
  console.log(`wrote ${Object.keys(toys).join(' and ')} to ${folder}`);
}
