import type { Optimizer, Optimizers } from './model.js';
import { namesOfGraph } from './network.js';

export type RuleName = Optimizer['rule'];

/** Bounds of a number; an exclusive bound is not itself allowed. */
export interface Range {
  readonly min: number;
  readonly max?: number;
  readonly minExclusive?: boolean;
  readonly maxExclusive?: boolean;
}

export interface Hyperparameter {
  /** As written in a spec: `adam(1e-3, beta1: 0.9)`. */
  readonly name: string;
  readonly default: number;
  readonly range: Range;
  readonly doc: string;
  /** On or off: `sgd(0.1, momentum: 0.9, nesterov)`. */
  readonly isSwitch?: boolean;
}

/** What a spec may say of an update rule. The updates themselves are in `graph/update/rules.ts`. */
export interface OptimizerRule {
  readonly doc: string;
  /** Paper or library whose formula and defaults it takes. */
  readonly source: string;
  /** The first one is positional: `adagrad(0.05)`. */
  readonly parameters: readonly Hyperparameter[];
}

const positive: Range = { min: 0, minExclusive: true };
const nonNegative: Range = { min: 0 };
const decayRate: Range = { min: 0, max: 1, maxExclusive: true };

const learningRate = (value: number): Hyperparameter => ({
  name: 'learning_rate',
  default: value,
  range: positive,
  doc: 'Step size.',
});

const momentum: Hyperparameter = {
  name: 'momentum',
  default: 0,
  range: decayRate,
  doc: 'Share of the last step that is taken again.',
};

const epsilon = (where: string, value = 1e-7): Hyperparameter => ({
  name: 'epsilon',
  default: value,
  range: positive,
  doc: `Keeps the division finite; added ${where}.`,
});

const adamParameters: readonly Hyperparameter[] = [
  learningRate(1e-3),
  { name: 'beta1', default: 0.9, range: decayRate, doc: 'Decay of the mean of gradients.' },
  { name: 'beta2', default: 0.999, range: decayRate, doc: 'Decay of the mean of squared gradients.' },
  epsilon('to the root'),
];

/** Every update rule that a spec can name, with its hyperparameters in positional order. Defaults are those of Keras 3, of `rowwise_adagrad` those of FBGEMM. */
export const optimizerRules: Readonly<Record<RuleName, OptimizerRule>> = {
  sgd: {
    doc: 'Stochastic gradient descent, with momentum if asked for.',
    source: 'Keras 3 SGD',
    parameters: [
      learningRate(0.01),
      momentum,
      {
        name: 'nesterov',
        default: 0,
        range: { min: 0, max: 1 },
        isSwitch: true,
        doc: 'Takes the next share of momentum at once.',
      },
    ],
  },
  adagrad: {
    doc: 'Steps shrink with the sum of squared gradients, weight by weight.',
    source: 'Duchi et al. 2011; Keras 3 Adagrad',
    parameters: [
      learningRate(1e-3),
      { name: 'initial_accumulator', default: 0.1, range: nonNegative, doc: 'Where the sum of squares starts.' },
      epsilon('under the root'),
    ],
  },
  rowwise_adagrad: {
    doc: 'Adagrad with one sum for each row of a table, of the mean of its squared gradients.',
    source: 'Naumov et al. 2019, DLRM; FBGEMM EXACT_ROWWISE_ADAGRAD',
    parameters: [
      learningRate(0.01),
      { name: 'initial_accumulator', default: 0, range: nonNegative, doc: 'Where the sum of squares starts.' },
      epsilon('to the root', 1e-8),
    ],
  },
  adam: {
    doc: 'Steps follow decaying means of gradients and of their squares.',
    source: 'Kingma and Ba 2015, efficient form at the end of section 2; Keras 3 Adam',
    parameters: adamParameters,
  },
  adamw: {
    doc: 'Adam, with weights that decay apart from the gradient.',
    source: 'Loshchilov and Hutter 2019; Keras 3 AdamW',
    parameters: [
      ...adamParameters,
      {
        name: 'weight_decay',
        default: 0.004,
        range: nonNegative,
        doc: 'A step takes learning_rate · weight_decay of each weight away.',
      },
    ],
  },
  adamax: {
    doc: 'Adam with the largest gradient, decaying, in the place of the mean of squares.',
    source: 'Kingma and Ba 2015, Algorithm 2; Keras 3 Adamax',
    parameters: [
      learningRate(1e-3),
      { name: 'beta1', default: 0.9, range: decayRate, doc: 'Decay of the mean of gradients.' },
      { name: 'beta2', default: 0.999, range: decayRate, doc: 'Decay of the largest gradient.' },
      epsilon('to the largest gradient'),
    ],
  },
  rmsprop: {
    doc: 'Gradients are divided by the root of a decaying mean of their squares.',
    source: 'Tieleman and Hinton 2012; Keras 3 RMSprop',
    parameters: [
      learningRate(1e-3),
      { name: 'rho', default: 0.9, range: decayRate, doc: 'Decay of the mean of squares.' },
      momentum,
      epsilon('under the root'),
    ],
  },
  ftrl: {
    doc: 'Follows the regularized leader: each weight is found anew from the sum of its gradients.',
    source: 'McMahan et al. 2013, Algorithm 1; Keras 3 Ftrl',
    parameters: [
      learningRate(1e-3),
      { name: 'learning_rate_power', default: -0.5, range: { min: -1, max: 0 }, doc: 'How steps shrink; 0: not at all.' },
      { name: 'initial_accumulator', default: 0.1, range: positive, doc: 'Where the sum of squares starts.' },
      { name: 'l1', default: 0, range: nonNegative, doc: 'Weights that gain less stay 0.' },
      { name: 'l2', default: 0, range: nonNegative, doc: 'Keeps weights near 0.' },
      { name: 'l2_shrinkage', default: 0, range: nonNegative, doc: 'As l2 of the loss, for weights with a gradient.' },
      { name: 'beta', default: 0, range: nonNegative, doc: 'Makes the first steps smaller.' },
    ],
  },
};

/** The key of a path: the name of the network that it begins with, which is numbered where the graph has that name for itself. */
export function partOf(path: string, isPart: (name: string) => boolean): string {
  const first = path.split('.')[0] ?? path;
  const name = first.replace(/_\d+$/, '');
  return !isPart(first) && namesOfGraph.some((taken) => taken === name) ? name : first;
}

const ownRule = (parts: Optimizers['parts'], path: string): Optimizer | undefined => {
  const isPart = (name: string): boolean => Object.hasOwn(parts, name);
  const part = partOf(path, isPart);
  return isPart(part) ? parts[part] : undefined;
};

/** The rule that a dense weight follows, by its path; the vector of a number in the embeddings section is an embedding. */
export const optimizerOfWeight = ({ parts, embeddings, rest }: Optimizers, path: string): Optimizer =>
  path.startsWith('embeddings.') ? embeddings : (ownRule(parts, path) ?? rest);

/** The rule that a table follows, by its name: that of a part of the network for a table made there. */
export const optimizerOfTable = ({ parts, embeddings }: Optimizers, name: string): Optimizer =>
  (name.includes('.') ? ownRule(parts, name) : undefined) ?? embeddings;

/** Whether a value lies in a range; NaN and infinities never do. */
export const inRange = (value: number, range: Range): boolean =>
  Number.isFinite(value) &&
  (range.minExclusive === true ? value > range.min : value >= range.min) &&
  (range.max === undefined || (range.maxExclusive === true ? value < range.max : value <= range.max));

/** The hyperparameters that a spec gives, with the defaults of the rest. Names are taken as already checked. */
export const withDefaults = (rule: RuleName, given: Readonly<Record<string, number>> = {}): Readonly<Record<string, number>> =>
  Object.fromEntries(optimizerRules[rule].parameters.map(({ name, default: value }) => [name, given[name] ?? value]));
