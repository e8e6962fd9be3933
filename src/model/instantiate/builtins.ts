import type { Span } from '../../language/source.js';
import { initializers, inRange, isInitializer } from '../initializers.js';
import type { Initializer } from '../model.js';
import type { Index, Reduction, UnaryFunction } from '../network.js';
import { fail, type Place } from './context.js';
import { featureBuiltins } from './feature-builtins.js';
import { finiteNumber, known, tensor, truth, vectorOf, x, type Builtin } from './given.js';
import { countSteps } from './limits.js';
import {
  asTensor,
  binary,
  bind,
  concat,
  constant,
  fixedShape,
  softmaxOf,
  softmaxOver,
  reduce,
  reshape,
  sizeOf,
  stack,
  take,
  unary,
  where,
} from './tensors.js';
import { trainingBuiltins } from './training-builtins.js';
import { numberValue, valueText, type Element, type TensorValue } from './values.js';

const elementwise = (name: UnaryFunction, doc: string, fold: (value: number) => number): Builtin => ({
  doc,
  parameters: [x],
  run: (place, given, span) =>
    given.x?.value.kind === 'number'
      ? finiteNumber(place, span, fold(given.x.value.value))
      : unary(place, span, name, tensor(place, given, 'x', span, `\`${name}\``)),
});

const rounding = (name: string, doc: string, round: (value: number) => number): Builtin => ({
  doc,
  parameters: [x],
  run: (place, given, span) => finiteNumber(place, span, round(known(place, given.x, span, `\`${name}\``))),
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
      return finiteNumber(place, span, fold(elements.map((e) => (e.value.kind === 'number' ? e.value.value : 0))));
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
    return builtin.run(place, given, span, elements);
  },
});

const pairwise = (name: 'add' | 'max' | 'min', operator: string) => (place: Place, span: Span, a: TensorValue, b: TensorValue) =>
  binary(place, span, name, operator, a, b);

const ones = (place: Place, span: Span, like: TensorValue): TensorValue =>
  constant(place, span, 1, fixedShape(place, span, like, '`ones`'));

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
    const filled: Initializer =
      plain.kind === 'uniform'
        ? { ...plain, low: get('low', plain.low), high: get('high', plain.high) }
        : plain.kind === 'normal' || plain.kind === 'truncated_normal'
          ? { ...plain, mean: get('mean', plain.mean), deviation: get('deviation', plain.deviation) }
          : plain;
    inRange(filled, (fault) => fail(place, 'out-of-range', span, { where: `\`${name}\``, ...fault }));
    return { kind: 'initializer', initializer: filled };
  },
});

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
    reduction('max', 'The largest element, or elementwise of several.', pairwise('max', 'max'), undefined, (v) =>
      v.reduce((a, b) => Math.max(a, b)),
    ),
  ),
  min: single(
    'min',
    reduction('min', 'The smallest element, or elementwise of several.', pairwise('min', 'min'), undefined, (v) =>
      v.reduce((a, b) => Math.min(a, b)),
    ),
  ),
  log_sum_exp: {
    doc: 'log Σ exp of a vector.',
    parameters: [x],
    indexed: over('log_sum_exp'),
    run: (place, given, span) => reduce(place, span, 'log_sum_exp', vectorOf(place, given, span, '`log_sum_exp`'), 'all'),
  },
  softmax: {
    doc: 'exp(x) / Σ exp(x) of a vector.',
    parameters: [x],
    keepsIndex: true,
    indexed: (place, value, index, span) => softmaxOver(place, span, value, index),
    run: (place, given, span) => softmaxOf(place, span, vectorOf(place, given, span, '`softmax`')),
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
      const [first = 1, second = 1, ...rest] = fixedShape(place, span, bound, '`concat[…]`');
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
      return reshape(place, span, value, [sizeOf(fixedShape(place, span, value, '`flatten`'))]);
    },
  },
  unflatten: {
    doc: 'A vector as n rows.',
    parameters: [x, { name: 'n' }],
    run: (place, given, span) => {
      const value = vectorOf(place, given, span, '`unflatten`');
      const n = known(place, given.n, span, '`n` of `unflatten`', true);
      const [size = 0] = fixedShape(place, span, value, '`unflatten`');
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
    run: (place, given, span) => ones(place, span, tensor(place, given, 'x', span, '`ones`')),
  },
  len: {
    doc: 'The length of a list, or of the first axis.',
    parameters: [x],
    run: (place, given, span) => {
      const value = given.x?.value;
      if (value?.kind === 'list') return numberValue(value.elements.length);
      const isTensor = value?.kind === 'tensor' || value?.kind === 'feature';
      const size = isTensor ? fixedShape(place, span, asTensor(place, value, span, '`len`'), '`len`')[0] : undefined;
      return size === undefined
        ? fail(place, 'wrong-operand', span, { what: '`len`', wanted: 'a list', found: value ? valueText(value) : 'nothing' })
        : numberValue(size);
    },
  },
  floor: rounding('floor', 'The next whole number below.', Math.floor),
  ceil: rounding('ceil', 'The next whole number above.', Math.ceil),
  round: rounding('round', 'The nearest whole number; halves away from 0.', (v) => Math.sign(v) * Math.round(Math.abs(v))),
  ...Object.fromEntries(Object.keys(initializers).map((name) => [name, initializer(name)])),
  pairs: {
    doc: 'Rows i and rows j of all pairs, as two matrices: (1,0), (2,0), (2,1), …; with `self` also (i,i).',
    parameters: [{ name: 'v' }, { name: 'self', optional: true }],
    run: (place, given, span) => {
      const v = tensor(place, given, 'v', span, '`pairs`');
      const [n = 0] = fixedShape(place, span, v, '`pairs`');
      countSteps(place, span, (n * (n + 1)) / 2);
      const self = given.self ? truth(place, given.self, '`self` of `pairs`') : false;
      if (v.shape.length === 0 || (n < 2 && !self))
        return fail(place, 'wrong-operand', given.v?.span ?? span, {
          what: '`pairs`',
          wanted: 'at least two rows',
          found: valueText(given.v?.value ?? v),
        });
      const [above, below]: [number[], number[]] = [[], []];
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < (self ? i + 1 : i); j++) {
          above.push(i);
          below.push(j);
        }
      }
      const side = (at: readonly number[]): Element => ({ span, value: take(place, span, v, at) });
      return { kind: 'list', elements: [side(above), side(below)] };
    },
  },
  where: {
    doc: 'a where the condition is not 0, else b: decided by row.',
    parameters: [{ name: 'condition' }, { name: 'a' }, { name: 'b' }],
    run: (place, given, span) => {
      if (given.condition?.value.kind === 'boolean')
        return fail(
          place,
          'wrong-operand',
          given.condition.span,
          { what: '`where`', wanted: 'a condition that differs by row', found: valueText(given.condition.value) },
          { help: 'what is known while compiling is decided by `if … then … else …`' },
        );
      const [c, a, b] = ['condition', 'a', 'b'].map((name) => tensor(place, given, name, span, '`where`'));
      return c && a && b ? where(place, span, c, a, b) : numberValue(0);
    },
  },
  ...featureBuiltins,
  ...trainingBuiltins,
};
