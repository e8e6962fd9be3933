import type { Part } from '../../code/parts.js';

export type MetricPart =
  | 'meanOf'
  | 'softplus'
  | 'logSumExp'
  | 'argMax'
  | 'squaredError'
  | 'rmse'
  | 'mae'
  | 'binaryLogLoss'
  | 'classLogLoss'
  | 'auc'
  | 'binaryAccuracy'
  | 'classAccuracy';

/** Metrics from logits [rows] or [rows, classes] and labels [rows], as those of train/metrics.ts. */
export const metricParts: Readonly<Record<MetricPart, Part<MetricPart>>> = {
  meanOf: {
    uses: [],
    code: `
function meanOf(rows: number, of: (row: number) => number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += of(row);
  return sum / rows;
}`,
  },
  softplus: {
    uses: [],
    code: `
/** log(1 + eˣ) */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));`,
  },
  logSumExp: {
    uses: [],
    code: `
function logSumExp(logits: Float32Array): number {
  const largest = Math.max(...logits);
  return largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0));
}`,
  },
  argMax: {
    uses: [],
    code: `
const argMax = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));`,
  },
  squaredError: {
    uses: ['meanOf'],
    code: `
const squaredError = (logits: Float32Array, labels: Float32Array): number =>
  meanOf(labels.length, (row) => (logits[row] - labels[row]) ** 2);`,
  },
  rmse: {
    uses: ['squaredError'],
    code: `
const rmse = (logits: Float32Array, labels: Float32Array): number => Math.sqrt(squaredError(logits, labels));`,
  },
  mae: {
    uses: ['meanOf'],
    code: `
const mae = (logits: Float32Array, labels: Float32Array): number =>
  meanOf(labels.length, (row) => Math.abs(logits[row] - labels[row]));`,
  },
  binaryLogLoss: {
    uses: ['meanOf', 'softplus'],
    code: `
/** Mean of −log p(label), from logits. */
const binaryLogLoss = (logits: Float32Array, labels: Float32Array): number =>
  meanOf(labels.length, (row) => softplus(logits[row]) - labels[row] * logits[row]);`,
  },
  classLogLoss: {
    uses: ['meanOf', 'logSumExp'],
    code: `
/** Mean of −log p(label), from the logits of all classes. */
const classLogLoss = (logits: Float32Array, labels: Float32Array, classes: number): number =>
  meanOf(labels.length, (row) => {
    const own = logits.subarray(row * classes, (row + 1) * classes);
    return logSumExp(own) - own[labels[row]];
  });`,
  },
  auc: {
    uses: [],
    code: `
/** Share of the pairs of a yes and a no that the logits put in order, ties counting one half. NaN without both. */
function auc(logits: Float32Array, labels: Float32Array): number {
  const high = logits.filter((_, row) => labels[row] > 0.5).sort();
  const low = logits.filter((_, row) => labels[row] <= 0.5).sort();
  if (logits.some(Number.isNaN)) return NaN;
  let halves = 0;
  let below = 0;
  let upTo = 0;
  for (const value of high) {
    while (below < low.length && low[below] < value) below++;
    while (upTo < low.length && low[upTo] <= value) upTo++;
    halves += below + upTo;
  }
  return halves / (2 * high.length * low.length);
}`,
  },
  binaryAccuracy: {
    uses: ['meanOf'],
    code: `
const binaryAccuracy = (logits: Float32Array, labels: Float32Array): number =>
  meanOf(labels.length, (row) => Number(logits[row] > 0 === labels[row] > 0.5));`,
  },
  classAccuracy: {
    uses: ['meanOf', 'argMax'],
    code: `
const classAccuracy = (logits: Float32Array, labels: Float32Array, classes: number): number =>
  meanOf(labels.length, (row) => Number(argMax(logits.subarray(row * classes, (row + 1) * classes)) === labels[row]));`,
  },
};
