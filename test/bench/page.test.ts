import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { limitsOf, sectionsFor } from '../../bench/kit/growth.mjs';
import { describeMachine } from '../../bench/kit/machine.mjs';
import { fillPage, readAll } from '../../bench/kit/page.mjs';
import { groupShares, partsOf } from '../../bench/kit/parts.mjs';

const page = readFileSync(new URL('../../docs/performance.md', import.meta.url), 'utf8');

test('the page says what was measured last', async () => {
  expect(await fillPage(page, readAll())).toBe(page);
});

test('a figure that was written by hand does not stay', async () => {
  const marks = '<!-- measured: lost -->\n\nfaster everywhere\n\n<!-- end -->\n';
  const comparison = { machine: describeMachine(), rounds: 1, table: [] };
  const filled = await fillPage(marks, { comparison });
  expect(filled).not.toContain('faster everywhere');
  expect(await fillPage(filled, { comparison })).toBe(filled);
});

test('what nobody measures is refused', async () => {
  await expect(fillPage('<!-- measured: luck -->\n<!-- end -->', {})).rejects.toThrow('luck');
});

test('kernels are grouped by what they do', () => {
  const shares = { FusedGemm: 0.5, MatMul: 0.2, ReduceSum: 0.1, Concat: 0.05, Mul: 0.05, HardSigmoid: 0.02 };
  const { products, sums, copies, 'one by one': one } = groupShares(shares);
  expect([products, sums, copies, one].map((share) => share?.toFixed(2))).toEqual(['0.70', '0.10', '0.05', '0.07']);
});

test('the parts of a step are all of it', () => {
  const phases = { gather: 1, run: 6, merge: 1, clip: 0, update: 1, wait: 1 };
  const parts = partsOf(phases, { Gemm: 0.5, Mul: 0.25 });
  expect(parts.gather).toBeCloseTo(0.1);
  expect(parts.products).toBeCloseTo(0.3);
  expect(parts.call).toBeCloseTo(0.15);
  expect(parts).not.toHaveProperty('clip');
  expect(Object.values(parts).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
});

test('limits are milliseconds at the speed of the whole machine', () => {
  const speeds = { multiplyAddsPerSecond: 1e11, bytesPerSecond: 1e10 };
  expect(limitsOf({ multiplyAdds: 2e8, bytes: 5e6 }, speeds)).toEqual({ products: 2, bytes: 0.5 });
});

test('no line is measured with more workers than there are cores', () => {
  const workers = sectionsFor(6).find(({ name }) => name === 'workers');
  expect(workers?.lines[0]?.at).toEqual([1, 2, 4]);
});
