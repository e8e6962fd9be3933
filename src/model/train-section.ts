import type { Expression, RecordExpression } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { initializers, initializerText, readInitializer } from './initializers.js';
import { oneOf } from './messages.js';
import type { Optimizer, Optimizers, TrainSection } from './model.js';
import { optimizerOfWeight, optimizerRules, partOf, withDefaults, type Range, type RuleName } from './optimizers.js';
import {
  acceptedBy,
  describe,
  givenArguments,
  givenEntries,
  key,
  numberIn,
  readKeys,
  taking,
  truth,
  word,
  type Accepts,
  type Defaulted,
  type Form,
  type Key,
  type Located,
  type NumberRange,
  type Reader,
} from './reading.js';
import type { MeasuredLabels } from './metric-section.js';
import { readMonitor, checkMonitor } from './metric-section.js';
import type { Network } from './network.js';
import { readSchedule } from './schedules.js';
import { meant } from './suggest.js';

const rules = Object.keys(optimizerRules) as RuleName[];

const numberRange = (r: Range): NumberRange => ({
  ...(r.minExclusive ? { above: r.min } : { min: r.min }),
  ...(r.max === undefined ? {} : r.maxExclusive ? { below: r.max } : { max: r.max }),
});

/** What a spec may say of each rule. */
export const optimizerForms = Object.fromEntries(
  rules.map((rule) => {
    const { doc, source, parameters } = optimizerRules[rule];
    const keys: Record<string, Key<number> | Key<boolean>> = Object.fromEntries(
      parameters.map((p, i) => [
        p.name,
        p.isSwitch === true
          ? key(p.doc, truth, { flag: true, default: p.default !== 0 })
          : key(p.doc, numberIn(numberRange(p.range)), { default: p.default, ...(i === 0 && { position: 0 }) }),
      ]),
    );
    const exact = key('Update every row of a table at each step, not only those of the batch.', truth, {
      flag: true,
      default: false,
    });
    return [rule, { doc, source, keys: { ...keys, exact } }];
  }),
) as Readonly<Record<RuleName, Form & { readonly keys: { readonly exact: Defaulted<boolean> } }>>;

const readOptimizer: Reader<Optimizer> = taking({ calls: optimizerForms }, (e, where, report) => {
  const spoken = e.kind === 'name' ? e : e.kind === 'call' && e.callee.kind === 'name' ? e.callee : undefined;
  const rule = rules.find((r) => r === spoken?.text);
  if (!spoken || !rule) {
    report(
      'wrong-value',
      e.span,
      { where, wanted: `one of ${oneOf(rules.map((r) => `\`${r}(…)\``))}`, found: describe(e) },
      spoken && meant(spoken.span, rules),
    );
    return undefined;
  }
  const { keys } = optimizerForms[rule];
  const read = readKeys(keys, e.kind === 'call' ? givenArguments(e) : [], `\`${rule}\``, e.span, report);
  const given = Object.fromEntries(Object.entries(read).flatMap(([k, v]) => (k === 'exact' || !v ? [] : [[k, Number(v.value)]])));
  const { nesterov } = read as Readonly<Record<string, Located<unknown> | undefined>>;
  if (nesterov?.value === true && !given.momentum)
    report('unused-setting', nesterov.key, { what: '`nesterov`', why: '`momentum` is 0' });
  return { rule, parameters: withDefaults(rule, given), exact: read.exact?.value ?? keys.exact.default };
});

/** `rest` has no default: a lone `embeddings` would turn an inherited `sgd(0.1)` of all other weights into another one unseen. */
const partKeys = {
  embeddings: key('For the embedding tables.', readOptimizer, { defaultText: 'as `rest`' }),
  rest: key('For every weight that no other key claims.', readOptimizer, { required: true }),
};

/** One for all, or a record by part; other keys than `partKeys` are names of the network, which are checked once there is one. */
const optimizersAccept: Accepts = { calls: optimizerForms, record: partKeys, entry: { calls: optimizerForms } };
const readOptimizers: Reader<Optimizers> = taking(optimizersAccept, (e, where, report) => {
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
});

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
      const parts = oneOf([...owners, ...Object.keys(partKeys)].map((n) => `\`${n}\``));
      report(
        'unknown-name',
        name.span,
        { name: part },
        meant(name.span, [...names, ...Object.keys(partKeys)], `an optimizer is for ${parts}`),
      );
    } else if (!owners.has(part))
      report('unused-setting', name.span, { what: `the optimizer of \`${part}\``, why: 'no weight and no table is made there' });
  }
}

/** Rules of rows are for what has rows: tables, and the vectors of numbers among the embeddings. */
export function checkRowRules(record: RecordExpression | undefined, of: Optimizers, network: Network, report: Report): void {
  const given = record?.entries.findLast(({ name }) => name.text === 'optimizer')?.value;
  const weight = network.weights.find(
    ({ name, frozen }) =>
      frozen !== true && !name.startsWith('embeddings.') && optimizerOfWeight(of, name).rule === 'rowwise_adagrad',
  );
  if (given && weight)
    report(
      'wrong-value',
      given.span,
      { where: `the optimizer of \`${weight.name}\``, wanted: 'a rule for weights', found: '`rowwise_adagrad`' },
      { help: 'it is for the rows of tables: `{ embeddings: rowwise_adagrad(0.05), rest: adam }`' },
    );
}

const defaultOptimizer: Optimizer = { rule: 'adam', parameters: withDefaults('adam'), exact: false };

/** `none` takes away what is inherited. */
const isNone = (e: Expression): boolean => e.kind === 'name' && e.text === 'none';

const norm = numberIn({ above: 0 });
const each = {
  doc: 'Each weight by itself.',
  source: 'Keras 3 `clipnorm`',
  keys: { norm: key('The largest norm of one weight.', norm, { position: 0, required: true }) },
} as const satisfies Form;

const clipAccepts: Accepts = { ...acceptedBy(norm), words: ['none'], calls: { each } };
const readClip: Reader<NonNullable<TrainSection['clipNorm']> | 'none'> = taking(clipAccepts, (e, where, report) => {
  if (isNone(e)) return 'none';
  if (e.kind === 'call' && e.callee.kind === 'name' && e.callee.text === 'each') {
    const read = readKeys(each.keys, givenArguments(e), '`each`', e.span, report);
    return read.norm && { scope: 'each', norm: read.norm.value };
  }
  const value = norm(e, where, report);
  return value === undefined ? undefined : { scope: 'global', norm: value };
});

const decay = numberIn({ min: 0, below: 1 });
const readEma: Reader<number | 'none'> = taking({ ...acceptedBy(decay), words: ['none'] }, (e, where, report) =>
  isNone(e) ? 'none' : decay(e, where, report),
);

const noImprovement = {
  doc: 'What `monitor` names has not improved.',
  keys: {
    patience: key('How many epochs without improvement end the run.', numberIn({ min: 1, max: 1e6, integer: true }), {
      position: 0,
      required: true,
    }),
  },
} as const satisfies Form;

const stopAccepts: Accepts = { words: ['none'], calls: { no_improvement: noImprovement } };
const readStop: Reader<{ readonly patience: number } | 'none'> = taking(stopAccepts, (e, where, report) => {
  if (isNone(e)) return 'none';
  if (e.kind !== 'call' || e.callee.kind !== 'name' || e.callee.text !== 'no_improvement') {
    report('wrong-value', e.span, { where, wanted: '`no_improvement(patience: 2)`', found: describe(e) });
    return undefined;
  }
  const read = readKeys(noImprovement.keys, givenArguments(e), '`no_improvement`', e.span, report);
  return read.patience && { patience: read.patience.value };
});

export const trainKeys = {
  optimizer: key('How weights follow their gradients: one for all, or `{ embeddings: …, rest: … }`.', readOptimizers, {
    default: { embeddings: defaultOptimizer, rest: defaultOptimizer, parts: {} },
    defaultText: 'adam',
    source: 'Kingma and Ba 2015; Keras 3 Adam',
  }),
  batch: key('Rows in one step.', numberIn({ min: 1, max: 2 ** 24, integer: true }), { default: 512 }),
  epochs: key('Times that every training row is seen.', numberIn({ min: 1, max: 1e6, integer: true }), { default: 10 }),
  clip_norm: key('The largest norm of all gradients together; `each(1)` clips each weight by itself.', readClip, {
    default: 'none',
  }),
  l2: key('(l2/2)·‖w‖² of every weight outside tables that is no bias.', numberIn({ min: 0 }), { default: 0 }),
  init: key('How weights start, biases and tables aside.', readInitializer, {
    default: initializers.glorot_uniform,
    defaultText: initializerText(initializers.glorot_uniform),
    source: 'Keras 3 Dense',
  }),
  stop: key('When to end before the last epoch.', readStop, { default: 'none' }),
  monitor: key('What is measured on the validation rows to find the best epoch.', readMonitor, {
    defaultText: 'the first of `metrics`',
  }),
  shuffle: key('Whether each epoch sees the rows in a new order.', truth, { default: true }),
  seed: key('Decides every random choice of a run.', numberIn({ min: 0, max: 4294967295, integer: true }), { default: 0 }),
  schedule: key('How the learning rates of all parts change as the run goes on.', readSchedule, { default: 'none' }),
  ema: key('Share of the past in a moving average of the weights, which is validated, kept and served.', readEma, {
    default: 'none',
  }),
  accumulate: key('Batches whose gradients make one update.', numberIn({ min: 1, max: 65536, integer: true }), { default: 1 }),
  coupled: key('What a statistic or a loss over the batch sees: the whole `batch`, or a `shard` of it.', word('batch', 'shard'), {
    default: 'batch',
  }),
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
    const schedule = read.schedule?.value;
    const plateau = schedule !== undefined && schedule !== 'none' && schedule.kind === 'plateau' ? read.schedule : undefined;
    const idle = read.stop ?? plateau ?? read.monitor;
    if (idle) {
      report(
        'unused-setting',
        idle.key,
        { what: read.stop ? '`stop`' : plateau ? '`plateau`' : '`monitor`', why: 'the split leaves no validation rows' },
        {
          help: 'add `valid: 0.1` to the split',
        },
      );
    }
  }
  const optimizer = read.optimizer?.value ?? trainKeys.optimizer.default;
  if (
    read.schedule &&
    [optimizer.embeddings, optimizer.rest, ...Object.values(optimizer.parts)].every(({ rule }) => rule === 'ftrl')
  )
    report('unused-setting', read.schedule.key, {
      what: '`schedule`',
      why: 'the learning rate of `ftrl` is part of its weights',
    });
  return {
    optimizer,
    batch: read.batch?.value ?? trainKeys.batch.default,
    accumulate: read.accumulate?.value ?? trainKeys.accumulate.default,
    coupled: read.coupled?.value ?? trainKeys.coupled.default,
    epochs: read.epochs?.value ?? trainKeys.epochs.default,
    l2: read.l2?.value ?? trainKeys.l2.default,
    initializer: read.init?.value ?? trainKeys.init.default,
    monitor,
    shuffle: read.shuffle?.value ?? trainKeys.shuffle.default,
    seed: read.seed?.value ?? trainKeys.seed.default,
    ...(read.clip_norm && read.clip_norm.value !== 'none' && { clipNorm: read.clip_norm.value }),
    ...(read.schedule && read.schedule.value !== 'none' && { schedule: read.schedule.value }),
    ...(read.ema && read.ema.value !== 'none' && { ema: read.ema.value }),
    ...(read.stop && read.stop.value !== 'none' && { stop: read.stop.value }),
  };
}
