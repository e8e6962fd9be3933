import type { EncodedRows, EncoderState } from '../../../src/encode/program.js';
import type { CheckedModel } from '../../../src/model/model.js';
import type { Weights } from '../../../src/train/weights.js';

/** A model and rows to run it on, as every target and backend is given them: plain records and flat arrays. */
export interface Subject {
  readonly model: CheckedModel;
  readonly state: EncoderState;
  readonly steps: number;
  /** `steps` × `stepRows` rows, in the order in which they are trained on. */
  readonly rows: EncodedRows;
}

/** How agreement is defined: so many steps, over 1,000 rows. */
export const fullSteps = 20;
export const stepRows = 50;
/** First weights are a function of it. */
export const seed = 5;

export const optimizerNames = ['sgd', 'adam'] as const;
export type OptimizerName = (typeof optimizerNames)[number];

const optimizers: Readonly<Record<OptimizerName, string>> = {
  sgd: 'sgd(0.005)',
  // A smaller ε would amplify what rounding leaves of gradients that vanish.
  adam: 'adam(0.001, epsilon: 1e-3)',
};

/** What is set over a spec's own training. */
export const settingsOf = (optimizer: OptimizerName): readonly string[] => [
  `train.optimizer=${optimizers[optimizer]}`,
  `train.batch=${String(stepRows)}`,
  'train.epochs=1',
  'train.shuffle=false',
  `train.seed=${String(seed)}`,
];

/** Logits of labels, row after row: [rows], or [rows, classes]. */
export type Logits = Readonly<Record<string, ArrayLike<number>>>;

export interface Trained {
  /** Of each step. */
  readonly losses: readonly number[];
  /** Of all rows, by what was learned. */
  readonly logits: Logits;
}

/** Something that computes a model: an engine, or what a target has written, on a backend. */
export interface Runner {
  /** @param code of a target that writes code */
  readonly predict: (subject: Subject, weights: Weights, code?: string) => Promise<Logits>;
  /** Its steps, from first weights. */
  readonly train?: (subject: Subject, code?: string) => Promise<Trained>;
}
