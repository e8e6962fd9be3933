import { metricNames, metrics } from '../model/metrics.js';
import type { Label, Metric, MetricName } from '../model/model.js';
import type { Network } from '../model/network.js';

type Numbers = ArrayLike<number>;
export type Task = Label['task'];

/** Sums run in row order, in float64. */
const meanOf = (rows: number, of: (row: number) => number): number => {
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += of(r);
  return sum / rows;
};

const at = (values: Numbers, i: number): number => values[i] ?? NaN;

/** log(1 + eˣ) */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const logSumExp = (logits: Numbers, from: number, size: number): number => {
  let largest = -Infinity;
  for (let i = from; i < from + size; i++) largest = Math.max(largest, at(logits, i));
  let sum = 0;
  for (let i = from; i < from + size; i++) sum += Math.exp(at(logits, i) - largest);
  return largest + Math.log(sum);
};

const argMax = (logits: Numbers, from: number, size: number): number => {
  let best = 0;
  for (let i = 1; i < size; i++) if (at(logits, from + i) > at(logits, from + best)) best = i;
  return best;
};

const squaredError = (logits: Numbers, labels: Numbers): number =>
  meanOf(labels.length, (r) => (at(logits, r) - at(labels, r)) ** 2);

/** Mean of −log p(label), from logits: log(1 + eᶻ) − y·z, or log Σ eᶻ − z_y. */
const logLoss = (logits: Numbers, labels: Numbers, task: Task): number => {
  if (task.kind !== 'class') return meanOf(labels.length, (r) => softplus(at(logits, r)) - at(labels, r) * at(logits, r));
  const { classes } = task;
  return meanOf(labels.length, (r) => logSumExp(logits, r * classes, classes) - at(logits, r * classes + at(labels, r)));
};

/** Share of the pairs (positive, negative) that the logits put in order, ties counting one half. NaN without both kinds. */
const areaUnderCurve = (logits: Numbers, labels: Numbers): number => {
  let positives = 0;
  for (let r = 0; r < labels.length; r++) if (at(labels, r) > 0.5) positives++;
  const high = new Float64Array(positives);
  const low = new Float64Array(labels.length - positives);
  for (let r = 0, h = 0, l = 0; r < labels.length; r++)
    if (at(labels, r) > 0.5) high[h++] = at(logits, r);
    else low[l++] = at(logits, r);
  high.sort();
  low.sort();
  let halves = 0;
  for (let h = 0, below = 0, upTo = 0; h < high.length; h++) {
    const value = at(high, h);
    while (below < low.length && at(low, below) < value) below++;
    while (upTo < low.length && at(low, upTo) <= value) upTo++;
    halves += below + upTo;
  }
  return halves / (2 * high.length * low.length);
};

const accuracy = (logits: Numbers, labels: Numbers, task: Task): number => {
  if (task.kind !== 'class') return meanOf(labels.length, (r) => Number(at(logits, r) > 0 === at(labels, r) > 0.5));
  const { classes } = task;
  return meanOf(labels.length, (r) => Number(argMax(logits, r * classes, classes) === at(labels, r)));
};

type Measure = (logits: Numbers, labels: Numbers, task: Task) => number;

/** Each metric from logits [rows] or [rows, classes] and labels [rows]. */
export const measures: Readonly<Record<MetricName, Measure>> = {
  rmse: (logits, labels) => Math.sqrt(squaredError(logits, labels)),
  mae: (logits, labels) => meanOf(labels.length, (r) => Math.abs(at(logits, r) - at(labels, r))),
  auc: areaUnderCurve,
  log_loss: logLoss,
  accuracy,
};

/** The loss that a task is trained with: squared error, or log loss. */
export const taskLoss = (logits: Numbers, labels: Numbers, task: Task): number =>
  task.kind === 'number' ? squaredError(logits, labels) : logLoss(logits, labels, task);

export interface Evaluation {
  readonly rows: number;
  /** Sum of the labels' losses by their weights, without L2; absent if the network says the loss of a label. */
  readonly loss?: number;
  /** By the metric's key. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** What of a model says how it is measured. */
export interface MeasuredModel {
  readonly labels: readonly Pick<Label, 'name' | 'task' | 'weight'>[];
  readonly metrics: readonly Metric[];
  readonly network: Pick<Network, 'logits'>;
}

/** The loss and `metrics` of rows, from logits and observed values of every label. */
export const measure = (
  { labels, metrics: listed, network }: MeasuredModel,
  logits: Readonly<Record<string, Numbers>>,
  truth: Readonly<Record<string, Numbers>>,
  metrics = listed,
): Evaluation => {
  const each = labels.map(({ name, task, weight }) => {
    const [z, y] = [logits, truth].map((values) => (Object.hasOwn(values, name) ? values[name] : undefined));
    if (z === undefined || y === undefined) throw new Error(`measuring needs logits and values of ${name}`);
    return { name, task, weight, z, y, loss: taskLoss(z, y, task) };
  });
  const hasOwnLoss = network.logits.some(({ loss }) => loss !== undefined);
  const values = metrics.map(({ label, name, key }): readonly [string, number] => {
    const measured = each.find((one) => one.name === label);
    // A comparison with NaN is false: ranks and hits would still look like numbers.
    const isNumber = measured !== undefined && !Number.isNaN(measured.loss);
    return [key, isNumber ? measures[name](measured.z, measured.y, measured.task) : NaN];
  });
  return {
    rows: each[0]?.y.length ?? 0,
    ...(hasOwnLoss ? {} : { loss: each.reduce((sum, { weight, loss }) => sum + weight * loss, 0) }),
    metrics: Object.fromEntries(values),
  };
};

/** The metric of a key: `auc`, or `<label>.auc` where there are several labels. Undefined of `loss`. */
export const metricOfKey = ({ labels }: Pick<MeasuredModel, 'labels'>, key: string): Metric | undefined => {
  const dot = key.lastIndexOf('.');
  const label = dot < 0 ? labels[0]?.name : key.slice(0, dot);
  const name = metricNames.find((one) => one === key.slice(dot + 1));
  return label === undefined || name === undefined ? undefined : { label, name, key };
};

/** The number that decides which epoch is best; undefined if that is a loss that is not measured. */
export const monitored = ({ loss, metrics }: Evaluation, monitor: string): number | undefined =>
  monitor === 'loss' ? loss : metrics[monitor];

/** Whether `value` beats `best` by the metric of this key, or by the loss; NaN never does. */
export const improves = (value: number, best: number | undefined, monitor: string): boolean => {
  if (Number.isNaN(value)) return false;
  if (best === undefined) return true;
  const name = metricNames.find((one) => one === monitor.slice(monitor.lastIndexOf('.') + 1));
  return name !== undefined && metrics[name].better === 'higher' ? value > best : value < best;
};
