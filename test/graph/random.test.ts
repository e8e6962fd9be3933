import { describe, expect, it } from 'vitest';
import type { Initializer } from '../../src/model/model.js';
import { fillBits, fillInitial, fillNoise, noiseStream, shuffle, stream } from '../../src/graph/random.js';

const block = (key: readonly [number, number], counter: readonly [number, number]): readonly number[] => {
  const words = new Uint32Array(2);
  fillBits({ key0: key[0] | 0, key1: key[1] | 0 }, counter[1], counter[0], words);
  return [...words];
};

const moments = (values: Float32Array): { readonly mean: number; readonly deviation: number; readonly largest: number } => {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return {
    mean,
    deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length),
    largest: values.reduce((most, x) => Math.max(most, Math.abs(x)), 0),
  };
};

const initial = (initializer: Initializer, shape: readonly number[], name = 'w', seed = 1): Float32Array => {
  const values = new Float32Array(shape.reduce((product, n) => product * n, 1));
  fillInitial(seed, name, shape, initializer, values);
  return values;
};

describe('threefry', () => {
  it('gives the published known answers of threefry2x32-20', () => {
    expect(block([0, 0], [0, 0])).toEqual([0x6b200159, 0x99ba4efe]);
    expect(block([0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff])).toEqual([0x1cb996fc, 0xbb002be7]);
    expect(block([0x13198a2e, 0x03707344], [0x243f6a88, 0x85a308d3])).toEqual([0xc4923a9c, 0x483df7a0]);
  });

  it('has a stream for each seed and purpose', () => {
    const purposes = ['', 'a', 'b', 'ab', 'abc', 'ab\0', 'weight/a', 'weight/b'];
    const keys = [0, 1, 2 ** 32, 2 ** 32 + 1, -1].flatMap((seed) =>
      purposes.map((purpose) => {
        const { key0, key1 } = stream(seed, purpose);
        return `${key0} ${key1}`;
      }),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });
});

describe('initial weights', () => {
  it.each<readonly [Initializer, readonly number[], number, number, number]>([
    [{ kind: 'uniform', low: -1, high: 3 }, [100, 501], 1, 4 / Math.sqrt(12), 3],
    [{ kind: 'normal', mean: 0.5, deviation: 0.2 }, [100, 501], 0.5, 0.2, 1.6],
    [{ kind: 'truncated_normal', mean: 0, deviation: 1 }, [100, 501], 0, 0.8796, 2],
    [{ kind: 'glorot_uniform' }, [100, 500], 0, Math.sqrt(2 / 600), Math.sqrt(6 / 600)],
    [{ kind: 'glorot_normal' }, [100, 500], 0, Math.sqrt(2 / 600), 0.4],
    [{ kind: 'he_uniform' }, [100, 500], 0, Math.sqrt(2 / 500), Math.sqrt(6 / 500)],
    [{ kind: 'he_normal' }, [100, 500], 0, Math.sqrt(2 / 500), (2 / 0.8796) * Math.sqrt(2 / 500)],
  ])('%j of shape %j have the right moments', (initializer, shape, mean, deviation, largest) => {
    const found = moments(initial(initializer, shape));
    expect(Math.abs(found.mean - mean)).toBeLessThan(0.02 * deviation);
    expect(Math.abs(found.deviation / deviation - 1)).toBeLessThan(0.02);
    expect(found.largest).toBeLessThanOrEqual(largest * (1 + 1e-6));
  });

  it('depend on the seed and the name alone', () => {
    const he: Initializer = { kind: 'he_normal' };
    expect(initial(he, [4, 5])).toEqual(initial(he, [4, 5]));
    expect(initial(he, [4, 5], 'w', 2)).not.toEqual(initial(he, [4, 5]));
    expect(initial(he, [4, 5], 'v')).not.toEqual(initial(he, [4, 5]));
    expect(initial({ kind: 'constant', value: 3 }, [2])).toEqual(new Float32Array([3, 3]));
  });

  it.each<Initializer>([
    { kind: 'normal', mean: 0, deviation: 1 },
    { kind: 'truncated_normal', mean: 0, deviation: 1 },
    { kind: 'uniform', low: 0, high: 1 },
  ])('of $kind tables keep their beginning when rows are added', (initializer) => {
    expect(initial(initializer, [3000, 3]).subarray(0, 4500)).toEqual(initial(initializer, [1500, 3]));
  });
});

describe('shuffle', () => {
  const order = (seed: number, epoch: number, rows: number): readonly number[] => {
    const rowsInOrder = new Int32Array(rows);
    shuffle(seed, epoch, rowsInOrder);
    return [...rowsInOrder];
  };

  it('is a permutation, another one each epoch and seed', () => {
    expect([...order(1, 0, 5000)].sort((a, b) => a - b)).toEqual(Array.from({ length: 5000 }, (_, i) => i));
    expect(order(1, 0, 50)).toEqual(order(1, 0, 50));
    expect(order(1, 1, 50)).not.toEqual(order(1, 0, 50));
    expect(order(2, 0, 50)).not.toEqual(order(1, 0, 50));
    expect(order(1, 0, 1)).toEqual([0]);
    expect(order(1, 0, 0)).toEqual([]);
  });

  it('puts every row everywhere', () => {
    const counts = new Int32Array(9);
    for (let epoch = 0; epoch < 3000; epoch++) {
      const [a, b, c] = order(3, epoch, 3) as [number, number, number];
      counts[a] = (counts[a] ?? 0) + 1;
      counts[3 + b] = (counts[3 + b] ?? 0) + 1;
      counts[6 + c] = (counts[6 + c] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe('noise', () => {
  it('is the same however the batch is cut', () => {
    const whole = new Float32Array(8 * 5);
    const part = new Float32Array(3 * 5);
    fillNoise(noiseStream(1, 'deep.0'), 7, 0, 5, whole);
    fillNoise(noiseStream(1, 'deep.0'), 7, 4, 5, part);
    expect(part).toEqual(whole.subarray(20, 35));
  });

  it('differs by seed, site, step and row, and lies in [0, 1)', () => {
    const draw = (seed: number, site: string, step: number, row: number): Float32Array => {
      const values = new Float32Array(5000);
      fillNoise(noiseStream(seed, site), step, row, 5000, values);
      return values;
    };
    const first = draw(1, 'a', 1, 0);
    for (const other of [draw(2, 'a', 1, 0), draw(1, 'b', 1, 0), draw(1, 'a', 2, 0), draw(1, 'a', 1, 1)])
      expect(other).not.toEqual(first);
    expect(first.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.abs(moments(first).mean - 0.5)).toBeLessThan(0.02);
  });
});
