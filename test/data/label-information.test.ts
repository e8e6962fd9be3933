import { describe, expect, test } from 'vitest';
import { quantiles, toldShare, type Codes } from '../../src/data/label-information.js';

/** As random as a test needs, the same each time. */
function mixed(i: number, size: number): number {
  const spread = Math.imul(i + 1, 0x9e3779b1);
  const more = Math.imul(spread ^ (spread >>> 15), 0xc2b2ae35);
  return ((more ^ (more >>> 13)) >>> 0) % size;
}
const codes = (rows: number, size: number, of: (i: number) => number): Codes => ({
  codes: Int32Array.from({ length: rows }, (_, i) => of(i)),
  size,
});

describe('the share of a label that a feature tells', () => {
  const label = codes(4000, 2, (i) => mixed(i, 2));
  const of = (i: number): number => label.codes[i] ?? 0;

  test('is all of what is the label, or is more exact', () => {
    expect(toldShare(label, label)).toBeGreaterThan(0.99);
    expect(
      toldShare(
        codes(4000, 20, (i) => 10 * of(i) + mixed(i + 50_000, 10)),
        label,
      ),
    ).toBeGreaterThan(0.95);
  });

  test('is nothing of what is by chance, however many values it has', () => {
    for (const size of [2, 50, 4000])
      expect(
        toldShare(
          codes(4000, size, (i) => mixed(i + 100_003, size)),
          label,
        ),
      ).toBeLessThan(0.02);
    expect(
      toldShare(
        codes(4000, 4000, (i) => i),
        label,
      ),
    ).toBeLessThan(0.02);
  });

  test('is about the mutual information over the entropy where a tenth is wrong', () => {
    const noisy = codes(40_000, 2, (i) => (mixed(i + 100_003, 10) === 0 ? 1 - mixed(i, 2) : mixed(i, 2)));
    const binary = -(0.1 * Math.log2(0.1) + 0.9 * Math.log2(0.9));
    expect(
      toldShare(
        noisy,
        codes(40_000, 2, (i) => mixed(i, 2)),
      ),
    ).toBeCloseTo(1 - binary, 1);
  });

  test('is 0 of a label that never changes, and where there are too many pairs to count', () => {
    expect(
      toldShare(
        label,
        codes(4000, 1, () => 0),
      ),
    ).toBe(0);
    expect(toldShare({ ...label, size: 2 ** 24 }, label)).toBe(0);
  });
});

describe('quantiles', () => {
  test('hold as many values each', () => {
    const { codes: bins, size } = quantiles(Float32Array.from({ length: 6400 }, (_, i) => (i * 37) % 6400));
    expect(size).toBe(64);
    const counts = new Map<number, number>();
    for (const bin of bins) counts.set(bin, (counts.get(bin) ?? 0) + 1);
    expect([...counts.values()].every((count) => count === 100)).toBe(true);
  });

  test('keep equal values together, and are fewer of few values or rows', () => {
    const { codes: bins, size } = quantiles(Float32Array.from({ length: 6400 }, (_, i) => i % 3));
    expect(size).toBeLessThanOrEqual(4);
    expect(new Set(bins).size).toBe(3);
    expect(quantiles(new Float32Array(100).map((_, i) => i)).size).toBe(2);
    expect(quantiles(new Float32Array(0)).codes).toHaveLength(0);
  });
});
