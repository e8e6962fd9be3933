import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inferenceGraph } from '../../src/graph/pipeline.js';
import { interpret } from '../../src/graph/interpreter.js';
import { expectClose } from '../graph/numbers.js';
import { withoutSpans } from '../model/support.js';
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
      { seed: 7, numRuns: 6 },
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

  const glorot = { kind: 'glorot_uniform' };
  const zeros = { kind: 'constant', value: 0 };
  test.each([
    ['cross_full(x0, x)', { weight: glorot, bias: zeros }],
    ['cross_v1(x0, x)', { weight: glorot, bias: zeros }],
    ['cross_low_rank(x0, x, rank: 1)', { U: glorot, V: glorot, bias: zeros }],
    ['gated_cross(x0, x)', { weight: glorot, bias: { kind: 'uniform', low: 0, high: 1 }, weight_2: glorot }],
    ['cross_tfrs(x0, x)', { 'linear.weight': { kind: 'truncated_normal', mean: 0, deviation: 0.05 }, 'linear.bias': zeros }],
  ])('the weights of %s start as in the paper or its code', (call, wanted) => {
    const { weights } = modelOver(3, 'vectors', 'class(3)', `y = ${call}`).network;
    expect(Object.fromEntries(weights.map((w) => [w.name.slice(2), w.initializer]))).toEqual(wanted);
    expect(weights.filter((w) => w.isBias).map((w) => w.name)).toEqual(
      weights.map((w) => w.name).filter((n) => n.endsWith('bias')),
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
