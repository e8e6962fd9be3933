import type { CheckedModel } from '../model/model.js';
import type { MetricValues } from '../run/record.js';
import type { EpochRecord, Progress } from '../train/events.js';
import type { Evaluation } from '../train/metrics.js';
import type { TrainResult } from '../train/train.js';
import { bar, duration, figure, short } from './progress.js';

const counted = (n: number, noun: string): string => `${n.toLocaleString('en-US')} ${noun}${n === 1 ? '' : 's'}`;

export const progressText = (p: Progress): string =>
  `epoch ${String(p.epoch)}/${String(p.epochs)} ${bar(p.step / p.steps)} ${String(p.step)}/${String(p.steps)}  loss ${figure(p.loss)}  ${short(p.rowsPerSecond)} rows/s  ${duration(p.secondsLeft)} left`;

/** `epoch 3/10  loss 0.4213  validation auc 0.7831 *  1.2 s, 61.1k rows/s`; the star says that none was better. */
export function epochText(e: EpochRecord, epochs: number): string {
  const valid = e.validation ? Object.entries(e.validation.metrics).map(([k, v]) => `${k} ${figure(v)}`) : [];
  const validation = valid.length > 0 ? `  validation ${valid.join(', ')}${e.isBest ? ' *' : ''}` : '';
  const slower = e.learningRateFactor === undefined ? '' : `  learning rate × ${figure(e.learningRateFactor)} from here`;
  return `epoch ${String(e.epoch)}/${String(epochs)}  loss ${figure(e.loss)}${validation}  ${duration(e.seconds)}, ${short(e.rowsPerSecond)} rows/s${slower}`;
}

export function parameterCount({ network, tables }: CheckedModel): number {
  const dense = network.weights.reduce((sum, w) => sum + w.shape.reduce((a, b) => a * b, 1), 0);
  return tables.reduce((sum, t) => sum + (t.rows.kind === 'known' ? t.rows.rows * t.dim : 0), dense);
}

/** How a training ended, whose weights are kept, and where. */
export function endText(
  { status, history, step, seconds, bestEpoch }: Pick<TrainResult, 'status' | 'history' | 'step' | 'seconds' | 'bestEpoch'>,
  folder: string,
): string {
  const epochs = counted(history.length, 'epoch');
  const how = {
    finished: `trained ${epochs}`,
    stopped: `no more improvement after ${epochs}`,
    interrupted: `interrupted in epoch ${String(history.length + 1)}, after ${counted(step, 'step')}`,
  }[status];
  const kept = bestEpoch === undefined ? '' : `, weights of epoch ${String(bestEpoch)}`;
  return `${how} in ${duration(seconds)}${kept}: ${folder}`;
}

export const metricsText = (values: MetricValues): string =>
  Object.entries(values)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join(', ');

export const finiteOrNull = (x: number): number | null => (Number.isFinite(x) ? x : null);

export const metricValues = ({ metrics, loss }: Evaluation): MetricValues => ({
  ...Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, finiteOrNull(value)])),
  ...(loss !== undefined && { loss: finiteOrNull(loss) }),
});
