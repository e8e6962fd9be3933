import { expect } from 'vitest';
import { interpret, type Values } from '../../src/graph/interpreter.js';
import { lowerStep } from '../../src/graph/lower.js';
import { forwardGraph } from '../../src/graph/pipeline.js';
import type { CheckedModel } from '../../src/model/model.js';
import { expectClose } from '../graph/numbers.js';
import { batchOf, meanLoss, rowWeights } from './losses.js';
import { differences, list, randomNumbers, vector, type Numbers, type Shape, type Tensor } from './tensors.js';

/** Rows of a batch; the last has no weight. */
export const ROWS = rowWeights.length;

/** A model with its tables in the graph, and what it should be. */
export interface Whole {
  readonly model: CheckedModel;
  /** Ids and where bags begin: what has no gradient. */
  readonly fixed: Values;
  /** Everything else that the graph reads, and its shape. */
  readonly shapes: Readonly<Record<string, Shape>>;
  /** The logit of each row. */
  readonly logits: (numbers: Numbers) => readonly number[];
}

/** Expects the logits, the loss, and the gradient of every parameter and table of a model whose label `y` is a number. */
export function expectWhole({ model, fixed, shapes, logits }: Whole): void {
  const at = randomNumbers(shapes, 3);
  const values = { ...fixed, ...at, ...batchOf('number') };
  expectClose(interpret(forwardGraph(model), values, ROWS)['logit.y']?.data ?? [], logits(at), 1e-11);
  const loss = (numbers: Numbers) => {
    const z = logits(numbers);
    return meanLoss('number', (row) => vector(1, () => z[row]!));
  };
  const step = interpret(lowerStep(model), values, ROWS);
  expectClose(step.loss?.data ?? [], [loss(at)], 1e-11);
  const trained = Object.keys(shapes).filter((name) => !name.startsWith('dense.'));
  expect(
    Object.keys(step)
      .filter((name) => name.startsWith('gradient.'))
      .sort(),
  ).toEqual(trained.map((name) => `gradient.${name}`).sort());
  for (const name of trained) expectClose(step[`gradient.${name}`]?.data ?? [], differences(at, name, loss), 1e-6);
}

/** Ids of bags, one after another, and where each begins. */
export const bags = (feature: string, ids: readonly (readonly number[])[]): Values => ({
  [`ids.${feature}`]: ids.flat(),
  [`offsets.${feature}`]: list(ids.length + 1, (row) => ids.slice(0, row).flat().length),
});

export const rowOf = (table: Tensor, id: number, k: number): Tensor => vector(k, (a) => table(id, a));
