import { list, sigmoid, sum, type Tensor } from './tensors.js';

export type Task = 'binary' | 'number' | 'class(3)';

/** Loss of a row from its logits, as textbooks write it. */
export const losses: Readonly<Record<Task, (logits: Tensor, label: number) => number>> = {
  binary: (z, y) => -y * Math.log(sigmoid(z(0))) - (1 - y) * Math.log(sigmoid(-z(0))),
  number: (z, y) => (z(0) - y) ** 2,
  'class(3)': (z, y) => -Math.log(Math.exp(z(y)) / sum(3, (k) => Math.exp(z(k)))),
};

/** What is predicted from a row's logits. */
export const predictions: Readonly<Record<Task, (logits: Tensor) => number[]>> = {
  binary: (z) => [sigmoid(z(0))],
  number: (z) => [z(0)],
  'class(3)': (z) => list(3, (k) => Math.exp(z(k)) / sum(3, (j) => Math.exp(z(j)))),
};

export const logitsOf: Readonly<Record<Task, number>> = { binary: 1, number: 1, 'class(3)': 3 };

/** Labels of the rows of a batch. */
export const labelsOf: Readonly<Record<Task, readonly number[]>> = {
  binary: [1, 0, 1, 0],
  number: [2.5, -1, 0.25, 3],
  'class(3)': [2, 0, 1, 2],
};

/** Weights of the rows of a batch. */
export const rowWeights: readonly number[] = [1, 2, 0.5, 0];

/** Σ_r weight_r loss_r / Σ_r weight_r */
export const meanLoss = (task: Task, logits: (row: number) => Tensor): number =>
  sum(4, (row) => rowWeights[row]! * losses[task](logits(row), labelsOf[task][row]!)) / sum(4, (row) => rowWeights[row]!);

/** What a step is given besides features and weights. */
export const batchOf = (task: Task) => ({
  'label.y': labelsOf[task],
  weight: rowWeights,
  total_weight: [sum(4, (row) => rowWeights[row]!)],
});
