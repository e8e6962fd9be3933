import { averageShare, decayOf, stepBase } from '../../graph/update/decay.js';
import { variableOf, type LiveArray } from './arrays.js';
import type { BackendWays, TouchedRows } from './backend-ways.js';
import type { Tensor, TfjsNamespace, Variable } from './namespace.js';

/** Moving averages of a table's rows. Where a step leaves rows alone, theirs are brought up to date when they are next needed. */
export interface RowAverage {
  readonly variable: Variable;
  /** After a step that has moved all rows. */
  readonly moveAll: (step: number) => void;
  /** In a step that moves the touched rows from `before` to `after`. */
  readonly move: (touched: TouchedRows, places: Tensor, before: Tensor, after: Tensor, step: number) => void;
  readonly settle: (step: number) => void;
  /** Which step each row is up to date with, in two digits, as files of weights have it. */
  readonly arrays: (path: string) => readonly LiveArray[];
}

interface AverageOptions {
  readonly momentum: number;
  /** Without spare ones. */
  readonly rows: number;
  readonly isLazy: boolean;
  readonly values: Float32Array;
}

export const createRowAverage = (
  tf: TfjsNamespace,
  ways: BackendWays,
  weight: Variable,
  { momentum, rows, isLazy, values }: AverageOptions,
): RowAverage => {
  const variable = variableOf(tf, values, weight.shape);
  const upTo = new Float64Array(isLazy ? rows : 0);
  /** What is left of the distance between averages and weights that did not move until `step`: [rows, 1]. */
  const leftOf = (listed: Int32Array, step: number): Tensor =>
    tf.tensor2d(
      Float32Array.from(listed, (row) => decayOf(momentum, Math.max(0, step - (upTo[row] ?? step)))),
      [listed.length, 1],
    );
  const toward = (average: Tensor, weights: Tensor, step: number): Tensor =>
    tf.add(average, tf.mul(tf.sub(weights, average), averageShare(momentum, step)));
  return {
    variable,
    moveAll: (step) => variable.assign(toward(variable, weight, step)),
    move: (touched, places, before, after, step) => {
      const stale = tf.gather(variable, places);
      const average = tf.add(before, tf.mul(leftOf(touched.rows, step - 1), tf.sub(stale, before)));
      variable.assign(ways.write(tf, variable, touched, toward(average, after, step)));
      for (const row of touched.rows.subarray(0, touched.count)) upTo[row] = step;
    },
    settle: (step) => {
      if (upTo.every((before) => before >= step)) return;
      tf.tidy(() => {
        const all = Int32Array.from({ length: weight.shape[0] }, (_, row) => row);
        variable.assign(tf.add(weight, tf.mul(leftOf(all, step), tf.sub(variable, weight))));
      });
      upTo.fill(step);
    },
    arrays: (path) =>
      isLazy
        ? [
            {
              name: `${path}/averaged_at`,
              shape: [rows, 2],
              view: () =>
                tf.tensor2d(
                  Float32Array.from({ length: 2 * rows }, (_, i) => {
                    const step = upTo[i >> 1] ?? 0;
                    return i % 2 === 0 ? Math.floor(step / stepBase) : step % stepBase;
                  }),
                  [rows, 2],
                ),
              write: (digits) =>
                upTo.forEach((_, row) => (upTo[row] = stepBase * (digits[2 * row] ?? 0) + (digits[2 * row + 1] ?? 0))),
            },
          ]
        : [],
  };
};
