import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { initialSlots, scalarValues, slotNames, updateName } from '../../src/graph/update/rules.js';
import { withDefaults } from '../../src/model/optimizers.js';
import type { RuleName } from '../../src/model/optimizers.js';
import type { Memory } from '../../src/train/kernels.js';
import { plainMemory } from '../../src/train/plain-kernels.js';
import { wasmMemory } from '../../src/train/wasm-kernels.js';
import { fillNormal, stream } from '../../src/graph/random.js';

const pair = (floats: number, ints: number): readonly [Memory, Memory] => [
  wasmMemory([{ floats, ints, doubles: 0 }]),
  plainMemory([{ floats: new Float64Array(floats), ints: new Int32Array(ints) }]),
];

const randomise = (memories: readonly Memory[], from: number, to: number, purpose: string): void => {
  const values = new Float32Array(to - from);
  fillNormal(stream(7, purpose), 0, 1, values);
  for (const { floats } of memories) floats.set(values, from);
};

const setInts = (memories: readonly Memory[], at: number, values: readonly number[]): void => {
  for (const { ints } of memories) ints.set(values, at);
};

const expectClose = (a: ArrayLike<number>, b: ArrayLike<number>, tolerance = 1e-5): void => {
  expect(a.length).toBe(b.length);
  for (let i = 0; i < a.length; i++)
    expect(Math.abs(a[i]! - b[i]!), `element ${i}: ${a[i]} and ${b[i]}`).toBeLessThanOrEqual(
      tolerance * Math.max(1, Math.abs(b[i]!)),
    );
};

const padded = (width: number): number => Math.ceil(width / 4) * 4;

/** A table of rows whose padding is zero. */
const fillTable = (memories: readonly Memory[], at: number, rows: number, rowStride: number, width: number): void => {
  for (let r = 0; r < rows; r++) randomise(memories, at + r * rowStride, at + r * rowStride + width, `row ${r}`);
};

it.each([4, 8, 32])('rows of %i floats stand beside those of another table, and so do their gradients', (width) => {
  const rowStride = 2 * width;
  const [stride, rows] = [width, 9];
  const joint = width + 8;
  const memories = pair(rows * rowStride + 4 * joint + 6 * stride, 32);
  fillTable(memories, 0, rows, rowStride, width);
  setInts(memories, 0, [4, 0, 8, 4]);
  setInts(memories, 4, [0, 1, 1, 3]);
  const out = rows * rowStride;
  const merged = out + 4 * joint;
  for (const { floats, kernels } of memories) {
    floats.fill(7, out, merged);
    kernels.gather(0, rowStride, width, 0, 2, out + 4, joint);
    kernels.gatherBags(0, rowStride, width, 2, 4, 1, false, out + 2 * joint + 4, joint);
    for (let r = 0; r < 3; r++) expect(floats[out + r * joint + 3]).toBe(7);
    for (let r = 0; r < 3; r++) expect(floats[out + r * joint + 4 + width]).toBe(7);
    expect(kernels.indexRows(0, 2, 10, 16, 3, 26, 0)).toBe(2);
    kernels.mergeRows(10, 2, out + 4, joint, width, stride, merged, 1, 0, 0);
  }
  const [a, b] = memories.map(({ floats }) => floats);
  const row = (r: number): number[] => [...memories[0].floats.subarray(r * rowStride, r * rowStride + width)];
  expect([...(a as Float32Array).subarray(out + joint + 4, out + joint + 4 + width)]).toEqual(row(0));
  expect([...(a as Float32Array).subarray(out + 2 * joint + 4, out + 2 * joint + 4 + width)]).toEqual(row(8));
  for (const [p, r] of [4, 0].entries())
    expect([...(a as Float32Array).subarray(merged + p * stride, merged + p * stride + width)]).toEqual(row(r));
  expectClose((a as Float32Array).subarray(out, merged + 2 * stride), (b as Float64Array).subarray(out, merged + 2 * stride));
});

describe.each([1, 3, 4, 6, 32])('rows of %i floats', (width) => {
  const stride = padded(width);
  const rowStride = 2 * stride;
  const rows = 9;

  it('are gathered one after the other', () => {
    const memories = pair(rows * rowStride + 6 * width + 4, 16);
    fillTable(memories, 0, rows, rowStride, width);
    setInts(memories, 1, [4, 0, 8, 8, 3, 4]);
    const out = rows * rowStride;
    for (const { kernels } of memories) kernels.gather(0, rowStride, width, 1, 6, out, width);
    const [a, b] = memories.map(({ floats }) => floats.subarray(out, out + 6 * width));
    expect([...(a as Float32Array)]).toEqual([...(b as Float64Array)]);
    expect([...(a as Float32Array).subarray(2 * width, 3 * width)]).toEqual([
      ...memories[0].floats.subarray(8 * rowStride, 8 * rowStride + width),
    ]);
  });

  it.each([true, false])('are pooled, mean %s, an empty bag being zeros', (mean) => {
    const memories = pair(rows * rowStride + 4 * width + 4, 16);
    fillTable(memories, 0, rows, rowStride, width);
    setInts(memories, 0, [4, 0, 8, 8, 3, 4]);
    setInts(memories, 6, [0, 2, 2, 5, 6]);
    const out = rows * rowStride;
    for (const { floats, kernels } of memories) {
      floats.fill(5, out, out + 4 * width);
      kernels.gatherBags(0, rowStride, width, 0, 6, 4, mean, out, width);
    }
    const [a, b] = memories.map(({ floats }) => floats.subarray(out, out + 4 * width)) as [Float32Array, Float64Array];
    expectClose(a, b);
    expect([...a.subarray(width, 2 * width)]).toEqual(new Array(width).fill(0));
    const row = (r: number): number => memories[1].floats[r * rowStride]!;
    expectClose([b[0]!, b[2 * width]!], [(row(4) + row(0)) / (mean ? 2 : 1), (2 * row(8) + row(3)) / (mean ? 3 : 1)]);
  });

  it.each([1, 2, 4])('are merged over sites and bags, in order of first use, in %i pieces', (pieces) => {
    const gradients = 11 * width;
    const merged = padded(gradients);
    const memories = pair(merged + rows * stride, 80);
    randomise(memories, 0, gradients, 'gradients');
    for (const { floats } of memories) floats.fill(9, merged);
    setInts(memories, 0, [4, 0, 8, 8, 3, 4]);
    setInts(memories, 10, [5, 4, 7, 5]);
    setInts(memories, 20, [0, 2, 2, 4]);
    const [slots, bits, touched, places] = [30, 4, 48, 60];
    for (const { ints, kernels } of memories) {
      expect(kernels.indexRows(0, 6, places, slots, bits, touched, 0)).toBe(4);
      expect(kernels.indexRows(10, 4, places + 10, slots, bits, touched, 4)).toBe(6);
      expect([...ints.subarray(touched, touched + 6)]).toEqual([4, 0, 8, 3, 5, 7]);
      expect([...ints.subarray(places, places + 6)]).toEqual([0, 1, 2, 2, 3, 0]);
      expect([...ints.subarray(places + 10, places + 14)]).toEqual([4, 0, 5, 4]);
      for (let piece = 0; piece < pieces; piece++) {
        const known = kernels.mergeRows(places, 6, 0, width, width, stride, merged, pieces, piece, 0);
        kernels.mergeBags(places + 10, 20, 3, 6 * width, width, width, true, stride, merged, pieces, piece, known);
      }
    }
    const [a, b] = memories.map(({ floats }) => floats.subarray(merged, merged + 6 * stride)) as [Float32Array, Float64Array];
    expectClose(a, b);
    const g = (r: number): number => memories[1].floats[r * width]!;
    expectClose([b[0], b[stride], b[2 * stride], b[4 * stride], b[5 * stride]] as number[], [
      g(0) + g(5) + g(6) / 2,
      g(1),
      g(2) + g(3),
      g(6) / 2 + g(8) / 2,
      g(8) / 2,
    ]);
    for (let p = 0; p < 6; p++)
      expect([...a.subarray(p * stride + width, (p + 1) * stride)]).toEqual(new Array(stride - width).fill(0));
  });

  it('are merged from sequences, but for the places that a row has not', () => {
    const gradients = 12 * width;
    const merged = padded(gradients);
    const memories = pair(merged + rows * stride, 80);
    randomise(memories, 0, gradients, 'gradients');
    for (const { floats } of memories) floats.fill(9, merged);
    setInts(memories, 0, [4, 7, 7, 0, 0, 0, 7, 4, 8, 2, 2, 2]);
    setInts(memories, 12, [2, 0, 3, 1]);
    setInts(memories, 16, [8]);
    const [slots, bits, touched, places] = [30, 4, 48, 60];
    for (const { ints, kernels } of memories) {
      expect(kernels.indexRows(16, 1, places, slots, bits, touched, 0)).toBe(1);
      expect(kernels.indexSequences(0, 12, 4, 3, places, slots, bits, touched, 1)).toBe(4);
      expect([...ints.subarray(touched, touched + 4)]).toEqual([8, 4, 7, 2]);
      expect(kernels.mergeSequences(places, 12, 4, 3, 0, width, stride, merged, 1, 0, 1)).toBe(4);
    }
    const [a, b] = memories.map(({ floats }) => floats.subarray(merged, merged + 4 * stride)) as [Float32Array, Float64Array];
    expectClose(a, b);
    const g = (place: number): number => memories[1].floats[place * width]!;
    expectClose([b[0], b[stride], b[2 * stride], b[3 * stride]] as number[], [9 + g(8), g(0) + g(7), g(1) + g(6), g(9)]);
  });

  it('have weights added to their gradients, a piece at a time', () => {
    const merged = rows * rowStride;
    const memories = pair(merged + 4 * stride, 16);
    fillTable(memories, 0, rows, rowStride, width);
    randomise(memories, merged, merged + 4 * stride, 'merged');
    const before = [...memories[1].floats];
    setInts(memories, 0, [4, 0, 8, 3]);
    for (const { kernels } of memories) kernels.addRows(merged, stride, 0, 4, 2, 1, 0, rowStride, 0.5);
    expectClose(memories[0].floats, memories[1].floats);
    const after = memories[1].floats;
    expect(after[merged]).toBe(before[merged]);
    expect(after[merged + 3 * stride]).toBeCloseTo(before[merged + 3 * stride]! + 0.5 * before[3 * rowStride]!, 12);
  });
});

describe('vectors', () => {
  it('have norms, factors and sums', () => {
    const memories = pair(64, 0);
    randomise(memories, 0, 64, 'vector');
    const [fast, plain] = memories;
    const before = [...plain.floats];
    expect(fast.kernels.squaredNorm(16, 20, 1, 0)).toBeCloseTo(plain.kernels.squaredNorm(16, 20, 1, 0), 10);
    expect(fast.kernels.squaredNorm(16, 4, 3, 8)).toBeCloseTo(plain.kernels.squaredNorm(16, 4, 3, 8), 10);
    expect(plain.kernels.squaredNorm(16, 20, 1, 0)).toBeCloseTo(
      before.slice(16, 36).reduce((sum, x) => sum + x * x, 0),
      12,
    );
    for (const { kernels } of memories) {
      kernels.sumRegions(0, 16, 4, 12);
      kernels.addScaled(16, 32, 8, 0.5);
      kernels.scale(48, 16, -2);
    }
    expectClose(fast.floats, plain.floats);
    const at = (i: number): number => before[i]!;
    expect(plain.floats[3]).toBeCloseTo(at(3) + at(19) + at(35) + at(51), 12);
    expect(plain.floats[13]).toBe(at(13));
    expect(plain.floats[17]).toBeCloseTo(at(17) + 0.5 * at(33), 12);
    expect(plain.floats[63]).toBe(-2 * at(63));
  });
});

describe.each<readonly [RuleName, Readonly<Record<string, number>>]>([
  ['sgd', { learning_rate: 0.1 }],
  ['sgd', { learning_rate: 0.1, momentum: 0.9 }],
  ['sgd', { learning_rate: 0.1, momentum: 0.9, nesterov: 1 }],
  ['adagrad', { learning_rate: 0.4 }],
  ['rowwise_adagrad', { learning_rate: 0.4, initial_accumulator: 0.1 }],
  ['adam', { learning_rate: 0.01 }],
  ['adamax', { learning_rate: 0.01 }],
  ['rmsprop', { learning_rate: 0.01 }],
  ['rmsprop', { learning_rate: 0.01, momentum: 0.5 }],
  ['adamw', { learning_rate: 0.01, weight_decay: 0.1 }],
  ['ftrl', { learning_rate: 0.1, l1: 0.1, l2: 0.05, l2_shrinkage: 0.02, beta: 1 }],
  ['ftrl', { learning_rate: 0.1, learning_rate_power: -0.3 }],
])('%s %j', (rule, given) => {
  const parameters = withDefaults(rule, given);
  const name = updateName({ rule, parameters, exact: false });
  const slots = slotNames(name).length;

  it('agrees with plain numbers over 20 steps: dense, by row and as a sweep', () => {
    const width = 8;
    const rowStride = width * (slots + 1);
    const rows = 6;
    const dense = rows * rowStride;
    const gradients = dense + 16 * (slots + 1);
    const scalars = gradients + 48;
    const memories = pair(scalars + 8, 32);
    setInts(memories, 0, [5, 2, 3]);
    setInts(memories, 8, [0, 0, 2, 3, 0, 1]);
    const initial = initialSlots(name, parameters);
    for (let r = 0; r < rows; r++) randomise(memories, r * rowStride, r * rowStride + width, `row ${r}`);
    randomise(memories, dense, dense + 16, 'dense');
    for (const { floats } of memories)
      initial.forEach((value, s) => {
        for (let r = 0; r < rows; r++) floats.fill(value, r * rowStride + (s + 1) * width, r * rowStride + (s + 2) * width);
        floats.fill(value, dense + (s + 1) * 16, dense + (s + 2) * 16);
      });
    for (let step = 1; step <= 20; step++) {
      randomise(memories, gradients, gradients + 48, `step ${step}`);
      for (const { floats, kernels } of memories) {
        floats.set(scalarValues(name, { ...parameters, dim: width }, step), scalars);
        kernels.updates[name].dense(dense, 16, gradients + 24, 16, scalars);
        if (step % 2 === 0) kernels.updates[name].rows(0, rowStride, width, 0, 3, gradients, scalars);
        else kernels.updates[name].sweep(0, rowStride, width, 8, 0, rows, gradients, scalars);
      }
    }
    expectClose(memories[0].floats, memories[1].floats, 2e-5);
  });
});

describe('moving averages', () => {
  const rowStride = 24;
  const [average, averagedAt] = [8, 16];
  const rows = 5;

  it('follow the weights of all rows, or of those that are listed', () => {
    const memories = pair(rows * rowStride, 16);
    randomise(memories, 0, rows * rowStride, 'rows');
    setInts(memories, 3, [4, 1]);
    const before = Array.from(memories[1].floats);
    for (const { kernels } of memories) {
      kernels.average(0, rowStride, 8, average, undefined, 3, 0.25);
      kernels.average(0, rowStride, 8, average, 3, 2, 0.5);
    }
    expectClose(memories[0].floats, memories[1].floats, 1e-6);
    const of = (row: number, i: number, share: number, a: number): number => a + share * (before[row * rowStride + i]! - a);
    expect(memories[1].floats[average + 2]).toBeCloseTo(of(0, 2, 0.25, before[average + 2]!), 12);
    const twice = of(1, 2, 0.5, of(1, 2, 0.25, before[rowStride + average + 2]!));
    expect(memories[1].floats[rowStride + average + 2]).toBeCloseTo(twice, 12);
    expect(memories[1].floats[3 * rowStride + average]).toBe(before[3 * rowStride + average]);
  });

  it.each([0, 1, 7, 30_000])('catch up by %i steps, beyond what a float32 counts to', (passed) => {
    const momentum = 0.9999;
    const first = 2 ** 24 + 5;
    const memories = pair(rows * rowStride, 16);
    randomise(memories, 0, rows * rowStride, 'rows');
    const before = Array.from(memories[1].floats);
    for (const { floats, kernels } of memories) {
      kernels.catchUp(0, rowStride, 8, average, averagedAt, undefined, rows, 0, first, momentum);
      for (let row = 0; row < rows; row++) floats.set(before.slice(row * rowStride, row * rowStride + 16), row * rowStride);
      kernels.catchUp(0, rowStride, 8, average, averagedAt, undefined, rows, first + passed, first + passed + 1, momentum);
    }
    expectClose(memories[0].floats, memories[1].floats, 1e-6);
    let wanted = before[average + 3]!;
    for (let step = 0; step < passed; step++) wanted = momentum * wanted + (1 - momentum) * before[3]!;
    expect(memories[1].floats[average + 3]).toBeCloseTo(wanted, 9);
    const [high, low] = memories[0].floats.subarray(averagedAt, averagedAt + 2) as Float32Array;
    expect(high! * 2 ** 20 + low!).toBe(first + passed + 1);
  });
});

it('kernels that do not link are no lack of memory', () => {
  const instance = vi.spyOn(WebAssembly, 'Instance').mockImplementation(function () {
    throw new Error('no such import');
  });
  onTestFinished(() => {
    instance.mockRestore();
  });
  expect(() => wasmMemory([{ floats: 8, ints: 8, doubles: 0 }])).toThrow('no such import');
});
