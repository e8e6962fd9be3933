import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inferenceGraph } from '../../src/graph/pipeline.js';
import { interpret } from '../../src/graph/interpreter.js';
import { expectClose } from '../graph/numbers.js';
import { modelOf, withoutSpans } from '../model/support.js';
import { equations } from './equations/all.js';
import { layers } from './equations/cross.js';
import { widthsOf, type Equation, type Sizes } from './equations/equation.js';
import { inputOf, inputShapes, modelOfBlock, modelOver, weightsBelow, weightShapes } from './models.js';
import { list, randomNumbers, shapesBelow, tensor, type Numbers } from './tensors.js';

const ROWS = 3;
const size = fc.integer({ min: 1, max: 5 });
const sizes = fc.record<Sizes>({ d: size, rank: size, experts: size, m: size, n: size });
const inputs = fc.constantFrom('vectors' as const, 'numbers' as const, 'tables' as const);

function compare(equation: Equation, s: Sizes, kind: 'vectors' | 'numbers' | 'tables', seed: number): void {
  const model = modelOfBlock(equation, s, kind);
  const shapes = equation.weights(s);
  expect(weightShapes(model)).toEqual(shapesBelow('y', shapes));

  const widths = widthsOf(equation, s);
  const numbers = randomNumbers({ ...inputShapes(widths, kind, ROWS), ...shapesBelow('y', shapes) }, seed);
  const expected = list(ROWS, (row) => row).flatMap((row) => {
    const [x0, x] = [inputOf(numbers, 'x0', widths.x0, kind, ROWS, row), inputOf(numbers, 'x', widths.x, kind, ROWS, row)];
    const value = equation.value(s, x0, x, weightsBelow('y', shapes, numbers));
    return list(equation.size(s), (i) => value(i));
  });
  const { graph } = inferenceGraph(model);
  expectClose(interpret(graph, numbers, ROWS)['logit.y']?.data ?? [], expected, 1e-12);
}

describe('each block is its equation', () => {
  test.each(Object.entries(equations))('%s', (_, equation) => {
    fc.assert(
      fc.property(sizes, inputs, fc.nat(1000), (s, kind, seed) => {
        compare(equation, s, kind, seed);
      }),
      { seed: 7, numRuns: 3 },
    );
  });
});

describe('golden vectors of dcn_test.py of TensorFlow Recommenders', () => {
  const [x0, x] = [Float64Array.of(0.1, 0.2, 0.3), Float64Array.of(0.4, 0.5, 0.6)];
  const fill = (n: number, value: number) => new Float64Array(n).fill(value);
  const ones: Numbers = { weight: fill(9, 1), 'linear.weight': fill(9, 1), U: fill(3, 1), V: fill(3, 1) };
  const bias = (value: number): Numbers => ({ bias: fill(3, value), 'linear.bias': fill(3, value) });
  const plain = { ...ones, ...bias(0) };
  const below = (numbers: Numbers) => Object.fromEntries(Object.entries(numbers).map(([name, n]) => [`y.${name}`, n]));
  const logits = (call: string, numbers: Numbers) => {
    const { graph } = inferenceGraph(modelOver(3, 'vectors', 'class(3)', `y = ${call}`));
    return interpret(graph, { 'dense.x0': x0, 'dense.x': x, ...below(numbers) }, 1)['logit.y']?.data ?? [];
  };

  test.each<readonly [call: string, wanted: readonly number[], numbers: Numbers]>([
    ['cross_full(x0, x)', [0.55, 0.8, 1.05], plain],
    ['cross_tfrs(x0, x)', [0.55, 0.8, 1.05], plain],
    ['cross_low_rank(x0, x, rank: 1)', [0.55, 0.8, 1.05], plain],
    ['cross_v1(x0, x)', [0.55, 0.8, 1.05], { ...plain, weight: fill(3, 1) }],
    ['cross_experts(x0, x, rank: 1, experts: 1, gate: ones)', [0.55, 0.8, 1.05], plain],
    ['cross_experts(x0, x, rank: 1, experts: 1)', [0.55, 0.8, 1.05], { ...plain, 'linear.weight': fill(3, 1) }],
    ['cross_full(x0, x0)', [0.16, 0.32, 0.48], plain],
    ['cross_tfrs(x0, x0)', [0.16, 0.32, 0.48], plain],
    ['cross_low_rank(x0, x0, rank: 1)', [0.16, 0.32, 0.48], plain],
    ['cross_tfrs(x0, x, diag_scale: 1)', [0.59, 0.9, 1.23], plain],
    ['cross_full(x0, x)', [0.65, 1, 1.35], { ...ones, ...bias(1) }],
    ['cross_tfrs(x0, x)', [0.65, 1, 1.35], { ...ones, ...bias(1) }],
    ['cross_low_rank(x0, x, rank: 1)', [0.65, 1, 1.35], { ...ones, ...bias(1) }],
  ])('%s → %j', (call, wanted, numbers) => {
    expectClose(logits(call, numbers), wanted, 1e-12);
  });
});

describe('defaults of the library', () => {
  const network = (call: string) => withoutSpans(modelOver(3, 'vectors', 'class(3)', `y = ${call}`).network);

  test.each([
    ['linear(x, 3)', 'linear(x, 3, use_bias: true)'],
    ['mlp(x, [4, 3])', 'mlp(x, [4, 3], activation: relu, dropout: 0, norm: identity)'],
    ['cross(x)', 'cross(x, depth: 2, layer: cross_full)'],
    [
      'cross_experts(x0, x, rank: 2)',
      'cross_experts(x0, x, rank: 2, experts: 4, gate: softmax, score: linear(_, 4, use_bias: false))',
    ],
    [
      'cross_mix(x0, x, rank: 2)',
      'cross_mix(x0, x, rank: 2, experts: 4, gate: softmax, activation: tanh, score: linear(_, 4, use_bias: false))',
    ],
    ['cross_tfrs(x0, x)', 'cross_tfrs(x0, x, activation: identity, diag_scale: 0)'],
  ])('%s', (call, spelled) => {
    expect(network(call)).toEqual(network(spelled));
  });

  const ofFields = (call: string) => withoutSpans(modelOver(16, 'vectors', 'number', `v = unflatten(x0, 4) y = ${call}`).network);

  test.each([
    ['sum(layer_norm(x))', 'sum(layer_norm(x, epsilon: 0.00001))'],
    ['sum(dots(v))', 'sum(dots(v, self: false))'],
    ['sum(outer_products(v))', 'sum(outer_products(v, kernel: matrix_kernel))'],
    ['sum(cin(v, [3, 2]))', 'sum(cin(v, [3, 2], activation: identity, split_half: false))'],
    ['sum(cin_layer(v, v, 3))', 'sum(cin_layer(v, v, 3, activation: identity))'],
    ['sum(autoint(v))', 'sum(autoint(v, layers: 3, heads: 2, size: 16, residual: true, scale: false))'],
    ['sum(autoint_layer(v))', 'sum(autoint_layer(v, heads: 2, size: 16, residual: true, scale: false, activation: relu))'],
    ['sum(dhen(v, [linear_fields(_, 3)]))', 'sum(dhen(v, [linear_fields(_, 3)], layers: 2, ensemble: concat))'],
    ['sum(dot_fields(v, 3))', 'sum(dot_fields(v, 3, units: []))'],
    ['sum(attention_fields(v, 3))', 'sum(attention_fields(v, 3, heads: 2))'],
    ['sum(convolution_fields(v, 3))', 'sum(convolution_fields(v, 3, width: 3))'],
    ['match(x0, x)', 'match(x0, x, similarity: dot, temperature: 1)'],
    ['split_network(x0, x)', 'split_network(x0, x, units: [32])'],
    ['sum(mask_net(v, [3]))', 'sum(mask_net(v, [3], ratio: 2))'],
    ['sum(mask_net_parallel(v, 2, 3))', 'sum(mask_net_parallel(v, blocks: 2, units: 3, ratio: 2))'],
    ['bilinear_fusion(x0, x)', 'bilinear_fusion(x0, x, heads: 1)'],
    ['sum(regulate(v))', 'sum(regulate(v, temperature: 1))'],
    ['sum(edcn(v))', 'sum(edcn(v, depth: 3, temperature: 1))'],
    ['sum(sum(ple(x, 2, mlp(_, [3]))))', 'sum(sum(ple(x, 2, mlp(_, [3]), layers: 2, own: 2, shared: 2)))'],
  ])('%s', (call, spelled) => {
    expect(ofFields(call)).toEqual(ofFields(spelled));
  });

  test.each([
    ['neumf(a, b)', 'neumf(a, b, size: 8, deep_size: 32, units: [64, 32, 16])'],
    ['wide(a, b)', 'wide(a, b, use_bias: false)'],
    ['logistic_regression(a, b)', 'wide(a, b, use_bias: true)'],
    ['sum(din(a, sequence(c)))', 'sum(din(a, sequence(c), units: [80, 40], activation: dice, normalized: false))'],
  ])('%s', (call, spelled) => {
    const over = (text: string) => {
      const features = 'features { a: category(size: 3), b: category(size: 4), c: category[](size: 3, max_length: 5) }';
      return modelOf(`model M { ${features} label y: number embeddings { dim: 2 } network { y = ${text} } }`).network.nodes;
    };
    const bare = (text: string) => JSON.stringify(withoutSpans(over(text))).replaceAll('.wide', '');
    expect(bare(call)).toBe(bare(spelled));
  });

  test('in_batch_softmax', () => {
    const over = (options: string) => {
      const features = 'features { u: number[2], i: number[2], id: category(size: 4) }';
      const network = `y = dot(u, i) y.loss = in_batch_softmax(u, i, id${options})`;
      return withoutSpans(
        modelOf(`model M { ${features} label y: number embeddings { dim: 2 } network { ${network} } }`).network,
      );
    };
    expect(over('')).toEqual(over(', similarity: dot, temperature: 1'));
  });

  const glorot = { kind: 'glorot_uniform' };
  const [zeros, one] = [0, 1].map((value) => ({ kind: 'constant', value }));
  test.each([
    ['cross_full(x0, x)', { weight: glorot, bias: zeros }],
    ['cross_v1(x0, x)', { weight: glorot, bias: zeros }],
    ['cross_low_rank(x0, x, rank: 1)', { U: glorot, V: glorot, bias: zeros }],
    ['gated_cross(x0, x)', { weight: glorot, bias: { kind: 'uniform', low: 0, high: 1 }, weight_2: glorot }],
    ['cross_tfrs(x0, x)', { 'linear.weight': { kind: 'truncated_normal', mean: 0, deviation: 0.05 }, 'linear.bias': zeros }],
    ['layer_norm(x)', { weight: one, bias: zeros }],
    ['dice(x)', { weight: zeros }],
    ['regulate(unflatten(x, 3))', { weight: one }],
    ['flatten(weighted_sum(unflatten(x, 3), unflatten(x0, 3)))', { 'weighted_sum.a': one }],
    [
      'mlp(x, [3], norm: batch_norm)',
      {
        '0.linear.weight': glorot,
        '0.linear.bias': zeros,
        '0.batch_norm.scale': one,
        '0.batch_norm.shift': zeros,
      },
    ],
  ])('the weights of %s start as in the paper or its code', (call, wanted) => {
    const { weights } = modelOver(3, 'vectors', 'class(3)', `y = ${call}`).network;
    expect(Object.fromEntries(weights.map((w) => [w.name.slice(2), w.initializer]))).toEqual(wanted);
    expect(weights.filter((w) => w.isBias).map((w) => w.name)).toEqual(
      weights.map((w) => w.name).filter((n) => /bias$|scale$|shift$/.test(n)),
    );
  });
});

test('every layer at zero weights and biases is the identity', () => {
  const s = { d: 4, rank: 2, experts: 3, m: 1, n: 1 };
  for (const equation of Object.values(layers)) {
    if (equation.call(s).includes('diag_scale')) continue;
    const model = modelOfBlock(equation, s, 'vectors');
    const zeros = model.network.weights.map(({ name, shape }) => [name, new Float64Array(shape.reduce((a, b) => a * b, 1))]);
    const numbers = randomNumbers(inputShapes(4, 'vectors', ROWS), 3);
    const { graph } = inferenceGraph(model);
    const results = interpret(graph, { ...numbers, ...(Object.fromEntries(zeros) as Numbers) }, ROWS);
    expectClose(results['logit.y']?.data ?? [], numbers['dense.x'] ?? []);
  }
});

test('one row does not see another', () => {
  const s = { d: 3, rank: 2, experts: 2, m: 1, n: 1 };
  const equation = layers['cross_mix, softmax of tanh'];
  const { graph } = inferenceGraph(modelOfBlock(equation, s, 'vectors'));
  const numbers = randomNumbers({ ...inputShapes(3, 'vectors', ROWS), ...shapesBelow('y', equation.weights(s)) }, 5);
  const all = interpret(graph, numbers, ROWS)['logit.y']?.data ?? new Float64Array();
  for (let row = 0; row < ROWS; row++) {
    const own = (name: string) => Float64Array.from(list(3, (i) => tensor([ROWS, 3], numbers[name] ?? [])(row, i)));
    const alone = interpret(graph, { ...numbers, 'dense.x0': own('dense.x0'), 'dense.x': own('dense.x') }, 1);
    expectClose(alone['logit.y']?.data ?? [], all.subarray(3 * row, 3 * row + 3), 1e-12);
  }
});
