import type { Label, MetricName } from './model.js';

/** What a spec may measure: the labels that a metric makes sense for, and which way is better. How is in `train/metrics.ts`. */
export const metrics: Readonly<
  Record<MetricName, { readonly tasks: readonly Label['task']['kind'][]; readonly better: 'lower' | 'higher' }>
> = {
  auc: { tasks: ['binary'], better: 'higher' },
  log_loss: { tasks: ['binary', 'class'], better: 'lower' },
  accuracy: { tasks: ['binary', 'class'], better: 'higher' },
  rmse: { tasks: ['number'], better: 'lower' },
  mae: { tasks: ['number'], better: 'lower' },
};

export const metricNames = Object.keys(metrics) as MetricName[];

/** The metrics of a label, in the order in which they are offered. */
export const metricsOf = (task: Label['task']['kind']): readonly MetricName[] =>
  metricNames.filter((name) => metrics[name].tasks.includes(task));
