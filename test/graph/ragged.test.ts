import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Graph } from '../../src/graph/graph.js';
import { interpret, prepareInterpreter } from '../../src/graph/interpreter.js';
import { lower } from '../../src/graph/lower.js';
import { cutTables } from '../../src/graph/passes/index.js';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import type { CheckedModel } from '../../src/model/model.js';
import type { Index, NodeId, Reduction } from '../../src/model/network.js';
import { meaning, statistics } from './meaning.js';
import { sketch, type Sketch } from './networks.js';
import { expectClose } from './numbers.js';
import { batchOf, type Batch } from './rows.js';

/** A short row, an empty one, a full one, padding. */
const lengths = { h: [2, 0, 4, 1], g: [1, 3, 0, 2] };
const weights = [1, 2, 0.5, 0];

/** Every row's logit of `y` against its meaning, in every graph; then the gradients of the loss against differences. */
function check(model: CheckedModel, seed = 1): void {
  const step = stepGraph(model);
  const inference = inferenceGraph(model);
  const graphs = [step.graph, inference.graph, cutTables.run(lower(model, 'train')), cutTables.run(lower(model, 'infer'))];
  const batch = batchOf(model, graphs, seed, { lengths, weights });
  const { nodes, logits } = model.network;
  const [{ node } = { node: -1 }] = logits;
  for (const graph of graphs) {
    const states = graph.outputs.loss === undefined ? { states: batch.values } : {};
    const given = { weights: batch.values, rows: batch.given, ...states };
    const expected = batch.given.map((_, row) => meaning(nodes, node, given, row)[0] ?? NaN);
    expectClose(interpret(graph, batch.values, batch.rows)['logit.y']?.data ?? [], expected, 1e-9);
  }
  expectGradients(step.graph, batch);
  expectIndifference(step.graph, batch);
}

/** Central differences for everything that has a gradient; no gradient is NaN. */
function expectGradients(graph: Graph, { values, rows }: Batch): void {
  const results = interpret(graph, values, rows);
  const lossOf = prepareInterpreter({ ...graph, outputs: { loss: graph.outputs.loss ?? -1 } }, rows);
  for (const [output, { data }] of Object.entries(results)) {
    if (!output.startsWith('gradient.')) continue;
    const name = output.slice('gradient.'.length);
    const at = values[name] ?? new Float64Array(data.length);
    const lossAt = (i: number, by: number) => lossOf({ ...values, [name]: at.with(i, (at[i] ?? NaN) + by) }).loss?.data[0] ?? NaN;
    expectClose(
      data,
      Array.from(at, (_, i) => (lossAt(i, 1e-5) - lossAt(i, -1e-5)) / 2e-5),
      1e-5,
    );
  }
}

/** What stands in padded places changes nothing, and has gradient 0. */
function expectIndifference(graph: Graph, { values, rows }: Batch): void {
  const moved = { ...values };
  const padded = new Map<string, (i: number) => boolean>();
  for (const [name, all] of Object.entries(values)) {
    const mask = /^rows\.(.+)\.sequence$/.exec(name)?.[1];
    const present = mask === undefined ? undefined : values[`mask.${mask}`];
    if (!present) continue;
    const isPadded = (i: number) => present[Math.floor((i / all.length) * present.length)] === 0;
    padded.set(name, isPadded);
    moved[name] = all.map((value, i) => (isPadded(i) ? value + 3 : value));
  }
  const [before, after] = [interpret(graph, values, rows), interpret(graph, moved, rows)];
  for (const [name, { data }] of Object.entries(before)) expectClose(after[name]?.data ?? [], data, 1e-12);
  for (const [name, isPadded] of padded) {
    before[`gradient.${name}`]?.data.forEach((value, i) => {
      if (isPadded(i)) expect(Math.abs(value)).toBe(0);
    });
  }
}

const words = { name: 'words', dim: 3 };
const total = (s: Sketch, x: NodeId) => s.reduce('sum', s.unary('tanh', x), 'all');

function history(s: Sketch) {
  const h = s.sequence('h', words, 4);
  return { h, t: s.index('t', s.at(h).shape[0] ?? 0) };
}

describe('a sequence takes only the places that a row has', () => {
  const reductions: Reduction[] = ['sum', 'mean', 'max', 'min', 'log_sum_exp'];
  for (const reduction of reductions) {
    test(`${reduction} over its index`, () => {
      const s = sketch();
      const { h, t } = history(s);
      check(s.model({ y: total(s, s.reduce(reduction, s.matmul(s.weight('W', [2, 3]), s.lift(h, t)), t)) }));
    });

    test(`${reduction} over all of it`, () => {
      const s = sketch();
      const { h, t } = history(s);
      check(s.model({ y: s.reduce(reduction, s.bind(s.times(s.lift(h, t), s.weight('w', [3])), t), 'all') }));
    });

    test(`${reduction} of what is the same everywhere`, () => {
      const s = sketch();
      const { h, t } = history(s);
      const same = s.bind(s.reduce('sum', s.vector('x', 2), 'all'), t);
      check(s.model({ y: s.binary('add', s.reduce(reduction, same, 'all'), s.reduce('sum', h, 'all')) }));
    });
  }

  test('softmax over its index, and over a vector', () => {
    const s = sketch();
    const { h, t } = history(s);
    const score = s.reduce('sum', s.times(s.lift(h, t), s.weight('w', [3])), 'all');
    const first = s.reduce('sum', s.times(s.softmax(score, t), s.lift(h, t)), t);
    const u = s.index('u', t.size);
    const shares = s.softmax(s.bind(score, t), 'vector');
    const second = s.reduce('sum', s.times(s.lift(shares, u), s.lift(h, u)), u);
    check(s.model({ y: s.binary('add', total(s, first), total(s, second)) }));
  });

  test('two of them, each with its own places', () => {
    const s = sketch();
    const { h, t } = history(s);
    const g = s.sequence('g', words, 3);
    const u = s.index('u', s.at(g).shape[0] ?? 0);
    const products = s.reduce('sum', s.times(s.lift(h, t), s.lift(g, u)), 'all');
    const most = s.reduce('max', s.reduce('sum', products, t), u);
    const mean = s.reduce('mean', s.reduce('mean', s.times(products, products), u), t);
    check(s.model({ y: s.binary('add', most, mean) }));
  });

  test('far below or above zero', () => {
    const s = sketch();
    const { h, t } = history(s);
    const x = s.lift(s.bind(s.times(s.constant(-500), s.unary('abs', s.reduce('sum', s.lift(h, t), 'all'))), t), t);
    const lowest = s.reduce('log_sum_exp', x, t);
    const shares = s.reduce('sum', s.times(s.softmax(x, t), s.reduce('sum', s.lift(h, t), 'all')), t);
    const model = s.model({ y: s.binary('add', s.times(s.constant(1e-3), lowest), shares) });
    check(model);
  });

  test('random ones', () => {
    const steps = fc.array(fc.tuple(fc.nat(99), fc.nat(99), fc.nat(99), fc.nat(99)), { minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(steps, fc.nat(100), (numbers, seed) => {
        const s = sketch();
        const { h, t } = history(s);
        const u = s.index('u', t.size);
        const v = s.vector('x', 3);
        const pool = [s.lift(h, t), s.lift(h, u), v, s.weight('w', [3]), s.constant(0.5)];
        for (const [operation, first, second, option] of numbers) {
          const at = (choice: number) => pool[choice % pool.length] ?? 0;
          const made = extend(s, operation, at(first), at(second), option, option % 2 === 0 ? t : u);
          if (made !== undefined) pool.push(made);
        }
        const ends = pool.slice(-2).map((id) => {
          const closed = s.at(id).indices.reduce((x, index) => s.reduce('mean', x, index), id);
          return total(s, closed);
        });
        check(s.model({ y: ends.reduce((a, b) => s.binary('add', a, b)) }), seed);
      }),
      { seed: 11, numRuns: 25 },
    );
  });
});

function extend(s: Sketch, operation: number, x: NodeId, y: NodeId, option: number, index: Index): NodeId | undefined {
  const [p, q] = [s.at(x).shape.length, s.at(y).shape.length];
  const isFree = s.at(x).indices.some(({ id }) => id === index.id);
  const tame = () => s.unary('tanh', x);
  switch (operation % 8) {
    case 0:
      return tame();
    case 1:
      return s.times(x, y);
    case 2:
      return s.binary('add', x, y);
    case 3:
      return p === 1 && q === 1 ? s.reduce('sum', s.times(x, y), 'all') : undefined;
    case 4:
      return isFree ? s.softmax(tame(), index) : undefined;
    case 5:
      return isFree ? s.reduce((['sum', 'mean', 'log_sum_exp', 'max'] as const)[option % 4] ?? 'sum', tame(), index) : undefined;
    case 6:
      return s.where(s.compare((['<', '>', '<=', '>='] as const)[option % 4] ?? '<', x, y), tame(), y);
    default:
      return isFree && p === 0 ? s.lift(s.bind(tame(), index), index) : undefined;
  }
}

describe('the batch written out', () => {
  test('in-batch softmax, row by row', () => {
    const s = sketch();
    const [user, item] = [s.matmul(s.weight('U', [2, 3]), s.vector('u', 3)), s.category('item', { name: 'items', dim: 2 })];
    const r = s.index('r', { ragged: 'batch' });
    const others = s.lift(s.batch(item), r);
    const score = s.reduce('sum', s.times(user, others), 'all');
    const frequency = s.logFrequency('item');
    const corrected = s.binary('subtract', score, s.lift(s.batch(frequency), r));
    const same = s.compare('==', s.lift(s.batch(s.code('item')), r), s.code('item'));
    const rest = s.reduce('log_sum_exp', s.where(same, s.constant(-30), corrected), r);
    const own = s.binary('subtract', s.reduce('sum', s.times(user, item), 'all'), frequency);
    const loss = s.times(s.target('y'), s.unary('softplus', s.binary('subtract', rest, own)));
    const y = s.reduce('sum', s.times(user, item), 'all');
    const model = s.model({ y }, { losses: { y: loss } });

    check(model);
    const step = stepGraph(model);
    expect(step.isRowLocal).toBe(false);
    expect(Math.max(...step.graph.nodes.map(({ shape }) => shape.filter((dim) => dim === 'rows').length))).toBe(2);
    const { rows, values, given } = batchOf(model, [step.graph], 3, { weights });
    const losses = given.map((_, row) => meaning(model.network.nodes, loss, { weights: values, rows: given }, row)[0] ?? NaN);
    const expected = losses.reduce((sum, one, row) => sum + one * (weights[row] ?? NaN), 0) / 3.5;
    expectClose(interpret(step.graph, values, rows).loss?.data ?? [], [expected]);
    const moved = { ...values, 'dense.u': (values['dense.u'] ?? new Float64Array()).with(3 * 3, 100) };
    expectClose(interpret(step.graph, moved, rows).loss?.data ?? [], [expected], 0);
  });

  const reductions: Reduction[] = ['sum', 'mean', 'max', 'min', 'log_sum_exp'];
  for (const reduction of reductions) {
    test(`${reduction} takes no padding`, () => {
      const s = sketch();
      const x = s.matmul(s.weight('W', [2, 3]), s.vector('x', 3));
      const r = s.index('r', { ragged: 'batch' });
      const near = s.unary('tanh', s.times(s.lift(s.batch(x), r), x));
      check(s.model({ y: s.reduce('sum', s.reduce(reduction, near, r), 'all') }));
    });
  }

  test('as a vector goes through softmax, for every row the same', () => {
    const s = sketch();
    const all = s.batch(s.reduce('sum', s.vector('x', 3), 'all'));
    const shares = s.softmax(all, 'vector');
    const r = s.index('r', { ragged: 'batch' });
    const mean = s.reduce('sum', s.times(s.lift(shares, r), s.lift(s.batch(s.vector('z', 2)), r)), r);
    check(s.model({ y: s.reduce('sum', s.times(mean, s.weight('w', [2])), 'all') }));
  });
});

describe('batch norm', () => {
  const cases: Record<string, (s: Sketch) => NodeId> = {
    'of a vector': (s) => s.batchNorm(s.matmul(s.weight('W', [2, 3]), s.vector('x', 3)), 'norm'),
    'of a number': (s) => s.batchNorm(s.reduce('sum', s.times(s.weight('w', [3]), s.vector('x', 3)), 'all'), 'norm'),
    'under an index': (s) => {
      const i = s.index('i', 3);
      const x = s.lift(s.reshape(s.vector('x', 6), [3, 2]), i);
      return s.reduce('max', s.batchNorm(s.times(x, s.weight('w', [2])), 'norm'), i);
    },
    'over the places of a sequence': (s) => {
      const { h, t } = history(s);
      const normed = s.batchNorm(s.matmul(s.weight('W', [2, 3]), s.lift(h, t)), 'norm');
      return s.reduce('sum', s.unary('sigmoid', normed), t);
    },
    'of what has the index, but not its axis': (s) => {
      const { h, t } = history(s);
      const same = s.lift(s.bind(s.vector('x', 3), t), t);
      return s.reduce('sum', s.times(s.batchNorm(same, 'norm'), s.lift(h, t)), t);
    },
  };
  for (const [name, make] of Object.entries(cases)) {
    test(name, () => {
      const s = sketch();
      const model = s.model({ y: total(s, make(s)) });
      check(model);
      const step = stepGraph(model);
      expect(step.isRowLocal).toBe(false);
      expect(step.states.map((state) => state.name)).toEqual(['norm.mean', 'norm.variance']);
      const { rows, values, given } = batchOf(model, [step.graph], 5, { lengths, weights });
      const results = interpret(step.graph, values, rows);
      const node = model.network.nodes.find(({ kind }) => kind === 'batch_norm');
      if (node?.kind !== 'batch_norm') throw new Error('no batch norm');
      const now = statistics(model.network.nodes, node, { weights: values, rows: given });
      [node.mean, node.variance].forEach((state, i) => {
        const expected = Array.from(values[state] ?? [], (old, j) => 0.9 * old + 0.1 * (now[i]?.[j] ?? NaN));
        expectClose(results[`state.${state}`]?.data ?? [], expected);
      });
    });
  }

  test('reads its states in inference, row by row', () => {
    const s = sketch();
    const model = s.model({ y: s.reduce('sum', s.batchNorm(s.vector('x', 3), 'norm'), 'all') });
    const { graph, states } = inferenceGraph(model);
    expect(states.map(({ name }) => name)).toEqual(['norm.mean', 'norm.variance']);
    expect(graph.nodes.some(({ kind }) => kind === 'input')).toBe(true);
    expect(graph.nodes.flatMap((node) => (node.kind === 'input' ? [node.name] : []))).toEqual(['dense.x']);
  });
});
