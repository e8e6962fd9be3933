import type { Expression } from '../language/syntax.js';
import { oneOf } from './messages.js';
import type { Duration, Schedule } from './model.js';
import {
  describe,
  givenArguments,
  key,
  numberIn,
  readKeys,
  taking,
  type Form,
  type Key,
  type NumberRange,
  type Reader,
} from './reading.js';
import { meant } from './suggest.js';

const units = ['steps', 'epochs'] as const;
const countOf = (unit: string, range: NumberRange): { readonly count: Key<number> } => ({
  count: key(`How many ${unit}.`, numberIn(range), { position: 0, required: true }),
});
const durationForms = {
  steps: { doc: 'So many updates.', keys: countOf('steps', { min: 1, max: 2 ** 31, integer: true }) },
  epochs: { doc: 'So many times through the training rows.', keys: countOf('epochs', { above: 0, max: 1e6 }) },
} as const satisfies Readonly<Record<string, Form>>;

/** `steps(500)` or `epochs(2)`: a bare number could be either. */
const readDuration: Reader<Duration> = taking({ calls: durationForms }, (e, where, report) => {
  const spoken = e.kind === 'call' && e.callee.kind === 'name' ? e.callee : undefined;
  const unit = units.find((known) => known === spoken?.text);
  if (e.kind !== 'call' || unit === undefined) {
    const [, name] = /^`(\w+)` of /.exec(where) ?? [];
    const count =
      e.kind === 'number' ? `write \`${name === undefined ? '' : `${name}: `}steps(${e.text})\` or \`epochs(…)\`` : undefined;
    report(
      'wrong-value',
      e.span,
      { where, wanted: '`steps(500)` or `epochs(2)`', found: describe(e) },
      spoken ? meant(spoken.span, units) : { help: count },
    );
    return undefined;
  }
  const { count } = readKeys(durationForms[unit].keys, givenArguments(e), `\`${unit}\``, e.span, report);
  return count && { unit, count: count.value };
});

type ScheduleName = Schedule['kind'];
type Given = Readonly<Record<string, number | Duration | undefined>>;

interface ScheduleRule extends Form {
  readonly source: string;
  readonly keys: Readonly<Record<string, Key<number> | Key<Duration>>>;
  readonly defaults: Given;
}

const valueText = (value: number | Duration): string =>
  typeof value === 'number' ? String(value) : `${value.unit}(${String(value.count)})`;

const factorKey = numberIn({ above: 0, below: 1 });
const shareKey = numberIn({ min: 0, below: 1 });
const warmup = key('How long the learning rate rises in a line from 0; the schedule begins after it.', readDuration);

/** Every schedule that a spec can name, with its keys. All of them may have a `warmup` before them [Goyal et al. 2017, section 2.2]. */
export const scheduleRules: Readonly<Record<ScheduleName, ScheduleRule>> = {
  constant: { doc: 'The learning rate stays.', source: 'with `warmup`: Goyal et al. 2017, section 2.2', keys: {}, defaults: {} },
  step: {
    doc: 'Times `factor` each time that `every` has passed.',
    source: 'PyTorch StepLR',
    keys: {
      every: key('How long until the learning rate falls, each time.', readDuration, { required: true }),
      factor: key('What it is multiplied by.', factorKey),
    },
    defaults: { factor: 0.1 },
  },
  exponential: {
    doc: 'Times `factor` for each `every`, a little at each step.',
    source: 'Keras 3 ExponentialDecay',
    keys: {
      factor: key('What the learning rate is multiplied by in each `every`.', factorKey, { required: true }),
      every: key('How long one multiplication takes.', readDuration),
    },
    defaults: { every: { unit: 'epochs', count: 1 } },
  },
  cosine: {
    doc: 'Half a cosine from the whole learning rate down to `to` of it.',
    source: 'Loshchilov and Hutter 2017, Eq. (5) without restarts; Keras 3 CosineDecay',
    keys: {
      to: key('Share of the learning rate that is left at the end.', shareKey),
      over: key('How long it falls; by default to the end of the run.', readDuration),
    },
    defaults: { to: 0 },
  },
  plateau: {
    doc: 'Times `factor` when `patience` epochs in a row did not improve what `monitor` names.',
    source: 'Keras 3 ReduceLROnPlateau; `patience` as in FuxiCTR',
    keys: {
      factor: key('What the learning rate is multiplied by.', factorKey),
      patience: key('Epochs without improvement before it falls.', numberIn({ min: 1, max: 1e6, integer: true })),
      to: key('Share of the learning rate below which it does not fall.', shareKey),
    },
    defaults: { factor: 0.1, patience: 1, to: 0 },
  },
};

const names = Object.keys(scheduleRules) as ScheduleName[];

/** What a spec may say of each schedule. */
export const scheduleForms: Readonly<Record<string, Form>> = Object.fromEntries(
  Object.entries(scheduleRules).map(([name, { doc, source, keys, defaults }]) => {
    const withDefault = ([of, known]: [string, Key<number> | Key<Duration>]): [string, Key<unknown>] => {
      const value = defaults[of];
      return [of, value === undefined ? known : { ...known, default: value, defaultText: valueText(value) }];
    };
    return [name, { doc, source, keys: Object.fromEntries([...Object.entries(keys).map(withDefault), ['warmup', warmup]]) }];
  }),
);

const isNone = (e: Expression): boolean => e.kind === 'name' && e.text === 'none';

/** `cosine(warmup: steps(500))`; `none` takes away what is inherited. */
export const readSchedule: Reader<Schedule | 'none'> = taking({ words: ['none'], calls: scheduleForms }, (e, where, report) => {
  if (isNone(e)) return 'none';
  const spoken = e.kind === 'name' ? e : e.kind === 'call' && e.callee.kind === 'name' ? e.callee : undefined;
  const kind = names.find((name) => name === spoken?.text);
  if (!spoken || !kind) {
    report(
      'wrong-value',
      e.span,
      { where, wanted: `one of ${oneOf(names.map((name) => `\`${name}(…)\``))}`, found: describe(e) },
      spoken && meant(spoken.span, names),
    );
    return undefined;
  }
  const { keys, defaults } = scheduleRules[kind];
  const read = readKeys({ ...keys, warmup }, e.kind === 'call' ? givenArguments(e) : [], `\`${kind}\``, e.span, report);
  const given = Object.fromEntries(Object.entries(read).map(([k, v]) => [k, v.value]));
  if (Object.entries(keys).some(([k, { required }]) => required === true && given[k] === undefined)) return undefined;
  return { kind, ...defaults, ...given } as Schedule;
});

/** A schedule as a spec says it, with every default. */
export function scheduleText({ kind, ...values }: Schedule): string {
  const given = Object.entries(values as Given).flatMap(([k, v]) => (v === undefined ? [] : [`${k}: ${valueText(v)}`]));
  return `${kind}(${given.join(', ')})`;
}
