import type { EncoderProgram, EncoderState } from '../../src/encode/program.js';
import type { CheckpointContents, ModelTensors } from '../../src/run/checkpoints.js';
import { isRunError } from '../../src/run/errors.js';
import type { CheckpointProgress } from '../../src/run/record.js';
import type { RunContents } from '../../src/run/write.js';

export const program: EncoderProgram = {
  features: [
    {
      kind: 'category',
      name: 'movie',
      value: {
        kind: 'operation',
        operator: 'lower',
        operands: [{ kind: 'column', name: 'movie', type: 'text' }],
        type: 'text',
      },
      codes: { kind: 'vocabulary', name: 'movie', minCount: 2 },
      many: { separator: '|', pool: 'mean', maxLength: 3, parallel: 'pair' },
      keepsPlaces: true,
      table: 'movie',
    },
    { kind: 'number', name: 'age', value: { kind: 'column', name: 'age', type: 'number' }, transforms: ['standardize'] },
    { kind: 'vector', name: 'image', value: { kind: 'column', name: 'image', type: 'number' }, size: 4 },
    {
      kind: 'time',
      name: 'at',
      value: { kind: 'column', name: 'at', type: 'time' },
      cycles: ['hour', 'week'],
      unit: 'second',
      standardize: false,
    },
    { kind: 'category', name: 'pair', codes: { kind: 'hash', buckets: 100 }, cross: ['movie', 'age'], table: 'pair' },
    {
      kind: 'category',
      name: 'era',
      value: { kind: 'column', name: 'era', type: 'number' },
      codes: { kind: 'buckets', boundaries: [1, 2.5] },
      table: 'era',
    },
  ],
  labels: [
    {
      name: 'liked',
      task: 'binary',
      value: {
        kind: 'in',
        operand: { kind: 'column', name: 'rating', type: 'number' },
        values: [4, 5],
        type: 'boolean',
      },
    },
  ],
};

export const state: EncoderState = {
  vocabularies: { movie: ['alien', 'Amélie', 'line\nbreak "quoted"'] },
  statistics: { age: [{ mean: 30, deviation: 12.5 }] },
};

export const contents: RunContents = {
  record: {
    compiler: '0.1.0',
    edition: 1,
    model: 'movies',
    engine: 'reference, float64 in JavaScript, 1 thread',
    plan: { batch: 8, shards: 1, shardRows: 8, inferenceRows: 1024 },
    seed: 1,
    outputs: ['liked', 'user'],
    optimizers: {
      embeddings: { rule: 'adagrad', parameters: { learning_rate: 0.05 }, exact: false },
      rest: { rule: 'adam', parameters: { learning_rate: 1e-3 }, exact: false },
      parts: { wide: { rule: 'ftrl', parameters: { learning_rate: 0.1 }, exact: true } },
    },
    facts: { vocabularies: { movie: 4 }, rows: { train: 80, valid: 10, test: 10 } },
  },
  model: 'model movies {}\n',
  sources: { 'specs/movies.rec': 'model movies {}', '../shared/Base.rec': '' },
  program,
  state,
  schema: { type: 'object' },
  environment: { node: '20.0.0' },
};

export const tensors: ModelTensors = {
  weights: [
    { name: 'deep.0.b', shape: [2], data: Float32Array.of(1, 2) },
    { name: 'deep.0.batch_norm.mean', shape: [2], data: Float32Array.of(3, 4) },
  ],
  tables: [
    { name: '../movie', shape: [4, 1], data: Float32Array.of(1, 2, 3, 4) },
    { name: 'table.wide.embed', shape: [4, 1], data: Float32Array.of(5, 6, 7, 8) },
    { name: 'table.Wide.embed', shape: [4, 1], data: Float32Array.of(9, 6, 7, 8) },
  ],
};

export const progressAt = (step: number, best?: number): CheckpointProgress => ({
  step,
  epoch: 2,
  epochSteps: step - 5,
  epochRows: 8 * (step - 5),
  epochLoss: 3.25,
  epochSeconds: 0.5,
  seconds: 1,
  history: [
    {
      epoch: 1,
      step: 5,
      loss: 'Infinity',
      validation: { rows: 10, loss: 0.5, metrics: { auc: 'NaN' } },
      isBest: true,
      seconds: 0.5,
      rowsPerSecond: 80,
    },
  ],
  ...(best !== undefined && { best: { epoch: best, value: 0.5 } }),
});

export const checkpointAt = (step: number, best?: number): CheckpointContents => ({
  ...tensors,
  optimizer: [{ name: 'deep.0.b/mean', shape: [2], type: 'F64', data: Float64Array.of(0.1, step) }],
  progress: progressAt(step, best),
  ...(best !== undefined && { best: tensors }),
});

export const failure = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  return isRunError(error) ? `${error.code}: ${error.message}` : error;
};
