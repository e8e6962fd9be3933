import { describe, expect, test } from 'vitest';
import { expectAlone, found, modelOf, withoutSpans, type Wrong } from './support.js';

const withLabel = (label: string): string => `model M { features { price: number } ${label} deep { units: [4] } }`;

describe('every kind', () => {
  const column = (type: string) => ({ kind: 'column', name: 'y', type });
  test.each([
    ['label y: binary', { task: { kind: 'binary' }, weight: 1, value: column('boolean') }],
    ['label y: binary(weight: 0.5)', { task: { kind: 'binary' }, weight: 0.5, value: column('boolean') }],
    ['label y: number', { task: { kind: 'number' }, weight: 1, value: column('number') }],
    ['label y: class(5)', { task: { kind: 'class', classes: 5 }, weight: 1, value: column('number') }],
    ['label y: class(classes: 5, weight: 2)', { task: { kind: 'class', classes: 5 }, weight: 2, value: column('number') }],
    [
      '\n/// Did it please?\nlabel y: binary = z',
      { doc: 'Did it please?', value: { kind: 'column', name: 'z', type: 'boolean' } },
    ],
    ['label y: number = stars / 5', { value: { kind: 'operation', operator: 'divide', type: 'number' } }],
  ])('%s', (label, wanted) => {
    expect(withoutSpans(modelOf(withLabel(label)).labels[0])).toMatchObject({ name: 'y', ...wanted });
  });

  test('metrics follow the kind', () => {
    const keys = (label: string): readonly string[] => modelOf(withLabel(label)).metrics.map(({ key }) => key);
    expect(keys('label y: binary')).toEqual(['auc', 'log_loss']);
    expect(keys('label y: number')).toEqual(['rmse', 'mae']);
    expect(keys('label y: class(3)')).toEqual(['accuracy', 'log_loss']);
    expect(keys('label y: binary metrics: [accuracy, auc]')).toEqual(['accuracy', 'auc']);
  });

  test('several labels have a head and metrics each', () => {
    const both = 'label y: binary label z: number(weight: 0.1)';
    const { labels, metrics, network, train, outputs } = modelOf(withLabel(both));
    expect(labels.map(({ name, weight }) => [name, weight])).toEqual([
      ['y', 1],
      ['z', 0.1],
    ]);
    expect(metrics).toEqual([
      { label: 'y', name: 'auc', key: 'y.auc' },
      { label: 'y', name: 'log_loss', key: 'y.log_loss' },
      { label: 'z', name: 'rmse', key: 'z.rmse' },
      { label: 'z', name: 'mae', key: 'z.mae' },
    ]);
    expect(network.weights.map(({ name }) => name)).toContain('z.weight');
    expect([train.monitor, outputs]).toEqual(['y.auc', ['y', 'z']]);
    const keys = (more: string): readonly string[] => modelOf(withLabel(`${both} ${more}`)).metrics.map(({ key }) => key);
    expect(keys('metrics: [rmse, auc]')).toEqual(['z.rmse', 'y.auc']);
    expect(keys('metrics: [z.mae, auc, y.auc]')).toEqual(['z.mae', 'y.auc']);
    expect(keys('metrics: { z: [mae], y: [accuracy, auc] }')).toEqual(['z.mae', 'y.accuracy', 'y.auc']);
    const monitor = (key: string): string => modelOf(withLabel(`${both} train { monitor: ${key} }`)).train.monitor;
    expect(['rmse', 'z.mae', 'loss'].map(monitor)).toEqual(['z.rmse', 'z.mae', 'loss']);
  });
});

const wrong: readonly Wrong[] = [
  ['label y: bianry', 'wrong-value «bianry»', /`binary`, `number` or `class\(n\)`, not `bianry`/],
  ['label y: 3', 'wrong-value «3»', /not 3/],
  ['label y: class', 'missing-key «class»', /`class` needs `classes`/],
  ['label y: class(1)', 'out-of-range «1»', /a whole number ≥ 2/],
  ['label y: class(3, 4)', 'wrong-value «4»', /given by name/],
  ['label y: binary(wieght: 2)', 'unknown-key «wieght»', /has no `wieght`/],
  ['label y: binary(weight: 0)', 'out-of-range «0»', /a number > 0/],
  ['label y: binary = "yes"', 'column-type «"yes"»', /wants a yes or no or a number/],
  ['label y: number = a > 3', 'column-type «a > 3»', /wants a number, not a yes or no/],
  ['label price: number', 'duplicate-name «price»', /two features and labels called `price`/],
  ['label y: binary label z: number metrics: [accuracy, rmse, f1]', 'wrong-value «f1»', /not `f1`/],
  ['label y: binary label z: binary metrics: [rmse]', 'wrong-value «rmse»', /`auc`, `log_loss` or `accuracy`, not `rmse`/],
  ['label y: binary label z: number metrics: { y: [rmse] }', 'wrong-value «rmse»', /not `rmse`/],
  ['label y: binary label z: number metrics: [z.auc]', 'wrong-value «auc»', /`rmse` or `mae`, not `auc`/],
  ['label y: binary label z: number metrics: [x.auc]', 'unknown-name «x»', /nothing here is called `x`/],
  ['label y: binary label z: number metrics: { x: [rmse] }', 'unknown-name «x»', /nothing here is called `x`/],
  ['label y: binary label z: binary train { monitor: auc }', 'wrong-value «auc»', /`y.auc` or `z.auc`, not `auc`/],
  ['label y: binary label y: number', 'duplicate-name «y»', /two labels called `y`/],
  ['label y: number metrics: [auc]', 'wrong-value «auc»', /`rmse` or `mae`, not `auc`/],
  ['label y: binary metrics: [auc, auc]', 'duplicate-name «auc»', /two metrics called `auc`/],
  ['label y: binary metrics: [f1]', 'wrong-value «f1»', /not `f1`/],
  ['label y: binary metrics: []', 'wrong-value «[]»', /a list of 1 or more/],
  ['label y: binary metrics: auc', 'wrong-value «auc»', /a list, not `auc`/],
  ['label y: binary metrics { auc: true }', 'unknown-name «auc»', /nothing here is called `auc`/],
];

test.each(wrong)('%s', (...row) => expectAlone(withLabel, row));

test('a label is not a feature by accident', () => {
  const text =
    'model M { features { a: number = rating, b: number = log(rating) } label liked: binary = rating >= 4 deep { units: [4] } }';
  expect(found(text)).toEqual(['leaking-label «a»', 'leaking-label «b»']);
});
