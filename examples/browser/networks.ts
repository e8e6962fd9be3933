import type { TrainingBatch } from '../../generated/movielens-100k/Cross/batch.js';
import * as crossMetrics from '../../generated/movielens-100k/Cross/metrics.js';
import * as crossModel from '../../generated/movielens-100k/Cross/model.js';
import * as crossTrain from '../../generated/movielens-100k/Cross/train.js';
import * as deepMetrics from '../../generated/movielens-100k/Deep/metrics.js';
import * as deepModel from '../../generated/movielens-100k/Deep/model.js';
import * as deepTrain from '../../generated/movielens-100k/Deep/train.js';
import * as lowRankMetrics from '../../generated/movielens-100k/LowRank/metrics.js';
import * as lowRankModel from '../../generated/movielens-100k/LowRank/model.js';
import * as lowRankTrain from '../../generated/movielens-100k/LowRank/train.js';
import type { EncodedRow, EncoderState } from '../../generated/movielens-100k/Cross/encoder.js';
import * as tf from '@tensorflow/tfjs';
import type { NetworkName } from './messages.js';

/** A network that is being trained, and its numbers on the backend of this moment. */
export interface Network {
  /** One step; gives the mean loss of its rows before it. */
  readonly step: (batch: TrainingBatch) => Promise<number>;
  /** Error of the predictions of rows. */
  readonly rmse: (rows: TrainingBatch) => Promise<number>;
  /** Ends training: what its updates remember is no longer needed. */
  readonly finish: () => void;
  /** Predicted stars. */
  readonly predict: (rows: readonly EncodedRow[]) => Promise<Float32Array>;
  readonly dispose: () => void;
}

interface Parts<Model> {
  readonly createModel: (seed: number, state: EncoderState) => Model;
  readonly createTrainer: (model: Model) => { readonly step: Network['step']; readonly dispose: () => void };
  readonly evaluate: (model: Model, rows: TrainingBatch) => Promise<{ readonly metrics: { readonly rmse: number } }>;
  readonly predict: (model: Model, rows: readonly EncodedRow[]) => Promise<readonly { readonly rating: number }[]>;
  readonly defaults: { readonly epochs: number; readonly batch: number; readonly seed: number };
}

/** Rows of one forward pass where nothing is learned. */
const predictedAtOnce = 8192;

const compiled = <Model extends { readonly weights: object }>(parts: Parts<Model>) => ({
  ...parts.defaults,
  create: (state: EncoderState): Network => {
    const model = parts.createModel(parts.defaults.seed, state);
    const trainer = parts.createTrainer(model);
    return {
      step: trainer.step,
      rmse: async (rows) => (await parts.evaluate(model, rows)).metrics.rmse,
      finish: trainer.dispose,
      predict: async (rows) => {
        const stars = new Float32Array(rows.length);
        for (let at = 0; at < rows.length; at += predictedAtOnce) {
          const predictions = await parts.predict(model, rows.slice(at, at + predictedAtOnce));
          stars.set(
            predictions.map(({ rating }) => rating),
            at,
          );
        }
        return stars;
      },
      dispose: () => tf.dispose({ ...model.weights }),
    };
  },
});

/** The models of specs/movielens-100k.rec, as `reccompile build` writes them. */
export const networks = {
  Cross: compiled({ ...crossModel, ...crossTrain, ...crossMetrics }),
  LowRank: compiled({ ...lowRankModel, ...lowRankTrain, ...lowRankMetrics }),
  Deep: compiled({ ...deepModel, ...deepTrain, ...deepMetrics }),
} satisfies Record<NetworkName, unknown>;
