import { describe, expect, test } from 'vitest';
import type { TrainSection } from '../../src/model/model.js';
import { optimizerOfTable, optimizerOfWeight } from '../../src/model/optimizers.js';
import { expectAlone, found, modelOf, type Wrong } from './support.js';

const withTrain = (train: string, split = ''): string =>
  `model M { data { source: "a.csv" ${split} } features { price: number } label clicked: binary deep { units: [4] } ${train} }`;
const trainOf = (train: string): TrainSection => modelOf(withTrain(train)).train;

const adam = { rule: 'adam', exact: false, parameters: { learning_rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } };

test('without a train section everything has a default', () => {
  expect(trainOf('')).toEqual({
    optimizer: { embeddings: adam, rest: adam, parts: {} },
    batch: 512,
    accumulate: 1,
    coupled: 'batch',
    epochs: 10,
    l2: 0,
    initializer: { kind: 'glorot_uniform' },
    monitor: 'auc',
    shuffle: true,
    seed: 0,
  });
});

describe('each key', () => {
  test.each<readonly [string, Partial<TrainSection>]>([
    ['batch: 128', { batch: 128 }],
    ['epochs: 1_000', { epochs: 1000 }],
    ['clip_norm: 10', { clipNorm: { scope: 'global', norm: 10 } }],
    ['clip_norm: each(1)', { clipNorm: { scope: 'each', norm: 1 } }],
    ['l2: 1e-5', { l2: 1e-5 }],
    ['init: he_normal', { initializer: { kind: 'he_normal' } }],
    ['init: glorot_normal', { initializer: { kind: 'glorot_normal' } }],
    ['init: he_uniform()', { initializer: { kind: 'he_uniform' } }],
    ['init: uniform', { initializer: { kind: 'uniform', low: -0.05, high: 0.05 } }],
    ['init: uniform(-1, high: 1)', { initializer: { kind: 'uniform', low: -1, high: 1 } }],
    ['init: truncated_normal(deviation: 0.2)', { initializer: { kind: 'truncated_normal', mean: 0, deviation: 0.2 } }],
    ['init: 0.5', { initializer: { kind: 'constant', value: 0.5 } }],
    ['init: -0.5', { initializer: { kind: 'constant', value: -0.5 } }],
    ['accumulate: 4', { accumulate: 4 }],
    ['coupled: shard', { coupled: 'shard' }],
    ['ema: 0.9999', { ema: 0.9999 }],
    ['ema: 0', { ema: 0 }],
    ['schedule: constant(warmup: steps(500))', { schedule: { kind: 'constant', warmup: { unit: 'steps', count: 500 } } }],
    ['schedule: step(every: epochs(2))', { schedule: { kind: 'step', every: { unit: 'epochs', count: 2 }, factor: 0.1 } }],
    [
      'schedule: exponential(factor: 0.5)',
      { schedule: { kind: 'exponential', every: { unit: 'epochs', count: 1 }, factor: 0.5 } },
    ],
    ['schedule: cosine', { schedule: { kind: 'cosine', to: 0 } }],
    [
      'schedule: cosine(to: 0.1, over: epochs(2.5), warmup: epochs(0.5))',
      {
        schedule: { kind: 'cosine', to: 0.1, over: { unit: 'epochs', count: 2.5 }, warmup: { unit: 'epochs', count: 0.5 } },
      },
    ],
    ['schedule: plateau(factor: 0.1)', { schedule: { kind: 'plateau', factor: 0.1, patience: 1, to: 0 } }],
    ['stop: no_improvement(patience: 2)', { stop: { patience: 2 } }],
    ['stop: no_improvement(3)', { stop: { patience: 3 } }],
    ['monitor: loss', { monitor: 'loss' }],
    ['monitor: log_loss', { monitor: 'log_loss' }],
    ['shuffle: false', { shuffle: false }],
    ['seed: 4294967295', { seed: 4294967295 }],
  ])('%s', (text, wanted) => {
    expect(trainOf(`train { ${text} }`)).toMatchObject(wanted);
  });

  test('monitor is the first metric unless it says otherwise', () => {
    expect(modelOf(withTrain('metrics: [log_loss, auc]')).train.monitor).toBe('log_loss');
  });
});

describe('optimizers', () => {
  test.each([
    ['adam', adam],
    ['adam(0.01)', { ...adam, parameters: { ...adam.parameters, learning_rate: 0.01 } }],
    [
      'adam(learning_rate: 0.01, beta1: 0, epsilon: 1e-8)',
      { ...adam, parameters: { learning_rate: 0.01, beta1: 0, beta2: 0.999, epsilon: 1e-8 } },
    ],
    ['adam(exact)', { ...adam, exact: true }],
    ['adam(0.001, exact: false)', adam],
    ['sgd(0.1)', { rule: 'sgd', exact: false, parameters: { learning_rate: 0.1, momentum: 0, nesterov: 0 } }],
    ['sgd', { rule: 'sgd', exact: false, parameters: { learning_rate: 0.01, momentum: 0, nesterov: 0 } }],
    [
      'adagrad(0.4, initial_accumulator: 0)',
      { rule: 'adagrad', exact: false, parameters: { learning_rate: 0.4, initial_accumulator: 0, epsilon: 1e-7 } },
    ],
    ['adamw(weight_decay: 0)', { rule: 'adamw', exact: false, parameters: { ...adam.parameters, weight_decay: 0 } }],
    [
      'sgd(0.1, momentum: 0.9, nesterov)',
      { rule: 'sgd', exact: false, parameters: { learning_rate: 0.1, momentum: 0.9, nesterov: 1 } },
    ],
    ['adamax', { rule: 'adamax', exact: false, parameters: adam.parameters }],
    [
      'rmsprop(momentum: 0.5)',
      { rule: 'rmsprop', exact: false, parameters: { learning_rate: 0.001, rho: 0.9, momentum: 0.5, epsilon: 1e-7 } },
    ],
    ['adamw', { rule: 'adamw', exact: false, parameters: { ...adam.parameters, weight_decay: 0.004 } }],
  ])('%s', (text, wanted) => {
    expect(trainOf(`train { optimizer: ${text} }`).optimizer).toEqual({ embeddings: wanted, rest: wanted, parts: {} });
  });

  test('tables may have their own', () => {
    const { optimizer } = trainOf('train { optimizer: { embeddings: adagrad(0.05), rest: sgd } }');
    expect([optimizer.embeddings.rule, optimizer.rest.rule]).toEqual(['adagrad', 'sgd']);
  });

  test('and so may names of the network; `rest` is what is left', () => {
    const { optimizer } = trainOf('train { optimizer: { deep: ftrl(0.05), rest: sgd } }');
    expect(optimizer).toMatchObject({ embeddings: { rule: 'sgd' }, rest: { rule: 'sgd' }, parts: { deep: { rule: 'ftrl' } } });
    expect(optimizerOfWeight(optimizer, 'deep.0.linear.weight').rule).toBe('ftrl');
    expect(optimizerOfWeight(optimizer, 'deeper.0.linear.weight').rule).toBe('sgd');
    expect(optimizerOfTable(optimizer, 'deep.embed').rule).toBe('ftrl');
    expect(optimizerOfTable(optimizer, 'deep').rule).toBe('sgd');
  });
});

test('rows of tables may have a rule of rows, and so may the vectors of numbers', () => {
  const text = `model M { features { a: category(size: 3), price: number } label y: binary embeddings { dim: 4, price: { dim: 4 } }
    cross { } train { optimizer: { embeddings: rowwise_adagrad(0.05), rest: adam } } }`;
  expect(modelOf(text).train.optimizer.embeddings).toEqual({
    rule: 'rowwise_adagrad',
    exact: false,
    parameters: { learning_rate: 0.05, initial_accumulator: 0, epsilon: 1e-8 },
  });
});

test('`none` takes out an inherited schedule and average', () => {
  const base = withTrain('train { schedule: cosine, ema: 0.99 }');
  const { train } = modelOf(`${base} model N extends M { train { schedule: none, ema: none } }`);
  expect([train.schedule, train.ema]).toEqual([undefined, undefined]);
});

const wrong: readonly Wrong[] = [
  ['train { batches: 3 }', 'unknown-key «batches»', /`train` has no `batches`/],
  ['train { batch: 0 }', 'out-of-range «0»', /a whole number ≥ 1/],
  ['train { batch: 1.5 }', 'out-of-range «1.5»', /a whole number/],
  ['train { batch: big }', 'wrong-value «big»', /`batch` of `train`/],
  ['train { epochs: -1 }', 'out-of-range «-1»', /not -1/],
  ['train { clip_norm: 0 }', 'out-of-range «0»', /a number > 0/],
  ['train { clip_norm: each() }', 'missing-key «each()»', /`each` needs `norm`/],
  ['train { clip_norm: all(1) }', 'wrong-value «all(1)»', /a number > 0/],
  ['train { l2: -1 }', 'out-of-range «-1»', /a number ≥ 0/],
  ['train { init: xavier }', 'wrong-value «xavier»', /not `xavier`/],
  ['train { init: normal(0, -1) }', 'out-of-range «-1»', /`deviation` of `normal`/],
  ['train { stop: 3 }', 'wrong-value «3»', /`no_improvement\(patience: 2\)`/],
  ['train { stop: no_improvement() }', 'missing-key «no_improvement()»', /needs `patience`/],
  ['train { monitor: f1 }', 'wrong-value «f1»', /not `f1`/],
  ['train { monitor: clicked.rmse }', 'wrong-value «clicked.rmse»', /not `clicked.rmse`/],
  ['train { monitor: 3 }', 'wrong-value «3»', /`loss` or a metric/],
  ['train { shuffle: maybe }', 'wrong-value «maybe»', /`true` or `false`/],
  ['train { seed: 0.5 }', 'out-of-range «0.5»', /a whole number/],
  ['train { optimizer: adm(1e-3) }', 'wrong-value «adm(1e-3)»', /`adam\(…\)`/],
  ['train { optimizer: adam(0) }', 'out-of-range «0»', /`learning_rate` of `adam`/],
  ['train { optimizer: adam(1e-3, 0.9) }', 'wrong-value «0.9»', /given by name/],
  ['train { optimizer: adam(beta1: 1) }', 'out-of-range «1»', /≥ 0 and < 1/],
  ['train { optimizer: sgd(0.1, nesterov) }', 'unused-setting «nesterov»', /`momentum` is 0/],
  ['train { optimizer: sgd(0.1, nesterov: 1) }', 'wrong-value «1»', /`true` or `false`/],
  ['train { optimizer: { embeddings: adam, rest: adam, depe: sgd } }', 'unknown-name «depe»', /nothing here is called `depe`/],
  ['train { optimizer: { rest: adam, x0: sgd } }', 'unused-setting «x0»', /the optimizer of `x0` changes nothing/],
  ['train { optimizer: { embeddings: adam } }', 'missing-key «{ embeddings: adam }»', /needs `rest`/],
  [
    'train { optimizer: rowwise_adagrad }',
    'wrong-value «rowwise_adagrad»',
    /`deep.*` is a rule for weights, not `rowwise_adagrad`/,
  ],
  ['train { ema: 1 }', 'out-of-range «1»', /≥ 0 and < 1/],
  ['train { accumulate: 0 }', 'out-of-range «0»', /a whole number ≥ 1/],
  ['train { coupled: row }', 'wrong-value «row»', /`batch` or `shard`/],
  ['train { schedule: cosin() }', 'wrong-value «cosin()»', /one of `constant\(…\)`/],
  ['train { schedule: cosine(warmup: 500) }', 'wrong-value «500»', /`steps\(500\)` or `epochs\(2\)`/],
  ['train { schedule: cosine(warmup: steps(0.5)) }', 'out-of-range «0.5»', /a whole number ≥ 1/],
  ['train { schedule: cosine(warmup: epochs(0)) }', 'out-of-range «0»', /> 0/],
  ['train { schedule: cosine(factor: 0.5) }', 'unknown-key «factor»', /`cosine` has no `factor`/],
  ['train { schedule: step() }', 'missing-key «step()»', /needs `every`/],
  ['train { schedule: exponential(factor: 1) }', 'out-of-range «1»', /< 1/],
  ['train { schedule: plateau(patience: 0) }', 'out-of-range «0»', /a whole number ≥ 1/],
  ['train { optimizer: ftrl, schedule: cosine }', 'unused-setting «schedule»', /`ftrl`/],
  ['train: fast', 'wrong-value «fast»', /`train` is a section in { }/],
];

test.each(wrong)('%s', (...row) => expectAlone(withTrain, row));

test('a metric that the label does not have cannot be watched', () => {
  expect(found(withTrain('train { monitor: auc }').replace('binary', 'number'))).toEqual(['wrong-value «auc»']);
});

test('stop and monitor need validation rows', () => {
  const split = 'split: random(train: 0.8, test: 0.2)';
  expect(found(withTrain('train { stop: no_improvement(2) }', split))).toEqual(['unused-setting «stop»']);
  expect(found(withTrain('train { monitor: auc }', split))).toEqual(['unused-setting «monitor»']);
  expect(found(withTrain('train { schedule: plateau }', split))).toEqual(['unused-setting «schedule»']);
  expect(found(withTrain('train { monitor: auc }'))).toEqual([]);
  expect(found('model M { features { price: number } label y: binary deep { units: [4] } train { monitor: auc } }')).toEqual([]);
});
