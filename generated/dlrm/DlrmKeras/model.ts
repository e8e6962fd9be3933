import * as tf from '@tensorflow/tfjs';
import { batchOf, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `bottom.mlp.0.linear.weight` [8, 5] */
  readonly bottomMlp0LinearWeight: tf.Variable;
  /** `bottom.mlp.0.linear.bias` [8] */
  readonly bottomMlp0LinearBias: tf.Variable;
  /** `bottom.weight` [8, 8] */
  readonly bottomWeight: tf.Variable;
  /** `bottom.bias` [8] */
  readonly bottomBias: tf.Variable;
  /** `rating.mlp.0.linear.weight` [192, 15] */
  readonly ratingMlp0LinearWeight: tf.Variable;
  /** `rating.mlp.0.linear.bias` [192] */
  readonly ratingMlp0LinearBias: tf.Variable;
  /** `rating.mlp.1.linear.weight` [192, 192] */
  readonly ratingMlp1LinearWeight: tf.Variable;
  /** `rating.mlp.1.linear.bias` [192] */
  readonly ratingMlp1LinearBias: tf.Variable;
  /** `rating.mlp.2.linear.weight` [192, 192] */
  readonly ratingMlp2LinearWeight: tf.Variable;
  /** `rating.mlp.2.linear.bias` [192] */
  readonly ratingMlp2LinearBias: tf.Variable;
  /** `rating.weight` [1, 192] */
  readonly ratingWeight: tf.Variable;
  /** `rating.bias` [1] */
  readonly ratingBias: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** V(gender) rows of 8. */
  readonly gender: Table;
  /** V(zip_code) rows of 8. */
  readonly zipCode: Table;
  /** V(occupation) rows of 8. */
  readonly occupation: Table;
  /** V(movie_id) rows of 8. */
  readonly movieId: Table;
  /** V(user_id) rows of 8. */
  readonly userId: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 8] */
  readonly gender: tf.Tensor;
  /** [rows, 8] */
  readonly zipCode: tf.Tensor;
  /** [rows, 8] */
  readonly occupation: tf.Tensor;
  /** [rows, 8] */
  readonly movieId: tf.Tensor;
  /** [rows, 8] */
  readonly userId: tf.Tensor;
  /** [rows, 1] */
  readonly age: tf.Tensor;
  /** [rows, 4] */
  readonly seenAt: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly rating: tf.Tensor;
}

/** max(x, 0). The gradient of TensorFlow.js's own takes as long as a matrix product on tfjs-node. */
function relu(x: tf.Tensor): tf.Tensor {
  const rectify = tf.customGrad((given, save) => {
    const value = (given as tf.Tensor).relu();
    (save as tf.GradSaveFunc)([value]);
    return { value, gradFunc: (gradient: tf.Tensor, [value]: tf.Tensor[]) => gradient.mul(value.greater(0).cast('float32')) };
  });
  return rectify(x);
}

/**
 * Elements `at` of one axis. Each has its own gradient here, since that of `tf.gather` adds segments, which not every backend can:
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
}

/**
 * The example of Keras Recommenders: stars from the products alone. 77,497 parameters besides the tables.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const bottom = relu(
      tf
        .concat([inputs.age, inputs.seenAt], 1)
        .matMul(weights.bottomMlp0LinearWeight, false, true)
        .add(weights.bottomMlp0LinearBias),
    )
      .matMul(weights.bottomWeight, false, true)
      .add(weights.bottomBias);
    const products1 = tf.concat(
      [
        inputs.gender.reshape([-1, 1, 8]),
        inputs.zipCode.reshape([-1, 1, 8]),
        inputs.occupation.reshape([-1, 1, 8]),
        inputs.movieId.reshape([-1, 1, 8]),
        inputs.userId.reshape([-1, 1, 8]),
        bottom.reshape([-1, 1, 8]),
      ],
      1,
    );
    const products = take(
      products1.matMul(products1, false, true).reshape([-1, 36]),
      [6, 12, 13, 18, 19, 20, 24, 25, 26, 27, 30, 31, 32, 33, 34],
      1,
    );
    const rating1 = relu(
      relu(
        relu(products.matMul(weights.ratingMlp0LinearWeight, false, true).add(weights.ratingMlp0LinearBias))
          .matMul(weights.ratingMlp1LinearWeight, false, true)
          .add(weights.ratingMlp1LinearBias),
      )
        .matMul(weights.ratingMlp2LinearWeight, false, true)
        .add(weights.ratingMlp2LinearBias),
    ).matMul(weights.ratingWeight, false, true);
    const rating = rating1.add(weights.ratingBias);
    return { rating: rating.reshape([-1]) };
  });
}

function checkIds(table: Table, ids: Int32Array): void {
  const tooLarge = ids.find((id) => id >= table.rows);
  if (tooLarge !== undefined) throw new Error(`the table has ${table.rows} rows, but a feature has the id ${tooLarge}`);
}

/** One row of a table for each id, [rows, dim]. */
function lookUp(table: Table, ids: Int32Array): tf.Tensor {
  checkIds(table, ids);
  const { dim, values } = table;
  const found = new Float32Array(ids.length * dim);
  for (let i = 0; i < ids.length; i++) {
    const [from, to] = [ids[i] * dim, i * dim];
    for (let j = 0; j < dim; j++) found[to + j] = values[from + j];
  }
  return tf.tensor2d(found, [ids.length, dim]);
}

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(tables: Tables, batch: Batch): Inputs {
  return {
    gender: lookUp(tables.gender, batch.gender),
    zipCode: lookUp(tables.zipCode, batch.zipCode),
    occupation: lookUp(tables.occupation, batch.occupation),
    movieId: lookUp(tables.movieId, batch.movieId),
    userId: lookUp(tables.userId, batch.userId),
    age: tf.tensor2d(batch.age, [batch.rows, 1]),
    seenAt: tf.tensor2d(batch.seenAt, [batch.rows, 4]),
  };
}

export interface Prediction {
  readonly rating: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(model.tables, batch));
    return { rating: logits.rating };
  });
  const data = { rating: await tensors.rating.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ rating: data.rating[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      bottomMlp0LinearWeight: variable(
        uniform(seed, 'bottom.mlp.0.linear.weight', 40, -Math.sqrt(6 / (5 + 8)), Math.sqrt(6 / (5 + 8))),
        [8, 5],
      ),
      bottomMlp0LinearBias: variable(constant(8, 0), [8]),
      bottomWeight: variable(uniform(seed, 'bottom.weight', 64, -Math.sqrt(6 / (8 + 8)), Math.sqrt(6 / (8 + 8))), [8, 8]),
      bottomBias: variable(constant(8, 0), [8]),
      ratingMlp0LinearWeight: variable(
        uniform(seed, 'rating.mlp.0.linear.weight', 2880, -Math.sqrt(6 / (15 + 192)), Math.sqrt(6 / (15 + 192))),
        [192, 15],
      ),
      ratingMlp0LinearBias: variable(constant(192, 0), [192]),
      ratingMlp1LinearWeight: variable(
        uniform(seed, 'rating.mlp.1.linear.weight', 36864, -Math.sqrt(6 / (192 + 192)), Math.sqrt(6 / (192 + 192))),
        [192, 192],
      ),
      ratingMlp1LinearBias: variable(constant(192, 0), [192]),
      ratingMlp2LinearWeight: variable(
        uniform(seed, 'rating.mlp.2.linear.weight', 36864, -Math.sqrt(6 / (192 + 192)), Math.sqrt(6 / (192 + 192))),
        [192, 192],
      ),
      ratingMlp2LinearBias: variable(constant(192, 0), [192]),
      ratingWeight: variable(uniform(seed, 'rating.weight', 192, -Math.sqrt(6 / (192 + 1)), Math.sqrt(6 / (192 + 1))), [1, 192]),
      ratingBias: variable(constant(1, 0), [1]),
    },
    tables: {
      gender: {
        rows: state.vocabularies.gender.length + 1,
        dim: 8,
        values: uniform(seed, 'table.gender', (state.vocabularies.gender.length + 1) * 8, -0.05, 0.05),
      },
      zipCode: {
        rows: state.vocabularies.zip_code.length + 1,
        dim: 8,
        values: uniform(seed, 'table.zip_code', (state.vocabularies.zip_code.length + 1) * 8, -0.05, 0.05),
      },
      occupation: {
        rows: state.vocabularies.occupation.length + 1,
        dim: 8,
        values: uniform(seed, 'table.occupation', (state.vocabularies.occupation.length + 1) * 8, -0.05, 0.05),
      },
      movieId: {
        rows: state.vocabularies.movie_id.length + 1,
        dim: 8,
        values: uniform(seed, 'table.movie_id', (state.vocabularies.movie_id.length + 1) * 8, -0.05, 0.05),
      },
      userId: {
        rows: state.vocabularies.user_id.length + 1,
        dim: 8,
        values: uniform(seed, 'table.user_id', (state.vocabularies.user_id.length + 1) * 8, -0.05, 0.05),
      },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  bottomMlp0LinearWeight: 'bottom.mlp.0.linear.weight',
  bottomMlp0LinearBias: 'bottom.mlp.0.linear.bias',
  bottomWeight: 'bottom.weight',
  bottomBias: 'bottom.bias',
  ratingMlp0LinearWeight: 'rating.mlp.0.linear.weight',
  ratingMlp0LinearBias: 'rating.mlp.0.linear.bias',
  ratingMlp1LinearWeight: 'rating.mlp.1.linear.weight',
  ratingMlp1LinearBias: 'rating.mlp.1.linear.bias',
  ratingMlp2LinearWeight: 'rating.mlp.2.linear.weight',
  ratingMlp2LinearBias: 'rating.mlp.2.linear.bias',
  ratingWeight: 'rating.weight',
  ratingBias: 'rating.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  gender: 'table.gender',
  zipCode: 'table.zip_code',
  occupation: 'table.occupation',
  movieId: 'table.movie_id',
  userId: 'table.user_id',
};
