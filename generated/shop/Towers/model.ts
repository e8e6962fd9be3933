import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch, type TrainingBatch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `buyer.mlp.0.linear.weight` [5, 5] */
  readonly buyerMlp0LinearWeight: tf.Variable;
  /** `buyer.mlp.0.linear.bias` [5] */
  readonly buyerMlp0LinearBias: tf.Variable;
  /** `buyer.linear.weight` [3, 5] */
  readonly buyerLinearWeight: tf.Variable;
  /** `buyer.linear.bias` [3] */
  readonly buyerLinearBias: tf.Variable;
  /** `thing.linear.weight` [3, 8] */
  readonly thingLinearWeight: tf.Variable;
  /** `thing.linear.bias` [3] */
  readonly thingLinearBias: tf.Variable;
  /** `taken.weight` [1, 1] */
  readonly takenWeight: tf.Variable;
  /** `taken.bias` [1] */
  readonly takenBias: tf.Variable;
  /** `taken_loss.linear.weight` [3, 4] */
  readonly takenLossLinearWeight: tf.Variable;
  /** `taken_loss.linear.bias` [3] */
  readonly takenLossLinearBias: tf.Variable;
}

/** An embedding table: `rows` rows of `dim` numbers. */
export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
  /** 12 rows of 4. */
  readonly user: Table;
  /** V(article) rows of 4. */
  readonly articles: Table;
  /** V(shelf) rows of 4. */
  readonly shelf: Table;
  /** 5 rows of 4. */
  readonly place: Table;
}

export interface Model {
  readonly weights: Weights;
  readonly tables: Tables;
}

/** What the network reads of a batch. */
export interface Inputs {
  /** [rows, 4] */
  readonly user: tf.Tensor;
  /** [rows, 4] */
  readonly article: tf.Tensor;
  /** [rows, 4] */
  readonly shelf: tf.Tensor;
  /** [rows, 1] */
  readonly price: tf.Tensor;
}

/** What it reads in training. */
export interface TrainingInputs extends Inputs {
  /** [rows] */
  readonly articleCode: tf.Tensor;
  /** [rows, 4] */
  readonly place: tf.Tensor;
}

/** What losses read besides. */
export interface Targets {
  /** Observed, [rows] */
  readonly taken: tf.Tensor;
  /** log of the share of the training rows that have the row's `article`, [rows] */
  readonly articleLogShare: tf.Tensor;
}

/** What is served, and what training takes from there. */
export interface Served {
  /** [rows, 3] */
  readonly thing: tf.Tensor;
  /** [rows, 3] */
  readonly buyer: tf.Tensor;
}

export interface Logits {
  /** [rows] */
  readonly taken: tf.Tensor;
}

/** Logits and other tensors of the network. */
export interface Tensors extends Logits {
  /** [rows, 3] */
  readonly thing: tf.Tensor;
  /** [rows, 3] */
  readonly buyer: tf.Tensor;
  /** [rows] */
  readonly taken2: tf.Tensor;
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
 * Two towers whose negatives are the other rows of the batch, and a weight that only the logit has.
 *
 * The forward pass to what is served.
 */
export function serve(weights: Weights, inputs: Inputs): Served {
  return tf.tidy(() => {
    const buyer1 = relu(
      tf
        .concat([inputs.user, inputs.price], 1)
        .matMul(weights.buyerMlp0LinearWeight, false, true)
        .add(weights.buyerMlp0LinearBias),
    )
      .matMul(weights.buyerLinearWeight, false, true)
      .add(weights.buyerLinearBias);
    const buyer = buyer1.div(buyer1.mul(buyer1).sum(1).maximum(1e-12).sqrt().reshape([-1, 1]));
    const thing1 = tf
      .concat([inputs.article, inputs.shelf], 1)
      .matMul(weights.thingLinearWeight, false, true)
      .add(weights.thingLinearBias);
    const thing = thing1.div(thing1.mul(thing1).sum(1).maximum(1e-12).sqrt().reshape([-1, 1]));
    return { thing, buyer };
  });
}

/** The rest of the forward pass, which only training needs. */
export function forward(weights: Weights, inputs: TrainingInputs): Tensors {
  return tf.tidy(() => {
    const served = serve(weights, inputs);
    const taken1 = served.buyer.mul(served.thing).sum(1).div(0.5);
    const taken = weights.takenWeight
      .reshape([1])
      .mul(taken1.reshape([-1, 1]))
      .add(weights.takenBias);
    return { taken: taken.reshape([-1]), thing: served.thing, buyer: served.buyer, taken2: taken1 };
  });
}

/** The loss of each row for `taken`, [rows]. */
export function takenLoss(tensors: Tensors, weights: Weights, inputs: TrainingInputs, targets: Targets): tf.Tensor {
  return tf.tidy(() => {
    const loss1 = tf
      .where(
        inputs.articleCode.equal(inputs.articleCode.reshape([-1, 1])),
        -1000000000,
        tensors.buyer.matMul(tensors.thing, false, true).div(0.5).sub(targets.articleLogShare),
      )
      .logSumExp(1)
      .sub(tensors.taken2.sub(targets.articleLogShare));
    return targets.taken
      .mul(loss1.softplus())
      .add(
        inputs.place
          .matMul(weights.takenLossLinearWeight, false, true)
          .add(weights.takenLossLinearBias)
          .mul(tensors.thing)
          .sum(1)
          .abs()
          .mul(0.1),
      );
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
    user: lookUp(tables.user, batch.user),
    article: lookUp(tables.articles, batch.article),
    shelf: lookUpPooled(tables.shelf, batch.shelf, 'sum'),
    price: tf.tensor2d(batch.price, [batch.rows, 1]),
  };
}

/** The same with what only training reads. */
export function trainingInputsOf(tables: Tables, batch: TrainingBatch): TrainingInputs {
  return {
    ...inputsOf(tables, batch),
    articleCode: tf.tensor1d(batch.article, 'float32'),
    place: lookUp(tables.place, batch.place),
  };
}

export interface Prediction {
  readonly thing: readonly number[];
  readonly buyer: readonly number[];
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const given = serve(model.weights, inputsOf(model.tables, batch));
    return { thing: given.thing, buyer: given.buyer };
  });
  const data = { thing: await tensors.thing.data(), buyer: await tensors.buyer.data() };
  tf.dispose(tensors);
  return rows.map((_, i) => ({
    thing: Array.from(data.thing.subarray(i * 3, (i + 1) * 3)),
    buyer: Array.from(data.buyer.subarray(i * 3, (i + 1) * 3)),
  }));
}

function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

/** A model that has learned nothing yet; its weights are a function of the seed. */
export function createModel(seed: number, state: EncoderState): Model {
  return {
    weights: {
      buyerMlp0LinearWeight: variable(
        uniform(seed, 'buyer.mlp.0.linear.weight', 25, -Math.sqrt(6 / (5 + 5)), Math.sqrt(6 / (5 + 5))),
        [5, 5],
      ),
      buyerMlp0LinearBias: variable(constant(5, 0), [5]),
      buyerLinearWeight: variable(
        uniform(seed, 'buyer.linear.weight', 15, -Math.sqrt(6 / (5 + 3)), Math.sqrt(6 / (5 + 3))),
        [3, 5],
      ),
      buyerLinearBias: variable(constant(3, 0), [3]),
      thingLinearWeight: variable(
        uniform(seed, 'thing.linear.weight', 24, -Math.sqrt(6 / (8 + 3)), Math.sqrt(6 / (8 + 3))),
        [3, 8],
      ),
      thingLinearBias: variable(constant(3, 0), [3]),
      takenWeight: variable(uniform(seed, 'taken.weight', 1, -Math.sqrt(6 / (1 + 1)), Math.sqrt(6 / (1 + 1))), [1, 1]),
      takenBias: variable(constant(1, 0), [1]),
      takenLossLinearWeight: variable(
        uniform(seed, 'taken_loss.linear.weight', 12, -Math.sqrt(6 / (4 + 3)), Math.sqrt(6 / (4 + 3))),
        [3, 4],
      ),
      takenLossLinearBias: variable(constant(3, 0), [3]),
    },
    tables: {
      user: { rows: 12, dim: 4, values: uniform(seed, 'table.user', 12 * 4, -1, 1) },
      articles: {
        rows: state.vocabularies.article.length + 1,
        dim: 4,
        values: uniform(seed, 'table.articles', (state.vocabularies.article.length + 1) * 4, -1, 1),
      },
      shelf: {
        rows: state.vocabularies.shelf.length + 1,
        dim: 4,
        values: uniform(seed, 'table.shelf', (state.vocabularies.shelf.length + 1) * 4, -1, 1),
      },
      place: { rows: 5, dim: 4, values: uniform(seed, 'table.place', 5 * 4, -1, 1) },
    },
  };
}

/** The path of each weight in the network. */
export const weightPaths: { readonly [K in keyof Weights]: string } = {
  buyerMlp0LinearWeight: 'buyer.mlp.0.linear.weight',
  buyerMlp0LinearBias: 'buyer.mlp.0.linear.bias',
  buyerLinearWeight: 'buyer.linear.weight',
  buyerLinearBias: 'buyer.linear.bias',
  thingLinearWeight: 'thing.linear.weight',
  thingLinearBias: 'thing.linear.bias',
  takenWeight: 'taken.weight',
  takenBias: 'taken.bias',
  takenLossLinearWeight: 'taken_loss.linear.weight',
  takenLossLinearBias: 'taken_loss.linear.bias',
};

export const tablePaths: { readonly [K in keyof Tables]: string } = {
  user: 'table.user',
  articles: 'table.articles',
  shelf: 'table.shelf',
  place: 'table.place',
};
