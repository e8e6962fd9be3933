import * as tf from '@tensorflow/tfjs';
import { batchOf, type Bags, type Batch } from './batch.js';
import type { EncodedRow, EncoderState } from './encoder.js';
import { uniform, constant } from './random.js';

export interface Weights {
  /** `x.0.0.dot_fields.mlp.0.linear.weight` [32, 21] */
  readonly x00DotFieldsMlp0LinearWeight: tf.Variable;
  /** `x.0.0.dot_fields.mlp.0.linear.bias` [32] */
  readonly x00DotFieldsMlp0LinearBias: tf.Variable;
  /** `x.0.0.dot_fields.linear.weight` [64, 32] */
  readonly x00DotFieldsLinearWeight: tf.Variable;
  /** `x.0.0.dot_fields.linear.bias` [64] */
  readonly x00DotFieldsLinearBias: tf.Variable;
  /** `x.0.1.attention_fields.autoint_layer.Q` [2, 8, 16] */
  readonly x01AttentionFieldsAutointLayerQ: tf.Variable;
  /** `x.0.1.attention_fields.autoint_layer.K` [2, 8, 16] */
  readonly x01AttentionFieldsAutointLayerK: tf.Variable;
  /** `x.0.1.attention_fields.autoint_layer.V` [2, 8, 16] */
  readonly x01AttentionFieldsAutointLayerV: tf.Variable;
  /** `x.0.1.attention_fields.autoint_layer.linear_rows.linear.weight` [16, 16] */
  readonly x01AttentionFieldsAutointLayerLinearRowsLinearWeight: tf.Variable;
  /** `x.0.1.attention_fields.linear_fields.weight` [4, 7] */
  readonly x01AttentionFieldsLinearFieldsWeight: tf.Variable;
  /** `x.0.2.convolution_fields.linear.weight` [16, 48] */
  readonly x02ConvolutionFieldsLinearWeight: tf.Variable;
  /** `x.0.2.convolution_fields.linear.bias` [16] */
  readonly x02ConvolutionFieldsLinearBias: tf.Variable;
  /** `x.0.2.convolution_fields.linear_fields.weight` [4, 5] */
  readonly x02ConvolutionFieldsLinearFieldsWeight: tf.Variable;
  /** `x.0.3.linear_fields.weight` [4, 7] */
  readonly x03LinearFieldsWeight: tf.Variable;
  /** `x.0.4.cross_fields.linear.weight` [112, 112] */
  readonly x04CrossFieldsLinearWeight: tf.Variable;
  /** `x.0.4.cross_fields.linear.bias` [112] */
  readonly x04CrossFieldsLinearBias: tf.Variable;
  /** `x.0.4.cross_fields.linear_fields.weight` [4, 7] */
  readonly x04CrossFieldsLinearFieldsWeight: tf.Variable;
  /** `x.0.add_shortcut.linear_fields.weight` [20, 7] */
  readonly x0AddShortcutLinearFieldsWeight: tf.Variable;
  /** `x.0.layer_norm.weight` [16] */
  readonly x0LayerNormWeight: tf.Variable;
  /** `x.0.layer_norm.bias` [16] */
  readonly x0LayerNormBias: tf.Variable;
  /** `x.1.0.dot_fields.mlp.0.linear.weight` [32, 190] */
  readonly x10DotFieldsMlp0LinearWeight: tf.Variable;
  /** `x.1.0.dot_fields.mlp.0.linear.bias` [32] */
  readonly x10DotFieldsMlp0LinearBias: tf.Variable;
  /** `x.1.0.dot_fields.linear.weight` [64, 32] */
  readonly x10DotFieldsLinearWeight: tf.Variable;
  /** `x.1.0.dot_fields.linear.bias` [64] */
  readonly x10DotFieldsLinearBias: tf.Variable;
  /** `x.1.1.attention_fields.autoint_layer.Q` [2, 8, 16] */
  readonly x11AttentionFieldsAutointLayerQ: tf.Variable;
  /** `x.1.1.attention_fields.autoint_layer.K` [2, 8, 16] */
  readonly x11AttentionFieldsAutointLayerK: tf.Variable;
  /** `x.1.1.attention_fields.autoint_layer.V` [2, 8, 16] */
  readonly x11AttentionFieldsAutointLayerV: tf.Variable;
  /** `x.1.1.attention_fields.autoint_layer.linear_rows.linear.weight` [16, 16] */
  readonly x11AttentionFieldsAutointLayerLinearRowsLinearWeight: tf.Variable;
  /** `x.1.1.attention_fields.linear_fields.weight` [4, 20] */
  readonly x11AttentionFieldsLinearFieldsWeight: tf.Variable;
  /** `x.1.2.convolution_fields.linear.weight` [16, 48] */
  readonly x12ConvolutionFieldsLinearWeight: tf.Variable;
  /** `x.1.2.convolution_fields.linear.bias` [16] */
  readonly x12ConvolutionFieldsLinearBias: tf.Variable;
  /** `x.1.2.convolution_fields.linear_fields.weight` [4, 18] */
  readonly x12ConvolutionFieldsLinearFieldsWeight: tf.Variable;
  /** `x.1.3.linear_fields.weight` [4, 20] */
  readonly x13LinearFieldsWeight: tf.Variable;
  /** `x.1.4.cross_fields.linear.weight` [320, 320] */
  readonly x14CrossFieldsLinearWeight: tf.Variable;
  /** `x.1.4.cross_fields.linear.bias` [320] */
  readonly x14CrossFieldsLinearBias: tf.Variable;
  /** `x.1.4.cross_fields.linear_fields.weight` [4, 20] */
  readonly x14CrossFieldsLinearFieldsWeight: tf.Variable;
  /** `x.1.layer_norm.weight` [16] */
  readonly x1LayerNormWeight: tf.Variable;
  /** `x.1.layer_norm.bias` [16] */
  readonly x1LayerNormBias: tf.Variable;
  /** `x.2.0.dot_fields.mlp.0.linear.weight` [32, 190] */
  readonly x20DotFieldsMlp0LinearWeight: tf.Variable;
  /** `x.2.0.dot_fields.mlp.0.linear.bias` [32] */
  readonly x20DotFieldsMlp0LinearBias: tf.Variable;
  /** `x.2.0.dot_fields.linear.weight` [64, 32] */
  readonly x20DotFieldsLinearWeight: tf.Variable;
  /** `x.2.0.dot_fields.linear.bias` [64] */
  readonly x20DotFieldsLinearBias: tf.Variable;
  /** `x.2.1.attention_fields.autoint_layer.Q` [2, 8, 16] */
  readonly x21AttentionFieldsAutointLayerQ: tf.Variable;
  /** `x.2.1.attention_fields.autoint_layer.K` [2, 8, 16] */
  readonly x21AttentionFieldsAutointLayerK: tf.Variable;
  /** `x.2.1.attention_fields.autoint_layer.V` [2, 8, 16] */
  readonly x21AttentionFieldsAutointLayerV: tf.Variable;
  /** `x.2.1.attention_fields.autoint_layer.linear_rows.linear.weight` [16, 16] */
  readonly x21AttentionFieldsAutointLayerLinearRowsLinearWeight: tf.Variable;
  /** `x.2.1.attention_fields.linear_fields.weight` [4, 20] */
  readonly x21AttentionFieldsLinearFieldsWeight: tf.Variable;
  /** `x.2.2.convolution_fields.linear.weight` [16, 48] */
  readonly x22ConvolutionFieldsLinearWeight: tf.Variable;
  /** `x.2.2.convolution_fields.linear.bias` [16] */
  readonly x22ConvolutionFieldsLinearBias: tf.Variable;
  /** `x.2.2.convolution_fields.linear_fields.weight` [4, 18] */
  readonly x22ConvolutionFieldsLinearFieldsWeight: tf.Variable;
  /** `x.2.3.linear_fields.weight` [4, 20] */
  readonly x23LinearFieldsWeight: tf.Variable;
  /** `x.2.4.cross_fields.linear.weight` [320, 320] */
  readonly x24CrossFieldsLinearWeight: tf.Variable;
  /** `x.2.4.cross_fields.linear.bias` [320] */
  readonly x24CrossFieldsLinearBias: tf.Variable;
  /** `x.2.4.cross_fields.linear_fields.weight` [4, 20] */
  readonly x24CrossFieldsLinearFieldsWeight: tf.Variable;
  /** `x.2.layer_norm.weight` [16] */
  readonly x2LayerNormWeight: tf.Variable;
  /** `x.2.layer_norm.bias` [16] */
  readonly x2LayerNormBias: tf.Variable;
  /** `liked.mlp.0.linear.weight` [64, 320] */
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
 * DHEN [Zhang et al. 2022]: layers of several interactions side by side; here all five, and their results joined.
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
    const x4 = tf.concat(
      [
        x1.slice([0, 0], [-1, 3]).reshape([-1, 1, 48]),
        x1.slice([0, 1], [-1, 3]).reshape([-1, 1, 48]),
        x1.slice([0, 2], [-1, 3]).reshape([-1, 1, 48]),
        x1.slice([0, 3], [-1, 3]).reshape([-1, 1, 48]),
        x1.slice([0, 4], [-1, 3]).reshape([-1, 1, 48]),
      ],
      1,
    );
    const x5 = x1.reshape([-1, 112]);
    const x6 = tf.concat(
      [
        relu(
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
          .reshape([-1, 4, 16]),
        tf.broadcastTo(weights.x01AttentionFieldsLinearFieldsWeight, [rows, 4, 7]).matMul(x3),
        tf
          .broadcastTo(weights.x02ConvolutionFieldsLinearFieldsWeight, [rows, 4, 5])
          .matMul(
            relu(
              x4
                .reshape([-1, 48])
                .matMul(weights.x02ConvolutionFieldsLinearWeight, false, true)
                .reshape([-1, 5, 16])
                .add(weights.x02ConvolutionFieldsLinearBias),
            ),
          ),
        tf.broadcastTo(weights.x03LinearFieldsWeight, [rows, 4, 7]).matMul(x1),
        tf
          .broadcastTo(weights.x04CrossFieldsLinearFieldsWeight, [rows, 4, 7])
          .matMul(
            x5
              .mul(x5.matMul(weights.x04CrossFieldsLinearWeight, false, true).add(weights.x04CrossFieldsLinearBias))
              .reshape([-1, 7, 16]),
          ),
      ],
      1,
    );
    const x7 = x6.add(tf.broadcastTo(weights.x0AddShortcutLinearFieldsWeight, [rows, 20, 7]).matMul(x1));
    const x8 = x7.sub(x7.sum(2).mul(0.0625).reshape([-1, 20, 1]));
    const x9 = weights.x0LayerNormWeight.mul(x8).div(x8.mul(x8).sum(2).mul(0.0625).add(0.00001).sqrt().reshape([-1, 20, 1]));
    const x10 = x9.add(weights.x0LayerNormBias);
    const x11 = x10
      .reshape([-1, 16])
      .matMul(weights.x11AttentionFieldsAutointLayerK.reshape([16, 16]), false, true)
      .reshape([-1, 20, 16])
      .reshape([-1, 20, 2, 8])
      .transpose([0, 2, 1, 3])
      .matMul(
        x10
          .reshape([-1, 16])
          .matMul(weights.x11AttentionFieldsAutointLayerQ.reshape([16, 16]), false, true)
          .reshape([-1, 20, 16])
          .reshape([-1, 20, 2, 8])
          .transpose([0, 2, 3, 1]),
      )
      .transpose([0, 1, 3, 2])
      .softmax()
      .transpose([0, 1, 3, 2]);
    const x12 = relu(
      x10
        .reshape([-1, 16])
        .matMul(weights.x11AttentionFieldsAutointLayerV.reshape([16, 16]), false, true)
        .reshape([-1, 20, 16])
        .reshape([-1, 20, 2, 8])
        .transpose([0, 2, 3, 1])
        .matMul(x11)
        .transpose([0, 3, 1, 2])
        .reshape([-1, 20, 16])
        .add(
          x10
            .reshape([-1, 16])
            .matMul(weights.x11AttentionFieldsAutointLayerLinearRowsLinearWeight, false, true)
            .reshape([-1, 20, 16]),
        ),
    );
    const x13 = tf.concat(
      [
        x10.slice([0, 0], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 1], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 2], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 3], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 4], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 5], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 6], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 7], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 8], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 9], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 10], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 11], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 12], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 13], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 14], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 15], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 16], [-1, 3]).reshape([-1, 1, 48]),
        x10.slice([0, 17], [-1, 3]).reshape([-1, 1, 48]),
      ],
      1,
    );
    const x14 = x10.reshape([-1, 320]);
    const x15 = tf.concat(
      [
        relu(
          take(
            x10.matMul(x10, false, true).reshape([-1, 400]),
            [
              20, 40, 41, 60, 61, 62, 80, 81, 82, 83, 100, 101, 102, 103, 104, 120, 121, 122, 123, 124, 125, 140, 141, 142, 143,
              144, 145, 146, 160, 161, 162, 163, 164, 165, 166, 167, 180, 181, 182, 183, 184, 185, 186, 187, 188, 200, 201, 202,
              203, 204, 205, 206, 207, 208, 209, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 240, 241, 242, 243, 244,
              245, 246, 247, 248, 249, 250, 251, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 280, 281, 282,
              283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 311,
              312, 313, 314, 320, 321, 322, 323, 324, 325, 326, 327, 328, 329, 330, 331, 332, 333, 334, 335, 340, 341, 342, 343,
              344, 345, 346, 347, 348, 349, 350, 351, 352, 353, 354, 355, 356, 360, 361, 362, 363, 364, 365, 366, 367, 368, 369,
              370, 371, 372, 373, 374, 375, 376, 377, 380, 381, 382, 383, 384, 385, 386, 387, 388, 389, 390, 391, 392, 393, 394,
              395, 396, 397, 398,
            ],
            1,
          )
            .matMul(weights.x10DotFieldsMlp0LinearWeight, false, true)
            .add(weights.x10DotFieldsMlp0LinearBias),
        )
          .matMul(weights.x10DotFieldsLinearWeight, false, true)
          .add(weights.x10DotFieldsLinearBias)
          .reshape([-1, 4, 16]),
        tf.broadcastTo(weights.x11AttentionFieldsLinearFieldsWeight, [rows, 4, 20]).matMul(x12),
        tf
          .broadcastTo(weights.x12ConvolutionFieldsLinearFieldsWeight, [rows, 4, 18])
          .matMul(
            relu(
              x13
                .reshape([-1, 48])
                .matMul(weights.x12ConvolutionFieldsLinearWeight, false, true)
                .reshape([-1, 18, 16])
                .add(weights.x12ConvolutionFieldsLinearBias),
            ),
          ),
        tf.broadcastTo(weights.x13LinearFieldsWeight, [rows, 4, 20]).matMul(x10),
        tf
          .broadcastTo(weights.x14CrossFieldsLinearFieldsWeight, [rows, 4, 20])
          .matMul(
            x14
              .mul(x14.matMul(weights.x14CrossFieldsLinearWeight, false, true).add(weights.x14CrossFieldsLinearBias))
              .reshape([-1, 20, 16]),
          ),
      ],
      1,
    );
    const x16 = x15.add(x10);
    const x17 = x16.sub(x16.sum(2).mul(0.0625).reshape([-1, 20, 1]));
    const x18 = weights.x1LayerNormWeight.mul(x17).div(x17.mul(x17).sum(2).mul(0.0625).add(0.00001).sqrt().reshape([-1, 20, 1]));
    const x19 = x18.add(weights.x1LayerNormBias);
    const x20 = x19
      .reshape([-1, 16])
      .matMul(weights.x21AttentionFieldsAutointLayerK.reshape([16, 16]), false, true)
      .reshape([-1, 20, 16])
      .reshape([-1, 20, 2, 8])
      .transpose([0, 2, 1, 3])
      .matMul(
        x19
          .reshape([-1, 16])
          .matMul(weights.x21AttentionFieldsAutointLayerQ.reshape([16, 16]), false, true)
          .reshape([-1, 20, 16])
          .reshape([-1, 20, 2, 8])
          .transpose([0, 2, 3, 1]),
      )
      .transpose([0, 1, 3, 2])
      .softmax()
      .transpose([0, 1, 3, 2]);
    const x21 = relu(
      x19
        .reshape([-1, 16])
        .matMul(weights.x21AttentionFieldsAutointLayerV.reshape([16, 16]), false, true)
        .reshape([-1, 20, 16])
        .reshape([-1, 20, 2, 8])
        .transpose([0, 2, 3, 1])
        .matMul(x20)
        .transpose([0, 3, 1, 2])
        .reshape([-1, 20, 16])
        .add(
          x19
            .reshape([-1, 16])
            .matMul(weights.x21AttentionFieldsAutointLayerLinearRowsLinearWeight, false, true)
            .reshape([-1, 20, 16]),
        ),
    );
    const x22 = tf.concat(
      [
        x19.slice([0, 0], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 1], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 2], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 3], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 4], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 5], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 6], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 7], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 8], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 9], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 10], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 11], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 12], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 13], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 14], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 15], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 16], [-1, 3]).reshape([-1, 1, 48]),
        x19.slice([0, 17], [-1, 3]).reshape([-1, 1, 48]),
      ],
      1,
    );
    const x23 = x19.reshape([-1, 320]);
    const x24 = tf.concat(
      [
        relu(
          take(
            x19.matMul(x19, false, true).reshape([-1, 400]),
            [
              20, 40, 41, 60, 61, 62, 80, 81, 82, 83, 100, 101, 102, 103, 104, 120, 121, 122, 123, 124, 125, 140, 141, 142, 143,
              144, 145, 146, 160, 161, 162, 163, 164, 165, 166, 167, 180, 181, 182, 183, 184, 185, 186, 187, 188, 200, 201, 202,
              203, 204, 205, 206, 207, 208, 209, 220, 221, 222, 223, 224, 225, 226, 227, 228, 229, 230, 240, 241, 242, 243, 244,
              245, 246, 247, 248, 249, 250, 251, 260, 261, 262, 263, 264, 265, 266, 267, 268, 269, 270, 271, 272, 280, 281, 282,
              283, 284, 285, 286, 287, 288, 289, 290, 291, 292, 293, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 311,
              312, 313, 314, 320, 321, 322, 323, 324, 325, 326, 327, 328, 329, 330, 331, 332, 333, 334, 335, 340, 341, 342, 343,
              344, 345, 346, 347, 348, 349, 350, 351, 352, 353, 354, 355, 356, 360, 361, 362, 363, 364, 365, 366, 367, 368, 369,
              370, 371, 372, 373, 374, 375, 376, 377, 380, 381, 382, 383, 384, 385, 386, 387, 388, 389, 390, 391, 392, 393, 394,
              395, 396, 397, 398,
            ],
            1,
          )
            .matMul(weights.x20DotFieldsMlp0LinearWeight, false, true)
            .add(weights.x20DotFieldsMlp0LinearBias),
        )
          .matMul(weights.x20DotFieldsLinearWeight, false, true)
          .add(weights.x20DotFieldsLinearBias)
          .reshape([-1, 4, 16]),
        tf.broadcastTo(weights.x21AttentionFieldsLinearFieldsWeight, [rows, 4, 20]).matMul(x21),
        tf
          .broadcastTo(weights.x22ConvolutionFieldsLinearFieldsWeight, [rows, 4, 18])
          .matMul(
            relu(
              x22
                .reshape([-1, 48])
                .matMul(weights.x22ConvolutionFieldsLinearWeight, false, true)
                .reshape([-1, 18, 16])
                .add(weights.x22ConvolutionFieldsLinearBias),
            ),
          ),
        tf.broadcastTo(weights.x23LinearFieldsWeight, [rows, 4, 20]).matMul(x19),
        tf
          .broadcastTo(weights.x24CrossFieldsLinearFieldsWeight, [rows, 4, 20])
          .matMul(
            x23
              .mul(x23.matMul(weights.x24CrossFieldsLinearWeight, false, true).add(weights.x24CrossFieldsLinearBias))
              .reshape([-1, 20, 16]),
          ),
      ],
      1,
    );
    const x25 = x24.add(x19);
    const x26 = x25.sub(x25.sum(2).mul(0.0625).reshape([-1, 20, 1]));
    const x27 = weights.x2LayerNormWeight.mul(x26).div(x26.mul(x26).sum(2).mul(0.0625).add(0.00001).sqrt().reshape([-1, 20, 1]));
    const x = x27.add(weights.x2LayerNormBias);
    const liked = relu(x.reshape([-1, 320]).matMul(weights.likedMlp0LinearWeight, false, true).add(weights.likedMlp0LinearBias))
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
        uniform(seed, 'x.0.0.dot_fields.linear.weight', 2048, -Math.sqrt(6 / (32 + 64)), Math.sqrt(6 / (32 + 64))),
        [64, 32],
      ),
      x00DotFieldsLinearBias: variable(constant(64, 0), [64]),
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
        uniform(seed, 'x.0.1.attention_fields.linear_fields.weight', 28, -Math.sqrt(6 / (7 + 4)), Math.sqrt(6 / (7 + 4))),
        [4, 7],
      ),
      x02ConvolutionFieldsLinearWeight: variable(
        uniform(seed, 'x.0.2.convolution_fields.linear.weight', 768, -Math.sqrt(6 / (48 + 16)), Math.sqrt(6 / (48 + 16))),
        [16, 48],
      ),
      x02ConvolutionFieldsLinearBias: variable(constant(16, 0), [16]),
      x02ConvolutionFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.0.2.convolution_fields.linear_fields.weight', 20, -Math.sqrt(6 / (5 + 4)), Math.sqrt(6 / (5 + 4))),
        [4, 5],
      ),
      x03LinearFieldsWeight: variable(
        uniform(seed, 'x.0.3.linear_fields.weight', 28, -Math.sqrt(6 / (7 + 4)), Math.sqrt(6 / (7 + 4))),
        [4, 7],
      ),
      x04CrossFieldsLinearWeight: variable(
        uniform(seed, 'x.0.4.cross_fields.linear.weight', 12544, -Math.sqrt(6 / (112 + 112)), Math.sqrt(6 / (112 + 112))),
        [112, 112],
      ),
      x04CrossFieldsLinearBias: variable(constant(112, 0), [112]),
      x04CrossFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.0.4.cross_fields.linear_fields.weight', 28, -Math.sqrt(6 / (7 + 4)), Math.sqrt(6 / (7 + 4))),
        [4, 7],
      ),
      x0AddShortcutLinearFieldsWeight: variable(
        uniform(seed, 'x.0.add_shortcut.linear_fields.weight', 140, -Math.sqrt(6 / (7 + 20)), Math.sqrt(6 / (7 + 20))),
        [20, 7],
      ),
      x0LayerNormWeight: variable(constant(16, 1), [16]),
      x0LayerNormBias: variable(constant(16, 0), [16]),
      x10DotFieldsMlp0LinearWeight: variable(
        uniform(seed, 'x.1.0.dot_fields.mlp.0.linear.weight', 6080, -Math.sqrt(6 / (190 + 32)), Math.sqrt(6 / (190 + 32))),
        [32, 190],
      ),
      x10DotFieldsMlp0LinearBias: variable(constant(32, 0), [32]),
      x10DotFieldsLinearWeight: variable(
        uniform(seed, 'x.1.0.dot_fields.linear.weight', 2048, -Math.sqrt(6 / (32 + 64)), Math.sqrt(6 / (32 + 64))),
        [64, 32],
      ),
      x10DotFieldsLinearBias: variable(constant(64, 0), [64]),
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
        uniform(seed, 'x.1.1.attention_fields.linear_fields.weight', 80, -Math.sqrt(6 / (20 + 4)), Math.sqrt(6 / (20 + 4))),
        [4, 20],
      ),
      x12ConvolutionFieldsLinearWeight: variable(
        uniform(seed, 'x.1.2.convolution_fields.linear.weight', 768, -Math.sqrt(6 / (48 + 16)), Math.sqrt(6 / (48 + 16))),
        [16, 48],
      ),
      x12ConvolutionFieldsLinearBias: variable(constant(16, 0), [16]),
      x12ConvolutionFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.1.2.convolution_fields.linear_fields.weight', 72, -Math.sqrt(6 / (18 + 4)), Math.sqrt(6 / (18 + 4))),
        [4, 18],
      ),
      x13LinearFieldsWeight: variable(
        uniform(seed, 'x.1.3.linear_fields.weight', 80, -Math.sqrt(6 / (20 + 4)), Math.sqrt(6 / (20 + 4))),
        [4, 20],
      ),
      x14CrossFieldsLinearWeight: variable(
        uniform(seed, 'x.1.4.cross_fields.linear.weight', 102400, -Math.sqrt(6 / (320 + 320)), Math.sqrt(6 / (320 + 320))),
        [320, 320],
      ),
      x14CrossFieldsLinearBias: variable(constant(320, 0), [320]),
      x14CrossFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.1.4.cross_fields.linear_fields.weight', 80, -Math.sqrt(6 / (20 + 4)), Math.sqrt(6 / (20 + 4))),
        [4, 20],
      ),
      x1LayerNormWeight: variable(constant(16, 1), [16]),
      x1LayerNormBias: variable(constant(16, 0), [16]),
      x20DotFieldsMlp0LinearWeight: variable(
        uniform(seed, 'x.2.0.dot_fields.mlp.0.linear.weight', 6080, -Math.sqrt(6 / (190 + 32)), Math.sqrt(6 / (190 + 32))),
        [32, 190],
      ),
      x20DotFieldsMlp0LinearBias: variable(constant(32, 0), [32]),
      x20DotFieldsLinearWeight: variable(
        uniform(seed, 'x.2.0.dot_fields.linear.weight', 2048, -Math.sqrt(6 / (32 + 64)), Math.sqrt(6 / (32 + 64))),
        [64, 32],
      ),
      x20DotFieldsLinearBias: variable(constant(64, 0), [64]),
      x21AttentionFieldsAutointLayerQ: variable(
        uniform(seed, 'x.2.1.attention_fields.autoint_layer.Q', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      x21AttentionFieldsAutointLayerK: variable(
        uniform(seed, 'x.2.1.attention_fields.autoint_layer.K', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      x21AttentionFieldsAutointLayerV: variable(
        uniform(seed, 'x.2.1.attention_fields.autoint_layer.V', 256, -Math.sqrt(6 / (16 + 8)), Math.sqrt(6 / (16 + 8))),
        [2, 8, 16],
      ),
      x21AttentionFieldsAutointLayerLinearRowsLinearWeight: variable(
        uniform(
          seed,
          'x.2.1.attention_fields.autoint_layer.linear_rows.linear.weight',
          256,
          -Math.sqrt(6 / (16 + 16)),
          Math.sqrt(6 / (16 + 16)),
        ),
        [16, 16],
      ),
      x21AttentionFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.2.1.attention_fields.linear_fields.weight', 80, -Math.sqrt(6 / (20 + 4)), Math.sqrt(6 / (20 + 4))),
        [4, 20],
      ),
      x22ConvolutionFieldsLinearWeight: variable(
        uniform(seed, 'x.2.2.convolution_fields.linear.weight', 768, -Math.sqrt(6 / (48 + 16)), Math.sqrt(6 / (48 + 16))),
        [16, 48],
      ),
      x22ConvolutionFieldsLinearBias: variable(constant(16, 0), [16]),
      x22ConvolutionFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.2.2.convolution_fields.linear_fields.weight', 72, -Math.sqrt(6 / (18 + 4)), Math.sqrt(6 / (18 + 4))),
        [4, 18],
      ),
      x23LinearFieldsWeight: variable(
        uniform(seed, 'x.2.3.linear_fields.weight', 80, -Math.sqrt(6 / (20 + 4)), Math.sqrt(6 / (20 + 4))),
        [4, 20],
      ),
      x24CrossFieldsLinearWeight: variable(
        uniform(seed, 'x.2.4.cross_fields.linear.weight', 102400, -Math.sqrt(6 / (320 + 320)), Math.sqrt(6 / (320 + 320))),
        [320, 320],
      ),
      x24CrossFieldsLinearBias: variable(constant(320, 0), [320]),
      x24CrossFieldsLinearFieldsWeight: variable(
        uniform(seed, 'x.2.4.cross_fields.linear_fields.weight', 80, -Math.sqrt(6 / (20 + 4)), Math.sqrt(6 / (20 + 4))),
        [4, 20],
      ),
      x2LayerNormWeight: variable(constant(16, 1), [16]),
      x2LayerNormBias: variable(constant(16, 0), [16]),
      likedMlp0LinearWeight: variable(
        uniform(seed, 'liked.mlp.0.linear.weight', 20480, -Math.sqrt(6 / (320 + 64)), Math.sqrt(6 / (320 + 64))),
        [64, 320],
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
  x02ConvolutionFieldsLinearWeight: 'x.0.2.convolution_fields.linear.weight',
  x02ConvolutionFieldsLinearBias: 'x.0.2.convolution_fields.linear.bias',
  x02ConvolutionFieldsLinearFieldsWeight: 'x.0.2.convolution_fields.linear_fields.weight',
  x03LinearFieldsWeight: 'x.0.3.linear_fields.weight',
  x04CrossFieldsLinearWeight: 'x.0.4.cross_fields.linear.weight',
  x04CrossFieldsLinearBias: 'x.0.4.cross_fields.linear.bias',
  x04CrossFieldsLinearFieldsWeight: 'x.0.4.cross_fields.linear_fields.weight',
  x0AddShortcutLinearFieldsWeight: 'x.0.add_shortcut.linear_fields.weight',
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
  x12ConvolutionFieldsLinearWeight: 'x.1.2.convolution_fields.linear.weight',
  x12ConvolutionFieldsLinearBias: 'x.1.2.convolution_fields.linear.bias',
  x12ConvolutionFieldsLinearFieldsWeight: 'x.1.2.convolution_fields.linear_fields.weight',
  x13LinearFieldsWeight: 'x.1.3.linear_fields.weight',
  x14CrossFieldsLinearWeight: 'x.1.4.cross_fields.linear.weight',
  x14CrossFieldsLinearBias: 'x.1.4.cross_fields.linear.bias',
  x14CrossFieldsLinearFieldsWeight: 'x.1.4.cross_fields.linear_fields.weight',
  x1LayerNormWeight: 'x.1.layer_norm.weight',
  x1LayerNormBias: 'x.1.layer_norm.bias',
  x20DotFieldsMlp0LinearWeight: 'x.2.0.dot_fields.mlp.0.linear.weight',
  x20DotFieldsMlp0LinearBias: 'x.2.0.dot_fields.mlp.0.linear.bias',
  x20DotFieldsLinearWeight: 'x.2.0.dot_fields.linear.weight',
  x20DotFieldsLinearBias: 'x.2.0.dot_fields.linear.bias',
  x21AttentionFieldsAutointLayerQ: 'x.2.1.attention_fields.autoint_layer.Q',
  x21AttentionFieldsAutointLayerK: 'x.2.1.attention_fields.autoint_layer.K',
  x21AttentionFieldsAutointLayerV: 'x.2.1.attention_fields.autoint_layer.V',
  x21AttentionFieldsAutointLayerLinearRowsLinearWeight: 'x.2.1.attention_fields.autoint_layer.linear_rows.linear.weight',
  x21AttentionFieldsLinearFieldsWeight: 'x.2.1.attention_fields.linear_fields.weight',
  x22ConvolutionFieldsLinearWeight: 'x.2.2.convolution_fields.linear.weight',
  x22ConvolutionFieldsLinearBias: 'x.2.2.convolution_fields.linear.bias',
  x22ConvolutionFieldsLinearFieldsWeight: 'x.2.2.convolution_fields.linear_fields.weight',
  x23LinearFieldsWeight: 'x.2.3.linear_fields.weight',
  x24CrossFieldsLinearWeight: 'x.2.4.cross_fields.linear.weight',
  x24CrossFieldsLinearBias: 'x.2.4.cross_fields.linear.bias',
  x24CrossFieldsLinearFieldsWeight: 'x.2.4.cross_fields.linear_fields.weight',
  x2LayerNormWeight: 'x.2.layer_norm.weight',
  x2LayerNormBias: 'x.2.layer_norm.bias',
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
