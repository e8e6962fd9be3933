import { describe, expect, test } from 'vitest';
import { interpret } from '../../src/graph/interpreter.js';
import { stepGraph } from '../../src/graph/pipeline.js';
import { expectClose } from '../graph/numbers.js';
import { equations } from './equations/all.js';
import { widthsOf } from './equations/equation.js';
import { batchOf, logitsOf, meanLoss, type Task } from './losses.js';
import { inputOf, inputShapes, modelOver, weightsBelow, weightShapes } from './models.js';
import { differences, directional, list, randomNumbers, shapesBelow, sum, vector, type Numbers } from './tensors.js';

const ROWS = 4;
const s = { d: 3, rank: 2, experts: 2, m: 4, n: 2 };
const tasks: readonly Task[] = ['binary', 'number', 'class(3)'];

/** So many elements of a weight are moved one by one, spread evenly; all move at once besides. */
const alone = 3;

describe('the gradients of a model on each block are those of its equation', () => {
  test.each(Object.entries(equations).map(([name, equation], i) => ({ name, equation, task: tasks[i % 3]! })))(
    '$name, $task',
    ({ equation, task }) => {
      const widths = widthsOf(equation, s);
      const model = modelOver(widths, 'tables', task, `h = ${equation.call(s)} y = linear(h, ${logitsOf[task]})`);
      const { graph, parameters, sites } = stepGraph(model);
      const units = logitsOf[task];
      const top = { weight: [units, equation.size(s)], bias: [units] };
      const shapes = { ...shapesBelow('h', equation.weights(s)), ...shapesBelow('y', top) };
      expect(weightShapes(model)).toEqual(shapes);
      const at = randomNumbers({ ...inputShapes(widths, 'tables', ROWS), ...shapes }, 11);

      const loss = (numbers: Numbers) =>
        meanLoss(task, (row) => {
          const x0 = inputOf(numbers, 'x0', widths.x0, 'tables', ROWS, row);
          const x = inputOf(numbers, 'x', widths.x, 'tables', ROWS, row);
          const h = equation.value(s, x0, x, weightsBelow('h', equation.weights(s), numbers));
          const y = weightsBelow('y', top, numbers);
          const [W, b] = [y('weight'), y('bias')];
          return vector(units, (k) => sum(equation.size(s), (i) => W(k, i) * h(i)) + b(k));
        });

      const results = interpret(graph, { ...at, ...batchOf(task) }, ROWS);
      expectClose(results.loss?.data ?? [], [loss(at)], 1e-12);
      expect(sites.length).toBeGreaterThan(0);
      expect(parameters.map((p) => p.name).sort()).toEqual(Object.keys(shapes).sort());
      const names = [...parameters.map((p) => p.name), ...sites.map((site) => `rows.${site.name}`)];
      const gradients = Object.fromEntries(names.map((name) => [name, results[`gradient.${name}`]!.data]));
      for (const name of names) {
        const { length } = at[name]!;
        const elements = list(Math.min(length, alone), (i) => Math.floor((i * length) / Math.min(length, alone)));
        expect(gradients[name]).toHaveLength(length);
        expectClose(
          elements.map((i) => gradients[name]![i]!),
          differences(at, name, loss, elements),
          1e-7,
        );
      }
      const direction = randomNumbers(Object.fromEntries(names.map((name) => [name, [at[name]!.length]])), 17);
      const slope = names.reduce(
        (total, name) => total + sum(at[name]!.length, (i) => gradients[name]![i]! * direction[name]![i]!),
        0,
      );
      expectClose([slope], [directional(at, direction, loss)], 1e-6);
    },
  );
});
