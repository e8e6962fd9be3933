import type { Tensor, TfjsNamespace, Variable } from './namespace.js';

/** A weight, a table or what an optimizer remembers of one: where it is on the backend. */
export interface LiveArray {
  /** Its path: `deep.0.b`, `table.movies`; of what is remembered, `<path>/<slot>`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** A new tensor of `shape`, within a `tidy`. */
  readonly view: () => Tensor;
  /** Puts values in its place, row-major. */
  readonly write: (values: Float32Array) => void;
}

/** Part of a variable, beginning at one of its numbers: another array may stand behind it. */
export const arrayIn = (
  tf: TfjsNamespace,
  name: string,
  shape: readonly number[],
  variable: Variable,
  offset: number,
): LiveArray => {
  const size = shape.reduce((all, length) => all * length, 1);
  const isWhole = size === variable.size;
  return {
    name,
    shape,
    view: () => {
      const flat = tf.reshape(variable, [variable.size]);
      return tf.reshape(isWhole ? flat : tf.slice(flat, [offset], [size]), [...shape]);
    },
    write: (values) => {
      tf.tidy(() => {
        const flat = tf.reshape(variable, [variable.size]);
        const behind = variable.size - offset - size;
        const parts = [
          ...(offset > 0 ? [tf.slice(flat, [0], [offset])] : []),
          tf.tensor1d(values.slice(), 'float32'),
          ...(behind > 0 ? [tf.slice(flat, [offset + size], [behind])] : []),
        ];
        variable.assign(tf.reshape(parts.length === 1 ? (parts[0] ?? flat) : tf.concat(parts), variable.shape));
      });
    },
  };
};

/** A variable with a copy of the values: the cpu backend scatters into the array that it was given. */
export const variableOf = (tf: TfjsNamespace, values: Float32Array, shape: readonly number[]): Variable =>
  tf.tidy(() => tf.variable(tf.tensor(values.slice(), [...shape], 'float32'), false));
