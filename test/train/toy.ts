import { check } from '../../src/model/check.js';
import type { CheckedModel } from '../../src/model/model.js';
import type { EncodedData } from '../../src/encode/program.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { syntheticData } from '../../src/train/synthetic.js';
import type { SyntheticOptions } from '../../src/train/synthetic.js';
import type { TrainOptions, TrainResult } from '../../src/train/train.js';
import { train } from '../../src/train/train.js';

export interface ToyOptions {
  readonly label?: string;
  readonly network?: string;
  readonly train?: string;
  readonly metrics?: string;
}

/** A small model of every kind of input. `train` replaces keys of the train section. */
export const toyModel = (options: ToyOptions = {}): CheckedModel => {
  const text = `model Toy {
    data { source: "toy.csv" }
    features {
      user: category(size: 23)
      item: category(size: 11)
      tags: category[](values: ["a", "b", "c"], separator: "|", pool: mean)
      x: number
    }
    label y: ${options.label ?? 'number'}
    embeddings { dim: 6 }
    ${options.network ?? 'cross { depth: 1 } deep { units: [8] }'}
    train { ${options.train ?? 'optimizer: adam(0.01), batch: 16, epochs: 2'} }
    metrics: [${options.metrics ?? 'rmse'}]
  }`;
  const { models, diagnostics } = check({ path: 'toy.rec', text });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [model] = models;
  if (model === undefined || errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return model;
};

export const toyData = (model: CheckedModel, options: Partial<SyntheticOptions> = {}): EncodedData =>
  syntheticData(model, { train: 70, valid: 30, vocabulary: 20, seed: 3, ...options });

export const trainToy = (model: CheckedModel, data: EncodedData, options: Partial<TrainOptions> = {}): Promise<TrainResult> =>
  train({ model, data, engine: createReferenceEngine(), ...options });

export const allValues = ({ weights }: Pick<TrainResult, 'weights'>): readonly number[] =>
  [...weights.dense, ...weights.states, ...weights.tables].flatMap(({ values }) => [...values]);
