import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { costs } from '../../src/graph/cost.js';
import { forwardGraph, stepGraph } from '../../src/graph/pipeline.js';
import { check } from '../../src/model/check.js';
import type { CheckedModel } from '../../src/model/model.js';
import { modelOf, parameters } from '../model/support.js';
import { modelOver } from './models.js';
import { sizeOf } from './tensors.js';

/** Dense parameters, counted in the network, in the step and in the forward graph's costs. */
function dense(model: CheckedModel): number {
  const counts = [
    parameters(model),
    stepGraph(model).parameters.reduce((total, { shape }) => total + sizeOf(shape), 0),
    costs(forwardGraph(model), 1).parameters.known - tableParameters(model),
  ];
  expect(new Set(counts).size, counts.join(', ')).toBe(1);
  return counts[0]!;
}

const tableParameters = (model: CheckedModel): number =>
  model.tables.reduce((total, { rows, dim }) => total + (rows.kind === 'known' ? rows.rows * dim : 0), 0);

describe('parameters of a layer', () => {
  const shapes = [
    { d: 2, r: 1, E: 1 },
    { d: 6, r: 2, E: 4 },
    { d: 7, r: 3, E: 3 },
  ];
  type Size = (typeof shapes)[number];

  test.each<readonly [call: string, count: (s: Size) => number]>([
    ['cross_v1(x0, x)', ({ d }) => 2 * d],
    ['cross_full(x0, x)', ({ d }) => d ** 2 + d],
    ['cross_tfrs(x0, x, diag_scale: 0.5, activation: relu)', ({ d }) => d ** 2 + d],
    ['gated_cross(x0, x)', ({ d }) => 2 * d ** 2 + d],
    ['cross_low_rank(x0, x, rank: R)', ({ d, r }) => 2 * d * r + d],
    ['cross_experts(x0, x, rank: R, experts: E)', ({ d, r, E }) => E * 2 * d * r + d + E * d],
    ['cross_experts(x0, x, rank: R, experts: E, gate: ones)', ({ d, r, E }) => E * 2 * d * r + d],
    ['cross_mix(x0, x, rank: R, experts: E)', ({ d, r, E }) => E * (2 * d * r + r ** 2) + d + E * d],
    ['cross_mix(x0, x, rank: R, experts: E, gate: ones)', ({ d, r, E }) => E * (2 * d * r + r ** 2) + d],
    [
      'cross_mix(x0, x, rank: R, experts: E, score: mlp(_, [5, E]))',
      ({ d, r, E }) => E * (2 * d * r + r ** 2) + d + 5 * d + 5 + 5 * E + E,
    ],
    ['cross(x0, depth: E) + x', ({ d, E }) => E * (d ** 2 + d)],
    ['linear(x, 9) * linear(x0, 9, use_bias: false)', ({ d }) => 9 * d + 9 + 9 * d],
    ['mlp(concat(x0, x), [8, 5])', ({ d }) => 8 * 2 * d + 8 + 5 * 8 + 5],
  ])('%s', (call, count) => {
    for (const s of shapes) {
      const network = `h = ${call.replace(/R/g, String(s.r)).replace(/E/g, String(s.E))} y = sum(h)`;
      expect(dense(modelOver(s.d, 'vectors', 'number', network))).toBe(count(s));
    }
  });
});

test('experts that share one matrix count the bias once', () => {
  const one = dense(modelOver(5, 'vectors', 'class(5)', 'y = cross_experts(x0, x, rank: 2, experts: 1, gate: ones)'));
  expect(one).toBe(dense(modelOver(5, 'vectors', 'class(5)', 'y = cross_low_rank(x0, x, rank: 2)')));
});

describe('the specs', () => {
  const d = 6 * 32;
  const layer = 192 ** 2 + 192;
  test.each([
    ['blender', { BlenderCross: 16, BlenderDeep: 166_401 }],
    ['almonds', { AlmondsCross: 36, AlmondsDeep: 167_425 }],
    ['movielens-100k', { Cross: d ** 2 + d + 2 * layer + 193, LowRank: 2 * d * 20 + d + 2 * layer + 193, Deep: 3 * layer + 193 }],
    [
      'movielens-1m',
      {
        DcnV2: 3 * (180 ** 2 + 180) + (192 * 180 + 192) + layer + 193,
        Dnn: 192 * 180 + 192 + layer + 193,
        CrossNet: 3 * (180 ** 2 + 180) + 181,
      },
    ],
  ])('%s', (file, wanted) => {
    const path = `specs/${file}.rec`;
    const { models } = check({ path, text: readFileSync(path, 'utf8') });
    expect(Object.fromEntries(models.map((model) => [model.name, dense(model)]))).toEqual(wanted);
  });
});

describe('MovielensLatest_x1, as published with FuxiCTR', () => {
  const batchNorm = 2 * 3 * 400;
  const deep = 'deep { units: [400, 400, 400] } combine: parallel';
  test.each([
    ['cross { depth: 7, kind: v1 }', 902_841],
    ['cross { depth: 8 }', 909_861],
    [`cross { depth: 4, kind: v1 } ${deep}`, 1_238_661 - batchNorm],
    [`cross { depth: 5 } ${deep}`, 1_243_071 - batchNorm],
  ])('%s', (layers, wanted) => {
    const features = 'features { user_id: category, item_id: category, tag_id: category }';
    const facts = { vocabularies: { user_id: 16_978, item_id: 23_605, tag_id: 90_239 - 16_978 - 23_605 } };
    const model = modelOf(`model M { ${features} label clicked: binary embeddings { dim: 10 } ${layers} }`, { facts });
    expect(costs(forwardGraph(model), 1).parameters).toEqual({ known: wanted, unknown: [] });
  });
});
