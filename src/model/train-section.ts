import type { Expression, RecordExpression } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { initializers, readInitializer } from './initializers.js';
import { oneOf } from './messages.js';
import type { Optimizer, Optimizers, TrainSection } from './model.js';
import { optimizerRules, partOf, withDefaults, type Range, type RuleName } from './optimizers.js';
import {
  describe,
  givenArguments,
  givenEntries,
  key,
  notYet,
  numberIn,
  readKeys,
  truth,
  type Key,
  type Located,
  type NumberRange,
  type Reader,
} from './reading.js';
import type { MeasuredLabels } from './metric-section.js';
import { readMonitor, checkMonitor } from './metric-section.js';
import type { Network } from './network.js';
import { nearest } from './suggest.js';

const rules = Object.keys(optimizerRules) as RuleName[];
const laterRules = ['adamax', 'rmsprop', 'rowwise_adagrad'];

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

/** `rest` has no default: a lone `embeddings` would turn an inherited `sgd(0.1)` of all other weights into another one unseen. */
const partKeys = {
  embeddings: key('For the embedding tables; by default as `rest`.', readOptimizer),
  rest: key('For every weight that no other key claims.', readOptimizer, { required: true }),
};

/** One for all, or a record by part; other keys than `partKeys` are names of the network, which are checked once there is one. */
const readOptimizers: Reader<Optimizers> = (e, where, report) => {
  if (e.kind !== 'record') {
    const one = readOptimizer(e, where, report);
    return one && { embeddings: one, rest: one, parts: {} };
  }
  const others = e.entries.filter(({ name }) => !Object.hasOwn(partKeys, name.text));
  const keys = Object.fromEntries(
    others.map(({ name }) => [name.text, key('For the weights under this name of the network.', readOptimizer)]),
  );
  const read = readKeys({ ...keys, ...partKeys }, givenEntries(e.entries), where, e.span, report);
  if (!read.rest) return undefined;
  const { rest, embeddings, ...named } = read as Readonly<Record<string, Located<Optimizer>>> & {
    readonly rest: Located<Optimizer>;
  };
  return {
    rest: rest.value,
    embeddings: (embeddings ?? rest).value,
    parts: Object.fromEntries(Object.entries(named).map(([part, { value }]) => [part, value])),
  };
};

/** Every part is a name of the network, and has weights or tables. */
export function checkParts(
  record: RecordExpression | undefined,
  network: Network,
  names: readonly string[],
  report: Report,
): void {
  const optimizer = record?.entries.findLast(({ name }) => name.text === 'optimizer')?.value;
  if (optimizer?.kind !== 'record') return;
  const tables = network.sites.map(({ table }) => table).filter((table) => table.includes('.'));
  const owners = new Set(
    [...network.weights.map(({ name }) => name), ...tables].map((path) => partOf(path, (name) => names.includes(name))),
  );
  for (const { name } of optimizer.entries) {
    const part = name.text;
    if (Object.hasOwn(partKeys, part)) continue;
    if (!names.includes(part)) {
      const near = nearest(part, [...names, ...Object.keys(partKeys)]);
      report(
        'unknown-name',
        name.span,
        { name: part },
        {
          help: near
            ? `did you mean \`${near}\`?`
            : `an optimizer is for ${oneOf([...owners, ...Object.keys(partKeys)].map((n) => `\`${n}\``))}`,
          fix: near ? { span: name.span, text: near } : undefined,
        },
      );
    } else if (!owners.has(part))
      report('unused-setting', name.span, { what: `the optimizer of \`${part}\``, why: 'no weight and no table is made there' });
  }
}

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
  monitor: key('What is measured on the validation rows to find the best epoch.', readMonitor),
  shuffle: key('Whether each epoch sees the rows in a new order.', truth),
  seed: key('Decides every random choice of a run.', numberIn({ min: 0, max: 4294967295, integer: true })),
  ema: notYet('Share of the past in a moving average of the weights.'),
  schedule: notYet('How the learning rate changes.'),
  coupled: notYet('What a loss over the batch may see.'),
  accumulate: notYet('Batches in one update.'),
};

export function checkTrain(
  record: RecordExpression | undefined,
  measured: MeasuredLabels,
  hasValidation: boolean,
  report: Report,
): TrainSection {
  const read = record ? readKeys(trainKeys, givenEntries(record.entries), '`train`', record.span, report) : {};
  const monitor = checkMonitor(read.monitor, measured, report);
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
    optimizer: read.optimizer?.value ?? { embeddings: defaultOptimizer, rest: defaultOptimizer, parts: {} },
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
