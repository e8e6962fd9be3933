import type { CheckedModel } from '../../../src/model/model.js';
import type { Logits, Trained } from './subject.js';

/** |a − b| / max(1, |b|), b being the float64 interpreter's. */
const deviation = (given: ArrayLike<number> | undefined, wanted: ArrayLike<number>): number => {
  if (given?.length !== wanted.length) return Infinity;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    const [a = NaN, b = NaN] = [given[i], wanted[i]];
    const off = Math.abs(a - b) / Math.max(1, Math.abs(b));
    // What is not a number agrees with nothing.
    largest = Number.isNaN(off) ? Infinity : Math.max(largest, off);
  }
  return largest;
};

/** Predictions of labels, for what gives no logits: probabilities, of each class where there are more than two, and numbers. */
export const predictionsOf = ({ labels }: Pick<CheckedModel, 'labels'>, logits: Logits): Logits =>
  Object.fromEntries(
    labels.map(({ name, task }) => {
      const values = Array.from(logits[name] ?? []);
      switch (task.kind) {
        case 'number':
          return [name, values];
        case 'binary':
          return [name, values.map((logit) => 1 / (1 + Math.exp(-logit)))];
        case 'class': {
          const ofRow = (i: number): readonly number[] => {
            const row = Math.floor(i / task.classes) * task.classes;
            return values.slice(row, row + task.classes);
          };
          const exps = values.map((logit, i) => Math.exp(logit - Math.max(...ofRow(i))));
          const sums = values.map((_, i) => ofRow(i).reduce((sum, logit) => sum + Math.exp(logit - Math.max(...ofRow(i))), 0));
          return [name, exps.map((exp, i) => exp / (sums[i] ?? NaN))];
        }
        default:
          return task satisfies never;
      }
    }),
  );

/** The largest deviation of any row's logit. */
export const deviationOfLogits = (given: Logits, wanted: Logits): number =>
  Math.max(0, ...Object.entries(wanted).map(([label, logits]) => deviation(given[label], logits)));

/** The largest deviation of a step's loss, or of a row's logit after the steps. */
export const deviationOfTraining = (given: Trained, wanted: Trained): number =>
  Math.max(deviation(given.losses, wanted.losses), deviationOfLogits(given.logits, wanted.logits));

/** What rounding may do: kernels of a GPU sum in another order, and their functions are less exact. */
export const tolerances = { cpu: 1e-5, gpu: 1e-4 } as const;
