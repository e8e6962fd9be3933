import { expect, test } from 'vitest';
import { createUniform, splitOfUniform, splitSizes } from '../../src/encode/split.js';

const mask = (1n << 64n) - 1n;

/** SplitMix64 as its authors print it. */
function splitmix(state: bigint): bigint {
  let z = state & mask;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}

const golden = 0x9e3779b97f4a7c15n;

function reference(seed: number, ordinal: number): number {
  const start = splitmix(BigInt(seed) + golden);
  return Number(splitmix(start + BigInt(ordinal + 1) * golden) >> 11n) / 2 ** 53;
}

const seeds = [0, 1, 42, 4294967295, 2 ** 53 - 1];
const ordinals = [0, 1, 2, 65535, 65536, 999_999, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 12345];

test('is SplitMix64', () => {
  for (const seed of seeds) {
    const uniform = createUniform(seed);
    expect(ordinals.map(uniform)).toEqual(ordinals.map((ordinal) => reference(seed, ordinal)));
  }
});

test('gives each split its share, and other seeds other rows', () => {
  const shares = { train: 0.8, valid: 0.1, test: 0.1 };
  const draw = (seed: number): string[] => {
    const uniform = createUniform(seed);
    return Array.from({ length: 20_000 }, (_, i) => splitOfUniform(uniform(i), shares));
  };
  const first = draw(7);
  for (const [name, share] of Object.entries(shares)) {
    expect(Math.abs(first.filter((split) => split === name).length / first.length - share)).toBeLessThan(0.01);
  }
  expect(draw(7)).toEqual(first);
  const agreeing = draw(8).filter((split, i) => split === first[i]).length / first.length;
  expect(Math.abs(agreeing - 0.66)).toBeLessThan(0.02);
});

test('rounding of the shares leaves no row out', () => {
  const last = 1 - 2 ** -53;
  expect(splitOfUniform(last, { train: 0.7, valid: 0.2, test: 0.1 })).toBe('test');
  expect(splitOfUniform(last, { train: 0.9, valid: 0.1, test: 0 })).toBe('valid');
  expect(splitOfUniform(last, { train: 0.9999999999, valid: 0, test: 0 })).toBe('train');
  expect(splitOfUniform(0.5, { train: 0.5, valid: 0, test: 0.5 })).toBe('test');
  expect(splitSizes(10, { train: 0.8, valid: 0, test: 0.2 })).toEqual({ train: 8, valid: 0, test: 2 });
  expect(splitSizes(3, { train: 1, valid: 0, test: 0 })).toEqual({ train: 3, valid: 0, test: 0 });
});
