import type { Expression, RecordExpression } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { initializers, readInitializer } from './initializers.js';
import { oneOf } from './messages.js';
import { metricNames, metricsOf } from './metrics.js';
import type { Label, MetricName, Optimizer, TrainSection } from './model.js';
import { optimizerRules, withDefaults, type Range, type RuleName } from './optimizers.js';
import {
  describe,
  distinct,
  givenArguments,
  givenEntries,
  key,
  listOf,
  notYet,
  numberIn,
  readKeys,
  truth,
  word,
  type Key,
  type NumberRange,
  type Reader,
} from './reading.js';
import { nearest } from './suggest.js';

const rules = Object.keys(optimizerRules) as RuleName[];
const laterRules = ['ftrl', 'adamax', 'rmsprop', 'rowwise_adagrad'];

const numberRange = (r: Range): NumberRange => ({
  ...(r.minExclusive ? { above: r.min } : { min: r.min }),
  ...(r.max === undefined ? {} : r.maxExclusive ? { below: r.max } : { max: r.max }),
});

const readOptimizer: Reader<Optimizer> = (e, where, report) => {
  const spoken = e.kind === 'name' ? e : e.kind === 'call' && e.callee.kind === 'name' ? e.callee : undefined;
  const rule = rules.find((r) => r === spoken?.text);
  if (!spoken || !rule) {
    if (spoken && laterRules.includes(spoken.text)) {
      report('not-yet', spoken.span, { what: `the optimizer \`${spoken.text}\`` });
      return undefined;
    }
    const near = spoken && nearest(spoken.text, rules);
    report(
      'wrong-value',
      e.span,
      { where, wanted: `one of ${oneOf(rules.map((r) => `\`${r}(…)\``))}`, found: describe(e) },
      {
        help: near ? `did you mean \`${near}\`?` : undefined,
        fix: near ? { span: spoken.span, text: near } : undefined,
      },
    );
    return undefined;
  }
  const keys: Record<string, Key<number> | Key<boolean>> = Object.fromEntries(
    optimizerRules[rule].parameters.map((p, i) => [
      p.name,
      key(p.doc, numberIn(numberRange(p.range)), i === 0 ? { position: 0 } : {}),
    ]),
  );
  const exact: Key<boolean> = key('Update every row of a table at each step, not only those of the batch.', truth, {
    flag: true,
  });
  const read = readKeys({ ...keys, exact }, e.kind === 'call' ? givenArguments(e) : [], `\`${rule}\``, e.span, report);
  const given = Object.fromEntries(Object.entries(read).flatMap(([k, v]) => (typeof v.value === 'number' ? [[k, v.value]] : [])));
  return { rule, parameters: withDefaults(rule, given), exact: read.exact?.value ?? false };
};

/** Neither has a default: over an inherited `sgd(0.1)` a lone `rest` would turn the tables' optimizer into another one unseen. */
const partKeys = {
  embeddings: key('For the embedding tables.', readOptimizer, { required: true }),
  rest: key('For every other weight.', readOptimizer, { required: true }),
};

const readOptimizers: Reader<TrainSection['optimizer']> = (e, where, report) => {
  if (e.kind !== 'record') {
    const one = readOptimizer(e, where, report);
    return one && { embeddings: one, rest: one };
  }
  const read = readKeys(partKeys, givenEntries(e.entries), where, e.span, report);
  return read.embeddings && read.rest && { embeddings: read.embeddings.value, rest: read.rest.value };
};

const defaultOptimizer: Optimizer = { rule: 'adam', parameters: withDefaults('adam'), exact: false };

/** `none` takes away what is inherited. */
const isNone = (e: Expression): boolean => e.kind === 'name' && e.text === 'none';

const readClip: Reader<NonNullable<TrainSection['clipNorm']> | 'none'> = (e, where, report) => {
  if (isNone(e)) return 'none';
  const norm = numberIn({ above: 0 });
  if (e.kind === 'call' && e.callee.kind === 'name' && e.callee.text === 'each') {
    const read = readKeys(
      { norm: key('The largest norm of one weight.', norm, { position: 0, required: true }) },
      givenArguments(e),
      '`each`',
      e.span,
      report,
    );
    return read.norm && { scope: 'each', norm: read.norm.value };
  }
  const value = norm(e, where, report);
  return value === undefined ? undefined : { scope: 'global', norm: value };
};

const readStop: Reader<{ readonly patience: number } | 'none'> = (e, where, report) => {
  if (isNone(e)) return 'none';
  if (e.kind !== 'call' || e.callee.kind !== 'name' || e.callee.text !== 'no_improvement') {
    report('wrong-value', e.span, { where, wanted: '`no_improvement(patience: 2)`', found: describe(e) });
    return undefined;
  }
  const keys = {
    patience: key('How many epochs without improvement end the run.', numberIn({ min: 1, max: 1e6, integer: true }), {
      position: 0,
      required: true,
    }),
  };
  const read = readKeys(keys, givenArguments(e), '`no_improvement`', e.span, report);
  return read.patience && { patience: read.patience.value };
};

export const trainKeys = {
  optimizer: key('How weights follow their gradients: one for all, or `{ embeddings: …, rest: … }`.', readOptimizers),
  batch: key('Rows in one step.', numberIn({ min: 1, max: 2 ** 24, integer: true })),
  epochs: key('Times that every training row is seen.', numberIn({ min: 1, max: 1e6, integer: true })),
  clip_norm: key('The largest norm of all gradients together; `each(1)` clips each weight by itself.', readClip),
  l2: key('(l2/2)·‖w‖² of every weight outside tables that is no bias.', numberIn({ min: 0 })),
  init: key('How weights start, biases and tables aside.', readInitializer),
  stop: key('When to end before the last epoch.', readStop),
  monitor: key('What is measured on the validation rows to find the best epoch.', word(...metricNames, 'loss')),
  shuffle: key('Whether each epoch sees the rows in a new order.', truth),
  seed: key('Decides every random choice of a run.', numberIn({ min: 0, max: 4294967295, integer: true })),
  ema: notYet('Share of the past in a moving average of the weights.'),
  schedule: notYet('How the learning rate changes.'),
  coupled: notYet('What a loss over the batch may see.'),
  accumulate: notYet('Batches in one update.'),
};

const defaultMetrics: Readonly<Record<Label['task']['kind'], readonly MetricName[]>> = {
  binary: ['auc', 'log_loss'],
  number: ['rmse', 'mae'],
  class: ['accuracy', 'log_loss'],
};

export function checkMetrics(value: Expression | undefined, label: Label | undefined, report: Report): readonly MetricName[] {
  const task = label?.task.kind ?? 'binary';
  if (!value) return defaultMetrics[task];
  const read = distinct('metrics', listOf(word(...metricNames), 1))(value, '`metrics`', report);
  if (!read || !label) return read ?? defaultMetrics[task];
  const elements = value.kind === 'list' ? value.elements : [];
  read.forEach((m, i) => {
    if (metricsOf(task).includes(m)) return;
    report(
      'wrong-value',
      elements[i]?.span ?? value.span,
      { where: 'a metric of this label', wanted: oneOf(metricsOf(task).map((t) => `\`${t}\``)), found: `\`${m}\`` },
      {
        notes: [{ span: label.span, text: `\`${label.name}\` is ${task === 'number' ? 'a number' : task}` }],
      },
    );
  });
  return [...new Set(read)];
}

export function checkTrain(
  record: RecordExpression | undefined,
  metrics: readonly MetricName[],
  label: Label | undefined,
  hasValidation: boolean,
  report: Report,
): TrainSection {
  const read = record ? readKeys(trainKeys, givenEntries(record.entries), '`train`', record.span, report) : {};
  const monitor = read.monitor?.value ?? metrics[0] ?? 'loss';
  if (read.monitor && label && monitor !== 'loss' && !metricsOf(label.task.kind).includes(monitor)) {
    report('wrong-value', read.monitor.span, {
      where: '`monitor` of `train`',
      wanted: oneOf([...metricsOf(label.task.kind), 'loss'].map((t) => `\`${t}\``)),
      found: `\`${monitor}\``,
    });
  }
  if (!hasValidation) {
    const idle = read.stop ?? read.monitor;
    if (idle) {
      report(
        'unused-setting',
        idle.key,
        { what: read.stop ? '`stop`' : '`monitor`', why: 'the split leaves no validation rows' },
        {
          help: 'add `valid: 0.1` to the split',
        },
      );
    }
  }
  return {
    optimizer: read.optimizer?.value ?? { embeddings: defaultOptimizer, rest: defaultOptimizer },
    batch: read.batch?.value ?? 512,
    epochs: read.epochs?.value ?? 10,
    l2: read.l2?.value ?? 0,
    initializer: read.init?.value ?? initializers.glorot_uniform,
    monitor,
    shuffle: read.shuffle?.value ?? true,
    seed: read.seed?.value ?? 0,
    ...(read.clip_norm && read.clip_norm.value !== 'none' && { clipNorm: read.clip_norm.value }),
    ...(read.stop && read.stop.value !== 'none' && { stop: read.stop.value }),
  };
}
