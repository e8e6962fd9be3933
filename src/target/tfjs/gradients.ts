import type { TrainSection } from '../../model/model.js';
import type { Tensor, TfjsNamespace } from './namespace.js';

/** Gradients of a step: of weights by name, and of the touched rows of tables. */
export interface Gradients {
  readonly dense: ReadonlyMap<string, Tensor>;
  readonly tables: readonly Tensor[];
}

/** One after the other: a shader of WebGPU reads no more than a few tensors, of which `addN` knows nothing. */
export const sumOf = (tf: TfjsNamespace, tensors: readonly Tensor[]): Tensor =>
  tensors.reduce((sum, tensor) => tf.add(sum, tensor));

const squares = (tf: TfjsNamespace, x: Tensor): Tensor => tf.sum(tf.square(x));

/** limit/max(norm, limit), which is 1 for a short gradient [Keras: g ← g·c/max(‖g‖, c)]. */
const factorOf = (tf: TfjsNamespace, squared: Tensor, limit: number): Tensor =>
  tf.div(limit, tf.maximum(tf.sqrt(squared), limit));

/** Scales gradients whose norm, together or each by itself, is beyond the limit; within a `tidy`. */
export const clipGradients = (tf: TfjsNamespace, { dense, tables }: Gradients, clipNorm: TrainSection['clipNorm']): Gradients => {
  if (clipNorm === undefined) return { dense, tables };
  const { scope, norm } = clipNorm;
  const all = [...dense.values(), ...tables];
  if (all.length === 0) return { dense, tables };
  const global =
    scope === 'global'
      ? factorOf(
          tf,
          sumOf(
            tf,
            all.map((gradient) => squares(tf, gradient)),
          ),
          norm,
        )
      : undefined;
  const clip = (gradient: Tensor): Tensor => tf.mul(gradient, global ?? factorOf(tf, squares(tf, gradient), norm));
  return { dense: new Map([...dense].map(([name, gradient]) => [name, clip(gradient)])), tables: tables.map(clip) };
};
