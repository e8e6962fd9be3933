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
    expect(modelOf(withLabel('label y: binary')).metrics).toEqual(['auc', 'log_loss']);
    expect(modelOf(withLabel('label y: number')).metrics).toEqual(['rmse', 'mae']);
    expect(modelOf(withLabel('label y: class(3)')).metrics).toEqual(['accuracy', 'log_loss']);
    expect(modelOf(withLabel('label y: binary metrics: [accuracy, auc]')).metrics).toEqual(['accuracy', 'auc']);
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
  ['label y: binary label z: binary', 'not-yet «z»', /a second label/],
  ['label y: binary label y: number', 'duplicate-name «y»', /two labels called `y`/],
  ['label y: number metrics: [auc]', 'wrong-value «auc»', /`rmse` or `mae`, not `auc`/],
  ['label y: binary metrics: [auc, auc]', 'duplicate-name «auc»', /two metrics called `auc`/],
  ['label y: binary metrics: [f1]', 'wrong-value «f1»', /not `f1`/],
  ['label y: binary metrics: []', 'wrong-value «[]»', /a list of 1 or more/],
  ['label y: binary metrics: auc', 'wrong-value «auc»', /a list, not `auc`/],
  ['label y: binary metrics { auc: true }', 'wrong-value «{ auc: true }»', /a list, not a record/],
];

test.each(wrong)('%s', (...row) => expectAlone(withLabel, row));

test('a label is not a feature by accident', () => {
  const text =
    'model M { features { a: number = rating, b: number = log(rating) } label liked: binary = rating >= 4 deep { units: [4] } }';
  expect(found(text)).toEqual(['leaking-label «a»', 'leaking-label «b»']);
});
