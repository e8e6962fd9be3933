import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `x.0.0.dot_fields.mlp.0.linear.weight` [32, 21] */
  readonly x00DotFieldsMlp0LinearWeight: tf.Variable;
  /** `x.0.0.dot_fields.mlp.0.linear.bias` [32] */
  readonly x00DotFieldsMlp0LinearBias: tf.Variable;
  /** `x.0.0.dot_fields.linear.weight` [112, 32] */
  readonly x00DotFieldsLinearWeight: tf.Variable;
  /** `x.0.0.dot_fields.linear.bias` [112] */
  readonly x00DotFieldsLinearBias: tf.Variable;
  /** `x.0.1.attention_fields.autoint_layer.Q` [2, 8, 16] */
  readonly x01AttentionFieldsAutointLayerQ: tf.Variable;
  /** `x.0.1.attention_fields.autoint_layer.K` [2, 8, 16] */
  readonly x01AttentionFieldsAutointLayerK: tf.Variable;
  /** `x.0.1.attention_fields.autoint_layer.V` [2, 8, 16] */
  readonly x01AttentionFieldsAutointLayerV: tf.Variable;
  /** `x.0.1.attention_fields.autoint_layer.linear_rows.linear.weight` [16, 16] */
  readonly x01AttentionFieldsAutointLayerLinearRowsLinearWeight: tf.Variable;
  /** `x.0.1.attention_fields.linear_fields.weight` [7, 7] */
  readonly x01AttentionFieldsLinearFieldsWeight: tf.Variable;
  /** `x.0.2.cross_fields.linear.weight` [112, 112] */
  readonly x02CrossFieldsLinearWeight: tf.Variable;
  /** `x.0.2.cross_fields.linear.bias` [112] */
  readonly x02CrossFieldsLinearBias: tf.Variable;
  /** `x.0.2.cross_fields.linear_fields.weight` [7, 7] */
  readonly x02CrossFieldsLinearFieldsWeight: tf.Variable;
  /** `x.0.layer_norm.weight` [16] */
  readonly x0LayerNormWeight: tf.Variable;
  /** `x.0.layer_norm.bias` [16] */
  readonly x0LayerNormBias: tf.Variable;
  /** `x.1.0.dot_fields.mlp.0.linear.weight` [32, 21] */
  readonly x10DotFieldsMlp0LinearWeight: tf.Variable;
  /** `x.1.0.dot_fields.mlp.0.linear.bias` [32] */
  readonly x10DotFieldsMlp0LinearBias: tf.Variable;
  /** `x.1.0.dot_fields.linear.weight` [112, 32] */
  readonly x10DotFieldsLinearWeight: tf.Variable;
  /** `x.1.0.dot_fields.linear.bias` [112] */
  readonly x10DotFieldsLinearBias: tf.Variable;
  /** `x.1.1.attention_fields.autoint_layer.Q` [2, 8, 16] */
  readonly x11AttentionFieldsAutointLayerQ: tf.Variable;
  /** `x.1.1.attention_fields.autoint_layer.K` [2, 8, 16] */
  readonly x11AttentionFieldsAutointLayerK: tf.Variable;
  /** `x.1.1.attention_fields.autoint_layer.V` [2, 8, 16] */
  readonly x11AttentionFieldsAutointLayerV: tf.Variable;
  /** `x.1.1.attention_fields.autoint_layer.linear_rows.linear.weight` [16, 16] */
  readonly x11AttentionFieldsAutointLayerLinearRowsLinearWeight: tf.Variable;
  /** `x.1.1.attention_fields.linear_fields.weight` [7, 7] */
  readonly x11AttentionFieldsLinearFieldsWeight: tf.Variable;
  /** `x.1.2.cross_fields.linear.weight` [112, 112] */
  readonly x12CrossFieldsLinearWeight: tf.Variable;
  /** `x.1.2.cross_fields.linear.bias` [112] */
  readonly x12CrossFieldsLinearBias: tf.Variable;
  /** `x.1.2.cross_fields.linear_fields.weight` [7, 7] */
  readonly x12CrossFieldsLinearFieldsWeight: tf.Variable;
  /** `x.1.layer_norm.weight` [16] */
  readonly x1LayerNormWeight: tf.Variable;
  /** `x.1.layer_norm.bias` [16] */
  readonly x1LayerNormBias: tf.Variable;
  /** `liked.mlp.0.linear.weight` [64, 112] */
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
 * The results added up.
 *
 * The forward pass.
 */
export function forward(weights: Weights, inputs: Inputs): Logits {
  return tf.tidy(() => {
    const rows = inputs.userId.shape[0] ?? 0;
    const x1 = tf.concat(
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
    const x2 = x1
      .reshape([-1, 16])
      .matMul(weights.x01AttentionFieldsAutointLayerK.reshape([16, 16]), false, true)
      .reshape([-1, 7, 16])
      .reshape([-1, 7, 2, 8])
      .transpose([0, 2, 1, 3])
      .matMul(
        x1
          .reshape([-1, 16])
          .matMul(weights.x01AttentionFieldsAutointLayerQ.reshape([16, 16]), false, true)
          .reshape([-1, 7, 16])
          .reshape([-1, 7, 2, 8])
          .transpose([0, 2, 3, 1]),
      )
      .transpose([0, 1, 3, 2])
      .softmax()
      .transpose([0, 1, 3, 2]);
    const x3 = relu(
      x1
        .reshape([-1, 16])
        .matMul(weights.x01AttentionFieldsAutointLayerV.reshape([16, 16]), false, true)
        .reshape([-1, 7, 16])
        .reshape([-1, 7, 2, 8])
        .transpose([0, 2, 3, 1])
        .matMul(x2)
        .transpose([0, 3, 1, 2])
        .reshape([-1, 7, 16])
        .add(
          x1
            .reshape([-1, 16])
            .matMul(weights.x01AttentionFieldsAutointLayerLinearRowsLinearWeight, false, true)
            .reshape([-1, 7, 16]),
        ),
    );
    const x4 = x1.reshape([-1, 112]);
    const x5 = relu(
      take(
        x1.matMul(x1, false, true).reshape([-1, 49]),
        [7, 14, 15, 21, 22, 23, 28, 29, 30, 31, 35, 36, 37, 38, 39, 42, 43, 44, 45, 46, 47],
        1,
      )
        .matMul(weights.x00DotFieldsMlp0LinearWeight, false, true)
        .add(weights.x00DotFieldsMlp0LinearBias),
    )
      .matMul(weights.x00DotFieldsLinearWeight, false, true)
      .add(weights.x00DotFieldsLinearBias)
      .reshape([-1, 7, 16])
      .add(tf.broadcastTo(weights.x01AttentionFieldsLinearFieldsWeight, [rows, 7, 7]).matMul(x3));
    const x6 = x5
      .add(
        tf
          .broadcastTo(weights.x02CrossFieldsLinearFieldsWeight, [rows, 7, 7])
          .matMul(
            x4
              .mul(x4.matMul(weights.x02CrossFieldsLinearWeight, false, true).add(weights.x02CrossFieldsLinearBias))
              .reshape([-1, 7, 16]),
          ),
      )
      .add(x1);
    const x7 = x6.sub(x6.sum(2).mul(0.0625).reshape([-1, 7, 1]));
    const x8 = weights.x0LayerNormWeight.mul(x7).div(x7.mul(x7).sum(2).mul(0.0625).add(0.00001).sqrt().reshape([-1, 7, 1]));
    const x9 = x8.add(weights.x0LayerNormBias);
    const x10 = x9
      .reshape([-1, 16])
      .matMul(weights.x11AttentionFieldsAutointLayerK.reshape([16, 16]), false, true)
      .reshape([-1, 7, 16])
      .reshape([-1, 7, 2, 8])
      .transpose([0, 2, 1, 3])
      .matMul(
        x9
          .reshape([-1, 16])
          .matMul(weights.x11AttentionFieldsAutointLayerQ.reshape([16, 16]), false, true)
          .reshape([-1, 7, 16])
          .reshape([-1, 7, 2, 8])
          .transpose([0, 2, 3, 1]),
      )
      .transpose([0, 1, 3, 2])
      .softmax()
      .transpose([0, 1, 3, 2]);
    const x11 = relu(
      x9
        .reshape([-1, 16])
        .matMul(weights.x11AttentionFieldsAutointLayerV.reshape([16, 16]), false, true)
        .reshape([-1, 7, 16])
        .reshape([-1, 7, 2, 8])
        .transpose([0, 2, 3, 1])
        .matMul(x10)
        .transpose([0, 3, 1, 2])
        .reshape([-1, 7, 16])
        .add(
          x9
            .reshape([-1, 16])
            .matMul(weights.x11AttentionFieldsAutointLayerLinearRowsLinearWeight, false, true)
            .reshape([-1, 7, 16]),
        ),
    );
    const x12 = x9.reshape([-1, 112]);
    const x13 = relu(
      take(
        x9.matMul(x9, false, true).reshape([-1, 49]),
        [7, 14, 15, 21, 22, 23, 28, 29, 30, 31, 35, 36, 37, 38, 39, 42, 43, 44, 45, 46, 47],
        1,
      )
        .matMul(weights.x10DotFieldsMlp0LinearWeight, false, true)
        .add(weights.x10DotFieldsMlp0LinearBias),
    )
      .matMul(weights.x10DotFieldsLinearWeight, false, true)
      .add(weights.x10DotFieldsLinearBias)
      .reshape([-1, 7, 16])
      .add(tf.broadcastTo(weights.x11AttentionFieldsLinearFieldsWeight, [rows, 7, 7]).matMul(x11));
    const x14 = x13
      .add(
        tf
          .broadcastTo(weights.x12CrossFieldsLinearFieldsWeight, [rows, 7, 7])
          .matMul(
            x12
              .mul(x12.matMul(weights.x12CrossFieldsLinearWeight, false, true).add(weights.x12CrossFieldsLinearBias))
              .reshape([-1, 7, 16]),
          ),
      )
      .add(x9);
    const x15 = x14.sub(x14.sum(2).mul(0.0625).reshape([-1, 7, 1]));
    const x16 = weights.x1LayerNormWeight.mul(x15).div(x15.mul(x15).sum(2).mul(0.0625).add(0.00001).sqrt().reshape([-1, 7, 1]));
    const x = x16.add(weights.x1LayerNormBias);
    const liked = relu(x.reshape([-1, 112]).matMul(weights.likedMlp0LinearWeight, false, true).add(weights.likedMlp0LinearBias))
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
      x00DotFieldsMlp0LinearWeight: variable(
        uniform(seed, 'x.0.0.dot_fields.mlp.0.linear.weight', 672, -Math.sqrt(6 / (21 + 32)), Math.sqrt(6 / (21 + 32))),
        [32, 21],
      ),
      x00DotFieldsMlp0LinearBias: variable(constant(32, 0), [32]),
      x00DotFieldsLinearWeight: variable(
        uniform(seed, 'x.0.0.dot_fields.linear.weight', 3584, -Math.sqrt(6 / (32 + 112)), Math.sqrt(6 / (32 + 112))),
        [112, 32],
      ),
      x00DotFieldsLinearBias: variable(constant(112, 0), [112]),
      x01AttentionFieldsAutointLayerQ: variable(
        uniform(seed, 'x.0.1.attention_fields.autoint_layer.Q', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      x01AttentionFieldsAutointLayerK: variable(
        uniform(seed, 'x.0.1.attention_fields.autoint_layer.K', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      x01AttentionFieldsAutointLayerV: variable(
        uniform(seed, 'x.0.1.attention_fields.autoint_layer.V', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      x01AttentionFieldsAutointLayerLinearRowsLinearWeight: variable(
        uniform(
          seed,
          'x.0.1.attention_fields.autoint_layer.linear_rows.linear.weight',
          256,
          -Math.sqrt(6 / (16 + 16)),
          Math.sqrt(6 / (16 + 16)),
        ),
        [16, 16],
      ),
      x01AttentionFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.0.1.attention_fields.linear_fields.weight', 49, -Math.sqrt(6 / (7 + 7)), Math.sqrt(6 / (7 + 7))),
        [7, 7],
      ),
      x02CrossFieldsLinearWeight: variable(
        uniform(seed, 'x.0.2.cross_fields.linear.weight', 12544, -Math.sqrt(6 / (112 + 112)), Math.sqrt(6 / (112 + 112))),
        [112, 112],
      ),
      x02CrossFieldsLinearBias: variable(constant(112, 0), [112]),
      x02CrossFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.0.2.cross_fields.linear_fields.weight', 49, -Math.sqrt(6 / (7 + 7)), Math.sqrt(6 / (7 + 7))),
        [7, 7],
      ),
      x0LayerNormWeight: variable(constant(16, 1), [16]),
      x0LayerNormBias: variable(constant(16, 0), [16]),
      x10DotFieldsMlp0LinearWeight: variable(
        uniform(seed, 'x.1.0.dot_fields.mlp.0.linear.weight', 672, -Math.sqrt(6 / (21 + 32)), Math.sqrt(6 / (21 + 32))),
        [32, 21],
      ),
      x10DotFieldsMlp0LinearBias: variable(constant(32, 0), [32]),
      x10DotFieldsLinearWeight: variable(
        uniform(seed, 'x.1.0.dot_fields.linear.weight', 3584, -Math.sqrt(6 / (32 + 112)), Math.sqrt(6 / (32 + 112))),
        [112, 32],
      ),
      x10DotFieldsLinearBias: variable(constant(112, 0), [112]),
      x11AttentionFieldsAutointLayerQ: variable(
        uniform(seed, 'x.1.1.attention_fields.autoint_layer.Q', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      x11AttentionFieldsAutointLayerK: variable(
        uniform(seed, 'x.1.1.attention_fields.autoint_layer.K', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      x11AttentionFieldsAutointLayerV: variable(
        uniform(seed, 'x.1.1.attention_fields.autoint_layer.V', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      x11AttentionFieldsAutointLayerLinearRowsLinearWeight: variable(
        uniform(
          seed,
          'x.1.1.attention_fields.autoint_layer.linear_rows.linear.weight',
          256,
          -Math.sqrt(6 / (16 + 16)),
          Math.sqrt(6 / (16 + 16)),
        ),
        [16, 16],
      ),
      x11AttentionFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.1.1.attention_fields.linear_fields.weight', 49, -Math.sqrt(6 / (7 + 7)), Math.sqrt(6 / (7 + 7))),
        [7, 7],
      ),
      x12CrossFieldsLinearWeight: variable(
        uniform(seed, 'x.1.2.cross_fields.linear.weight', 12544, -Math.sqrt(6 / (112 + 112)), Math.sqrt(6 / (112 + 112))),
        [112, 112],
      ),
      x12CrossFieldsLinearBias: variable(constant(112, 0), [112]),
      x12CrossFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.1.2.cross_fields.linear_fields.weight', 49, -Math.sqrt(6 / (7 + 7)), Math.sqrt(6 / (7 + 7))),
        [7, 7],
      ),
      x1LayerNormWeight: variable(constant(16, 1), [16]),
      x1LayerNormBias: variable(constant(16, 0), [16]),
      likedMlp0LinearWeight: variable(
        uniform(seed, 'liked.mlp.0.linear.weight', 7168, -Math.sqrt(6 / (112 + 64)), Math.sqrt(6 / (112 + 64))),
        [64, 112],
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
  x00DotFieldsMlp0LinearWeight: 'x.0.0.dot_fields.mlp.0.linear.weight',
  x00DotFieldsMlp0LinearBias: 'x.0.0.dot_fields.mlp.0.linear.bias',
  x00DotFieldsLinearWeight: 'x.0.0.dot_fields.linear.weight',
  x00DotFieldsLinearBias: 'x.0.0.dot_fields.linear.bias',
  x01AttentionFieldsAutointLayerQ: 'x.0.1.attention_fields.autoint_layer.Q',
  x01AttentionFieldsAutointLayerK: 'x.0.1.attention_fields.autoint_layer.K',
  x01AttentionFieldsAutointLayerV: 'x.0.1.attention_fields.autoint_layer.V',
  x01AttentionFieldsAutointLayerLinearRowsLinearWeight: 'x.0.1.attention_fields.autoint_layer.linear_rows.linear.weight',
  x01AttentionFieldsLinearFieldsWeight: 'x.0.1.attention_fields.linear_fields.weight',
  x02CrossFieldsLinearWeight: 'x.0.2.cross_fields.linear.weight',
  x02CrossFieldsLinearBias: 'x.0.2.cross_fields.linear.bias',
  x02CrossFieldsLinearFieldsWeight: 'x.0.2.cross_fields.linear_fields.weight',
  x0LayerNormWeight: 'x.0.layer_norm.weight',
  x0LayerNormBias: 'x.0.layer_norm.bias',
  x10DotFieldsMlp0LinearWeight: 'x.1.0.dot_fields.mlp.0.linear.weight',
  x10DotFieldsMlp0LinearBias: 'x.1.0.dot_fields.mlp.0.linear.bias',
  x10DotFieldsLinearWeight: 'x.1.0.dot_fields.linear.weight',
  x10DotFieldsLinearBias: 'x.1.0.dot_fields.linear.bias',
  x11AttentionFieldsAutointLayerQ: 'x.1.1.attention_fields.autoint_layer.Q',
  x11AttentionFieldsAutointLayerK: 'x.1.1.attention_fields.autoint_layer.K',
  x11AttentionFieldsAutointLayerV: 'x.1.1.attention_fields.autoint_layer.V',
  x11AttentionFieldsAutointLayerLinearRowsLinearWeight: 'x.1.1.attention_fields.autoint_layer.linear_rows.linear.weight',
  x11AttentionFieldsLinearFieldsWeight: 'x.1.1.attention_fields.linear_fields.weight',
  x12CrossFieldsLinearWeight: 'x.1.2.cross_fields.linear.weight',
  x12CrossFieldsLinearBias: 'x.1.2.cross_fields.linear.bias',
  x12CrossFieldsLinearFieldsWeight: 'x.1.2.cross_fields.linear_fields.weight',
  x1LayerNormWeight: 'x.1.layer_norm.weight',
  x1LayerNormBias: 'x.1.layer_norm.bias',
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
