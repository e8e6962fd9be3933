import type { Optimizer } from '../../model/model.js';
import { optimizerRules, type RuleName } from '../../model/optimizers.js';
import type { Algebra, Term } from './algebra.js';
import { nameTerm, numbers, terms } from './algebra.js';

export type UpdateName = 'sgd' | 'momentum' | 'adagrad' | 'adam' | 'adamw' | 'ftrl' | 'ftrlPower';

type Named<K extends string, T> = Readonly<Record<K, T>>;

/**
 * One update rule: how a weight and what is remembered of it (its slots) follow from a gradient, elementwise.
 * `P` are its hyperparameters, `S` its slots, `C` its scalars: numbers that are the same for all weights in a step.
 */
export interface UpdateRule<P extends string = string, S extends string = string, C extends string = string> {
  /** Each slot's value before the first step: a number, or a hyperparameter's name. */
  readonly slots: Named<S, number | P>;
  /** Whether a weight moves (or its slots do) when its gradient is zero. */
  readonly movesUntouched: boolean;
  /** Computed once a step, in float64. `step` counts from 1. */
  scalars<T>(algebra: Algebra<T>, parameters: Named<P, T>, step: T): Named<C, T>;
  update<T>(algebra: Algebra<T>, at: Values<T, S, C>): Updated<T, S>;
}

export interface Values<T, S extends string = string, C extends string = string> {
  readonly weight: T;
  readonly gradient: T;
  readonly slots: Named<S, T>;
  readonly scalars: Named<C, T>;
}

export interface Updated<T, S extends string = string> {
  readonly weight: T;
  readonly slots: Named<S, T>;
}

const rule = <P extends string, S extends string, C extends string>(of: UpdateRule<P, S, C>): UpdateRule => of;

type AdamParameter = 'learning_rate' | 'beta1' | 'beta2' | 'epsilon';
type AdamSlot = 'mean' | 'square';
type AdamScalar = 'mean_rate' | 'square_rate' | 'rate' | 'epsilon';

/** α_t = α·√(1 − β₂ᵗ)/(1 − β₁ᵗ) [Kingma and Ba 2015, end of section 2]: the bias corrections in one number, ε outside the root. */
const adamScalars = <T>(a: Algebra<T>, p: Named<AdamParameter, T>, step: T): Named<AdamScalar, T> => {
  const one = a.constant(1);
  return {
    mean_rate: a.subtract(one, p.beta1),
    square_rate: a.subtract(one, p.beta2),
    rate: a.divide(
      a.multiply(p.learning_rate, a.squareRoot(a.subtract(one, a.power(p.beta2, step)))),
      a.subtract(one, a.power(p.beta1, step)),
    ),
    epsilon: p.epsilon,
  };
};

/** m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v), w ← w − α_t·m/(√v + ε) */
const adamUpdate = <T>(a: Algebra<T>, at: Values<T, AdamSlot, AdamScalar>, weight: T): Updated<T, AdamSlot> => {
  const { gradient, slots, scalars } = at;
  const mean = a.flush(a.add(slots.mean, a.multiply(scalars.mean_rate, a.subtract(gradient, slots.mean))));
  const square = a.flush(
    a.add(slots.square, a.multiply(scalars.square_rate, a.subtract(a.multiply(gradient, gradient), slots.square))),
  );
  const step = a.divide(a.multiply(scalars.rate, mean), a.add(a.squareRoot(square), scalars.epsilon));
  return { weight: a.subtract(weight, step), slots: { mean, square } };
};

type FtrlParameter = 'learning_rate' | 'initial_accumulator' | 'l1' | 'l2' | 'l2_shrinkage' | 'beta';
/** In this order: a program writes one slot after the other, and `linear` reads the accumulator from before the step. */
type FtrlSlot = 'linear' | 'accumulator';
type FtrlScalar = 'inverse_rate' | 'lower' | 'upper' | 'ridge' | 'shrinkage';

const ftrlScalars = <T>(a: Algebra<T>, p: Named<FtrlParameter, T>): Named<FtrlScalar, T> => ({
  inverse_rate: a.divide(a.constant(1), p.learning_rate),
  lower: a.subtract(a.constant(0), p.l1),
  upper: p.l1,
  ridge: a.add(a.multiply(a.constant(2), p.l2), a.divide(p.beta, p.learning_rate)),
  shrinkage: a.multiply(a.constant(2), p.l2_shrinkage),
});

/**
 * z ← z + g + 2·λ_s·w − (f(n + g²) − f(n))/α·w, n ← n + g², w ← (clip(z, −λ₁, λ₁) − z)/(f(n)/α + 2·λ₂ + β/α)
 * [McMahan et al. 2013, Algorithm 1; as Keras 3 has it]. f is the root, or n⁻ᵖ for another learning rate power p.
 */
const ftrlUpdate = <T>(a: Algebra<T>, at: Values<T, FtrlSlot, FtrlScalar>, f: (n: T) => T): Updated<T, FtrlSlot> => {
  const { weight, gradient, slots, scalars } = at;
  const accumulator = a.add(slots.accumulator, a.multiply(gradient, gradient));
  const rate = a.multiply(scalars.inverse_rate, a.subtract(f(accumulator), f(slots.accumulator)));
  const change = a.add(gradient, a.multiply(a.subtract(scalars.shrinkage, rate), weight));
  const linear = a.add(slots.linear, change);
  const clipped = a.maximum(a.minimum(linear, scalars.upper), scalars.lower);
  return {
    weight: a.divide(a.subtract(clipped, linear), a.add(a.multiply(scalars.inverse_rate, f(accumulator)), scalars.ridge)),
    slots: { linear, accumulator },
  };
};

export const updateRules: Readonly<Record<UpdateName, UpdateRule>> = {
  /** w ← w − α·g */
  sgd: rule<'learning_rate', never, 'rate'>({
    slots: {},
    movesUntouched: false,
    scalars: (_, p) => ({ rate: p.learning_rate }),
    update: (a, { weight, gradient, scalars }) => ({ weight: a.subtract(weight, a.multiply(scalars.rate, gradient)), slots: {} }),
  }),

  /** u ← μ·u − α·g, w ← w + u [Keras 3 SGD] */
  momentum: rule<'learning_rate' | 'momentum', 'velocity', 'rate' | 'momentum'>({
    slots: { velocity: 0 },
    movesUntouched: true,
    scalars: (_, p) => ({ rate: p.learning_rate, momentum: p.momentum }),
    update: (a, { weight, gradient, slots, scalars }) => {
      const velocity = a.flush(a.subtract(a.multiply(scalars.momentum, slots.velocity), a.multiply(scalars.rate, gradient)));
      return { weight: a.add(weight, velocity), slots: { velocity } };
    },
  }),

  /** s ← s + g², w ← w − α·g/√(s + ε) [Duchi et al. 2011; ε under the root as in Keras 3] */
  adagrad: rule<'learning_rate' | 'initial_accumulator' | 'epsilon', 'accumulator', 'rate' | 'epsilon'>({
    slots: { accumulator: 'initial_accumulator' },
    movesUntouched: false,
    scalars: (_, p) => ({ rate: p.learning_rate, epsilon: p.epsilon }),
    update: (a, { weight, gradient, slots, scalars }) => {
      const accumulator = a.add(slots.accumulator, a.multiply(gradient, gradient));
      const step = a.divide(a.multiply(scalars.rate, gradient), a.squareRoot(a.add(accumulator, scalars.epsilon)));
      return { weight: a.subtract(weight, step), slots: { accumulator } };
    },
  }),

  adam: rule<AdamParameter, AdamSlot, AdamScalar>({
    slots: { mean: 0, square: 0 },
    movesUntouched: true,
    scalars: adamScalars,
    update: (a, at) => adamUpdate(a, at, at.weight),
  }),

  /** First w ← w − α·λ·w, then Adam [Loshchilov and Hutter 2019; in Keras 3's order] */
  adamw: rule<AdamParameter | 'weight_decay', AdamSlot, AdamScalar | 'decay'>({
    slots: { mean: 0, square: 0 },
    movesUntouched: true,
    scalars: (a, p, step) => ({ ...adamScalars(a, p, step), decay: a.multiply(p.learning_rate, p.weight_decay) }),
    update: (a, at) => adamUpdate(a, at, a.subtract(at.weight, a.multiply(at.scalars.decay, at.weight))),
  }),

  /** A weight that never had a gradient loses its first value when it is updated. */
  ftrl: rule<FtrlParameter, FtrlSlot, FtrlScalar>({
    slots: { linear: 0, accumulator: 'initial_accumulator' },
    movesUntouched: true,
    scalars: ftrlScalars,
    update: (a, at) => ftrlUpdate(a, at, a.squareRoot),
  }),

  ftrlPower: rule<FtrlParameter | 'learning_rate_power', FtrlSlot, FtrlScalar | 'exponent'>({
    slots: { linear: 0, accumulator: 'initial_accumulator' },
    movesUntouched: true,
    scalars: (a, p) => ({ ...ftrlScalars(a, p), exponent: a.subtract(a.constant(0), p.learning_rate_power) }),
    update: (a, at) => ftrlUpdate(a, at, (n) => a.power(n, at.scalars.exponent)),
  }),
};

/** The update that an optimizer asks for: SGD remembers a velocity only if it has momentum, and most FTRL needs no power but a root. */
export const updateName = ({ rule, parameters }: Optimizer): UpdateName => {
  if (rule === 'sgd' && (parameters.momentum ?? 0) > 0) return 'momentum';
  return rule === 'ftrl' && parameters.learning_rate_power !== -0.5 ? 'ftrlPower' : rule;
};

const variants: Partial<Readonly<Record<UpdateName, RuleName>>> = { momentum: 'sgd', ftrlPower: 'ftrl' };
const ruleOf = (name: UpdateName): RuleName => variants[name] ?? (name as RuleName);

/** Names of what an update remembers of each weight, in the order in which kernels and files keep them. */
export const slotNames = (name: UpdateName): readonly string[] => Object.keys(updateRules[name].slots);

/** Value of each slot before the first step, in the order of `slotNames`. */
export const initialSlots = (name: UpdateName, parameters: Readonly<Record<string, number>>): readonly number[] =>
  Object.values(updateRules[name].slots).map((initial) => (typeof initial === 'number' ? initial : (parameters[initial] ?? 0)));

const parameterTerms = (name: UpdateName): Readonly<Record<string, Term>> =>
  Object.fromEntries(optimizerRules[ruleOf(name)].parameters.map((parameter) => [parameter.name, nameTerm(parameter.name)]));

/** Names of the scalars of an update, in the order in which kernels take them. */
export const scalarNames = (name: UpdateName): readonly string[] =>
  Object.keys(updateRules[name].scalars(terms, parameterTerms(name), nameTerm('step')));

/** The scalars of step `step` (from 1), in the order of `scalarNames`. */
export const scalarValues = (name: UpdateName, parameters: Readonly<Record<string, number>>, step: number): readonly number[] =>
  Object.values(updateRules[name].scalars(numbers, parameters, step));

/** How many numbers an optimizer remembers of each weight. */
export const optimizerSlots = (optimizer: Optimizer): number => slotNames(updateName(optimizer)).length;
