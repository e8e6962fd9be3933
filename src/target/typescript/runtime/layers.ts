import type { Part } from '../../code/parts.js';

export type LayerName =
  'asNumber' | 'relu' | 'dropout' | 'kept' | 'take' | 'largest' | 'statistics' | 'statisticsOfPresent' | 'moved';

/** What a forward pass calls besides TensorFlow.js. */
export const layerParts: Readonly<Record<LayerName, Part<LayerName>>> = {
  asNumber: {
    uses: [],
    code: `
/** 1 where it is true, else 0. What a cast gives, webgpu keeps as whole numbers, which its sums and transpositions cannot read. */
function asNumber(condition: tf.Tensor): tf.Tensor {
  return condition.cast('float32').mul(1);
}`,
  },
  relu: {
    uses: [],
    code: `
/** max(x, 0). The gradient of TensorFlow.js's own takes as long as a matrix product on tfjs-node. */
function relu(x: tf.Tensor): tf.Tensor {
  const rectify = tf.customGrad((given, save) => {
    const value = (given as tf.Tensor).relu();
    (save as tf.GradSaveFunc)([value]);
    return { value, gradFunc: (gradient: tf.Tensor, [value]: tf.Tensor[]) => gradient.mul(value.greater(0).cast('float32')) };
  });
  return rectify(x);
}`,
  },
  dropout: {
    uses: [],
    code: `
/** x / (1 - rate) where the noise is at least \`rate\`, else 0; without noise x itself. */
function dropout(x: tf.Tensor, rate: number, noise: tf.Tensor | undefined): tf.Tensor {
  return noise === undefined ? x : x.mul(noise.greaterEqual(rate).cast('float32')).div(1 - rate);
}`,
  },
  kept: {
    uses: ['dropout'],
    code: `
/** What dropout multiplies by; 1 without noise. */
function kept(noise: tf.Tensor | undefined, rate: number, shape: number[]): tf.Tensor {
  return dropout(tf.ones(shape), rate, noise);
}`,
  },
  take: {
    uses: [],
    code: `
/**
 * Elements \`at\` of one axis. Each has its own gradient here, since that of \`tf.gather\` adds segments, which not every backend can:
 * an element gets the sum of what was taken of it, looked up in a list of those places.
 */
function take(x: tf.Tensor, at: number[], axis: number): tf.Tensor {
  const size = x.shape[axis] ?? 0;
  const places = Array.from({ length: size }, (_, i) => at.flatMap((from, place) => (from === i ? [place] : [])));
  const most = Math.max(...places.map(({ length }) => length));
  const back = places.flatMap((own) => [...own, ...new Array<number>(most - own.length).fill(at.length)]);
  const gather = tf.customGrad((given) => ({
    value: tf.gather(given as tf.Tensor, at, axis),
    gradFunc: (gradient: tf.Tensor) => {
      const { shape } = gradient;
      const none = tf.zeros(shape.map((length, i) => (i === axis ? 1 : length)));
      const spread = tf.gather(tf.concat([gradient, none], axis), back, axis);
      return spread.reshape([...shape.slice(0, axis), size, most, ...shape.slice(axis + 1)]).sum(axis + 1);
    },
  }));
  return gather(x);
}`,
  },
  largest: {
    uses: ['asNumber'],
    code: `
/** The largest elements along axes. Those that are equal share the gradient, which TensorFlow.js would give to each of them. */
function largest(x: tf.Tensor, axes: number[]): tf.Tensor {
  const pick = tf.customGrad((given, save) => {
    const all = given as tf.Tensor;
    const value = all.max(axes, true);
    (save as tf.GradSaveFunc)([all, value]);
    return {
      value: value.squeeze(axes),
      gradFunc: (gradient: tf.Tensor, [all, value]: tf.Tensor[]) => {
        const isLargest = asNumber(all.equal(value));
        return isLargest.mul(gradient.reshape(value.shape).div(isLargest.sum(axes, true)));
      },
    };
  });
  return pick(x);
}`,
  },
  statistics: {
    uses: ['moved'],
    code: `
/** Mean and variance of a batch, which move the running ones; those themselves outside of training. */
function statistics(
  x: tf.Tensor,
  axes: number[],
  running: Statistics<tf.Variable>,
  momentum: number,
  isTraining: boolean,
): Statistics<tf.Tensor> {
  if (!isTraining) return running;
  const mean = x.mean(axes);
  return moved(running, { mean, variance: x.sub(mean).square().mean(axes) }, momentum);
}`,
  },
  statisticsOfPresent: {
    uses: ['moved'],
    code: `
/** The same of the places of a sequence that are there: where \`present\` is 1. */
function statisticsOfPresent(
  x: tf.Tensor,
  axes: number[],
  present: tf.Tensor,
  running: Statistics<tf.Variable>,
  momentum: number,
  isTraining: boolean,
): Statistics<tf.Tensor> {
  if (!isTraining) return running;
  const count = present.sum().maximum(1);
  const average = (values: tf.Tensor): tf.Tensor => values.mul(present).sum(axes).div(count);
  const mean = average(x);
  return moved(running, { mean, variance: average(x.sub(mean).square()) }, momentum);
}`,
  },
  moved: {
    uses: [],
    code: `
interface Statistics<T extends tf.Tensor> {
  readonly mean: T;
  readonly variance: T;
}

function moved(running: Statistics<tf.Variable>, batch: Statistics<tf.Tensor>, momentum: number): Statistics<tf.Tensor> {
  for (const key of ['mean', 'variance'] as const)
    running[key].assign(running[key].mul(momentum).add(batch[key].mul(1 - momentum)));
  return batch;
}`,
  },
};
