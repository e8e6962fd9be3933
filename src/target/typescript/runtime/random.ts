import type { Part } from '../../code/parts.js';

export type RandomName =
  | 'threefry'
  | 'keyOf'
  | 'unit'
  | 'openUnit'
  | 'uniform'
  | 'normal'
  | 'truncatedNormal'
  | 'constant'
  | 'shuffledOrder'
  | 'noiseOf';

/** The generator of graph/random.ts: a project starts where a run of the same seed starts, and visits rows in the same order. */
export const randomParts: Readonly<Record<RandomName, Part<RandomName>>> = {
  threefry: {
    uses: [],
    code: String.raw`
/**
 * Randomness without state: every number is a function of a seed, a purpose and a position. The generator is Threefry-2x32 with 20
 * rounds [Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"].
 */
type Key = readonly [number, number];

const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;

function threefry([k0, k1]: Key, low: number, high: number): [number, number] {
  const keys = [k0, k1, k0 ^ k1 ^ 0x1bd11bda] as const;
  let x0 = (low + k0) | 0;
  let x1 = (high + k1) | 0;
  for (let group = 0; group < 5; group++) {
    for (const rotation of rotations[group & 1 ? 1 : 0]) {
      x0 = (x0 + x1) | 0;
      x1 = ((x1 << rotation) | (x1 >>> (32 - rotation))) ^ x0;
    }
    x0 = (x0 + keys[((group + 1) % 3) as 0 | 1 | 2]) | 0;
    x1 = (x1 + keys[((group + 2) % 3) as 0 | 1 | 2] + group + 1) | 0;
  }
  return [x0, x1];
}`,
  },
  keyOf: {
    uses: ['threefry'],
    code: String.raw`
function keyOf(seed: number, purpose: string): Key {
  let key: Key = [seed | 0, Math.floor(seed / 2 ** 32) | 0];
  for (let i = 0; i <= purpose.length; i += 2) {
    const pair = i === purpose.length ? i : (purpose.charCodeAt(i) << 16) | (purpose.charCodeAt(i + 1) || 0);
    key = threefry(key, pair, i);
  }
  return key;
}`,
  },
  unit: {
    uses: [],
    code: String.raw`
/** 24 bits as a number in [0, 1). */
const unit = (word: number): number => (word >>> 8) * 2 ** -24;`,
  },
  openUnit: {
    uses: [],
    code: String.raw`
/** Never 0, never 1. */
const openUnit = (word: number): number => ((word >>> 0) + 0.5) * 2 ** -32;`,
  },
  uniform: {
    uses: ['keyOf', 'unit'],
    code: String.raw`
/** Uniform in [low, high). */
export function uniform(seed: number, name: string, size: number, low: number, high: number): Float32Array {
  const key = keyOf(seed, 'weight/' + name);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    const [first, second] = threefry(key, i / 2, 0);
    values[i] = low + (high - low) * unit(first);
    if (i + 1 < size) values[i + 1] = low + (high - low) * unit(second);
  }
  return values;
}`,
  },
  normal: {
    uses: ['keyOf', 'openUnit'],
    code: String.raw`
/** Normal, by Box and Muller. */
export function normal(seed: number, name: string, size: number, mean: number, deviation: number): Float32Array {
  const key = keyOf(seed, 'weight/' + name);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i += 2) {
    const [first, second] = threefry(key, i / 2, 0);
    const radius = deviation * Math.sqrt(-2 * Math.log(openUnit(first)));
    const angle = 2 * Math.PI * openUnit(second);
    values[i] = mean + radius * Math.cos(angle);
    if (i + 1 < size) values[i + 1] = mean + radius * Math.sin(angle);
  }
  return values;
}`,
  },
  truncatedNormal: {
    uses: ['keyOf', 'openUnit'],
    code: String.raw`
/** Normal, redrawn beyond two deviations. */
export function truncatedNormal(seed: number, name: string, size: number, mean: number, deviation: number): Float32Array {
  const key = keyOf(seed, 'weight/' + name);
  const draw = (i: number, attempt: number): number => {
    const [first, second] = threefry(key, i, attempt);
    const z = Math.sqrt(-2 * Math.log(openUnit(first))) * Math.cos(2 * Math.PI * openUnit(second));
    return z < -2 || z > 2 ? draw(i, attempt + 1) : z;
  };
  return Float32Array.from({ length: size }, (_, i) => mean + deviation * draw(i, 0));
}`,
  },
  constant: {
    uses: [],
    code: String.raw`
/** The same number for all. */
export function constant(size: number, value: number): Float32Array {
  return new Float32Array(size).fill(value);
}`,
  },
  shuffledOrder: {
    uses: ['keyOf'],
    code: String.raw`
/** The order in which an epoch visits its rows [Fisher and Yates]. */
export function shuffledOrder(seed: number, epoch: number, rows: number): Int32Array {
  const key = keyOf(seed, 'shuffle/' + String(epoch));
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  let words: readonly [number, number] = [0, 0];
  for (let i = rows - 1, used = 0; i > 0; i--, used++) {
    if (used % 2 === 0) words = threefry(key, used / 2, 0);
    const word = words[used % 2 === 0 ? 0 : 1] >>> 0;
    const j = Math.floor(word * 2 ** -32 * (i + 1));
    const kept = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = kept;
  }
  return order;
}`,
  },
  noiseOf: {
    uses: ['keyOf', 'unit'],
    code: String.raw`
/** Uniform in [0, 1) for every row and column of a step's batch. */
export function noiseOf(seed: number, name: string, step: number, rows: number, width: number): Float32Array {
  const key = keyOf(seed, 'noise/' + name);
  const blocks = (width + 1) >> 1;
  const values = new Float32Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < width; column += 2) {
      const [first, second] = threefry(key, row * blocks + (column >> 1), step);
      values[row * width + column] = unit(first);
      if (column + 1 < width) values[row * width + column + 1] = unit(second);
    }
  }
  return values;
}`,
  },
};
