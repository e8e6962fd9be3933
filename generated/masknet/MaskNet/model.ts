import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { constant, uniform } from './random.js';

export interface Weights {
  /** `liked.mask_net.layer_norm_fields.0.layer_norm.weight` [16] */
  readonly likedMaskNetLayerNormFields0LayerNormWeight: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.0.layer_norm.bias` [16] */
  readonly likedMaskNetLayerNormFields0LayerNormBias: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.1.layer_norm.weight` [16] */
  readonly likedMaskNetLayerNormFields1LayerNormWeight: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.1.layer_norm.bias` [16] */
  readonly likedMaskNetLayerNormFields1LayerNormBias: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.2.layer_norm.weight` [16] */
  readonly likedMaskNetLayerNormFields2LayerNormWeight: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.2.layer_norm.bias` [16] */
  readonly likedMaskNetLayerNormFields2LayerNormBias: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.3.layer_norm.weight` [16] */
  readonly likedMaskNetLayerNormFields3LayerNormWeight: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.3.layer_norm.bias` [16] */
  readonly likedMaskNetLayerNormFields3LayerNormBias: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.4.layer_norm.weight` [16] */
  readonly likedMaskNetLayerNormFields4LayerNormWeight: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.4.layer_norm.bias` [16] */
  readonly likedMaskNetLayerNormFields4LayerNormBias: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.5.layer_norm.weight` [16] */
  readonly likedMaskNetLayerNormFields5LayerNormWeight: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.5.layer_norm.bias` [16] */
  readonly likedMaskNetLayerNormFields5LayerNormBias: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.6.layer_norm.weight` [16] */
  readonly likedMaskNetLayerNormFields6LayerNormWeight: tf.Variable;
  /** `liked.mask_net.layer_norm_fields.6.layer_norm.bias` [16] */
  readonly likedMaskNetLayerNormFields6LayerNormBias: tf.Variable;
  /** `liked.mask_net.0.mask_block.linear.weight` [224, 112] */
  readonly likedMaskNet0MaskBlockLinearWeight: tf.Variable;
  /** `liked.mask_net.0.mask_block.linear.bias` [224] */
  readonly likedMaskNet0MaskBlockLinearBias: tf.Variable;
  /** `liked.mask_net.0.mask_block.linear_2.weight` [112, 224] */
  readonly likedMaskNet0MaskBlockLinear2Weight: tf.Variable;
  /** `liked.mask_net.0.mask_block.linear_2.bias` [112] */
  readonly likedMaskNet0MaskBlockLinear2Bias: tf.Variable;
  /** `liked.mask_net.0.mask_block.linear_3.weight` [64, 112] */
  readonly likedMaskNet0MaskBlockLinear3Weight: tf.Variable;
  /** `liked.mask_net.0.mask_block.layer_norm.weight` [64] */
  readonly likedMaskNet0MaskBlockLayerNormWeight: tf.Variable;
  /** `liked.mask_net.0.mask_block.layer_norm.bias` [64] */
  readonly likedMaskNet0MaskBlockLayerNormBias: tf.Variable;
  /** `liked.mask_net.1.mask_block.linear.weight` [128, 112] */
  readonly likedMaskNet1MaskBlockLinearWeight: tf.Variable;
  /** `liked.mask_net.1.mask_block.linear.bias` [128] */
  readonly likedMaskNet1MaskBlockLinearBias: tf.Variable;
  /** `liked.mask_net.1.mask_block.linear_2.weight` [64, 128] */
  readonly likedMaskNet1MaskBlockLinear2Weight: tf.Variable;
  /** `liked.mask_net.1.mask_block.linear_2.bias` [64] */
  readonly likedMaskNet1MaskBlockLinear2Bias: tf.Variable;
  /** `liked.mask_net.1.mask_block.linear_3.weight` [64, 64] */
  readonly likedMaskNet1MaskBlockLinear3Weight: tf.Variable;
  /** `liked.mask_net.1.mask_block.layer_norm.weight` [64] */
  readonly likedMaskNet1MaskBlockLayerNormWeight: tf.Variable;
  /** `liked.mask_net.1.mask_block.layer_norm.bias` [64] */
  readonly likedMaskNet1MaskBlockLayerNormBias: tf.Variable;
  /** `liked.weight` [1, 64] */
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
 * MaskNet [Wang et al. 2021], serial: each layer is masked by what the embeddings say.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const liked1 = inputs.userId.sub(inputs.userId.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked2 = weights.likedMaskNetLayerNormFields0LayerNormWeight
      .mul(liked1)
      .div(liked1.mul(liked1).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked3 = inputs.movieId.sub(inputs.movieId.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked4 = weights.likedMaskNetLayerNormFields1LayerNormWeight
      .mul(liked3)
      .div(liked3.mul(liked3).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked5 = inputs.gender.sub(inputs.gender.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked6 = weights.likedMaskNetLayerNormFields2LayerNormWeight
      .mul(liked5)
      .div(liked5.mul(liked5).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked7 = inputs.age.sub(inputs.age.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked8 = weights.likedMaskNetLayerNormFields3LayerNormWeight
      .mul(liked7)
      .div(liked7.mul(liked7).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked9 = inputs.occupation.sub(inputs.occupation.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked10 = weights.likedMaskNetLayerNormFields4LayerNormWeight
      .mul(liked9)
      .div(liked9.mul(liked9).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked11 = inputs.zipCode.sub(inputs.zipCode.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked12 = weights.likedMaskNetLayerNormFields5LayerNormWeight
      .mul(liked11)
      .div(liked11.mul(liked11).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked13 = inputs.genres.sub(inputs.genres.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked14 = weights.likedMaskNetLayerNormFields6LayerNormWeight
      .mul(liked13)
      .div(liked13.mul(liked13).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked15 = tf
      .concat(
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
      )
      .reshape([-1, 112]);
    const liked16 = relu(
      liked15.matMul(weights.likedMaskNet0MaskBlockLinearWeight, false, true).add(weights.likedMaskNet0MaskBlockLinearBias),
    )
      .matMul(weights.likedMaskNet0MaskBlockLinear2Weight, false, true)
      .add(weights.likedMaskNet0MaskBlockLinear2Bias)
      .mul(
        tf.concat(
          [
            liked2.add(weights.likedMaskNetLayerNormFields0LayerNormBias),
            liked4.add(weights.likedMaskNetLayerNormFields1LayerNormBias),
            liked6.add(weights.likedMaskNetLayerNormFields2LayerNormBias),
            liked8.add(weights.likedMaskNetLayerNormFields3LayerNormBias),
            liked10.add(weights.likedMaskNetLayerNormFields4LayerNormBias),
            liked12.add(weights.likedMaskNetLayerNormFields5LayerNormBias),
            liked14.add(weights.likedMaskNetLayerNormFields6LayerNormBias),
          ],
          1,
        ),
      );
    const liked17 = liked16.matMul(weights.likedMaskNet0MaskBlockLinear3Weight, false, true);
    const liked18 = liked17.sub(liked17.sum(1).mul(0.015625).reshape([-1, 1]));
    const liked19 = weights.likedMaskNet0MaskBlockLayerNormWeight
      .mul(liked18)
      .div(liked18.mul(liked18).sum(1).mul(0.015625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked20 = relu(
      liked15.matMul(weights.likedMaskNet1MaskBlockLinearWeight, false, true).add(weights.likedMaskNet1MaskBlockLinearBias),
    )
      .matMul(weights.likedMaskNet1MaskBlockLinear2Weight, false, true)
      .add(weights.likedMaskNet1MaskBlockLinear2Bias)
      .mul(relu(liked19.add(weights.likedMaskNet0MaskBlockLayerNormBias)))
      .matMul(weights.likedMaskNet1MaskBlockLinear3Weight, false, true);
    const liked21 = liked20.sub(liked20.sum(1).mul(0.015625).reshape([-1, 1]));
    const liked22 = weights.likedMaskNet1MaskBlockLayerNormWeight
      .mul(liked21)
      .div(liked21.mul(liked21).sum(1).mul(0.015625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked = relu(liked22.add(weights.likedMaskNet1MaskBlockLayerNormBias))
      .matMul(weights.likedWeight, false, true)
      .add(weights.likedBias);
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
      likedMaskNetLayerNormFields0LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetLayerNormFields0LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetLayerNormFields1LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetLayerNormFields1LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetLayerNormFields2LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetLayerNormFields2LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetLayerNormFields3LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetLayerNormFields3LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetLayerNormFields4LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetLayerNormFields4LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetLayerNormFields5LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetLayerNormFields5LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetLayerNormFields6LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetLayerNormFields6LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNet0MaskBlockLinearWeight: variable(
        uniform(
          seed,
          'liked.mask_net.0.mask_block.linear.weight',
          25088,
          -Math.sqrt(6 / (112 + 224)),
          Math.sqrt(6 / (112 + 224)),
        ),
        [224, 112],
      ),
      likedMaskNet0MaskBlockLinearBias: variable(constant(224, 0), [224]),
      likedMaskNet0MaskBlockLinear2Weight: variable(
        uniform(
          seed,
          'liked.mask_net.0.mask_block.linear_2.weight',
          25088,
          -Math.sqrt(6 / (224 + 112)),
          Math.sqrt(6 / (224 + 112)),
        ),
        [112, 224],
      ),
      likedMaskNet0MaskBlockLinear2Bias: variable(constant(112, 0), [112]),
      likedMaskNet0MaskBlockLinear3Weight: variable(
        uniform(seed, 'liked.mask_net.0.mask_block.linear_3.weight', 7168, -Math.sqrt(6 / (112 + 64)), Math.sqrt(6 / (112 + 64))),
        [64, 112],
      ),
      likedMaskNet0MaskBlockLayerNormWeight: variable(constant(64, 1), [64]),
      likedMaskNet0MaskBlockLayerNormBias: variable(constant(64, 0), [64]),
      likedMaskNet1MaskBlockLinearWeight: variable(
        uniform(
          seed,
          'liked.mask_net.1.mask_block.linear.weight',
          14336,
          -Math.sqrt(6 / (112 + 128)),
          Math.sqrt(6 / (112 + 128)),
        ),
        [128, 112],
      ),
      likedMaskNet1MaskBlockLinearBias: variable(constant(128, 0), [128]),
      likedMaskNet1MaskBlockLinear2Weight: variable(
        uniform(seed, 'liked.mask_net.1.mask_block.linear_2.weight', 8192, -Math.sqrt(6 / (128 + 64)), Math.sqrt(6 / (128 + 64))),
        [64, 128],
      ),
      likedMaskNet1MaskBlockLinear2Bias: variable(constant(64, 0), [64]),
      likedMaskNet1MaskBlockLinear3Weight: variable(
        uniform(seed, 'liked.mask_net.1.mask_block.linear_3.weight', 4096, -Math.sqrt(6 / (64 + 64)), Math.sqrt(6 / (64 + 64))),
        [64, 64],
      ),
      likedMaskNet1MaskBlockLayerNormWeight: variable(constant(64, 1), [64]),
      likedMaskNet1MaskBlockLayerNormBias: variable(constant(64, 0), [64]),
      likedWeight: variable(uniform(seed, 'liked.weight', 64, -Math.sqrt(6 / (64 + 1)), Math.sqrt(6 / (64 + 1))), [1, 64]),
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
  likedMaskNetLayerNormFields0LayerNormWeight: 'liked.mask_net.layer_norm_fields.0.layer_norm.weight',
  likedMaskNetLayerNormFields0LayerNormBias: 'liked.mask_net.layer_norm_fields.0.layer_norm.bias',
  likedMaskNetLayerNormFields1LayerNormWeight: 'liked.mask_net.layer_norm_fields.1.layer_norm.weight',
  likedMaskNetLayerNormFields1LayerNormBias: 'liked.mask_net.layer_norm_fields.1.layer_norm.bias',
  likedMaskNetLayerNormFields2LayerNormWeight: 'liked.mask_net.layer_norm_fields.2.layer_norm.weight',
  likedMaskNetLayerNormFields2LayerNormBias: 'liked.mask_net.layer_norm_fields.2.layer_norm.bias',
  likedMaskNetLayerNormFields3LayerNormWeight: 'liked.mask_net.layer_norm_fields.3.layer_norm.weight',
  likedMaskNetLayerNormFields3LayerNormBias: 'liked.mask_net.layer_norm_fields.3.layer_norm.bias',
  likedMaskNetLayerNormFields4LayerNormWeight: 'liked.mask_net.layer_norm_fields.4.layer_norm.weight',
  likedMaskNetLayerNormFields4LayerNormBias: 'liked.mask_net.layer_norm_fields.4.layer_norm.bias',
  likedMaskNetLayerNormFields5LayerNormWeight: 'liked.mask_net.layer_norm_fields.5.layer_norm.weight',
  likedMaskNetLayerNormFields5LayerNormBias: 'liked.mask_net.layer_norm_fields.5.layer_norm.bias',
  likedMaskNetLayerNormFields6LayerNormWeight: 'liked.mask_net.layer_norm_fields.6.layer_norm.weight',
  likedMaskNetLayerNormFields6LayerNormBias: 'liked.mask_net.layer_norm_fields.6.layer_norm.bias',
  likedMaskNet0MaskBlockLinearWeight: 'liked.mask_net.0.mask_block.linear.weight',
  likedMaskNet0MaskBlockLinearBias: 'liked.mask_net.0.mask_block.linear.bias',
  likedMaskNet0MaskBlockLinear2Weight: 'liked.mask_net.0.mask_block.linear_2.weight',
  likedMaskNet0MaskBlockLinear2Bias: 'liked.mask_net.0.mask_block.linear_2.bias',
  likedMaskNet0MaskBlockLinear3Weight: 'liked.mask_net.0.mask_block.linear_3.weight',
  likedMaskNet0MaskBlockLayerNormWeight: 'liked.mask_net.0.mask_block.layer_norm.weight',
  likedMaskNet0MaskBlockLayerNormBias: 'liked.mask_net.0.mask_block.layer_norm.bias',
  likedMaskNet1MaskBlockLinearWeight: 'liked.mask_net.1.mask_block.linear.weight',
  likedMaskNet1MaskBlockLinearBias: 'liked.mask_net.1.mask_block.linear.bias',
  likedMaskNet1MaskBlockLinear2Weight: 'liked.mask_net.1.mask_block.linear_2.weight',
  likedMaskNet1MaskBlockLinear2Bias: 'liked.mask_net.1.mask_block.linear_2.bias',
  likedMaskNet1MaskBlockLinear3Weight: 'liked.mask_net.1.mask_block.linear_3.weight',
  likedMaskNet1MaskBlockLayerNormWeight: 'liked.mask_net.1.mask_block.layer_norm.weight',
  likedMaskNet1MaskBlockLayerNormBias: 'liked.mask_net.1.mask_block.layer_norm.bias',
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
