import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `a.select.mlp.0.linear.weight` [32, 16] */
  readonly aSelectMlp0LinearWeight: tf.Variable;
  /** `a.select.mlp.0.linear.bias` [32] */
  readonly aSelectMlp0LinearBias: tf.Variable;
  /** `a.select.linear.weight` [112, 32] */
  readonly aSelectLinearWeight: tf.Variable;
  /** `a.select.linear.bias` [112] */
  readonly aSelectLinearBias: tf.Variable;
  /** `a.0.linear.weight` [64, 112] */
  readonly a0LinearWeight: tf.Variable;
  /** `a.0.linear.bias` [64] */
  readonly a0LinearBias: tf.Variable;
  /** `a.1.linear.weight` [32, 64] */
  readonly a1LinearWeight: tf.Variable;
  /** `a.1.linear.bias` [32] */
  readonly a1LinearBias: tf.Variable;
  /** `c.select.mlp.0.linear.weight` [32, 16] */
  readonly cSelectMlp0LinearWeight: tf.Variable;
  /** `c.select.mlp.0.linear.bias` [32] */
  readonly cSelectMlp0LinearBias: tf.Variable;
  /** `c.select.linear.weight` [112, 32] */
  readonly cSelectLinearWeight: tf.Variable;
  /** `c.select.linear.bias` [112] */
  readonly cSelectLinearBias: tf.Variable;
  /** `c.0.linear.weight` [64, 112] */
  readonly c0LinearWeight: tf.Variable;
  /** `c.0.linear.bias` [64] */
  readonly c0LinearBias: tf.Variable;
  /** `c.1.linear.weight` [32, 64] */
  readonly c1LinearWeight: tf.Variable;
  /** `c.1.linear.bias` [32] */
  readonly c1LinearBias: tf.Variable;
  /** `liked.W` [2, 16, 16] */
  readonly likedW: tf.Variable;
  /** `liked.linear.weight` [1, 32] */
  readonly likedLinearWeight: tf.Variable;
  /** `liked.linear.bias` [1] */
  readonly likedLinearBias: tf.Variable;
  /** `liked.linear_2.weight` [1, 32] */
  readonly likedLinear2Weight: tf.Variable;
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
 * FinalMLP [Mao et al. 2023]: two streams, each with the features that its own context selects, joined by a bilinear fusion.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const x = tf.concat(
      [inputs.userId, inputs.movieId, inputs.gender, inputs.age, inputs.occupation, inputs.zipCode, inputs.genres],
      1,
    );
    const a1 = relu(inputs.userId.matMul(weights.aSelectMlp0LinearWeight, false, true).add(weights.aSelectMlp0LinearBias))
      .matMul(weights.aSelectLinearWeight, false, true)
      .add(weights.aSelectLinearBias)
      .sigmoid()
      .mul(2)
      .mul(x)
      .matMul(weights.a0LinearWeight, false, true);
    const a = relu(relu(a1.add(weights.a0LinearBias)).matMul(weights.a1LinearWeight, false, true).add(weights.a1LinearBias));
    const c1 = relu(inputs.movieId.matMul(weights.cSelectMlp0LinearWeight, false, true).add(weights.cSelectMlp0LinearBias))
      .matMul(weights.cSelectLinearWeight, false, true)
      .add(weights.cSelectLinearBias)
      .sigmoid()
      .mul(2)
      .mul(x)
      .matMul(weights.c0LinearWeight, false, true);
    const c = relu(relu(c1.add(weights.c0LinearBias)).matMul(weights.c1LinearWeight, false, true).add(weights.c1LinearBias));
    const liked1 = a
      .matMul(weights.likedLinearWeight, false, true)
      .add(weights.likedLinearBias)
      .add(c.matMul(weights.likedLinear2Weight, false, true))
      .add(
        a
          .reshape([-1, 2, 16])
          .transpose([1, 0, 2])
          .matMul(weights.likedW)
          .mul(c.reshape([-1, 2, 16]).transpose([1, 0, 2]))
          .sum([0, 2])
          .reshape([-1, 1]),
      );
    const liked = liked1.reshape([-1]);
    return { liked };
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
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(model.tables, batch));
    return { liked: logits.liked.sigmoid() };
  });
  const data = { liked: await tensors.liked.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ liked: data.liked[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      aSelectMlp0LinearWeight: variable(
        uniform(seed, 'a.select.mlp.0.linear.weight', 512, -Math.sqrt(6 / (16 + 32)), Math.sqrt(6 / (16 + 32))),
        [32, 16],
      ),
      aSelectMlp0LinearBias: variable(constant(32, 0), [32]),
      aSelectLinearWeight: variable(
        uniform(seed, 'a.select.linear.weight', 3584, -Math.sqrt(6 / (32 + 112)), Math.sqrt(6 / (32 + 112))),
        [112, 32],
      ),
      aSelectLinearBias: variable(constant(112, 0), [112]),
      a0LinearWeight: variable(
        uniform(seed, 'a.0.linear.weight', 7168, -Math.sqrt(6 / (112 + 64)), Math.sqrt(6 / (112 + 64))),
        [64, 112],
      ),
      a0LinearBias: variable(constant(64, 0), [64]),
      a1LinearWeight: variable(
        uniform(seed, 'a.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      a1LinearBias: variable(constant(32, 0), [32]),
      cSelectMlp0LinearWeight: variable(
        uniform(seed, 'c.select.mlp.0.linear.weight', 512, -Math.sqrt(6 / (16 + 32)), Math.sqrt(6 / (16 + 32))),
        [32, 16],
      ),
      cSelectMlp0LinearBias: variable(constant(32, 0), [32]),
      cSelectLinearWeight: variable(
        uniform(seed, 'c.select.linear.weight', 3584, -Math.sqrt(6 / (32 + 112)), Math.sqrt(6 / (32 + 112))),
        [112, 32],
      ),
      cSelectLinearBias: variable(constant(112, 0), [112]),
      c0LinearWeight: variable(
        uniform(seed, 'c.0.linear.weight', 7168, -Math.sqrt(6 / (112 + 64)), Math.sqrt(6 / (112 + 64))),
        [64, 112],
      ),
      c0LinearBias: variable(constant(64, 0), [64]),
      c1LinearWeight: variable(
        uniform(seed, 'c.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      c1LinearBias: variable(constant(32, 0), [32]),
      likedW: variable(uniform(seed, 'liked.W', 512, -Math.sqrt(6 / (16 + 16)), Math.sqrt(6 / (16 + 16))), [2, 16, 16]),
      likedLinearWeight: variable(
        uniform(seed, 'liked.linear.weight', 32, -Math.sqrt(6 / (32 + 1)), Math.sqrt(6 / (32 + 1))),
        [1, 32],
      ),
      likedLinearBias: variable(constant(1, 0), [1]),
      likedLinear2Weight: variable(
        uniform(seed, 'liked.linear_2.weight', 32, -Math.sqrt(6 / (32 + 1)), Math.sqrt(6 / (32 + 1))),
        [1, 32],
      ),
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
  aSelectMlp0LinearWeight: 'a.select.mlp.0.linear.weight',
  aSelectMlp0LinearBias: 'a.select.mlp.0.linear.bias',
  aSelectLinearWeight: 'a.select.linear.weight',
  aSelectLinearBias: 'a.select.linear.bias',
  a0LinearWeight: 'a.0.linear.weight',
  a0LinearBias: 'a.0.linear.bias',
  a1LinearWeight: 'a.1.linear.weight',
  a1LinearBias: 'a.1.linear.bias',
  cSelectMlp0LinearWeight: 'c.select.mlp.0.linear.weight',
  cSelectMlp0LinearBias: 'c.select.mlp.0.linear.bias',
  cSelectLinearWeight: 'c.select.linear.weight',
  cSelectLinearBias: 'c.select.linear.bias',
  c0LinearWeight: 'c.0.linear.weight',
  c0LinearBias: 'c.0.linear.bias',
  c1LinearWeight: 'c.1.linear.weight',
  c1LinearBias: 'c.1.linear.bias',
  likedW: 'liked.W',
  likedLinearWeight: 'liked.linear.weight',
  likedLinearBias: 'liked.linear.bias',
  likedLinear2Weight: 'liked.linear_2.weight',
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
