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

/** Table rows of the three fields of MovielensLatest_x1. */
const rows = { user_id: 16_978, item_id: 23_605, tag_id: 90_239 - 16_978 - 23_605 };
const V = 90_239;

/** Every parameter of a model over them with embeddings of 10 numbers. */
function total(layers: string, fields = 'size'): number {
  const of = (count: number) => (fields === 'size' ? `category(size: ${count})` : 'category');
  const features = `user_id: ${of(rows.user_id)}, item_id: ${of(rows.item_id)}, tag_id: ${of(rows.tag_id)}`;
  const text = `model M { features { ${features} } label clicked: binary embeddings { dim: 10 } ${layers} }`;
  const model = modelOf(text, fields === 'size' ? {} : { facts: { vocabularies: rows } });
  const { known, unknown } = costs(forwardGraph(model), 1).parameters;
  expect(unknown).toEqual([]);
  return known;
}

const network = (logit: string): string => `network { v = fields(features) x = concat(features) clicked = ${logit} }`;

describe('MovielensLatest_x1, as published with FuxiCTR', () => {
  const deep = 'deep { units: [400, 400, 400], norm: batch_norm } combine: parallel';
  const mlp = 'linear(mlp(x, [400, 400, 400], norm: batch_norm), 1)';
  test.each([
    [network('logistic_regression(features)'), 90_240],
    [network('logistic_regression(features) + fm(v)'), 992_630],
    ['cross { depth: 7, kind: v1 }', 902_841],
    ['cross { depth: 8 }', 909_861],
    [network(`wide(features) + fm(v) + ${mlp}`), 1_328_630],
    [network(`wide(features) + ${mlp}`), 1_328_630],
    [`cross { depth: 4, kind: v1 } ${deep}`, 1_238_661],
    [`cross { depth: 5 } ${deep}`, 1_243_071],
    [network('linear(mlp(concat(x, dots(v)), [400, 400, 400]), 1)'), 1_237_191],
    [network('linear(mlp(concat(x, dots(v)), [400, 400, 400], norm: batch_norm), 1)'), 1_239_591],
  ])('%s', (layers, wanted) => {
    expect(total(layers)).toBe(wanted);
    expect(total(layers, 'facts')).toBe(wanted);
  });
});

describe('three fields of 10 numbers', () => {
  const dense = (n: number, ...units: readonly number[]) => units.reduce((sum, u, l) => sum + u * (units[l - 1] ?? n) + u, 0);
  const [n, k, d] = [3, 10, 30];
  const two = rows.user_id + rows.item_id;
  const head = (m: number) => m + 1;
  const attention = (from: number) => 3 * 32 * from + 32 * from;
  const mask = (x: number, units: number) => dense(d, 2 * x, x) + units * x + 2 * units;
  const regulated = 2 * n;

  const counts: readonly (readonly [logit: string, besidesTables: number, rows?: number])[] = [
    ['wide(features) + linear(mlp(bi_interaction(v), [8]), 1)', V + dense(k, 8) + head(8)],
    ['linear(concat(x, outer_products(v)), 1)', n * k * k + head(d + n)],
    ['linear(concat(x, outer_products(v, vector_kernel)), 1)', n * k + head(d + n)],
    ['linear(concat(x, outer_products(v, number_kernel)), 1)', n + head(d + n)],
    ['linear(concat(x, dots(v, self: true)), 1)', head(d + 6)],
    [
      'wide(features) + linear(cin(v, [8, 5]), 1) + linear(mlp(x, [4]), 1)',
      V + 8 * n * n + 5 * 8 * n + head(13) + dense(d, 4) + head(4),
    ],
    ['linear(cin(v, [8, 5], split_half: true), 1)', 8 * n * n + 5 * 4 * n + head(4 + 5)],
    ['linear(flatten(autoint(v)), 1)', attention(k) + 2 * attention(32) + head(3 * 32)],
    ['linear(flatten(autoint(v, layers: 1, residual: false)), 1)', 3 * 32 * k + head(3 * 32)],
    ['linear(mlp(cross(x, 2, gated_cross), [8]), 1)', 2 * (2 * d * d + d) + dense(d, 8) + head(8)],
    ['gdcn_p(x, 2, [8])', 2 * (2 * d * d + d) + dense(d, 8) + head(d + 8)],
    ['linear(mask_net(v, [16, 8]), 1)', n * 2 * k + mask(d, 16) + mask(16, 8) + head(8)],
    ['linear(mask_net_parallel(v, 2, 16), 1)', n * 2 * k + 2 * mask(d, 16) + head(32)],
    [
      'bilinear_fusion(mlp(select(x, user_id, [4]), [8]), mlp(select(x, item_id, [4]), [6]), heads: 2)',
      2 * dense(k, 4, d) + dense(d, 8) + dense(d, 6) + 8 + 6 + 1 + 2 * 4 * 3,
    ],
    ['linear(edcn(v, depth: 2), 1)', 2 * regulated + 2 * (2 * d + d * d + d) + head(3 * d)],
    ['split_network(user_id, item_id)', dense(2 * k, 32) + head(32), two],
    ['match(mlp(user_id, [8]), mlp(item_id, [8]), cosine)', 2 * dense(k, 8), two],
    ['both(linear(x, 1), linear(tag_id, 1))', head(d) + head(k)],
    ['sum(sum(mmoe(x, tasks: 2, experts: 3, expert: mlp(_, [8]))))', 3 * dense(d, 8) + 2 * 3 * d],
    ['sum(sum(ple(x, tasks: 2, expert: mlp(_, [8]))))', 6 * dense(d, 8) + d * (4 + 4 + 6) + 6 * dense(8, 8) + 8 * (4 + 4)],
    [
      'linear(flatten(dhen(v, [dot_fields(_, 2, [5]), attention_fields(_, 2), cross_fields(_, 1), convolution_fields(_, 1, width: 2), linear_fields(_, 2)], layers: 1)), 1)',
      dense(3, 5, 2 * k) + (4 * k * k + 2 * n) + (dense(d, d) + n) + (dense(2 * k, k) + 2) + 2 * n + 8 * n + 2 * k + head(8 * k),
    ],
  ];
  test.each(counts.map(([logit, besidesTables, used = V]) => ({ logit, wanted: used * 10 + besidesTables })))(
    '$logit',
    ({ logit, wanted }) => {
      expect(total(network(logit))).toBe(wanted);
    },
  );

  test('tables of their own are all that NeuMF has', () => {
    const tables = two * (8 + 32);
    expect(total(network('neumf(user_id, item_id)'))).toBe(tables + dense(64, 64, 32, 16) + head(8 + 16));
  });
});

test('DLRM as in the example of KerasRS has 77,497 weights besides its tables', () => {
  const model = modelOf(`model Dlrm {
    features {
      gender: category, zip: category, occupation: category, movie_id: category, user_id: category
      age: number(standardize)
      seen_at: time(unit: second, cycle: [day, week], standardize)
    }
    label rating: number
    embeddings { dim: 8 }
    network {
      bottom = linear(mlp(concat(numbers), [8]), 8)
      rating = linear(mlp(dots(fields(categories, bottom)), [192, 192, 192]), 1)
    }
  }`);
  expect(dense(model)).toBe(77_497);
});
