import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `a.mmoe.0.mlp.0.linear.weight` [64, 112] */
  readonly aMmoe0Mlp0LinearWeight: tf.Variable;
  /** `a.mmoe.0.mlp.0.linear.bias` [64] */
  readonly aMmoe0Mlp0LinearBias: tf.Variable;
  /** `a.mmoe.0.mlp.1.linear.weight` [32, 64] */
  readonly aMmoe0Mlp1LinearWeight: tf.Variable;
  /** `a.mmoe.0.mlp.1.linear.bias` [32] */
  readonly aMmoe0Mlp1LinearBias: tf.Variable;
  /** `a.mmoe.1.mlp.0.linear.weight` [64, 112] */
  readonly aMmoe1Mlp0LinearWeight: tf.Variable;
  /** `a.mmoe.1.mlp.0.linear.bias` [64] */
  readonly aMmoe1Mlp0LinearBias: tf.Variable;
  /** `a.mmoe.1.mlp.1.linear.weight` [32, 64] */
  readonly aMmoe1Mlp1LinearWeight: tf.Variable;
  /** `a.mmoe.1.mlp.1.linear.bias` [32] */
  readonly aMmoe1Mlp1LinearBias: tf.Variable;
  /** `a.mmoe.2.mlp.0.linear.weight` [64, 112] */
  readonly aMmoe2Mlp0LinearWeight: tf.Variable;
  /** `a.mmoe.2.mlp.0.linear.bias` [64] */
  readonly aMmoe2Mlp0LinearBias: tf.Variable;
  /** `a.mmoe.2.mlp.1.linear.weight` [32, 64] */
  readonly aMmoe2Mlp1LinearWeight: tf.Variable;
  /** `a.mmoe.2.mlp.1.linear.bias` [32] */
  readonly aMmoe2Mlp1LinearBias: tf.Variable;
  /** `a.mmoe.3.mlp.0.linear.weight` [64, 112] */
  readonly aMmoe3Mlp0LinearWeight: tf.Variable;
  /** `a.mmoe.3.mlp.0.linear.bias` [64] */
  readonly aMmoe3Mlp0LinearBias: tf.Variable;
  /** `a.mmoe.3.mlp.1.linear.weight` [32, 64] */
  readonly aMmoe3Mlp1LinearWeight: tf.Variable;
  /** `a.mmoe.3.mlp.1.linear.bias` [32] */
  readonly aMmoe3Mlp1LinearBias: tf.Variable;
  /** `a.mmoe.0_2.mixture.linear.weight` [4, 112] */
  readonly aMmoe02MixtureLinearWeight: tf.Variable;
  /** `a.mmoe.1_2.mixture.linear.weight` [4, 112] */
  readonly aMmoe12MixtureLinearWeight: tf.Variable;
  /** `liked.mlp.0.linear.weight` [16, 32] */
  readonly likedMlp0LinearWeight: tf.Variable;
  /** `liked.mlp.0.linear.bias` [16] */
  readonly likedMlp0LinearBias: tf.Variable;
  /** `liked.weight` [1, 16] */
  readonly likedWeight: tf.Variable;
  /** `liked.bias` [1] */
  readonly likedBias: tf.Variable;
  /** `stars.mlp.0.linear.weight` [16, 32] */
  readonly starsMlp0LinearWeight: tf.Variable;
  /** `stars.mlp.0.linear.bias` [16] */
  readonly starsMlp0LinearBias: tf.Variable;
  /** `stars.weight` [1, 16] */
  readonly starsWeight: tf.Variable;
  /** `stars.bias` [1] */
  readonly starsBias: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** V(user_id) rows of 16. */
  readonly userId: Table;
  /** V(movie_id) rows of 16. */
  readonly movieId: Table;
  /** V(gender) rows of 16. */
  readonly gender: Table;
  /** 7 rows of 16. */
  readonly age: Table;
  /** V(occupation) rows of 16. */
  readonly occupation: Table;
  /** V(zip_code) rows of 16. */
  readonly zipCode: Table;
  /** V(genres) rows of 16. */
  readonly genres: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 16] */
  readonly userId: tf.Tensor;
  /** [rows, 16] */
  readonly movieId: tf.Tensor;
  /** [rows, 16] */
  readonly gender: tf.Tensor;
  /** [rows, 16] */
  readonly age: tf.Tensor;
  /** [rows, 16] */
  readonly occupation: tf.Tensor;
  /** [rows, 16] */
  readonly zipCode: tf.Tensor;
  /** [rows, 16] */
  readonly genres: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly liked: tf.Tensor;
  /** [rows] */
  readonly stars: tf.Tensor;
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
 * MMoE [Ma et al. 2018]: experts that all tasks share, a gate for each task.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const a1 = tf.concat(
      [inputs.userId, inputs.movieId, inputs.gender, inputs.age, inputs.occupation, inputs.zipCode, inputs.genres],
      1,
    );
    const a2 = tf.concat(
      [
        relu(
          relu(a1.matMul(weights.aMmoe0Mlp0LinearWeight, false, true).add(weights.aMmoe0Mlp0LinearBias))
            .matMul(weights.aMmoe0Mlp1LinearWeight, false, true)
            .add(weights.aMmoe0Mlp1LinearBias),
        ).reshape([-1, 1, 32]),
        relu(
          relu(a1.matMul(weights.aMmoe1Mlp0LinearWeight, false, true).add(weights.aMmoe1Mlp0LinearBias))
            .matMul(weights.aMmoe1Mlp1LinearWeight, false, true)
            .add(weights.aMmoe1Mlp1LinearBias),
        ).reshape([-1, 1, 32]),
        relu(
          relu(a1.matMul(weights.aMmoe2Mlp0LinearWeight, false, true).add(weights.aMmoe2Mlp0LinearBias))
            .matMul(weights.aMmoe2Mlp1LinearWeight, false, true)
            .add(weights.aMmoe2Mlp1LinearBias),
        ).reshape([-1, 1, 32]),
        relu(
          relu(a1.matMul(weights.aMmoe3Mlp0LinearWeight, false, true).add(weights.aMmoe3Mlp0LinearBias))
            .matMul(weights.aMmoe3Mlp1LinearWeight, false, true)
            .add(weights.aMmoe3Mlp1LinearBias),
        ).reshape([-1, 1, 32]),
      ],
      1,
    );
    const a = a1
      .matMul(weights.aMmoe02MixtureLinearWeight, false, true)
      .softmax()
      .reshape([-1, 1, 4])
      .matMul(a2)
      .reshape([-1, 32]);
    const b = a1
      .matMul(weights.aMmoe12MixtureLinearWeight, false, true)
      .softmax()
      .reshape([-1, 1, 4])
      .matMul(a2)
      .reshape([-1, 32]);
    const liked = relu(a.matMul(weights.likedMlp0LinearWeight, false, true).add(weights.likedMlp0LinearBias))
      .matMul(weights.likedWeight, false, true)
      .add(weights.likedBias);
    const stars = relu(b.matMul(weights.starsMlp0LinearWeight, false, true).add(weights.starsMlp0LinearBias))
      .matMul(weights.starsWeight, false, true)
      .add(weights.starsBias);
    return { liked: liked.reshape([-1]), stars: stars.reshape([-1]) };
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

/** Rows of a table, pooled to one vector a row, [rows, dim]. That of a row without ids is 0. */
function lookUpPooled(table: Table, { ids, offsets }: Bags, pool: 'mean' | 'sum'): tf.Tensor {
  checkIds(table, ids);
  const { dim, values } = table;
  const rows = offsets.length - 1;
  const found = new Float32Array(rows * dim);
  for (let i = 0; i < rows; i++) {
    const scale = pool === 'mean' ? 1 / (offsets[i + 1] - offsets[i]) : 1;
    for (let place = offsets[i]; place < offsets[i + 1]; place++)
      for (let j = 0; j < dim; j++) found[i * dim + j] += scale * values[ids[place] * dim + j];
  }
  return tf.tensor2d(found, [rows, dim]);
}

/** A batch as tensors, with the rows of tables looked up. */
export function inputsOf(tables: Tables, batch: Batch): Inputs {
  return {
    userId: lookUp(tables.userId, batch.userId),
    movieId: lookUp(tables.movieId, batch.movieId),
    gender: lookUp(tables.gender, batch.gender),
    age: lookUp(tables.age, batch.age),
    occupation: lookUp(tables.occupation, batch.occupation),
    zipCode: lookUp(tables.zipCode, batch.zipCode),
    genres: lookUpPooled(tables.genres, batch.genres, 'mean'),
  };
}

export interface Prediction {
  /** Probability of yes. */
  readonly liked: number;
  readonly stars: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(model.tables, batch));
    return { liked: logits.liked.sigmoid(), stars: logits.stars };
  });
  const data = { liked: await tensors.liked.data(), stars: await tensors.stars.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ liked: data.liked[i], stars: data.stars[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      aMmoe0Mlp0LinearWeight: variable(
        uniform(seed, 'a.mmoe.0.mlp.0.linear.weight', 7168, -Math.sqrt(6 / (112 + 64)), Math.sqrt(6 / (112 + 64))),
        [64, 112],
      ),
      aMmoe0Mlp0LinearBias: variable(constant(64, 0), [64]),
      aMmoe0Mlp1LinearWeight: variable(
        uniform(seed, 'a.mmoe.0.mlp.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      aMmoe0Mlp1LinearBias: variable(constant(32, 0), [32]),
      aMmoe1Mlp0LinearWeight: variable(
        uniform(seed, 'a.mmoe.1.mlp.0.linear.weight', 7168, -Math.sqrt(6 / (112 + 64)), Math.sqrt(6 / (112 + 64))),
        [64, 112],
      ),
      aMmoe1Mlp0LinearBias: variable(constant(64, 0), [64]),
      aMmoe1Mlp1LinearWeight: variable(
        uniform(seed, 'a.mmoe.1.mlp.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      aMmoe1Mlp1LinearBias: variable(constant(32, 0), [32]),
      aMmoe2Mlp0LinearWeight: variable(
        uniform(seed, 'a.mmoe.2.mlp.0.linear.weight', 7168, -Math.sqrt(6 / (112 + 64)), Math.sqrt(6 / (112 + 64))),
        [64, 112],
      ),
      aMmoe2Mlp0LinearBias: variable(constant(64, 0), [64]),
      aMmoe2Mlp1LinearWeight: variable(
        uniform(seed, 'a.mmoe.2.mlp.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      aMmoe2Mlp1LinearBias: variable(constant(32, 0), [32]),
      aMmoe3Mlp0LinearWeight: variable(
        uniform(seed, 'a.mmoe.3.mlp.0.linear.weight', 7168, -Math.sqrt(6 / (112 + 64)), Math.sqrt(6 / (112 + 64))),
        [64, 112],
      ),
      aMmoe3Mlp0LinearBias: variable(constant(64, 0), [64]),
      aMmoe3Mlp1LinearWeight: variable(
        uniform(seed, 'a.mmoe.3.mlp.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      aMmoe3Mlp1LinearBias: variable(constant(32, 0), [32]),
      aMmoe02MixtureLinearWeight: variable(
        uniform(seed, 'a.mmoe.0_2.mixture.linear.weight', 448, -Math.sqrt(6 / (112 + 4)), Math.sqrt(6 / (112 + 4))),
        [4, 112],
      ),
      aMmoe12MixtureLinearWeight: variable(
        uniform(seed, 'a.mmoe.1_2.mixture.linear.weight', 448, -Math.sqrt(6 / (112 + 4)), Math.sqrt(6 / (112 + 4))),
        [4, 112],
      ),
      likedMlp0LinearWeight: variable(
        uniform(seed, 'liked.mlp.0.linear.weight', 512, -Math.sqrt(6 / (32 + 16)), Math.sqrt(6 / (32 + 16))),
        [16, 32],
      ),
      likedMlp0LinearBias: variable(constant(16, 0), [16]),
      likedWeight: variable(uniform(seed, 'liked.weight', 16, -Math.sqrt(6 / (16 + 1)), Math.sqrt(6 / (16 + 1))), [1, 16]),
      likedBias: variable(constant(1, 0), [1]),
      starsMlp0LinearWeight: variable(
        uniform(seed, 'stars.mlp.0.linear.weight', 512, -Math.sqrt(6 / (32 + 16)), Math.sqrt(6 / (32 + 16))),
        [16, 32],
      ),
      starsMlp0LinearBias: variable(constant(16, 0), [16]),
      starsWeight: variable(uniform(seed, 'stars.weight', 16, -Math.sqrt(6 / (16 + 1)), Math.sqrt(6 / (16 + 1))), [1, 16]),
      starsBias: variable(constant(1, 0), [1]),
    },
    tables: {
      userId: {
        rows: state.vocabularies.user_id.length + 1,
        dim: 16,
        values: uniform(seed, 'table.user_id', (state.vocabularies.user_id.length + 1) * 16, -0.05, 0.05),
      },
      movieId: {
        rows: state.vocabularies.movie_id.length + 1,
        dim: 16,
        values: uniform(seed, 'table.movie_id', (state.vocabularies.movie_id.length + 1) * 16, -0.05, 0.05),
      },
      gender: {
        rows: state.vocabularies.gender.length + 1,
        dim: 16,
        values: uniform(seed, 'table.gender', (state.vocabularies.gender.length + 1) * 16, -0.05, 0.05),
      },
      age: { rows: 7, dim: 16, values: uniform(seed, 'table.age', 7 * 16, -0.05, 0.05) },
      occupation: {
        rows: state.vocabularies.occupation.length + 1,
        dim: 16,
        values: uniform(seed, 'table.occupation', (state.vocabularies.occupation.length + 1) * 16, -0.05, 0.05),
      },
      zipCode: {
        rows: state.vocabularies.zip_code.length + 1,
        dim: 16,
        values: uniform(seed, 'table.zip_code', (state.vocabularies.zip_code.length + 1) * 16, -0.05, 0.05),
      },
      genres: {
        rows: state.vocabularies.genres.length + 1,
        dim: 16,
        values: uniform(seed, 'table.genres', (state.vocabularies.genres.length + 1) * 16, -0.05, 0.05),
      },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  aMmoe0Mlp0LinearWeight: 'a.mmoe.0.mlp.0.linear.weight',
  aMmoe0Mlp0LinearBias: 'a.mmoe.0.mlp.0.linear.bias',
  aMmoe0Mlp1LinearWeight: 'a.mmoe.0.mlp.1.linear.weight',
  aMmoe0Mlp1LinearBias: 'a.mmoe.0.mlp.1.linear.bias',
  aMmoe1Mlp0LinearWeight: 'a.mmoe.1.mlp.0.linear.weight',
  aMmoe1Mlp0LinearBias: 'a.mmoe.1.mlp.0.linear.bias',
  aMmoe1Mlp1LinearWeight: 'a.mmoe.1.mlp.1.linear.weight',
  aMmoe1Mlp1LinearBias: 'a.mmoe.1.mlp.1.linear.bias',
  aMmoe2Mlp0LinearWeight: 'a.mmoe.2.mlp.0.linear.weight',
  aMmoe2Mlp0LinearBias: 'a.mmoe.2.mlp.0.linear.bias',
  aMmoe2Mlp1LinearWeight: 'a.mmoe.2.mlp.1.linear.weight',
  aMmoe2Mlp1LinearBias: 'a.mmoe.2.mlp.1.linear.bias',
  aMmoe3Mlp0LinearWeight: 'a.mmoe.3.mlp.0.linear.weight',
  aMmoe3Mlp0LinearBias: 'a.mmoe.3.mlp.0.linear.bias',
  aMmoe3Mlp1LinearWeight: 'a.mmoe.3.mlp.1.linear.weight',
  aMmoe3Mlp1LinearBias: 'a.mmoe.3.mlp.1.linear.bias',
  aMmoe02MixtureLinearWeight: 'a.mmoe.0_2.mixture.linear.weight',
  aMmoe12MixtureLinearWeight: 'a.mmoe.1_2.mixture.linear.weight',
  likedMlp0LinearWeight: 'liked.mlp.0.linear.weight',
  likedMlp0LinearBias: 'liked.mlp.0.linear.bias',
  likedWeight: 'liked.weight',
  likedBias: 'liked.bias',
  starsMlp0LinearWeight: 'stars.mlp.0.linear.weight',
  starsMlp0LinearBias: 'stars.mlp.0.linear.bias',
  starsWeight: 'stars.weight',
  starsBias: 'stars.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  userId: 'table.user_id',
  movieId: 'table.movie_id',
  gender: 'table.gender',
  age: 'table.age',
  occupation: 'table.occupation',
  zipCode: 'table.zip_code',
  genres: 'table.genres',
};
