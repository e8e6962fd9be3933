import * as tf from '@tensorflow/tfjs';

/** Stochastic gradient descent, for a whole weight. */
export function updateWeight(weight: tf.Variable, gradient: tf.Tensor): void {
  const rate = 0.1;
  tf.tidy(() => {
    weight.assign(weight.sub(gradient.mul(rate)));
  });
}
