import { writeNumber } from '../language/literals.js';
import type { Call } from '../language/syntax.js';
import type { Initializer } from './model.js';
import { describe, givenArguments, key, numberIn, readKeys, taking, type Form, type Reader } from './reading.js';
import { oneOf } from './messages.js';
import { meant } from './suggest.js';

type Named = Exclude<Initializer['kind'], 'constant'>;

const real = numberIn({});
const deviation = numberIn({ min: 0 });
const uniformKeys = {
  low: key('The lowest value.', real, { position: 0, default: -0.05 }),
  high: key('The highest value.', real, { position: 1, default: 0.05 }),
};
const normalKeys = {
  mean: key('The mean.', real, { position: 0, default: 0 }),
  deviation: key('The standard deviation.', deviation, { position: 1, default: 0.05 }),
};

/** What each initializer is without arguments. Defaults are those of Keras 3. */
export const initializers: Readonly<Record<Named, Initializer>> = {
  uniform: { kind: 'uniform', low: uniformKeys.low.default, high: uniformKeys.high.default },
  normal: { kind: 'normal', mean: normalKeys.mean.default, deviation: normalKeys.deviation.default },
  truncated_normal: { kind: 'truncated_normal', mean: normalKeys.mean.default, deviation: normalKeys.deviation.default },
  glorot_uniform: { kind: 'glorot_uniform' },
  glorot_normal: { kind: 'glorot_normal' },
  he_uniform: { kind: 'he_uniform' },
  he_normal: { kind: 'he_normal' },
};

/** What a spec may say of each. */
export const initializerForms: Readonly<Record<Named, Form>> = {
  uniform: { doc: 'Uniform between two values.', source: 'Keras 3 RandomUniform', keys: uniformKeys },
  normal: { doc: 'Normal.', source: 'Keras 3 RandomNormal', keys: normalKeys },
  truncated_normal: { doc: 'Normal, drawn again beyond two deviations.', source: 'Keras 3 TruncatedNormal', keys: normalKeys },
  glorot_uniform: { doc: 'Uniform between ±√(6 / (in + out)).', source: 'Glorot and Bengio 2010, Eq. (16)', keys: {} },
  glorot_normal: { doc: 'Normal of deviation √(2 / (in + out)).', source: 'Glorot and Bengio 2010, Eq. (12)', keys: {} },
  he_uniform: { doc: 'Uniform between ±√(6 / in).', source: 'Keras 3 HeUniform', keys: {} },
  he_normal: { doc: 'Truncated normal of deviation √(2 / in).', source: 'He et al. 2015; Keras 3 HeNormal', keys: {} },
};

export const isInitializer = (name: string): name is Named => Object.hasOwn(initializers, name);

/** A number, the name of an initializer, or one with arguments: `uniform(0, 1)`. */
export const readInitializer: Reader<Initializer> = taking(
  { wanted: 'a number', calls: initializerForms },
  (e, where, report) => {
    if (e.kind === 'number' || e.kind === 'unary') {
      const value = real(e, where, report);
      return value === undefined ? undefined : { kind: 'constant', value };
    }
    const spoken = e.kind === 'name' ? e : e.kind === 'call' && e.callee.kind === 'name' ? e.callee : undefined;
    if (!spoken || !isInitializer(spoken.text)) {
      report(
        'wrong-value',
        e.span,
        { where, wanted: `a number, or ${oneOf(Object.keys(initializers).map((n) => `\`${n}\``))}`, found: describe(e) },
        spoken && meant(spoken.span, Object.keys(initializers)),
      );
      return undefined;
    }
    const plain = initializers[spoken.text];
    return e.kind === 'call' ? withArguments(plain, e, report) : plain;
  },
);

function withArguments(plain: Initializer, call: Call, report: Parameters<Reader<Initializer>>[2]): Initializer | undefined {
  const where = `\`${plain.kind}\``;
  const given = givenArguments(call);
  switch (plain.kind) {
    case 'uniform': {
      const read = readKeys(uniformKeys, given, where, call.span, report);
      const [low, high] = [read.low?.value ?? plain.low, read.high?.value ?? plain.high];
      return inRange({ ...plain, low, high }, (fault) => report('out-of-range', call.span, { where, ...fault }));
    }
    case 'normal':
    case 'truncated_normal': {
      const read = readKeys(normalKeys, given, where, call.span, report);
      return { ...plain, mean: read.mean?.value ?? plain.mean, deviation: read.deviation?.value ?? plain.deviation };
    }
    case 'constant':
    case 'glorot_uniform':
    case 'glorot_normal':
    case 'he_uniform':
    case 'he_normal':
      readKeys({}, given, where, call.span, report);
      return plain;
    default:
      return plain satisfies never;
  }
}

/** The initializer, if its numbers make sense; else says what is wrong. */
export function inRange(
  i: Initializer,
  say: (fault: { readonly wanted: string; readonly found: string }) => void,
): Initializer | undefined {
  if (i.kind === 'uniform' && !(i.low <= i.high)) {
    say({ wanted: 'a range that rises', found: `${String(i.low)} to ${String(i.high)}` });
    return undefined;
  }
  if ((i.kind === 'normal' || i.kind === 'truncated_normal') && !(i.deviation >= 0)) {
    say({ wanted: 'with a deviation ≥ 0', found: String(i.deviation) });
    return undefined;
  }
  return i;
}

/** As it is written in a spec. */
export function initializerText(i: Initializer): string {
  switch (i.kind) {
    case 'constant':
      return writeNumber(i.value);
    case 'uniform':
      return `uniform(${writeNumber(i.low)}, ${writeNumber(i.high)})`;
    case 'normal':
    case 'truncated_normal':
      return `${i.kind}(${writeNumber(i.mean)}, ${writeNumber(i.deviation)})`;
    case 'glorot_uniform':
    case 'glorot_normal':
    case 'he_uniform':
    case 'he_normal':
      return i.kind;
    default:
      return i satisfies never;
  }
}
