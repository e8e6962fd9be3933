import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch, type TrainingBatch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `relevance.mlp.0.linear.weight` [64, 112] */
  readonly relevanceMlp0LinearWeight: tf.Variable;
  /** `relevance.mlp.0.linear.bias` [64] */
  readonly relevanceMlp0LinearBias: tf.Variable;
  /** `relevance.mlp.1.linear.weight` [32, 64] */
  readonly relevanceMlp1LinearWeight: tf.Variable;
  /** `relevance.mlp.1.linear.bias` [32] */
  readonly relevanceMlp1LinearBias: tf.Variable;
  /** `relevance.weight` [1, 32] */
  readonly relevanceWeight: tf.Variable;
  /** `relevance.bias` [1] */
  readonly relevanceBias: tf.Variable;
  /** `liked.linear.weight` [1, 16] */
  readonly likedLinearWeight: tf.Variable;
  /** `liked.linear.bias` [1] */
  readonly likedLinearBias: tf.Variable;
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
  /** 24 rows of 16. */
  readonly position: Table;
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

/** What it reads in training. */
export interface TrainingInputs extends Inputs {
  /** [rows, 16] */
  readonly position: tf.Tensor;
}

/** What is served, and what training takes from there. */
export interface Served {
  /** [rows] */
  readonly relevance: tf.Tensor;
  /** [rows, 1] */
  readonly relevance2: tf.Tensor;
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
 * What a position adds to a click is learned beside the relevance and left out when serving.
 *
 * The forward pass to what is served.
 */
export function serve(weights: Weights, inputs: Inputs): Served {
  return tf.tidy(() => {
    const relevance = relu(
      relu(
        tf
          .concat([inputs.userId, inputs.movieId, inputs.gender, inputs.age, inputs.occupation, inputs.zipCode, inputs.genres], 1)
          .matMul(weights.relevanceMlp0LinearWeight, false, true)
          .add(weights.relevanceMlp0LinearBias),
      )
        .matMul(weights.relevanceMlp1LinearWeight, false, true)
        .add(weights.relevanceMlp1LinearBias),
    )
      .matMul(weights.relevanceWeight, false, true)
      .add(weights.relevanceBias);
    return { relevance: relevance.reshape([-1]), relevance2: relevance };
  });
}

/** The rest of the forward pass, which only training needs. */
export function forward(weights: Weights, inputs: TrainingInputs): Logits {
  return tf.tidy(() => {
    const served = serve(weights, inputs);
    const liked = served.relevance2.add(
      inputs.position.matMul(weights.likedLinearWeight, false, true).add(weights.likedLinearBias),
    );
    return { liked: liked.reshape([-1]) };
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

/** The same with what only training reads. */
export function trainingInputsOf(tables: Tables, batch: TrainingBatch): TrainingInputs {
  return {
    ...inputsOf(tables, batch),
    position: lookUp(tables.position, batch.position),
  };
}

export interface Prediction {
  readonly relevance: number;
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const given = serve(model.weights, inputsOf(model.tables, batch));
    return { relevance: given.relevance };
  });
  const data = { relevance: await tensors.relevance.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ relevance: data.relevance[i] }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      relevanceMlp0LinearWeight: variable(
        uniform(seed, 'relevance.mlp.0.linear.weight', 7168, -Math.sqrt(6 / (112 + 64)), Math.sqrt(6 / (112 + 64))),
        [64, 112],
      ),
      relevanceMlp0LinearBias: variable(constant(64, 0), [64]),
      relevanceMlp1LinearWeight: variable(
        uniform(seed, 'relevance.mlp.1.linear.weight', 2048, -Math.sqrt(6 / (64 + 32)), Math.sqrt(6 / (64 + 32))),
        [32, 64],
      ),
      relevanceMlp1LinearBias: variable(constant(32, 0), [32]),
      relevanceWeight: variable(
        uniform(seed, 'relevance.weight', 32, -Math.sqrt(6 / (32 + 1)), Math.sqrt(6 / (32 + 1))),
        [1, 32],
      ),
      relevanceBias: variable(constant(1, 0), [1]),
      likedLinearWeight: variable(
        uniform(seed, 'liked.linear.weight', 16, -Math.sqrt(6 / (16 + 1)), Math.sqrt(6 / (16 + 1))),
        [1, 16],
      ),
      likedLinearBias: variable(constant(1, 0), [1]),
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
      position: { rows: 24, dim: 16, values: uniform(seed, 'table.position', 24 * 16, -0.05, 0.05) },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  relevanceMlp0LinearWeight: 'relevance.mlp.0.linear.weight',
  relevanceMlp0LinearBias: 'relevance.mlp.0.linear.bias',
  relevanceMlp1LinearWeight: 'relevance.mlp.1.linear.weight',
  relevanceMlp1LinearBias: 'relevance.mlp.1.linear.bias',
  relevanceWeight: 'relevance.weight',
  relevanceBias: 'relevance.bias',
  likedLinearWeight: 'liked.linear.weight',
  likedLinearBias: 'liked.linear.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  userId: 'table.user_id',
  movieId: 'table.movie_id',
  gender: 'table.gender',
  age: 'table.age',
  occupation: 'table.occupation',
  zipCode: 'table.zip_code',
  genres: 'table.genres',
  position: 'table.position',
};
