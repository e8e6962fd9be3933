import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `cross.0.cross_mix.U` [2, 48, 3] */
  readonly cross0CrossMixU: tf.Variable;
  /** `cross.0.cross_mix.C` [2, 3, 3] */
  readonly cross0CrossMixC: tf.Variable;
  /** `cross.0.cross_mix.V` [2, 48, 3] */
  readonly cross0CrossMixV: tf.Variable;
  /** `cross.0.cross_mix.linear.weight` [2, 48] */
  readonly cross0CrossMixLinearWeight: tf.Variable;
  /** `cross.0.cross_mix.bias` [48] */
  readonly cross0CrossMixBias: tf.Variable;
  /** `cross.1.cross_mix.U` [2, 48, 3] */
  readonly cross1CrossMixU: tf.Variable;
  /** `cross.1.cross_mix.C` [2, 3, 3] */
  readonly cross1CrossMixC: tf.Variable;
  /** `cross.1.cross_mix.V` [2, 48, 3] */
  readonly cross1CrossMixV: tf.Variable;
  /** `cross.1.cross_mix.linear.weight` [2, 48] */
  readonly cross1CrossMixLinearWeight: tf.Variable;
  /** `cross.1.cross_mix.bias` [48] */
  readonly cross1CrossMixBias: tf.Variable;
  /** `deep.0.linear.weight` [8, 48] */
  readonly deep0LinearWeight: tf.Variable;
  /** `deep.0.linear.bias` [8] */
  readonly deep0LinearBias: tf.Variable;
  /** `deep.1.linear.weight` [6, 8] */
  readonly deep1LinearWeight: tf.Variable;
  /** `deep.1.linear.bias` [6] */
  readonly deep1LinearBias: tf.Variable;
  /** `liked.weight` [1, 54] */
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
  /** V(user_id) rows of 3. */
  readonly userId: Table;
  /** V(film_id) rows of 5. */
  readonly films: Table;
  /** 4 rows of 4. */
  readonly device: Table;
  /** 50 rows of 4. */
  readonly zipCode: Table;
  /** 24 rows of 4. */
  readonly slot: Table;
  /** V(genres) rows of 4. */
  readonly genres: Table;
  /** 5 rows of 4. */
  readonly age: Table;
  /** 30 rows of 4. */
  readonly userGenre: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 3] */
  readonly userId: tf.Tensor;
  /** [rows, 5] */
  readonly filmId: tf.Tensor;
  /** [rows, 4] */
  readonly device: tf.Tensor;
  /** [rows, 4] */
  readonly zipCode: tf.Tensor;
  /** [rows, 4] */
  readonly slot: tf.Tensor;
  /** [rows, 4] */
  readonly genres: tf.Tensor;
  /** [rows, 5] */
  readonly seen: tf.Tensor;
  /** [rows, 4] */
  readonly age: tf.Tensor;
  /** [rows, 1] */
  readonly price: tf.Tensor;
  /** [rows, 3] */
  readonly title: tf.Tensor;
  /** [rows, 4] */
  readonly seenAt: tf.Tensor;
  /** [rows, 2] */
  readonly boughtAt: tf.Tensor;
  /** [rows, 4] */
  readonly userGenre: tf.Tensor;
  /** [rows, 1] */
  readonly late: tf.Tensor;
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
 * Ranks films for a user: categories, bags, buckets, numbers and times in one model.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const rows = inputs.userId.shape[0] ?? 0;
    const x0 = tf.concat(
      [
        inputs.userId,
        inputs.filmId,
        inputs.device,
        inputs.zipCode,
        inputs.slot,
        inputs.genres,
        inputs.seen,
        inputs.age,
        inputs.price,
        inputs.title,
        inputs.seenAt,
        inputs.boughtAt,
        inputs.userGenre,
        inputs.late,
      ],
      1,
    );
    const cross1 = x0
      .matMul(weights.cross0CrossMixLinearWeight, false, true)
      .softmax()
      .transpose([1, 0])
      .reshape([2, -1, 1])
      .mul(
        tf
          .broadcastTo(x0, [2, rows, 48])
          .matMul(weights.cross0CrossMixV)
          .tanh()
          .matMul(weights.cross0CrossMixC, false, true)
          .tanh()
          .matMul(weights.cross0CrossMixU, false, true)
          .add(weights.cross0CrossMixBias),
      );
    const cross2 = cross1.sum(0).mul(x0).add(x0);
    const cross3 = cross2
      .matMul(weights.cross1CrossMixLinearWeight, false, true)
      .softmax()
      .transpose([1, 0])
      .reshape([2, -1, 1])
      .mul(
        tf
          .broadcastTo(cross2, [2, rows, 48])
          .matMul(weights.cross1CrossMixV)
          .tanh()
          .matMul(weights.cross1CrossMixC, false, true)
          .tanh()
          .matMul(weights.cross1CrossMixU, false, true)
          .add(weights.cross1CrossMixBias),
      );
    const cross = cross3.sum(0).mul(x0).add(cross2);
    const deep = relu(
      relu(x0.matMul(weights.deep0LinearWeight, false, true).add(weights.deep0LinearBias))
        .matMul(weights.deep1LinearWeight, false, true)
        .add(weights.deep1LinearBias),
    );
    const liked = tf.concat([cross, deep], 1).matMul(weights.likedWeight, false, true).add(weights.likedBias);
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
    filmId: lookUp(tables.films, batch.filmId),
    device: lookUp(tables.device, batch.device),
    zipCode: lookUp(tables.zipCode, batch.zipCode),
    slot: lookUp(tables.slot, batch.slot),
    genres: lookUpPooled(tables.genres, batch.genres, 'mean'),
    seen: lookUpPooled(tables.films, batch.seen, 'sum'),
    age: lookUp(tables.age, batch.age),
    price: tf.tensor2d(batch.price, [batch.rows, 1]),
    title: tf.tensor2d(batch.title, [batch.rows, 3]),
    seenAt: tf.tensor2d(batch.seenAt, [batch.rows, 4]),
    boughtAt: tf.tensor2d(batch.boughtAt, [batch.rows, 2]),
    userGenre: lookUp(tables.userGenre, batch.userGenre),
    late: tf.tensor2d(batch.late, [batch.rows, 1]),
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
      cross0CrossMixU: variable(
        uniform(seed, 'cross.0.cross_mix.U', 288, -Math.sqrt(6 / (3 + 48)), Math.sqrt(6 / (3 + 48))),
        [2, 48, 3],
      ),
      cross0CrossMixC: variable(
        uniform(seed, 'cross.0.cross_mix.C', 18, -Math.sqrt(6 / (3 + 3)), Math.sqrt(6 / (3 + 3))),
        [2, 3, 3],
      ),
      cross0CrossMixV: variable(
        uniform(seed, 'cross.0.cross_mix.V', 288, -Math.sqrt(6 / (3 + 48)), Math.sqrt(6 / (3 + 48))),
        [2, 48, 3],
      ),
      cross0CrossMixLinearWeight: variable(
        uniform(seed, 'cross.0.cross_mix.linear.weight', 96, -Math.sqrt(6 / (48 + 2)), Math.sqrt(6 / (48 + 2))),
        [2, 48],
      ),
      cross0CrossMixBias: variable(constant(48, 0), [48]),
      cross1CrossMixU: variable(
        uniform(seed, 'cross.1.cross_mix.U', 288, -Math.sqrt(6 / (3 + 48)), Math.sqrt(6 / (3 + 48))),
        [2, 48, 3],
      ),
      cross1CrossMixC: variable(
        uniform(seed, 'cross.1.cross_mix.C', 18, -Math.sqrt(6 / (3 + 3)), Math.sqrt(6 / (3 + 3))),
        [2, 3, 3],
      ),
      cross1CrossMixV: variable(
        uniform(seed, 'cross.1.cross_mix.V', 288, -Math.sqrt(6 / (3 + 48)), Math.sqrt(6 / (3 + 48))),
        [2, 48, 3],
      ),
      cross1CrossMixLinearWeight: variable(
        uniform(seed, 'cross.1.cross_mix.linear.weight', 96, -Math.sqrt(6 / (48 + 2)), Math.sqrt(6 / (48 + 2))),
        [2, 48],
      ),
      cross1CrossMixBias: variable(constant(48, 0), [48]),
      deep0LinearWeight: variable(
        uniform(seed, 'deep.0.linear.weight', 384, -Math.sqrt(6 / (48 + 8)), Math.sqrt(6 / (48 + 8))),
        [8, 48],
      ),
      deep0LinearBias: variable(constant(8, 0), [8]),
      deep1LinearWeight: variable(
        uniform(seed, 'deep.1.linear.weight', 48, -Math.sqrt(6 / (8 + 6)), Math.sqrt(6 / (8 + 6))),
        [6, 8],
      ),
      deep1LinearBias: variable(constant(6, 0), [6]),
      likedWeight: variable(uniform(seed, 'liked.weight', 54, -Math.sqrt(6 / (54 + 1)), Math.sqrt(6 / (54 + 1))), [1, 54]),
      likedBias: variable(constant(1, 0), [1]),
    },
    tables: {
      userId: {
        rows: state.vocabularies.user_id.length + 1,
        dim: 3,
        values: uniform(seed, 'table.user_id', (state.vocabularies.user_id.length + 1) * 3, -0.05, 0.05),
      },
      films: {
        rows: state.vocabularies.film_id.length + 1,
        dim: 5,
        values: uniform(seed, 'table.films', (state.vocabularies.film_id.length + 1) * 5, -0.05, 0.05),
      },
      device: { rows: 4, dim: 4, values: uniform(seed, 'table.device', 4 * 4, -0.05, 0.05) },
      zipCode: { rows: 50, dim: 4, values: uniform(seed, 'table.zip_code', 50 * 4, -0.05, 0.05) },
      slot: { rows: 24, dim: 4, values: uniform(seed, 'table.slot', 24 * 4, -0.05, 0.05) },
      genres: {
        rows: state.vocabularies.genres.length + 1,
        dim: 4,
        values: uniform(seed, 'table.genres', (state.vocabularies.genres.length + 1) * 4, -0.05, 0.05),
      },
      age: { rows: 5, dim: 4, values: uniform(seed, 'table.age', 5 * 4, -0.05, 0.05) },
      userGenre: { rows: 30, dim: 4, values: uniform(seed, 'table.user_genre', 30 * 4, -0.05, 0.05) },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  cross0CrossMixU: 'cross.0.cross_mix.U',
  cross0CrossMixC: 'cross.0.cross_mix.C',
  cross0CrossMixV: 'cross.0.cross_mix.V',
  cross0CrossMixLinearWeight: 'cross.0.cross_mix.linear.weight',
  cross0CrossMixBias: 'cross.0.cross_mix.bias',
  cross1CrossMixU: 'cross.1.cross_mix.U',
  cross1CrossMixC: 'cross.1.cross_mix.C',
  cross1CrossMixV: 'cross.1.cross_mix.V',
  cross1CrossMixLinearWeight: 'cross.1.cross_mix.linear.weight',
  cross1CrossMixBias: 'cross.1.cross_mix.bias',
  deep0LinearWeight: 'deep.0.linear.weight',
  deep0LinearBias: 'deep.0.linear.bias',
  deep1LinearWeight: 'deep.1.linear.weight',
  deep1LinearBias: 'deep.1.linear.bias',
  likedWeight: 'liked.weight',
  likedBias: 'liked.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  userId: 'table.user_id',
  films: 'table.films',
  device: 'table.device',
  zipCode: 'table.zip_code',
  slot: 'table.slot',
  genres: 'table.genres',
  age: 'table.age',
  userGenre: 'table.user_genre',
};
