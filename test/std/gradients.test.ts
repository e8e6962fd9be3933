import { describe, expect, test } from 'vitest';
import { interpret } from '../../src/graph/interpreter.js';
import { stepGraph } from '../../src/graph/pipeline.js';
import { expectClose } from '../graph/numbers.js';
import { equations } from './equations.js';
import { batchOf, logitsOf, meanLoss, type Task } from './losses.js';
import { inputOf, inputShapes, modelOver, shapesBelow, weightsBelow, weightShapes } from './models.js';
import { differences, randomNumbers, sum, vector, type Numbers } from './tensors.js';

const ROWS = 4;
const s = { d: 3, rank: 2, experts: 2, m: 3, n: 2 };
const tasks: readonly Task[] = ['binary', 'number', 'class(3)'];

describe('the gradients of a model on each block are those of its equation', () => {
  test.each(Object.entries(equations).map(([name, equation], i) => ({ name, equation, task: tasks[i % 3]! })))(
    '$name, $task',
    ({ equation, task }) => {
      const model = modelOver(s.d, 'tables', task, `h = ${equation.call(s)} y = linear(h, ${logitsOf[task]})`);
      const { graph, parameters, sites } = stepGraph(model);
      const units = logitsOf[task];
      const top = { weight: [units, equation.size(s)], bias: [units] };
      const shapes = { ...shapesBelow('h', equation.weights(s)), ...shapesBelow('y', top) };
      expect(weightShapes(model)).toEqual(shapes);
      const at = randomNumbers({ ...inputShapes(s.d, 'tables', ROWS), ...shapes }, 11);

      const loss = (numbers: Numbers) =>
        meanLoss(task, (row) => {
          const [x0, x] = [inputOf(numbers, 'x0', s.d, 'tables', ROWS, row), inputOf(numbers, 'x', s.d, 'tables', ROWS, row)];
          const h = equation.value(s, x0, x, weightsBelow('h', equation.weights(s), numbers));
          const y = weightsBelow('y', top, numbers);
          const [W, b] = [y('weight'), y('bias')];
          return vector(units, (k) => sum(equation.size(s), (i) => W(k, i) * h(i)) + b(k));
        });

      const results = interpret(graph, { ...at, ...batchOf(task) }, ROWS);
      expectClose(results.loss?.data ?? [], [loss(at)], 1e-12);
      expect(sites.length).toBeGreaterThan(0);
      expect(parameters.map((p) => p.name).sort()).toEqual(Object.keys(shapes).sort());
      for (const name of [...parameters.map((p) => p.name), ...sites.map((site) => `rows.${site.name}`)]) {
        expectClose(results[`gradient.${name}`]?.data ?? [], differences(at, name, loss), 1e-7);
      }
    },
  );
});
