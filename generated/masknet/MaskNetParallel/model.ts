import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { constant, uniform } from './random.js';

export interface Weights {
  /** `liked.mask_net_parallel.layer_norm_fields.0.layer_norm.weight` [16] */
  readonly likedMaskNetParallelLayerNormFields0LayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.0.layer_norm.bias` [16] */
  readonly likedMaskNetParallelLayerNormFields0LayerNormBias: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.1.layer_norm.weight` [16] */
  readonly likedMaskNetParallelLayerNormFields1LayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.1.layer_norm.bias` [16] */
  readonly likedMaskNetParallelLayerNormFields1LayerNormBias: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.2.layer_norm.weight` [16] */
  readonly likedMaskNetParallelLayerNormFields2LayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.2.layer_norm.bias` [16] */
  readonly likedMaskNetParallelLayerNormFields2LayerNormBias: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.3.layer_norm.weight` [16] */
  readonly likedMaskNetParallelLayerNormFields3LayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.3.layer_norm.bias` [16] */
  readonly likedMaskNetParallelLayerNormFields3LayerNormBias: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.4.layer_norm.weight` [16] */
  readonly likedMaskNetParallelLayerNormFields4LayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.4.layer_norm.bias` [16] */
  readonly likedMaskNetParallelLayerNormFields4LayerNormBias: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.5.layer_norm.weight` [16] */
  readonly likedMaskNetParallelLayerNormFields5LayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.5.layer_norm.bias` [16] */
  readonly likedMaskNetParallelLayerNormFields5LayerNormBias: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.6.layer_norm.weight` [16] */
  readonly likedMaskNetParallelLayerNormFields6LayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.layer_norm_fields.6.layer_norm.bias` [16] */
  readonly likedMaskNetParallelLayerNormFields6LayerNormBias: tf.Variable;
  /** `liked.mask_net_parallel.0.mask_block.linear.weight` [224, 112] */
  readonly likedMaskNetParallel0MaskBlockLinearWeight: tf.Variable;
  /** `liked.mask_net_parallel.0.mask_block.linear.bias` [224] */
  readonly likedMaskNetParallel0MaskBlockLinearBias: tf.Variable;
  /** `liked.mask_net_parallel.0.mask_block.linear_2.weight` [112, 224] */
  readonly likedMaskNetParallel0MaskBlockLinear2Weight: tf.Variable;
  /** `liked.mask_net_parallel.0.mask_block.linear_2.bias` [112] */
  readonly likedMaskNetParallel0MaskBlockLinear2Bias: tf.Variable;
  /** `liked.mask_net_parallel.0.mask_block.linear_3.weight` [32, 112] */
  readonly likedMaskNetParallel0MaskBlockLinear3Weight: tf.Variable;
  /** `liked.mask_net_parallel.0.mask_block.layer_norm.weight` [32] */
  readonly likedMaskNetParallel0MaskBlockLayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.0.mask_block.layer_norm.bias` [32] */
  readonly likedMaskNetParallel0MaskBlockLayerNormBias: tf.Variable;
  /** `liked.mask_net_parallel.1.mask_block.linear.weight` [224, 112] */
  readonly likedMaskNetParallel1MaskBlockLinearWeight: tf.Variable;
  /** `liked.mask_net_parallel.1.mask_block.linear.bias` [224] */
  readonly likedMaskNetParallel1MaskBlockLinearBias: tf.Variable;
  /** `liked.mask_net_parallel.1.mask_block.linear_2.weight` [112, 224] */
  readonly likedMaskNetParallel1MaskBlockLinear2Weight: tf.Variable;
  /** `liked.mask_net_parallel.1.mask_block.linear_2.bias` [112] */
  readonly likedMaskNetParallel1MaskBlockLinear2Bias: tf.Variable;
  /** `liked.mask_net_parallel.1.mask_block.linear_3.weight` [32, 112] */
  readonly likedMaskNetParallel1MaskBlockLinear3Weight: tf.Variable;
  /** `liked.mask_net_parallel.1.mask_block.layer_norm.weight` [32] */
  readonly likedMaskNetParallel1MaskBlockLayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.1.mask_block.layer_norm.bias` [32] */
  readonly likedMaskNetParallel1MaskBlockLayerNormBias: tf.Variable;
  /** `liked.mask_net_parallel.2.mask_block.linear.weight` [224, 112] */
  readonly likedMaskNetParallel2MaskBlockLinearWeight: tf.Variable;
  /** `liked.mask_net_parallel.2.mask_block.linear.bias` [224] */
  readonly likedMaskNetParallel2MaskBlockLinearBias: tf.Variable;
  /** `liked.mask_net_parallel.2.mask_block.linear_2.weight` [112, 224] */
  readonly likedMaskNetParallel2MaskBlockLinear2Weight: tf.Variable;
  /** `liked.mask_net_parallel.2.mask_block.linear_2.bias` [112] */
  readonly likedMaskNetParallel2MaskBlockLinear2Bias: tf.Variable;
  /** `liked.mask_net_parallel.2.mask_block.linear_3.weight` [32, 112] */
  readonly likedMaskNetParallel2MaskBlockLinear3Weight: tf.Variable;
  /** `liked.mask_net_parallel.2.mask_block.layer_norm.weight` [32] */
  readonly likedMaskNetParallel2MaskBlockLayerNormWeight: tf.Variable;
  /** `liked.mask_net_parallel.2.mask_block.layer_norm.bias` [32] */
  readonly likedMaskNetParallel2MaskBlockLayerNormBias: tf.Variable;
  /** `liked.mlp.0.linear.weight` [64, 96] */
  readonly likedMlp0LinearWeight: tf.Variable;
  /** `liked.mlp.0.linear.bias` [64] */
  readonly likedMlp0LinearBias: tf.Variable;
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
 * Parallel: masks side by side, then a deep network.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const liked1 = inputs.userId.sub(inputs.userId.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked2 = weights.likedMaskNetParallelLayerNormFields0LayerNormWeight
      .mul(liked1)
      .div(liked1.mul(liked1).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked3 = inputs.movieId.sub(inputs.movieId.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked4 = weights.likedMaskNetParallelLayerNormFields1LayerNormWeight
      .mul(liked3)
      .div(liked3.mul(liked3).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked5 = inputs.gender.sub(inputs.gender.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked6 = weights.likedMaskNetParallelLayerNormFields2LayerNormWeight
      .mul(liked5)
      .div(liked5.mul(liked5).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked7 = inputs.age.sub(inputs.age.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked8 = weights.likedMaskNetParallelLayerNormFields3LayerNormWeight
      .mul(liked7)
      .div(liked7.mul(liked7).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked9 = inputs.occupation.sub(inputs.occupation.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked10 = weights.likedMaskNetParallelLayerNormFields4LayerNormWeight
      .mul(liked9)
      .div(liked9.mul(liked9).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked11 = inputs.zipCode.sub(inputs.zipCode.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked12 = weights.likedMaskNetParallelLayerNormFields5LayerNormWeight
      .mul(liked11)
      .div(liked11.mul(liked11).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked13 = inputs.genres.sub(inputs.genres.sum(1).mul(0.0625).reshape([-1, 1]));
    const liked14 = weights.likedMaskNetParallelLayerNormFields6LayerNormWeight
      .mul(liked13)
      .div(liked13.mul(liked13).sum(1).mul(0.0625).add(0.00001).sqrt().reshape([-1, 1]));
    const liked15 = tf.concat(
      [
        liked2.add(weights.likedMaskNetParallelLayerNormFields0LayerNormBias),
        liked4.add(weights.likedMaskNetParallelLayerNormFields1LayerNormBias),
        liked6.add(weights.likedMaskNetParallelLayerNormFields2LayerNormBias),
        liked8.add(weights.likedMaskNetParallelLayerNormFields3LayerNormBias),
        liked10.add(weights.likedMaskNetParallelLayerNormFields4LayerNormBias),
        liked12.add(weights.likedMaskNetParallelLayerNormFields5LayerNormBias),
        liked14.add(weights.likedMaskNetParallelLayerNormFields6LayerNormBias),
      ],
      1,
    );
    const liked16 = tf
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
    const liked17 = relu(
      liked16
        .matMul(weights.likedMaskNetParallel0MaskBlockLinearWeight, false, true)
        .add(weights.likedMaskNetParallel0MaskBlockLinearBias),
    )
      .matMul(weights.likedMaskNetParallel0MaskBlockLinear2Weight, false, true)
      .add(weights.likedMaskNetParallel0MaskBlockLinear2Bias)
      .mul(liked15)
      .matMul(weights.likedMaskNetParallel0MaskBlockLinear3Weight, false, true);
    const liked18 = liked17.sub(liked17.sum(1).mul(0.03125).reshape([-1, 1]));
    const liked19 = weights.likedMaskNetParallel0MaskBlockLayerNormWeight
      .mul(liked18)
      .div(liked18.mul(liked18).sum(1).mul(0.03125).add(0.00001).sqrt().reshape([-1, 1]));
    const liked20 = relu(
      liked16
        .matMul(weights.likedMaskNetParallel1MaskBlockLinearWeight, false, true)
        .add(weights.likedMaskNetParallel1MaskBlockLinearBias),
    )
      .matMul(weights.likedMaskNetParallel1MaskBlockLinear2Weight, false, true)
      .add(weights.likedMaskNetParallel1MaskBlockLinear2Bias)
      .mul(liked15)
      .matMul(weights.likedMaskNetParallel1MaskBlockLinear3Weight, false, true);
    const liked21 = liked20.sub(liked20.sum(1).mul(0.03125).reshape([-1, 1]));
    const liked22 = weights.likedMaskNetParallel1MaskBlockLayerNormWeight
      .mul(liked21)
      .div(liked21.mul(liked21).sum(1).mul(0.03125).add(0.00001).sqrt().reshape([-1, 1]));
    const liked23 = relu(
      liked16
        .matMul(weights.likedMaskNetParallel2MaskBlockLinearWeight, false, true)
        .add(weights.likedMaskNetParallel2MaskBlockLinearBias),
    )
      .matMul(weights.likedMaskNetParallel2MaskBlockLinear2Weight, false, true)
      .add(weights.likedMaskNetParallel2MaskBlockLinear2Bias)
      .mul(liked15)
      .matMul(weights.likedMaskNetParallel2MaskBlockLinear3Weight, false, true);
    const liked24 = liked23.sub(liked23.sum(1).mul(0.03125).reshape([-1, 1]));
    const liked25 = weights.likedMaskNetParallel2MaskBlockLayerNormWeight
      .mul(liked24)
      .div(liked24.mul(liked24).sum(1).mul(0.03125).add(0.00001).sqrt().reshape([-1, 1]));
    const liked26 = relu(
      tf
        .concat(
          [
            relu(liked19.add(weights.likedMaskNetParallel0MaskBlockLayerNormBias)),
            relu(liked22.add(weights.likedMaskNetParallel1MaskBlockLayerNormBias)),
            relu(liked25.add(weights.likedMaskNetParallel2MaskBlockLayerNormBias)),
          ],
          1,
        )
        .matMul(weights.likedMlp0LinearWeight, false, true)
        .add(weights.likedMlp0LinearBias),
    );
    const liked = liked26.matMul(weights.likedWeight, false, true).add(weights.likedBias);
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
      likedMaskNetParallelLayerNormFields0LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetParallelLayerNormFields0LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetParallelLayerNormFields1LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetParallelLayerNormFields1LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetParallelLayerNormFields2LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetParallelLayerNormFields2LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetParallelLayerNormFields3LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetParallelLayerNormFields3LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetParallelLayerNormFields4LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetParallelLayerNormFields4LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetParallelLayerNormFields5LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetParallelLayerNormFields5LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetParallelLayerNormFields6LayerNormWeight: variable(constant(16, 1), [16]),
      likedMaskNetParallelLayerNormFields6LayerNormBias: variable(constant(16, 0), [16]),
      likedMaskNetParallel0MaskBlockLinearWeight: variable(
        uniform(
          seed,
          'liked.mask_net_parallel.0.mask_block.linear.weight',
          25088,
          -Math.sqrt(6 / (112 + 224)),
          Math.sqrt(6 / (112 + 224)),
        ),
        [224, 112],
      ),
      likedMaskNetParallel0MaskBlockLinearBias: variable(constant(224, 0), [224]),
      likedMaskNetParallel0MaskBlockLinear2Weight: variable(
        uniform(
          seed,
          'liked.mask_net_parallel.0.mask_block.linear_2.weight',
          25088,
          -Math.sqrt(6 / (224 + 112)),
          Math.sqrt(6 / (224 + 112)),
        ),
        [112, 224],
      ),
      likedMaskNetParallel0MaskBlockLinear2Bias: variable(constant(112, 0), [112]),
      likedMaskNetParallel0MaskBlockLinear3Weight: variable(
        uniform(
          seed,
          'liked.mask_net_parallel.0.mask_block.linear_3.weight',
          3584,
          -Math.sqrt(6 / (112 + 32)),
          Math.sqrt(6 / (112 + 32)),
        ),
        [32, 112],
      ),
      likedMaskNetParallel0MaskBlockLayerNormWeight: variable(constant(32, 1), [32]),
      likedMaskNetParallel0MaskBlockLayerNormBias: variable(constant(32, 0), [32]),
      likedMaskNetParallel1MaskBlockLinearWeight: variable(
        uniform(
          seed,
          'liked.mask_net_parallel.1.mask_block.linear.weight',
          25088,
          -Math.sqrt(6 / (112 + 224)),
          Math.sqrt(6 / (112 + 224)),
        ),
        [224, 112],
      ),
      likedMaskNetParallel1MaskBlockLinearBias: variable(constant(224, 0), [224]),
      likedMaskNetParallel1MaskBlockLinear2Weight: variable(
        uniform(
          seed,
          'liked.mask_net_parallel.1.mask_block.linear_2.weight',
          25088,
          -Math.sqrt(6 / (224 + 112)),
          Math.sqrt(6 / (224 + 112)),
        ),
        [112, 224],
      ),
      likedMaskNetParallel1MaskBlockLinear2Bias: variable(constant(112, 0), [112]),
      likedMaskNetParallel1MaskBlockLinear3Weight: variable(
        uniform(
          seed,
          'liked.mask_net_parallel.1.mask_block.linear_3.weight',
          3584,
          -Math.sqrt(6 / (112 + 32)),
          Math.sqrt(6 / (112 + 32)),
        ),
        [32, 112],
      ),
      likedMaskNetParallel1MaskBlockLayerNormWeight: variable(constant(32, 1), [32]),
      likedMaskNetParallel1MaskBlockLayerNormBias: variable(constant(32, 0), [32]),
      likedMaskNetParallel2MaskBlockLinearWeight: variable(
        uniform(
          seed,
          'liked.mask_net_parallel.2.mask_block.linear.weight',
          25088,
          -Math.sqrt(6 / (112 + 224)),
          Math.sqrt(6 / (112 + 224)),
        ),
        [224, 112],
      ),
      likedMaskNetParallel2MaskBlockLinearBias: variable(constant(224, 0), [224]),
      likedMaskNetParallel2MaskBlockLinear2Weight: variable(
        uniform(
          seed,
          'liked.mask_net_parallel.2.mask_block.linear_2.weight',
          25088,
          -Math.sqrt(6 / (224 + 112)),
          Math.sqrt(6 / (224 + 112)),
        ),
        [112, 224],
      ),
      likedMaskNetParallel2MaskBlockLinear2Bias: variable(constant(112, 0), [112]),
      likedMaskNetParallel2MaskBlockLinear3Weight: variable(
        uniform(
          seed,
          'liked.mask_net_parallel.2.mask_block.linear_3.weight',
          3584,
          -Math.sqrt(6 / (112 + 32)),
          Math.sqrt(6 / (112 + 32)),
        ),
        [32, 112],
      ),
      likedMaskNetParallel2MaskBlockLayerNormWeight: variable(constant(32, 1), [32]),
      likedMaskNetParallel2MaskBlockLayerNormBias: variable(constant(32, 0), [32]),
      likedMlp0LinearWeight: variable(
        uniform(seed, 'liked.mlp.0.linear.weight', 6144, -Math.sqrt(6 / (96 + 64)), Math.sqrt(6 / (96 + 64))),
        [64, 96],
      ),
      likedMlp0LinearBias: variable(constant(64, 0), [64]),
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
  likedMaskNetParallelLayerNormFields0LayerNormWeight: 'liked.mask_net_parallel.layer_norm_fields.0.layer_norm.weight',
  likedMaskNetParallelLayerNormFields0LayerNormBias: 'liked.mask_net_parallel.layer_norm_fields.0.layer_norm.bias',
  likedMaskNetParallelLayerNormFields1LayerNormWeight: 'liked.mask_net_parallel.layer_norm_fields.1.layer_norm.weight',
  likedMaskNetParallelLayerNormFields1LayerNormBias: 'liked.mask_net_parallel.layer_norm_fields.1.layer_norm.bias',
  likedMaskNetParallelLayerNormFields2LayerNormWeight: 'liked.mask_net_parallel.layer_norm_fields.2.layer_norm.weight',
  likedMaskNetParallelLayerNormFields2LayerNormBias: 'liked.mask_net_parallel.layer_norm_fields.2.layer_norm.bias',
  likedMaskNetParallelLayerNormFields3LayerNormWeight: 'liked.mask_net_parallel.layer_norm_fields.3.layer_norm.weight',
  likedMaskNetParallelLayerNormFields3LayerNormBias: 'liked.mask_net_parallel.layer_norm_fields.3.layer_norm.bias',
  likedMaskNetParallelLayerNormFields4LayerNormWeight: 'liked.mask_net_parallel.layer_norm_fields.4.layer_norm.weight',
  likedMaskNetParallelLayerNormFields4LayerNormBias: 'liked.mask_net_parallel.layer_norm_fields.4.layer_norm.bias',
  likedMaskNetParallelLayerNormFields5LayerNormWeight: 'liked.mask_net_parallel.layer_norm_fields.5.layer_norm.weight',
  likedMaskNetParallelLayerNormFields5LayerNormBias: 'liked.mask_net_parallel.layer_norm_fields.5.layer_norm.bias',
  likedMaskNetParallelLayerNormFields6LayerNormWeight: 'liked.mask_net_parallel.layer_norm_fields.6.layer_norm.weight',
  likedMaskNetParallelLayerNormFields6LayerNormBias: 'liked.mask_net_parallel.layer_norm_fields.6.layer_norm.bias',
  likedMaskNetParallel0MaskBlockLinearWeight: 'liked.mask_net_parallel.0.mask_block.linear.weight',
  likedMaskNetParallel0MaskBlockLinearBias: 'liked.mask_net_parallel.0.mask_block.linear.bias',
  likedMaskNetParallel0MaskBlockLinear2Weight: 'liked.mask_net_parallel.0.mask_block.linear_2.weight',
  likedMaskNetParallel0MaskBlockLinear2Bias: 'liked.mask_net_parallel.0.mask_block.linear_2.bias',
  likedMaskNetParallel0MaskBlockLinear3Weight: 'liked.mask_net_parallel.0.mask_block.linear_3.weight',
  likedMaskNetParallel0MaskBlockLayerNormWeight: 'liked.mask_net_parallel.0.mask_block.layer_norm.weight',
  likedMaskNetParallel0MaskBlockLayerNormBias: 'liked.mask_net_parallel.0.mask_block.layer_norm.bias',
  likedMaskNetParallel1MaskBlockLinearWeight: 'liked.mask_net_parallel.1.mask_block.linear.weight',
  likedMaskNetParallel1MaskBlockLinearBias: 'liked.mask_net_parallel.1.mask_block.linear.bias',
  likedMaskNetParallel1MaskBlockLinear2Weight: 'liked.mask_net_parallel.1.mask_block.linear_2.weight',
  likedMaskNetParallel1MaskBlockLinear2Bias: 'liked.mask_net_parallel.1.mask_block.linear_2.bias',
  likedMaskNetParallel1MaskBlockLinear3Weight: 'liked.mask_net_parallel.1.mask_block.linear_3.weight',
  likedMaskNetParallel1MaskBlockLayerNormWeight: 'liked.mask_net_parallel.1.mask_block.layer_norm.weight',
  likedMaskNetParallel1MaskBlockLayerNormBias: 'liked.mask_net_parallel.1.mask_block.layer_norm.bias',
  likedMaskNetParallel2MaskBlockLinearWeight: 'liked.mask_net_parallel.2.mask_block.linear.weight',
  likedMaskNetParallel2MaskBlockLinearBias: 'liked.mask_net_parallel.2.mask_block.linear.bias',
  likedMaskNetParallel2MaskBlockLinear2Weight: 'liked.mask_net_parallel.2.mask_block.linear_2.weight',
  likedMaskNetParallel2MaskBlockLinear2Bias: 'liked.mask_net_parallel.2.mask_block.linear_2.bias',
  likedMaskNetParallel2MaskBlockLinear3Weight: 'liked.mask_net_parallel.2.mask_block.linear_3.weight',
  likedMaskNetParallel2MaskBlockLayerNormWeight: 'liked.mask_net_parallel.2.mask_block.layer_norm.weight',
  likedMaskNetParallel2MaskBlockLayerNormBias: 'liked.mask_net_parallel.2.mask_block.layer_norm.bias',
  likedMlp0LinearWeight: 'liked.mlp.0.linear.weight',
  likedMlp0LinearBias: 'liked.mlp.0.linear.bias',
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
