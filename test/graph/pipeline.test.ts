import { describe, expect, test } from 'vitest';
import { labelNames, type CheckedModel } from '../../src/model/model.js';
import { costs } from '../../src/graph/cost.js';
import { interpret, prepareInterpreter, type Values } from '../../src/graph/interpreter.js';
import { lowerStep } from '../../src/graph/lower.js';
import { forEngine, forwardGraph, inferenceGraph, inferenceStages, stepGraph, stepStages } from '../../src/graph/pipeline.js';
import { printGraph } from '../../src/graph/text.js';
import { sketch } from './networks.js';
import { expectClose, randomValues } from './numbers.js';

const ROWS = 4;

/** Two categories of one table, a bag, a vector; dropout; three labels of three tasks. */
function threeTasks(): CheckedModel {
  const s = sketch();
  const words = { name: 'words', dim: 3 };
  const x = s.concat(
    s.category('first', words),
    s.category('second', words),
    s.category('bag', { name: 'bags', dim: 2 }, 'mean'),
    s.vector('v', 2),
  );
  const h = s.name('deep', s.dropout(s.unary('tanh', s.linear('deep.0', x, 4)), 0.25, 'deep.0.dropout'));
  const clicked = s.reshape(s.linear('clicked', h, 1), []);
  const rating = s.reshape(s.linear('rating', h, 1), []);
  const kind = s.linear('kind', h, 3);
  const labels = [
    { name: 'clicked', task: { kind: 'binary' } },
    { name: 'rating', task: { kind: 'number' }, weight: 0.5 },
    { name: 'kind', task: { kind: 'class', classes: 3 }, weight: 2 },
  ] as const;
  return s.model({ clicked, rating, kind }, { labels });
}

const labels = {
  'label.clicked': [1, 0, 1, 0],
  'label.rating': [3, -1, 2, 0.5],
  'label.kind': [2, 0, 1, 2],
  weight: [1, 2, 0.5, 0],
  total_weight: [7],
};

describe('the step graph', () => {
  const model = threeTasks();
  const step = stepGraph(model);
  const values: Values = { ...randomValues(step.graph, ROWS, 9), ...labels };
  const results = interpret(step.graph, values, ROWS);

  test('names its inputs and outputs', () => {
    const inputs = step.graph.nodes.flatMap((node) =>
      'name' in node && node.kind !== 'parameter' ? [`${node.kind} ${node.name}`] : [],
    );
    expect(inputs.sort()).toEqual([
      'input dense.v',
      'input label.clicked',
      'input label.kind',
      'input label.rating',
      'input rows.bag',
      'input rows.first',
      'input rows.second',
      'input total_weight',
      'input weight',
      'noise noise.deep.0.dropout',
    ]);
    expect(Object.keys(step.graph.outputs)).toEqual([
      ...['loss', 'logit.clicked', 'logit.rating', 'logit.kind'],
      ...step.parameters.map(({ name }) => `gradient.${name}`),
      ...['gradient.rows.first', 'gradient.rows.second', 'gradient.rows.bag'],
    ]);
    expect(results['logit.kind']?.shape).toEqual([ROWS, 3]);
    expect(results['logit.clicked']?.shape).toEqual([ROWS]);
  });

  test('tells parameters with their l2, and sites', () => {
    expect(step.parameters.map(({ name, shape, l2 }) => [name, shape, l2])).toEqual([
      ['deep.0.weight', [4, 10], 0.25],
      ['deep.0.bias', [4], 0],
      ['clicked.weight', [1, 4], 0.25],
      ['clicked.bias', [1], 0],
      ['rating.weight', [1, 4], 0.25],
      ['rating.bias', [1], 0],
      ['kind.weight', [3, 4], 0.25],
      ['kind.bias', [3], 0],
    ]);
    expect(step.sites).toEqual([
      { name: 'first', feature: 'first', table: 'words', dim: 3, form: 'row' },
      { name: 'second', feature: 'second', table: 'words', dim: 3, form: 'row' },
      { name: 'bag', feature: 'bag', table: 'bags', dim: 2, form: 'mean' },
    ]);
  });

  test('its loss is the weighted mean of the rows’ losses', () => {
    const logit = (name: string) => [...(results[`logit.${name}`]?.data ?? [])];
    const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));
    let expected = 0;
    for (let r = 0; r < ROWS; r++) {
      const p = sigmoid(logit('clicked')[r] ?? NaN);
      const binary = labels['label.clicked'][r] === 1 ? -Math.log(p) : -Math.log(1 - p);
      const squared = ((logit('rating')[r] ?? NaN) - (labels['label.rating'][r] ?? NaN)) ** 2;
      const z = logit('kind')
        .slice(3 * r, 3 * r + 3)
        .map(Math.exp);
      const entropy = -Math.log((z[labels['label.kind'][r] ?? -1] ?? NaN) / z.reduce((a, b) => a + b, 0));
      expected += (labels.weight[r] ?? NaN) * (binary + 0.5 * squared + 2 * entropy);
    }
    expectClose(results.loss?.data ?? [], [expected / 7]);
  });

  test('its gradients agree with finite differences', () => {
    const lossOf = prepareInterpreter({ ...step.graph, outputs: { loss: step.graph.outputs.loss ?? -1 } }, ROWS);
    const names = [...step.parameters.map(({ name }) => name), ...step.sites.map(({ name }) => `rows.${name}`)];
    for (const name of names) {
      const at = Float64Array.from(values[name] ?? []);
      const lossAt = (i: number, by: number) => {
        const moved = at.with(i, (at[i] ?? NaN) + by);
        return lossOf({ ...values, [name]: moved }).loss?.data[0] ?? NaN;
      };
      const differences = Array.from(at, (_, i) => (lossAt(i, 1e-5) - lossAt(i, -1e-5)) / 2e-5);
      expectClose(results[`gradient.${name}`]?.data ?? [], differences, 1e-6);
    }
  });

  test('dropout zeroes what its noise says and scales the rest', () => {
    const kept = { ...values, 'noise.deep.0.dropout': new Float64Array(4 * ROWS).fill(0.25) };
    const all = interpret(step.graph, kept, ROWS)['logit.kind']?.data ?? [];
    const none = { ...values, 'noise.deep.0.dropout': new Float64Array(4 * ROWS).fill(0.2499) };
    expectClose(interpret(step.graph, none, ROWS)['logit.kind']?.data.subarray(0, 3) ?? [], values['kind.bias'] ?? []);
    const inference = inferenceGraph(model);
    const plain = interpret(inference.graph, values, ROWS)['logit.kind']?.data ?? [];
    const bias = (i: number) => values['kind.bias']?.[i % 3] ?? NaN;
    expectClose(
      Array.from(all, (z, i) => (z - bias(i)) * 0.75),
      Array.from(plain, (z, i) => z - bias(i)),
    );
  });

  test('a row of weight 0 changes nothing', () => {
    const moved = { ...values, 'label.rating': [3, -1, 2, 100], 'label.kind': [2, 0, 1, 0] };
    const again = interpret(step.graph, moved, ROWS);
    expect(again.loss?.data).toEqual(results.loss?.data);
    expect(again['gradient.deep.0.weight']?.data).toEqual(results['gradient.deep.0.weight']?.data);
  });

  test('cutting the tables out keeps loss and dense gradients', () => {
    const uncut = lowerStep(model);
    const table = { 'table.words': [1, 2, 3, 4, 5, 6], 'table.bags': [1, -1, 3, 4] };
    const ids = { 'ids.first': [0, 1, 1, 0], 'ids.second': [1, 1, 0, 0], 'ids.bag': [1, 0, 1], 'offsets.bag': [0, 1, 3, 3, 3] };
    const [a, c] = [
      [1, 2, 3],
      [4, 5, 6],
    ] as [number[], number[]];
    const rows = {
      'rows.first': [a, c, c, a].flat(),
      'rows.second': [c, c, a, a].flat(),
      'rows.bag': [3, 4, 2, 1.5, 0, 0, 0, 0],
    };
    const whole = interpret(uncut, { ...values, ...table, ...ids }, ROWS);
    const parts = interpret(step.graph, { ...values, ...rows }, ROWS);
    expectClose(parts.loss?.data ?? [], whole.loss?.data ?? [NaN]);
    for (const { name } of step.parameters) {
      expectClose(parts[`gradient.${name}`]?.data ?? [], whole[`gradient.${name}`]?.data ?? [NaN]);
    }
    const first = parts['gradient.rows.first']?.data ?? [];
    const second = parts['gradient.rows.second']?.data ?? [];
    const merged = [0, 1, 2].map(
      (k) => (first[k] ?? NaN) + (first[9 + k] ?? NaN) + (second[6 + k] ?? NaN) + (second[9 + k] ?? NaN),
    );
    expectClose(whole['gradient.table.words']?.data.subarray(0, 3) ?? [], merged);
  });
});

describe('the inference graph', () => {
  test('predicts with the inverse link of each task', () => {
    const { graph } = inferenceGraph(threeTasks());
    const results = interpret(graph, randomValues(graph, ROWS, 2), ROWS);
    const logit = (name: string) => [...(results[`logit.${name}`]?.data ?? [])];
    expectClose(
      results['prediction.clicked']?.data ?? [],
      logit('clicked').map((z) => 1 / (1 + Math.exp(-z))),
    );
    expectClose(results['prediction.rating']?.data ?? [], logit('rating'));
    const sums = [0, 1, 2, 3].map((r) =>
      (results['prediction.kind']?.data ?? new Float64Array()).subarray(3 * r, 3 * r + 3).reduce((p, q) => p + q, 0),
    );
    expectClose(sums, [1, 1, 1, 1]);
  });

  test('needs no labels, weights or noise', () => {
    const { graph } = inferenceGraph(threeTasks());
    const names = graph.nodes.flatMap((node) => ('name' in node && node.kind !== 'parameter' ? [node.name] : []));
    expect(names.sort()).toEqual(['dense.v', 'rows.bag', 'rows.first', 'rows.second']);
  });
});

describe('outputs, losses and frozen weights', () => {
  /** `seen` alone is served; its weight has no part in the loss. */
  function towers(): CheckedModel {
    const s = sketch();
    const user = s.unary('tanh', s.linear('user', s.category('who', { name: 'people', dim: 3 }), 2));
    const fixed = s.times(user, s.weight('fixed', [2], { frozen: true }));
    const y = s.reduce('sum', s.times(fixed, s.vector('item', 2)), 'all');
    const seen = s.times(s.vector('place', 2), s.weight('seen', [2]));
    const loss = s.times(s.target('y'), s.unary('softplus', y));
    const rating = s.reduce('sum', user, 'all');
    const labels = [{ name: 'y', weight: 3 }];
    return s.model({ y, rating }, { losses: { y: loss }, outputs: { user, seen }, labels });
  }
  const model = towers();
  const step = stepGraph(model);

  test('a loss of its own stands for that of its label', () => {
    const rows = { 'label.y': [1, 0, 2, 1], 'label.rating': [1, 2, 3, 4], weight: [1, 2, 0.5, 0], total_weight: [3.5] };
    const values: Values = { ...randomValues(step.graph, ROWS, 4), ...rows };
    const results = interpret(step.graph, values, ROWS);
    const of = (name: string, row: number) => results[`logit.${name}`]?.data[row] ?? NaN;
    const expected = rows.weight.reduce((sum, weight, row) => {
      const own = 3 * (rows['label.y'][row] ?? NaN) * Math.log(1 + Math.exp(of('y', row)));
      return sum + weight * (own + (of('rating', row) - (rows['label.rating'][row] ?? NaN)) ** 2);
    }, 0);
    expectClose(results.loss?.data ?? [], [expected / 3.5]);
  });

  test('what keeps its first values has no gradient and no l2', () => {
    expect(step.parameters.map(({ name, l2, frozen }) => [name, l2, frozen])).toEqual([
      ['user.weight', 0.25, false],
      ['user.bias', 0, false],
      ['fixed', 0, true],
      ['seen', 0, true],
    ]);
    const gradients = Object.keys(step.graph.outputs).filter((name) => name.startsWith('gradient.'));
    expect(gradients).toEqual(['gradient.user.weight', 'gradient.user.bias', 'gradient.rows.who']);
    expect(step.isRowLocal).toBe(true);
  });

  test('are served with what they need alone', () => {
    const all = inferenceGraph(model);
    expect(Object.keys(all.graph.outputs)).toEqual([
      ...['prediction.y', 'prediction.rating', 'logit.y', 'logit.rating', 'output.user', 'output.seen'],
    ]);
    const one = inferenceGraph(model, ['seen']);
    expect(Object.keys(one.graph.outputs)).toEqual(['output.seen']);
    expect(one.parameters.map(({ name }) => name)).toEqual(['seen']);
    expect(one.sites).toEqual([]);
    expect(one.graph.nodes.flatMap((node) => (node.kind === 'input' ? [node.name] : []))).toEqual(['dense.place']);
    const labels = inferenceGraph(model, labelNames(model));
    expect(Object.keys(labels.graph.outputs)).toEqual(['prediction.y', 'prediction.rating', 'logit.y', 'logit.rating']);
    const values = randomValues(all.graph, ROWS, 4);
    const user = interpret(all.graph, values, ROWS)['output.user'];
    expect(user?.shape).toEqual([ROWS, 2]);
  });
});

describe('stages', () => {
  test('are named, and end with the graph that is run', () => {
    const model = threeTasks();
    const names = [
      'cut-tables',
      'fold-constants',
      'simplify',
      'fold-constants',
      'simplify',
      'common-subexpressions',
      'dead-code',
    ];
    const choices = ['fold-residuals', 'join-rows'];
    expect(stepStages(model).map(({ name }) => name)).toEqual(['lower', 'differentiate', ...names, ...choices]);
    expect(inferenceStages(model).map(({ name }) => name)).toEqual(['lower', ...names, ...choices]);
    expect(stepStages(model).at(-1)?.graph).toEqual(forEngine(stepGraph(model)).graph);
  });

  test('grow with depth as the network does, and soon', { timeout: 20_000 }, () => {
    const nodes = [4, 16, 64, 1024].map((depth) => {
      const s = sketch();
      const x0 = s.vector('x', 6);
      let x = x0;
      for (let i = 0; i < depth; i++) x = s.binary('add', s.times(x0, s.linear(`cross.${String(i)}`, x, 6)), x);
      return stepGraph(s.model({ y: s.reduce('sum', x, 'all') })).graph.nodes.length;
    });
    const [first = 0, second = 0, third = 0, last = 0] = nodes;
    expect((second - first) / 12).toBe((third - second) / 48);
    expect((third - second) / 48).toBe((last - third) / 960);
  });

  test('the step of one layer', () => {
    const s = sketch();
    const model = s.model({ y: s.reshape(s.linear('y', s.vector('x', 3), 1), []) });
    expect(printGraph(stepGraph(model).graph)).toMatchInlineSnapshot(`
      "%0 = input "dense.x" : [rows, 3]
      %1 = parameter "y.weight" : [1, 3]
      %2 = matmul(%0, %1) transposeB : [rows, 1]
      %3 = parameter "y.bias" : [1]
      %4 = add(%2, %3) : [rows, 1]
      %5 = reshape(%4) : [rows]
      %6 = input "label.y" : [rows]
      %7 = subtract(%5, %6) : [rows]
      %8 = multiply(%7, %7) : [rows]
      %9 = input "weight" : [rows]
      %10 = multiply(%8, %9) : [rows]
      %11 = sum(%10) axes=[0] : []
      %12 = input "total_weight" : []
      %13 = divide(%11, %12) : []
      %14 = constant 1 : []
      %15 = divide(%14, %12) : []
      %16 = multiply(%15, %9) : [rows]
      %17 = multiply(%16, %7) : [rows]
      %18 = add(%17, %17) : [rows]
      %19 = reshape(%18) : [rows, 1]
      %20 = sum(%19) axes=[0] : [1]
      %21 = matmul(%19, %0) transposeA : [1, 3]
      output "loss" = %13
      output "logit.y" = %5
      output "gradient.y.weight" = %21
      output "gradient.y.bias" = %20
      "
    `);
  });
});

describe('costs', () => {
  test('by part, with the tables whose rows are not known', () => {
    const { parameters, parts, multiplyAdds } = costs(forwardGraph(threeTasks()), 10);
    const unknown = [
      { rows: 'V(words)', dim: 3 },
      { rows: 'V(bags)', dim: 2 },
    ];
    expect(parameters).toEqual({ known: 4 * 10 + 4 + 2 * 5 + 3 * 5, unknown });
    const byName = new Map(parts.map((part) => [part.name, part]));
    expect(byName.get('embeddings')?.parameters).toEqual({ known: 0, unknown });
    expect(byName.get('deep')).toMatchObject({ multiplyAdds: 10 * (4 * 10 + 4 + 4), parameters: { known: 44, unknown: [] } });
    expect(byName.get('kind')).toMatchObject({ multiplyAdds: 10 * (3 * 4 + 3 + 4 * 3), parameters: { known: 15, unknown: [] } });
    expect(parts.reduce((sum, part) => sum + part.multiplyAdds, 0)).toBe(multiplyAdds);
  });

  test('a table of known rows counts', () => {
    const s = sketch();
    const x = s.category('f', { name: 't', dim: 4, rows: { kind: 'known', rows: 100 } });
    expect(costs(forwardGraph(s.model({ y: s.reduce('sum', x, 'all') })), 1).parameters).toEqual({ known: 400, unknown: [] });
  });
});
