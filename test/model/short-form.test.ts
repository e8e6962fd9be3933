import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import { expectAlone, found, modelOf, parameters, spec, weightsOf, withoutSpans, type Wrong } from './support.js';

const withLayers = (layers: string): string => `model M { features { a: number[6], b: number[4] } label y: binary ${layers} }`;
const d = 10;
const count = (layers: string): number => parameters(modelOf(withLayers(layers)));
const top = d + 1;

describe('each kind of cross layer', () => {
  test.each<readonly [string, number]>([
    ['cross { }', 2 * (d * d + d)],
    ['cross { depth: 1 }', d * d + d],
    ['cross { depth: 3 }', 3 * (d * d + d)],
    ['cross { depth: 3, kind: full }', 3 * (d * d + d)],
    ['cross { depth: 2, kind: v1 }', 2 * 2 * d],
    ['cross { depth: 2, kind: gated }', 2 * (2 * d * d + d)],
    ['cross { depth: 2, kind: tfrs }', 2 * (d * d + d)],
    ['cross { depth: 1, kind: tfrs, diag_scale: 0.1, activation: relu }', d * d + d],
    ['cross { depth: 2, rank: 3 }', 2 * (2 * d * 3 + d)],
    ['cross { depth: 2, rank: 3, experts: 4 }', 2 * (4 * 2 * d * 3 + d + 4 * d)],
    ['cross { depth: 2, rank: 3, experts: 4, gate: sigmoid }', 2 * (4 * 2 * d * 3 + d + 4 * d)],
    ['cross { depth: 2, rank: 3, experts: 4, gate: ones }', 2 * (4 * 2 * d * 3 + d)],
    ['cross { depth: 2, rank: 3, experts: 4, activation: tanh }', 2 * (4 * (2 * d * 3 + 3 * 3) + d + 4 * d)],
    ['cross { depth: 2, rank: 3, activation: tanh }', 2 * (2 * d * 3 + 3 * 3 + d)],
    ['cross { depth: 2, rank: 3, experts: 2, score: mlp(_, [5, 2]) }', 2 * (2 * 2 * d * 3 + d + 5 * d + 5 + 2 * 5 + 2)],
  ])('%s', (layers, wanted) => {
    expect(count(layers)).toBe(wanted + top);
  });

  test('heads stand side by side', () => {
    expect(count('cross { depth: 2, heads: 3 }')).toBe(3 * 2 * (d * d + d) + 3 * d + 1);
    expect(weightsOf(modelOf(withLayers('cross { depth: 1, heads: 2 }')))[2]).toBe('cross.1.cross.0.cross_full.weight[10, 10]');
  });
});

describe('deep and combine', () => {
  test.each<readonly [string, number]>([
    ['deep { units: [8] }', 8 * d + 8 + 9],
    ['deep { units: [8, 5], activation: tanh, dropout: 0.5 }', 8 * d + 8 + 5 * 8 + 5 + 6],
    ['deep { units: [] }', top],
    ['cross { depth: 1 } deep { units: [8] }', d * d + d + 8 * d + 8 + 9],
    ['cross { depth: 1 } deep { units: [8] } combine: stacked', d * d + d + 8 * d + 8 + 9],
    ['cross { depth: 1 } deep { units: [8] } combine: parallel', d * d + d + 8 * d + 8 + d + 8 + 1],
    ['cross: none deep { units: [8] }', 8 * d + 8 + 9],
  ])('%s', (layers, wanted) => {
    expect(count(layers)).toBe(wanted);
  });

  test('of a class label the last layer has a logit each', () => {
    const m = modelOf(withLayers('deep { units: [8] }').replace('binary', 'class(5)'));
    expect(weightsOf(m)).toContain('y.weight[5, 8]');
    expect(m.network.nodes[m.network.logits[0]?.node ?? -1]?.shape).toEqual([5]);
  });
});

test('is the network of the manual', () => {
  const short = modelOf(
    withLayers('cross { depth: 2, rank: 3, experts: 4, gate: softmax, activation: tanh } deep { units: [8], dropout: 0.1 }'),
  );
  const long = modelOf(
    withLayers(`network {
      x0    = concat(features)
      cross = cross(x0, depth: 2, layer: cross_mix(_, _, rank: 3, experts: 4, gate: softmax, activation: tanh))
      deep  = mlp(cross, units: [8], dropout: 0.1)
      y     = linear(deep, 1)
    }`),
  );
  expect(withoutSpans(short.network)).toEqual(withoutSpans(long.network));
});

describe('names of features are no trouble', () => {
  test.each(['x0', 'cross', 'deep', 'features', 'h', 'linear', 'concat', 'mlp', 'numbers'])('%s', (name) => {
    const text = (n: string) =>
      `model M { features { ${n}: number, other: number[9] } label y: binary cross { depth: 1, heads: 2 } deep { units: [8] } }`;
    expect(found(text(name))).toEqual([]);
    expect(parameters(modelOf(text(name)))).toBe(parameters(modelOf(text('plain'))));
  });

  test.each(['x0', 'cross', 'deep', 'features', 'categories'])('a label may be called %s', (name) => {
    const text = withLayers('cross { depth: 1 } deep { units: [8] }').replace('label y', `label ${name}`);
    expect(found(text)).toEqual([]);
    expect(modelOf(text).network.logits.map((l) => l.label)).toEqual([name]);
  });
});

const wrong: readonly Wrong[] = [
  ['cross { dpeth: 1 }', 'unknown-key «dpeth»', /`cross` has no `dpeth`/],
  ['cross { depth: 1, depth: 2 }', 'duplicate-name «depth»', /two keys of `cross`/],
  ['cross { depth: "2" }', 'wrong-value «"2"»', /`depth` of `cross` is a whole number ≥ 1, not "2"/],
  ['cross { depth: -1 }', 'out-of-range «-1»', /≥ 0, not -1/],
  ['cross { depth: 1.5 }', 'not-whole «1.5»', /1\.5/],
  ['cross { rank: 0 }', 'out-of-range «0»', /a size of `weight`/],
  ['cross { rank: three }', 'wrong-value «three»', /`rank` of `cross` is a whole number ≥ 1, not `three`/],
  ['cross { kind: v3 }', 'wrong-value «v3»', /`v1`, `full`, `gated` or `tfrs`/],
  ['cross { kind: v1, rank: 3 }', 'unknown-key «rank»', /a `cross_v1` layer has no `rank`/],
  ['cross { gate: softmax }', 'unknown-key «gate»', /a `cross_full` layer has no `gate`/],
  ['cross { rank: 3, diag_scale: 1 }', 'unknown-key «diag_scale»', /a `cross_low_rank` layer has no `diag_scale`/],
  ['cross { heads: 0 }', 'out-of-range «0»', /`heads`/],
  ['cross { activation: tanh }', 'missing-key «activation»', /needs `rank`/],
  ['cross { experts: 3 }', 'missing-key «experts»', /needs `rank`/],
  ['cross { rank: 3, experts: 4, gate: sofmax }', 'unknown-name «sofmax»', /`sofmax`/],
  ['cross { rank: 3, experts: 4, score: linear(_, 3) }', 'index-sizes-differ «cross»', /index `e` runs over 4 here, but over 3/],
  ['deep { units: [8], unit: 3 }', 'unknown-key «unit»', /`deep` has no `unit`/],
  ['deep { units: [8, 0] }', 'out-of-range «0»', /a size of `weight` is a whole number ≥ 1/],
  ['deep { units: [8], activation: rleu }', 'unknown-name «rleu»', /`rleu`/],
  ['deep { units: [8] } combine: both', 'wrong-value «both»', /`stacked` or `parallel`/],
];

test.each(wrong)('%s', (...row) => expectAlone(withLayers, row));

describe('lints', () => {
  test.each([
    ['cross { rank: 4 }', []],
    ['cross { rank: 5 }', ['rank-saves-nothing «cross»']],
    ['cross { depth: 3, rank: 9, experts: 2 }', ['rank-saves-nothing «cross»']],
    ['cross { rank: 9, activation: tanh }', ['rank-saves-nothing «cross»']],
  ])('%s', (layers, wanted) => {
    expect(found(withLayers(layers))).toEqual(wanted);
    expect(check(spec(withLayers(layers))).models).toHaveLength(1);
  });
});
