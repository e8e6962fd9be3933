import type { Optimizer } from '../../model/model.js';
import { optimizerRules, type RuleName } from '../../model/optimizers.js';
import type { Algebra, Term } from './algebra.js';
import { nameTerm, numbers, terms } from './algebra.js';

export type UpdateName =
  | 'sgd'
  | 'momentum'
  | 'nesterov'
  | 'adagrad'
  | 'rowwiseAdagrad'
  | 'adam'
  | 'adamw'
  | 'adamax'
  | 'rmsprop'
  | 'rmspropMomentum'
  | 'ftrl'
  | 'ftrlPower';

type Named<K extends string, T> = Readonly<Record<K, T>>;

/**
 * One update rule: how a weight and what is remembered of it (its slots) follow from a gradient, elementwise.
 * `P` are its hyperparameters, `S` its slots, `C` its scalars: numbers that are the same for all weights in a step, `R` those of a row.
 */
export interface UpdateRule<
  P extends string = string,
  S extends string = string,
  C extends string = string,
  R extends string = string,
> {
  /** Each slot's value before the first step: a number, or a hyperparameter's name. None reads the old value of one before it. */
  readonly slots: Named<S, number | P>;
  /** Whether a weight moves (or its slots do) when its gradient is zero. */
  readonly movesUntouched: boolean;
  /** Set where weights are made anew from the learning rate at each step, so that a change of it would scale them: no schedule does. */
  readonly keepsRate?: true;
  /** Computed once a step, in float64. `step` counts from 1. */
  scalars<T>(algebra: Algebra<T>, parameters: Named<P, T>, step: T): Named<C, T>;
  /** The slots of a rule with `row` are no longer its own: it leaves them alone. */
  update<T>(algebra: Algebra<T>, at: Values<T, S, C | R>): Updated<T, S>;
  /** Of a rule whose slots are numbers of a whole row: the row's slots, and more scalars for its weights. Its hyperparameter `dim` is the row's size. */
  row?<T>(algebra: Algebra<T>, at: RowValues<T, S, C>): UpdatedRow<T, S, R>;
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

export interface RowValues<T, S extends string = string, C extends string = string> {
  /** The sum of the row's squared gradients. */
  readonly squares: T;
  readonly slots: Named<S, T>;
  readonly scalars: Named<C, T>;
}

export interface UpdatedRow<T, S extends string = string, R extends string = string> {
  readonly slots: Named<S, T>;
  readonly scalars: Named<R, T>;
}

const rule = <P extends string, S extends string, C extends string, R extends string = never>(
  of: UpdateRule<P, S, C, R>,
): UpdateRule => of;

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

/** m ← m + (1 − β₁)(g − m), u ← max(β₂·u, |g|), w ← w − α/(1 − β₁ᵗ)·m/(u + ε) [Kingma and Ba 2015, Algorithm 2; ε as in Keras 3] */
const adamax = rule<AdamParameter, 'mean' | 'norm', 'mean_rate' | 'decay' | 'rate' | 'epsilon'>({
  slots: { mean: 0, norm: 0 },
  movesUntouched: true,
  scalars: (a, p, step) => ({
    mean_rate: a.subtract(a.constant(1), p.beta1),
    decay: p.beta2,
    rate: a.divide(p.learning_rate, a.subtract(a.constant(1), a.power(p.beta1, step))),
    epsilon: p.epsilon,
  }),
  update: (a, { weight, gradient, slots, scalars }) => {
    const mean = a.flush(a.add(slots.mean, a.multiply(scalars.mean_rate, a.subtract(gradient, slots.mean))));
    const norm = a.flush(a.maximum(a.multiply(scalars.decay, slots.norm), a.absolute(gradient)));
    const step = a.divide(a.multiply(scalars.rate, mean), a.add(norm, scalars.epsilon));
    return { weight: a.subtract(weight, step), slots: { mean, norm } };
  },
});

type RmsParameter = 'learning_rate' | 'rho' | 'epsilon';
type RmsScalar = 'rate' | 'decay_rate' | 'epsilon';

const rmsScalars = <T>(a: Algebra<T>, p: Named<RmsParameter, T>): Named<RmsScalar, T> => ({
  rate: p.learning_rate,
  decay_rate: a.subtract(a.constant(1), p.rho),
  epsilon: p.epsilon,
});

/** v ← v + (1 − ρ)(g² − v); the step is α·g/√(v + ε) [Tieleman and Hinton 2012; ε under the root as in Keras 3] */
const rmsStep = <T>(a: Algebra<T>, { gradient, slots, scalars }: Values<T, 'square', RmsScalar>): { square: T; step: T } => {
  const change = a.subtract(a.multiply(gradient, gradient), slots.square);
  const square = a.flush(a.add(slots.square, a.multiply(scalars.decay_rate, change)));
  return { square, step: a.divide(a.multiply(scalars.rate, gradient), a.squareRoot(a.add(square, scalars.epsilon))) };
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

  /** u ← μ·u − α·g, w ← w + μ·u − α·g [Sutskever et al. 2013; as Keras 3 SGD] */
  nesterov: rule<'learning_rate' | 'momentum', 'velocity', 'rate' | 'momentum'>({
    slots: { velocity: 0 },
    movesUntouched: true,
    scalars: (_, p) => ({ rate: p.learning_rate, momentum: p.momentum }),
    update: (a, { weight, gradient, slots, scalars }) => {
      const step = a.multiply(scalars.rate, gradient);
      const velocity = a.flush(a.subtract(a.multiply(scalars.momentum, slots.velocity), step));
      return { weight: a.add(weight, a.subtract(a.multiply(scalars.momentum, velocity), step)), slots: { velocity } };
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

  /** s ← s + mean of the row's g², w ← w − α/(√s + ε)·g [Naumov et al. 2019, DLRM; as FBGEMM has it] */
  rowwiseAdagrad: rule<
    'learning_rate' | 'initial_accumulator' | 'epsilon' | 'dim',
    'accumulator',
    'rate' | 'share' | 'epsilon',
    'row_rate'
  >({
    slots: { accumulator: 'initial_accumulator' },
    movesUntouched: false,
    scalars: (a, p) => ({ rate: p.learning_rate, share: a.divide(a.constant(1), p.dim), epsilon: p.epsilon }),
    row: (a, { squares, slots, scalars }) => {
      const accumulator = a.add(slots.accumulator, a.multiply(scalars.share, squares));
      const rowRate = a.divide(scalars.rate, a.add(a.squareRoot(accumulator), scalars.epsilon));
      return { slots: { accumulator }, scalars: { row_rate: rowRate } };
    },
    update: (a, { weight, gradient, slots, scalars }) => ({
      weight: a.subtract(weight, a.multiply(scalars.row_rate, gradient)),
      slots,
    }),
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

  adamax,

  rmsprop: rule<RmsParameter, 'square', RmsScalar>({
    slots: { square: 0 },
    movesUntouched: true,
    scalars: rmsScalars,
    update: (a, at) => {
      const { square, step } = rmsStep(a, at);
      return { weight: a.subtract(at.weight, step), slots: { square } };
    },
  }),

  /** u ← μ·u + the step, w ← w − u [Keras 3 RMSprop] */
  rmspropMomentum: rule<RmsParameter | 'momentum', 'square' | 'velocity', RmsScalar | 'momentum'>({
    slots: { square: 0, velocity: 0 },
    movesUntouched: true,
    scalars: (a, p) => ({ ...rmsScalars(a, p), momentum: p.momentum }),
    update: (a, at) => {
      const { square, step } = rmsStep(a, at);
      const velocity = a.flush(a.add(a.multiply(at.scalars.momentum, at.slots.velocity), step));
      return { weight: a.subtract(at.weight, velocity), slots: { square, velocity } };
    },
  }),

  /** A weight that never had a gradient loses its first value when it is updated. */
  ftrl: rule<FtrlParameter, FtrlSlot, FtrlScalar>({
    slots: { linear: 0, accumulator: 'initial_accumulator' },
    movesUntouched: true,
    keepsRate: true,
    scalars: ftrlScalars,
    update: (a, at) => ftrlUpdate(a, at, a.squareRoot),
  }),

  ftrlPower: rule<FtrlParameter | 'learning_rate_power', FtrlSlot, FtrlScalar | 'exponent'>({
    slots: { linear: 0, accumulator: 'initial_accumulator' },
    movesUntouched: true,
    keepsRate: true,
    scalars: (a, p) => ({ ...ftrlScalars(a, p), exponent: a.subtract(a.constant(0), p.learning_rate_power) }),
    update: (a, at) => ftrlUpdate(a, at, (n) => a.power(n, at.scalars.exponent)),
  }),
};

/** The update that an optimizer asks for: SGD remembers a velocity only if it has momentum, and most FTRL needs no power but a root. */
export const updateName = ({ rule, parameters }: Optimizer): UpdateName => {
  const hasMomentum = (parameters.momentum ?? 0) > 0;
  switch (rule) {
    case 'sgd':
      return hasMomentum ? (parameters.nesterov === 1 ? 'nesterov' : 'momentum') : 'sgd';
    case 'rmsprop':
      return hasMomentum ? 'rmspropMomentum' : 'rmsprop';
    case 'ftrl':
      return parameters.learning_rate_power === -0.5 ? 'ftrl' : 'ftrlPower';
    case 'rowwise_adagrad':
      return 'rowwiseAdagrad';
    case 'adagrad':
    case 'adam':
    case 'adamw':
    case 'adamax':
      return rule;
    default:
      return rule satisfies never;
  }
};

const rulesOf: Readonly<Record<UpdateName, RuleName>> = {
  sgd: 'sgd',
  momentum: 'sgd',
  nesterov: 'sgd',
  adagrad: 'adagrad',
  rowwiseAdagrad: 'rowwise_adagrad',
  adam: 'adam',
  adamw: 'adamw',
  adamax: 'adamax',
  rmsprop: 'rmsprop',
  rmspropMomentum: 'rmsprop',
  ftrl: 'ftrl',
  ftrlPower: 'ftrl',
};

/** Whether an update remembers numbers of a row, and none of each weight. */
export const isRowWise = (name: UpdateName): boolean => updateRules[name].row !== undefined;

/** Names of what an update remembers of each weight, in the order in which kernels and files keep them. */
export const slotNames = (name: UpdateName): readonly string[] => Object.keys(updateRules[name].slots);

/** Value of each slot before the first step, in the order of `slotNames`. */
export const initialSlots = (name: UpdateName, parameters: Readonly<Record<string, number>>): readonly number[] =>
  Object.values(updateRules[name].slots).map((initial) => (typeof initial === 'number' ? initial : (parameters[initial] ?? 0)));

const parameterTerms = (name: UpdateName): Readonly<Record<string, Term>> =>
  Object.fromEntries(
    [...optimizerRules[rulesOf[name]].parameters.map((parameter) => parameter.name), 'dim'].map((key) => [key, nameTerm(key)]),
  );

/** Names of the scalars of an update, in the order in which kernels take them. */
export const scalarNames = (name: UpdateName): readonly string[] =>
  Object.keys(updateRules[name].scalars(terms, parameterTerms(name), nameTerm('step')));

/** The scalars of step `step` (from 1), in the order of `scalarNames`. @param factor what a schedule multiplies the learning rate by */
export const scalarValues = (
  name: UpdateName,
  parameters: Readonly<Record<string, number>>,
  step: number,
  factor = 1,
): readonly number[] => {
  const rule = updateRules[name];
  const rate = (parameters.learning_rate ?? NaN) * (rule.keepsRate === true ? 1 : factor);
  return Object.values(rule.scalars(numbers, { ...parameters, learning_rate: rate }, step));
};
