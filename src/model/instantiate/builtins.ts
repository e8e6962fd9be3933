import type { Span } from '../../language/source.js';
import { initializers, isInitializer } from '../initializers.js';
import type { Index, Reduction, UnaryFunction } from '../network.js';
import { fail, numbered, type Place } from './context.js';
import { asTensor, binary, bind, concat, constant, make, reduce, reshape, sizeOf, stack, unary } from './tensors.js';
import { numberValue, valueText, type Element, type TensorValue, type Value } from './values.js';

export interface BuiltinParameter {
  readonly name: string;
  readonly optional?: boolean;
}

export interface Builtin {
  readonly doc: string;
  readonly parameters: readonly BuiltinParameter[];
  /** The first parameter is a list: positional arguments are its elements. */
  readonly list?: boolean;
  /** Absent: in the language, but not built yet. */
  readonly run?: (
    place: Place,
    given: Readonly<Record<string, Element | undefined>>,
    span: Span,
    elements: readonly Element[],
  ) => Value;
  /** For `name[i](e)`: what becomes of the free index. */
  readonly indexed?: (place: Place, x: TensorValue, index: Index, span: Span) => TensorValue;
  /** Whether `name[i]` takes an index that exists already, which stays free. */
  readonly keepsIndex?: boolean;
}

const x: BuiltinParameter = { name: 'x' };

function tensor(
  place: Place,
  given: Readonly<Record<string, Element | undefined>>,
  name: string,
  span: Span,
  what: string,
): TensorValue {
  const element = given[name];
  return element
    ? asTensor(place, element.value, element.span, what)
    : fail(place, 'missing-argument', span, { parameter: name, block: what });
}

/** A number known while compiling. */
export function known(place: Place, element: Element | undefined, span: Span, what: string, integer = false): number {
  const value = element?.value;
  if (value?.kind !== 'number') {
    return fail(place, 'wrong-operand', element?.span ?? span, {
      what,
      wanted: integer ? 'a whole number known while compiling' : 'a number known while compiling',
      found: value ? valueText(value) : 'nothing',
    });
  }
  if (integer && !Number.isSafeInteger(value.value))
    fail(place, 'not-whole', element?.span ?? span, { value: String(value.value) });
  return value.value;
}

const elementwise = (name: UnaryFunction, doc: string, fold: (value: number) => number): Builtin => ({
  doc,
  parameters: [x],
  run: (place, given, span) =>
    given.x?.value.kind === 'number'
      ? numberValue(fold(given.x.value.value))
      : unary(place, span, name, tensor(place, given, 'x', span, `\`${name}\``)),
});

const rounding = (name: string, doc: string, round: (value: number) => number): Builtin => ({
  doc,
  parameters: [x],
  run: (place, given, span) => numberValue(round(known(place, given.x, span, `\`${name}\``))),
});

const over = (reduction: Reduction) => (place: Place, value: TensorValue, index: Index, span: Span) =>
  reduce(place, span, reduction, value, index);

const reduction = (
  name: Reduction,
  doc: string,
  several: (place: Place, span: Span, a: TensorValue, b: TensorValue) => TensorValue,
  finish: (place: Place, span: Span, total: TensorValue, count: number) => TensorValue = (_place, _span, total) => total,
  fold?: (values: readonly number[]) => number,
): Builtin => ({
  doc,
  parameters: [{ name: 'xs' }],
  list: true,
  indexed: over(name),
  run: (place, _given, span, elements) => {
    const what = `\`${name}\``;
    const [only] = elements;
    if (!only) return fail(place, 'missing-argument', span, { parameter: 'x', block: what });
    if (fold && elements.every((e) => e.value.kind === 'number'))
      return numberValue(fold(elements.map((e) => (e.value.kind === 'number' ? e.value.value : 0))));
    const xs = elements.map((e) => asTensor(place, e.value, e.span, what));
    const [first, ...rest] = xs;
    if (!first) return fail(place, 'missing-argument', span, { parameter: 'x', block: what });
    return finish(
      place,
      span,
      rest.reduce((a, b) => several(place, span, a, b), first),
      xs.length,
    );
  },
});

/** `sum(x)` of one tensor is a scalar; of a list or several, elementwise. */
const single = (name: Reduction, builtin: Builtin): Builtin => ({
  ...builtin,
  run: (place, given, span, elements) => {
    const only = elements.length === 1 && given.xs === undefined ? elements[0] : undefined;
    if (only && only.value.kind !== 'number')
      return reduce(place, span, name, asTensor(place, only.value, only.span, `\`${name}\``), 'all');
    return builtin.run?.(place, given, span, elements) ?? numberValue(0);
  },
});

const pairwise = (name: 'add' | 'max' | 'min', operator: string) => (place: Place, span: Span, a: TensorValue, b: TensorValue) =>
  binary(place, span, name, operator, a, b);

const initializerParameters: Readonly<Record<string, readonly string[]>> = {
  uniform: ['low', 'high'],
  normal: ['mean', 'deviation'],
  truncated_normal: ['mean', 'deviation'],
};

const initializer = (name: string): Builtin => ({
  doc: `Values that a weight starts with: ${name}.`,
  parameters: (initializerParameters[name] ?? []).map((p) => ({ name: p, optional: true })),
  run: (place, given, span) => {
    const plain = isInitializer(name) ? initializers[name] : fail(place, 'unknown-function', span, { name });
    const get = (key: string, otherwise: number): number =>
      given[key] ? known(place, given[key], span, `\`${key}\` of \`${name}\``) : otherwise;
    if (plain.kind === 'uniform')
      return { kind: 'initializer', initializer: { ...plain, low: get('low', plain.low), high: get('high', plain.high) } };
    if (plain.kind === 'normal' || plain.kind === 'truncated_normal') {
      return {
        kind: 'initializer',
        initializer: { ...plain, mean: get('mean', plain.mean), deviation: get('deviation', plain.deviation) },
      };
    }
    return { kind: 'initializer', initializer: plain };
  },
});

const later = (doc: string, parameters: readonly BuiltinParameter[] = [x], list = false): Builtin => ({ doc, parameters, list });

/** Every function that is not a block. `weight` and `bias` take subscripts and are made by the evaluator. */
export const builtins: Readonly<Record<string, Builtin>> = {
  sum: single(
    'sum',
    reduction('sum', 'The sum of a tensor, or elementwise of several.', pairwise('add', '+'), undefined, (v) =>
      v.reduce((a, b) => a + b, 0),
    ),
  ),
  mean: single(
    'mean',
    reduction(
      'mean',
      'The mean of a tensor, or elementwise of several.',
      pairwise('add', '+'),
      (place, span, total, count) => binary(place, span, 'multiply', '*', total, constant(place, span, 1 / count)),
      (v) => v.reduce((a, b) => a + b, 0) / v.length,
    ),
  ),
  max: single(
    'max',
    reduction('max', 'The largest element, or elementwise of several.', pairwise('max', 'max'), undefined, (v) => Math.max(...v)),
  ),
  min: single(
    'min',
    reduction('min', 'The smallest element, or elementwise of several.', pairwise('min', 'min'), undefined, (v) =>
      Math.min(...v),
    ),
  ),
  log_sum_exp: {
    doc: 'log Σ exp of a vector.',
    parameters: [x],
    indexed: over('log_sum_exp'),
    run: (place, given, span) => {
      const value = vectorOf(place, given, span, '`log_sum_exp`');
      return make(place, span, 'reduce', { reduction: 'log_sum_exp', x: value.node, over: 'all' }, { ...value, shape: [] });
    },
  },
  softmax: {
    doc: 'exp(x) / Σ exp(x) of a vector.',
    parameters: [x],
    keepsIndex: true,
    indexed: (place, value, index, span) => make(place, span, 'softmax', { x: value.node, over: index }, value),
    run: (place, given, span) => {
      const value = vectorOf(place, given, span, '`softmax`');
      return make(place, span, 'softmax', { x: value.node, over: 'vector' }, value);
    },
  },
  stack: {
    doc: 'Tensors of one shape under a new first axis.',
    parameters: [{ name: 'xs' }],
    list: true,
    indexed: (place, value, index, span) => bind(place, span, value, index),
    run: (place, _given, span, elements) =>
      stack(
        place,
        span,
        elements.map((e) => asTensor(place, e.value, e.span, '`stack`')),
      ),
  },
  concat: {
    doc: 'Tensors one after another along the first axis.',
    parameters: [{ name: 'xs' }],
    list: true,
    indexed: (place, value, index, span) => {
      const bound = bind(place, span, value, index);
      const [first = 1, second = 1, ...rest] = bound.shape;
      return reshape(place, span, bound, [first * second, ...rest]);
    },
    run: (place, _given, span, elements) =>
      concat(
        place,
        span,
        elements.map((e) => asTensor(place, e.value, e.span, '`concat`')),
      ),
  },
  flatten: {
    doc: 'All elements as one vector.',
    parameters: [x],
    run: (place, given, span) => {
      const value = tensor(place, given, 'x', span, '`flatten`');
      return reshape(place, span, value, [sizeOf(value.shape)]);
    },
  },
  unflatten: {
    doc: 'A vector as n rows.',
    parameters: [x, { name: 'n' }],
    run: (place, given, span) => {
      const value = vectorOf(place, given, span, '`unflatten`');
      const n = known(place, given.n, span, '`n` of `unflatten`', true);
      const size = value.shape[0] ?? 0;
      if (n < 1 || size % n !== 0)
        return fail(place, 'size-mismatch', span, {
          what: `\`unflatten\` into ${String(n)}`,
          wanted: `a multiple of ${String(n)}`,
          found: String(size),
        });
      return reshape(place, span, value, [n, size / n]);
    },
  },
  exp: elementwise('exp', 'eˣ', Math.exp),
  log: elementwise('log', 'Natural logarithm.', Math.log),
  sqrt: elementwise('sqrt', '√x', Math.sqrt),
  abs: elementwise('abs', '|x|', Math.abs),
  sigmoid: elementwise('sigmoid', '1 / (1 + e⁻ˣ)', (v) => 1 / (1 + Math.exp(-v))),
  tanh: elementwise('tanh', 'Hyperbolic tangent.', Math.tanh),
  relu: elementwise('relu', 'max(x, 0)', (v) => Math.max(v, 0)),
  softplus: elementwise('softplus', 'log(1 + eˣ)', (v) => Math.log1p(Math.exp(v))),
  identity: { doc: 'x itself.', parameters: [x], run: (_place, given) => given.x?.value ?? numberValue(0) },
  ones: {
    doc: 'Ones in the shape of x.',
    parameters: [x],
    run: (place, given, span) => constant(place, span, 1, tensor(place, given, 'x', span, '`ones`').shape),
  },
  dropout: {
    doc: 'Sets a share of the elements to 0 while training and scales the others; the identity afterwards.',
    parameters: [x, { name: 'rate' }],
    run: (place, given, span) => {
      const rate = known(place, given.rate, span, '`rate` of `dropout`');
      if (!(rate >= 0 && rate < 1))
        fail(place, 'out-of-range', given.rate?.span ?? span, {
          where: '`rate` of `dropout`',
          wanted: 'a number ≥ 0 and < 1',
          found: String(rate),
        });
      const value = tensor(place, given, 'x', span, '`dropout`');
      return rate === 0
        ? value
        : make(place, span, 'dropout', { x: value.node, rate, path: numbered(place.path, 'dropout') }, value);
    },
  },
  len: {
    doc: 'The length of a list, or of the first axis.',
    parameters: [x],
    run: (place, given, span) => {
      const value = given.x?.value;
      if (value?.kind === 'list') return numberValue(value.elements.length);
      const isTensor = value?.kind === 'tensor' || value?.kind === 'feature';
      const size = isTensor ? asTensor(place, value, span, '`len`').shape[0] : undefined;
      return size === undefined
        ? fail(place, 'wrong-operand', span, { what: '`len`', wanted: 'a list', found: value ? valueText(value) : 'nothing' })
        : numberValue(size);
    },
  },
  floor: rounding('floor', 'The next whole number below.', Math.floor),
  ceil: rounding('ceil', 'The next whole number above.', Math.ceil),
  round: rounding('round', 'The nearest whole number; halves away from 0.', (v) => Math.sign(v) * Math.round(Math.abs(v))),
  ...Object.fromEntries(Object.keys(initializers).map((name) => [name, initializer(name)])),
  embed: later('A table of its own: Eᵀ x.', [{ name: 'feature' }, { name: 'size' }]),
  sequence: later('The rows of a multivalent feature, unpooled.'),
  share: later('A function whose weights are made once.', [{ name: 'f' }]),
  batch: later('The batch axis written out.'),
  target: later('The observed value of a label.'),
  code: later('The integer of a category.'),
  log_frequency: later('log of its share of the training rows.'),
  pairs: later('All pairs of rows, as two matrices.', [{ name: 'v' }, { name: 'self', optional: true }]),
  where: later('One of two, decided by row.', [{ name: 'condition' }, { name: 'a' }, { name: 'b' }]),
  batch_norm: later('(x - μ) / σ over the batch.', [x, { name: 'affine', optional: true }]),
};

function vectorOf(place: Place, given: Readonly<Record<string, Element | undefined>>, span: Span, what: string): TensorValue {
  const value = tensor(place, given, 'x', span, what);
  if (value.shape.length === 0) return reshape(place, span, value, [1]);
  return value.shape.length === 1
    ? value
    : fail(place, 'wrong-operand', span, { what, wanted: 'a vector', found: valueText(value) });
}
