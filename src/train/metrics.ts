import { metrics } from '../model/metrics.js';
import type { Label, MetricName } from '../model/model.js';

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
  /** Sum of the labels' losses by their weights, without L2. */
  readonly loss: number;
  /** By the metric's name, or `<metric>.<label>` if there are several labels. */
  readonly metrics: Readonly<Record<string, number>>;
}

type MeasuredLabel = Pick<Label, 'name' | 'task' | 'weight'>;

export const measure = (
  labels: readonly MeasuredLabel[],
  names: readonly MetricName[],
  logits: Readonly<Record<string, Numbers>>,
  truth: Readonly<Record<string, Numbers>>,
): Evaluation => {
  const each = labels.map((label) => {
    const [z, y] = [logits[label.name] ?? [], truth[label.name] ?? []];
    return { label, z, y, loss: taskLoss(z, y, label.task) };
  });
  return {
    rows: each[0]?.y.length ?? 0,
    loss: each.reduce((sum, { label, loss }) => sum + label.weight * loss, 0),
    metrics: Object.fromEntries(
      names.flatMap((name) =>
        each
          .filter(({ label }) => metrics[name].tasks.includes(label.task.kind))
          .map(({ label, z, y, loss }) => [
            labels.length === 1 ? name : `${name}.${label.name}`,
            // A comparison with NaN is false: ranks and hits would still look like numbers.
            Number.isNaN(loss) ? NaN : measures[name](z, y, label.task),
          ]),
      ),
    ),
  };
};

/** The number that decides which epoch is best: the loss, or the mean of a metric over the labels that have it. */
export const monitored = ({ loss, metrics }: Evaluation, monitor: MetricName | 'loss'): number => {
  if (monitor === 'loss') return loss;
  const values = Object.entries(metrics).flatMap(([name, value]) =>
    name === monitor || name.startsWith(`${monitor}.`) ? [value] : [],
  );
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};

/** Whether `value` beats `best`; NaN never does. */
export const improves = (value: number, best: number | undefined, monitor: MetricName | 'loss'): boolean => {
  if (Number.isNaN(value)) return false;
  if (best === undefined) return true;
  return monitor !== 'loss' && metrics[monitor].better === 'higher' ? value > best : value < best;
};
