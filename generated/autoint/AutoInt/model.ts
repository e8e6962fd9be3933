import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `liked.autoint.0.autoint_layer.Q` [2, 8, 16] */
  readonly likedAutoint0AutointLayerQ: tf.Variable;
  /** `liked.autoint.0.autoint_layer.K` [2, 8, 16] */
  readonly likedAutoint0AutointLayerK: tf.Variable;
  /** `liked.autoint.0.autoint_layer.V` [2, 8, 16] */
  readonly likedAutoint0AutointLayerV: tf.Variable;
  /** `liked.autoint.0.autoint_layer.linear_rows.linear.weight` [16, 16] */
  readonly likedAutoint0AutointLayerLinearRowsLinearWeight: tf.Variable;
  /** `liked.autoint.1.autoint_layer.Q` [2, 8, 16] */
  readonly likedAutoint1AutointLayerQ: tf.Variable;
  /** `liked.autoint.1.autoint_layer.K` [2, 8, 16] */
  readonly likedAutoint1AutointLayerK: tf.Variable;
  /** `liked.autoint.1.autoint_layer.V` [2, 8, 16] */
  readonly likedAutoint1AutointLayerV: tf.Variable;
  /** `liked.autoint.1.autoint_layer.linear_rows.linear.weight` [16, 16] */
  readonly likedAutoint1AutointLayerLinearRowsLinearWeight: tf.Variable;
  /** `liked.weight` [1, 112] */
  readonly likedWeight: tf.Variable;
  /** `liked.bias` [1] */
  readonly likedBias: tf.Variable;
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
 * AutoInt [Song et al. 2019]: self-attention among the fields.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const liked1 = tf.concat(
      [
        inputs.userId.reshape([-1, 1, 16]),
        inputs.movieId.reshape([-1, 1, 16]),
        inputs.gender.reshape([-1, 1, 16]),
        inputs.age.reshape([-1, 1, 16]),
        inputs.occupation.reshape([-1, 1, 16]),
        inputs.zipCode.reshape([-1, 1, 16]),
        inputs.genres.reshape([-1, 1, 16]),
      ],
      1,
    );
    const liked2 = liked1
      .reshape([-1, 16])
      .matMul(weights.likedAutoint0AutointLayerK.reshape([16, 16]), false, true)
      .reshape([-1, 7, 16])
      .reshape([-1, 7, 2, 8])
      .transpose([0, 2, 1, 3])
      .matMul(
        liked1
          .reshape([-1, 16])
          .matMul(weights.likedAutoint0AutointLayerQ.reshape([16, 16]), false, true)
          .reshape([-1, 7, 16])
          .reshape([-1, 7, 2, 8])
          .transpose([0, 2, 3, 1]),
      )
      .transpose([0, 1, 3, 2])
      .softmax()
      .transpose([0, 1, 3, 2]);
    const liked3 = relu(
      liked1
        .reshape([-1, 16])
        .matMul(weights.likedAutoint0AutointLayerV.reshape([16, 16]), false, true)
        .reshape([-1, 7, 16])
        .reshape([-1, 7, 2, 8])
        .transpose([0, 2, 3, 1])
        .matMul(liked2)
        .transpose([0, 3, 1, 2])
        .reshape([-1, 7, 16])
        .add(
          liked1
            .reshape([-1, 16])
            .matMul(weights.likedAutoint0AutointLayerLinearRowsLinearWeight, false, true)
            .reshape([-1, 7, 16]),
        ),
    );
    const liked4 = liked3
      .reshape([-1, 16])
      .matMul(weights.likedAutoint1AutointLayerK.reshape([16, 16]), false, true)
      .reshape([-1, 7, 16])
      .reshape([-1, 7, 2, 8])
      .transpose([0, 2, 1, 3])
      .matMul(
        liked3
          .reshape([-1, 16])
          .matMul(weights.likedAutoint1AutointLayerQ.reshape([16, 16]), false, true)
          .reshape([-1, 7, 16])
          .reshape([-1, 7, 2, 8])
          .transpose([0, 2, 3, 1]),
      )
      .transpose([0, 1, 3, 2])
      .softmax()
      .transpose([0, 1, 3, 2]);
    const liked5 = relu(
      liked3
        .reshape([-1, 16])
        .matMul(weights.likedAutoint1AutointLayerV.reshape([16, 16]), false, true)
        .reshape([-1, 7, 16])
        .reshape([-1, 7, 2, 8])
        .transpose([0, 2, 3, 1])
        .matMul(liked4)
        .transpose([0, 3, 1, 2])
        .reshape([-1, 7, 16])
        .add(
          liked3
            .reshape([-1, 16])
            .matMul(weights.likedAutoint1AutointLayerLinearRowsLinearWeight, false, true)
            .reshape([-1, 7, 16]),
        ),
    );
    const liked = liked5.reshape([-1, 112]).matMul(weights.likedWeight, false, true).add(weights.likedBias);
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
      likedAutoint0AutointLayerQ: variable(
        uniform(seed, 'liked.autoint.0.autoint_layer.Q', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      likedAutoint0AutointLayerK: variable(
        uniform(seed, 'liked.autoint.0.autoint_layer.K', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      likedAutoint0AutointLayerV: variable(
        uniform(seed, 'liked.autoint.0.autoint_layer.V', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      likedAutoint0AutointLayerLinearRowsLinearWeight: variable(
        uniform(
          seed,
          'liked.autoint.0.autoint_layer.linear_rows.linear.weight',
          256,
          -Math.sqrt(6 / (16 + 16)),
          Math.sqrt(6 / (16 + 16)),
        ),
        [16, 16],
      ),
      likedAutoint1AutointLayerQ: variable(
        uniform(seed, 'liked.autoint.1.autoint_layer.Q', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      likedAutoint1AutointLayerK: variable(
        uniform(seed, 'liked.autoint.1.autoint_layer.K', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      likedAutoint1AutointLayerV: variable(
        uniform(seed, 'liked.autoint.1.autoint_layer.V', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      likedAutoint1AutointLayerLinearRowsLinearWeight: variable(
        uniform(
          seed,
          'liked.autoint.1.autoint_layer.linear_rows.linear.weight',
          256,
          -Math.sqrt(6 / (16 + 16)),
          Math.sqrt(6 / (16 + 16)),
        ),
        [16, 16],
      ),
      likedWeight: variable(uniform(seed, 'liked.weight', 112, -Math.sqrt(6 / (112 + 1)), Math.sqrt(6 / (112 + 1))), [1, 112]),
      likedBias: variable(constant(1, 0), [1]),
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
  likedAutoint0AutointLayerQ: 'liked.autoint.0.autoint_layer.Q',
  likedAutoint0AutointLayerK: 'liked.autoint.0.autoint_layer.K',
  likedAutoint0AutointLayerV: 'liked.autoint.0.autoint_layer.V',
  likedAutoint0AutointLayerLinearRowsLinearWeight: 'liked.autoint.0.autoint_layer.linear_rows.linear.weight',
  likedAutoint1AutointLayerQ: 'liked.autoint.1.autoint_layer.Q',
  likedAutoint1AutointLayerK: 'liked.autoint.1.autoint_layer.K',
  likedAutoint1AutointLayerV: 'liked.autoint.1.autoint_layer.V',
  likedAutoint1AutointLayerLinearRowsLinearWeight: 'liked.autoint.1.autoint_layer.linear_rows.linear.weight',
  likedWeight: 'liked.weight',
  likedBias: 'liked.bias',
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
