/** What an update rule may do with numbers: one rule, many readings (float64, text of a kernel, text of a program). */
export interface Algebra<T> {
  readonly constant: (value: number) => T;
  readonly add: (a: T, b: T) => T;
  readonly subtract: (a: T, b: T) => T;
  readonly multiply: (a: T, b: T) => T;
  readonly divide: (a: T, b: T) => T;
  readonly power: (base: T, exponent: T) => T;
  readonly minimum: (a: T, b: T) => T;
  readonly maximum: (a: T, b: T) => T;
  readonly squareRoot: (x: T) => T;
  readonly absolute: (x: T) => T;
  /** x, or 0 where |x| < 1e-30: a mean that decays for ever must not reach the denormal numbers, which are slow everywhere. */
  readonly flush: (x: T) => T;
}

export const flushBelow = 1e-30;

export const numbers: Algebra<number> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  power: (base, exponent) => base ** exponent,
  minimum: Math.min,
  maximum: Math.max,
  squareRoot: Math.sqrt,
  absolute: Math.abs,
  flush: (x) => (Math.abs(x) < flushBelow ? 0 : x),
};

export type BinaryTerm = 'add' | 'subtract' | 'multiply' | 'divide' | 'power' | 'minimum' | 'maximum';
export type UnaryTerm = 'squareRoot' | 'absolute' | 'flush';

/** An expression as data. Terms are compared by identity: one that is used twice is one object. */
export type Term =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: BinaryTerm; readonly a: Term; readonly b: Term }
  | { readonly kind: UnaryTerm; readonly x: Term };

const binary =
  (kind: BinaryTerm) =>
  (a: Term, b: Term): Term => ({ kind, a, b });

const unary =
  (kind: UnaryTerm) =>
  (x: Term): Term => ({ kind, x });

export const terms: Algebra<Term> = {
  constant: (value) => ({ kind: 'constant', value }),
  add: binary('add'),
  subtract: binary('subtract'),
  multiply: binary('multiply'),
  divide: binary('divide'),
  power: binary('power'),
  minimum: binary('minimum'),
  maximum: binary('maximum'),
  squareRoot: unary('squareRoot'),
  absolute: unary('absolute'),
  flush: unary('flush'),
};

export const nameTerm = (name: string): Term => ({ kind: 'name', name });
