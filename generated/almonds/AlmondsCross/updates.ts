import * as tf from '@tensorflow/tfjs';

/** What the updates remember of a weight. */
export type WeightSlots = Readonly<Record<'mean' | 'square', tf.Variable>>;

export function weightSlots(weight: tf.Variable): WeightSlots {
  return tf.tidy(() => ({ mean: tf.variable(tf.fill(weight.shape, 0)), square: tf.variable(tf.fill(weight.shape, 0)) }));
}

/** Adam, for a whole weight. */
export function updateWeight(weight: tf.Variable, gradient: tf.Tensor, slots: WeightSlots, step: number): void {
  const meanRate = 1 - 0.9;
  const squareRate = 1 - 0.999;
  const rate = (0.4 * Math.sqrt(1 - 0.999 ** step)) / (1 - 0.9 ** step);
  const epsilon = 1e-7;
  tf.tidy(() => {
    slots.mean.assign(slots.mean.add(gradient.sub(slots.mean).mul(meanRate)));
    slots.square.assign(slots.square.add(gradient.mul(gradient).sub(slots.square).mul(squareRate)));
    weight.assign(weight.sub(slots.mean.mul(rate).div(slots.square.sqrt().add(epsilon))));
  });
}
