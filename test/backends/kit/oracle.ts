import { createReferenceEngine } from '../../../src/train/engines/reference.js';
import type { NamedArray, Weights } from '../../../src/train/weights.js';
import { engineRunner, trainSteps } from './engine-runner.js';
import type { Logits, OptimizerName, Subject, Trained } from './subject.js';

/** What the float64 interpreter gives: every runner is compared with it. */
export interface Expected {
  /** Learned by the steps of Adam, rounded to what runners have. */
  readonly weights: Weights;
  /** By these weights. */
  readonly logits: Logits;
  readonly trained: Readonly<Record<OptimizerName, Trained>>;
}

const rounded = (array: NamedArray): NamedArray => ({ ...array, values: Float32Array.from(array.values) });

/** @param subjects the same rows and network, by optimizer */
export async function expectedOf(subjects: Readonly<Record<OptimizerName, Subject>>): Promise<Expected> {
  const engine = createReferenceEngine();
  const runner = engineRunner(engine);
  const { predict } = runner;
  const [sgd, adam] = [await trainSteps(engine, subjects.sgd), await trainSteps(engine, subjects.adam)];
  const { dense, states, tables } = adam.weights;
  const weights = { dense: dense.map(rounded), states: states.map(rounded), tables: tables.map(rounded) };
  return {
    weights,
    logits: await predict(subjects.adam, weights),
    trained: {
      sgd: { losses: sgd.losses, logits: await predict(subjects.sgd, sgd.weights) },
      adam: { losses: adam.losses, logits: await predict(subjects.adam, adam.weights) },
    },
  };
}
