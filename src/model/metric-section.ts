import type { Entry, Expression, Name } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { oneOf } from './messages.js';
import { metricNames, metricsOf } from './metrics.js';
import type { Label, Metric, MetricName } from './model.js';
import { describe, distinct, listOf, taking, word, type Located, type Reader } from './reading.js';
import { meant } from './suggest.js';

/** What a model measures, and of which labels. */
export interface MeasuredLabels {
  readonly metrics: readonly Metric[];
  readonly labels: readonly Label[];
}

const defaultMetrics: Readonly<Record<Label['task']['kind'], readonly MetricName[]>> = {
  binary: ['auc', 'log_loss'],
  number: ['rmse', 'mae'],
  class: ['accuracy', 'log_loss'],
};

const kindText = (label: Label): string => (label.task.kind === 'number' ? 'a number' : label.task.kind);

const metricOf = (labels: readonly Label[], label: Label, name: MetricName): Metric => ({
  label: label.name,
  name,
  key: labels.length > 1 ? `${label.name}.${name}` : name,
});

const readNames = distinct('metrics', listOf(word(...metricNames), 1));

function ofLabel(label: Label, value: Expression, where: string, labels: readonly Label[], report: Report): readonly Metric[] {
  const read = readNames(value, where, report) ?? [];
  const elements = value.kind === 'list' ? value.elements : [];
  read.forEach((name, i) => {
    if (!metricsOf(label.task.kind).includes(name)) notFor([label], name, elements[i] ?? value, report);
  });
  return [...new Set(read)].map((name) => metricOf(labels, label, name));
}

function notFor(labels: readonly Label[], name: MetricName, at: Expression, report: Report): void {
  const fitting = [...new Set(labels.flatMap((label) => metricsOf(label.task.kind)))];
  report(
    'wrong-value',
    at.span,
    { where: 'a metric of this label', wanted: oneOf(fitting.map((t) => `\`${t}\``)), found: `\`${name}\`` },
    { notes: labels.map((label) => ({ span: label.span, text: `\`${label.name}\` is ${kindText(label)}` })) },
  );
}

interface Spoken {
  readonly name: MetricName;
  /** Of this label alone. */
  readonly label?: Label;
}

/** `auc`, or `liked.auc` of one label. */
const readSpoken =
  (labels: readonly Label[]): Reader<Spoken> =>
  (e, where, report) => {
    if (e.kind !== 'member' || e.target.kind !== 'name') {
      const name = word(...metricNames)(e, where, report);
      return name && { name };
    }
    const label = labelOf(e.target, labels, report);
    const name = label && word(...metricsOf(label.task.kind))(e.name, where, report);
    return label && name && { name, label };
  };

/**
 * `metrics: [auc]` for every label that they make sense for, `metrics: [liked.auc]` for one, or
 * `metrics: { liked: [auc], stars: [rmse] }`.
 */
export function checkMetrics(value: Expression | undefined, labels: readonly Label[], report: Report): readonly Metric[] {
  const defaults = labels.flatMap((label) => defaultMetrics[label.task.kind].map((name) => metricOf(labels, label, name)));
  if (!value) return defaults;
  if (value.kind === 'record') return value.entries.flatMap((entry) => ofEntry(entry, labels, report));
  const read = distinct('metrics', listOf(readSpoken(labels), 1), ({ label, name }) => `${label?.name ?? ''}.${name}`);
  const elements = value.kind === 'list' ? value.elements : [];
  const metrics = (read(value, '`metrics`', report) ?? []).flatMap(({ label, name }, i) => {
    const fitting = label ? [label] : labels.filter((one) => metricsOf(one.task.kind).includes(name));
    if (fitting.length === 0 && labels.length > 0) notFor(labels, name, elements[i] ?? value, report);
    return fitting.map((one) => metricOf(labels, one, name));
  });
  return [...new Map(metrics.map((metric) => [metric.key, metric])).values()];
}

/** The label of a name; what is none is reported. */
function labelOf(spoken: Name, labels: readonly Label[], report: Report): Label | undefined {
  const label = labels.find(({ name }) => name === spoken.text);
  if (label) return label;
  const names = labels.map(({ name }) => name);
  report('unknown-name', spoken.span, { name: spoken.text }, meant(spoken.span, names, '`metrics` are of labels'));
  return undefined;
}

function ofEntry(entry: Entry, labels: readonly Label[], report: Report): readonly Metric[] {
  const label = labelOf(entry.name, labels, report);
  return label ? ofLabel(label, entry.value, `\`${label.name}\` of \`metrics\``, labels, report) : [];
}

/** `auc`, `liked.auc` or `loss`, as written. */
export const readMonitor: Reader<Expression> = taking({ words: ['loss'], names: 'metric' }, (e, where, report) => {
  if (e.kind === 'name' || (e.kind === 'member' && e.target.kind === 'name')) return e;
  report('wrong-value', e.span, { where, wanted: '`loss` or a metric such as `auc`', found: describe(e) });
  return undefined;
});

/** The key of what picks the best epoch: by default the first metric. */
export function checkMonitor(
  given: Located<Expression> | undefined,
  { metrics, labels }: MeasuredLabels,
  report: Report,
): string {
  const otherwise = metrics[0]?.key ?? 'loss';
  if (!given) return otherwise;
  const e = given.value;
  const [of, spoken] = e.kind === 'member' && e.target.kind === 'name' ? [e.target.text, e.name.text] : [undefined, textOf(e)];
  if (of === undefined && spoken === 'loss') return 'loss';
  const found = labels
    .filter((label) => of === undefined || label.name === of)
    .flatMap((label) => metricsOf(label.task.kind).map((name) => metricOf(labels, label, name)))
    .filter(({ name }) => name === spoken);
  const [metric, second] = found;
  if (metric && !second) return metric.key;
  if (labels.length === 0) return otherwise;
  const all = labels.flatMap((label) => metricsOf(label.task.kind).map((name) => metricOf(labels, label, name).key));
  report(
    'wrong-value',
    given.span,
    {
      where: '`monitor` of `train`',
      wanted: oneOf([...(second ? found.map(({ key }) => key) : all), ...(second ? [] : ['loss'])].map((t) => `\`${t}\``)),
      found: `\`${of === undefined ? spoken : `${of}.${spoken}`}\``,
    },
    second ? {} : meant(given.span, all),
  );
  return otherwise;
}

const textOf = (e: Expression): string => (e.kind === 'name' ? e.text : '');
