import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import type { CheckedModel } from '../../src/model/model.js';
import { found, messagesOf, modelOf, parameters, spec, weightsOf } from './support.js';

const base = `model Base {
  data { source: "a.csv" split: random(train: 0.9, valid: 0.05, test: 0.05, seed: 1) }
  features { user: category, movie: category, price: number }
  label liked: binary = rating >= 4
  embeddings { dim: 8, user: { dim: 16, l2: 1e-6 } }
  train { optimizer: { embeddings: adagrad(0.05), rest: adam }, batch: 128, epochs: 3 }
  metrics: [auc]
}
`;
const derived = (items: string): CheckedModel => modelOf(`${base} model Derived extends Base { ${items} }`);

describe('a model that extends another', () => {
  test('has everything that the other has', () => {
    const m = derived('deep { units: [4] }');
    expect(m.name).toBe('Derived');
    expect(m.data?.split).toMatchObject({ seed: 1 });
    expect(m.features.map((f) => f.name)).toEqual(['user', 'movie', 'price']);
    expect(m.labels.map((l) => l.name)).toEqual(['liked']);
    expect(m.train).toMatchObject({ batch: 128, epochs: 3 });
    expect(m.metrics.map(({ key }) => key)).toEqual(['auc']);
  });

  test('changes a key and keeps the others', () => {
    const m = derived('deep { units: [4] } train { epochs: 9, l2: 1e-4 } data { keep: rating != 3 }');
    expect(m.train).toMatchObject({ batch: 128, epochs: 9, l2: 1e-4 });
    expect(m.data).toMatchObject({ source: { path: 'a.csv' }, split: { seed: 1 } });
    expect(m.data?.keep).toBeDefined();
  });

  test('merges records within sections', () => {
    const m = derived('deep { units: [4] } embeddings { user: { dim: 4 } } train { optimizer: { rest: sgd } }');
    expect(m.tables.find((t) => t.name === 'user')).toMatchObject({ dim: 4, l2: 1e-6 });
    expect(m.train.optimizer).toMatchObject({ embeddings: { rule: 'adagrad' }, rest: { rule: 'sgd' } });
  });

  test('replaces a record by a value and a value by a record', () => {
    expect(derived('deep { units: [4] } train { optimizer: sgd }').train.optimizer).toMatchObject({
      embeddings: { rule: 'sgd' },
    });
    expect(derived('deep { units: [4] } metrics: [log_loss]').metrics.map(({ key }) => key)).toEqual(['log_loss']);
  });

  test('adds features after the inherited ones and changes them in place', () => {
    const m = derived('deep { units: [4] } features { year: number, movie: category(hash: 10) }');
    expect(m.features.map((f) => f.name)).toEqual(['user', 'movie', 'price', 'year']);
    expect(m.features[1]).toMatchObject({ codes: { kind: 'hash', buckets: 10 } });
  });

  test('changes a label of the same name', () => {
    expect(derived('deep { units: [4] } label liked: binary = rating >= 5').labels).toHaveLength(1);
  });

  test('switches a part of the short form off', () => {
    const both = `${base} model Both extends Base { cross { depth: 2 } deep { units: [4] } }`;
    expect(weightsOf(modelOf(`${both} model Only extends Both { cross: none }`))).toEqual([
      'deep.0.linear.weight[4, 25]',
      'deep.0.linear.bias[4]',
      'liked.weight[1, 4]',
      'liked.bias[1]',
    ]);
    expect(weightsOf(modelOf(`${both} model Only extends Both { deep: none }`)).some((w) => w.startsWith('deep'))).toBe(false);
  });

  test('has a network in place of the short form, and back', () => {
    const short = `${base} model Short extends Base { cross { depth: 2 } deep { units: [4] } }`;
    const network = `${short} model Network extends Short { network { liked = linear(price, 1) } }`;
    expect(parameters(modelOf(network))).toBe(2);
    expect(weightsOf(modelOf(`${network} model Back extends Network { deep { units: [2] } }`))).toEqual([
      'deep.0.linear.weight[2, 25]',
      'deep.0.linear.bias[2]',
      'liked.weight[1, 2]',
      'liked.bias[1]',
    ]);
  });

  test('may be of any depth and in any order', () => {
    const text = `model C extends B { deep { units: [4] } } model B extends Base { train { epochs: 7 } } ${base}`;
    expect(check(spec(text)).models.map((m) => [m.name, m.train.epochs, m.train.batch])).toEqual([['C', 7, 128]]);
  });

  test('keeps its own doc comment, not the other one', () => {
    expect(modelOf(`/// First.\n${base}\n/// Second.\nmodel D extends Base { deep { units: [4] } }`).doc).toBe('Second.');
    expect(modelOf(`/// First.\n${base}\nmodel D extends Base { deep { units: [4] } }`).doc).toBeUndefined();
  });
});

describe('errors', () => {
  test('of a base are reported once', () => {
    const text = `${base.replace('batch: 128', 'bach: 128')} model D extends Base { deep { units: [4] } } model E extends Base { cross { depth: 1 } }`;
    expect(found(text)).toEqual(['unknown-key «bach»']);
  });

  test('a base may leave open what others say', () => {
    expect(
      found(
        'model Base { features { user: category } } model D extends Base { label y: binary embeddings { dim: 4 } deep { units: [4] } }',
      ),
    ).toEqual([]);
    expect(check(spec('model Base { features { user: category } }'))).toMatchObject({
      models: [],
      names: ['Base'],
      diagnostics: [],
    });
  });

  test.each([
    ['model A extends A { }', ['extends-cycle «A»']],
    ['model A extends B { } model B extends A { }', ['extends-cycle «B»']],
    ['model C extends A { } model A extends B { } model B extends A { }', ['extends-cycle «B»']],
    ['model A extends Nobody { }', ['unknown-model «Nobody»']],
    ['model A { } model A { }', ['duplicate-name «A»']],
    ['model A { train { } train { } }', ['duplicate-name «train»']],
    ['model A { network { } network { } }', ['missing-section «A»', 'duplicate-name «network»']],
    ['model A { optimiser: adam }', ['unknown-section «optimiser»']],
    ['model A { outputs: x }', ['wrong-value «x»']],
    ['model A { profile { } }', ['not-yet «profile»']],
    ['import { f } from "./f.rec"', ['cannot-import «"./f.rec"»']],
    ['model A { cross: 3 features { p: number } label y: binary }', ['wrong-value «3»']],
    ['model A { combine: parallel }', ['unused-setting «combine»']],
    ['model A { combine: parallel deep { units: [2] } features { p: number } label y: binary }', ['unused-setting «combine»']],
    ['model A { combine: side cross { } deep { units: [2] } features { p: number } label y: binary }', ['wrong-value «side»']],
    ['model A { data: 3 }', ['wrong-value «3»']],
    ['model A { features: 3 label y: binary deep { units: [2] } }', ['wrong-value «3»']],
    ['model A { features { } label y: binary deep { units: [2] } }', ['missing-section «{ }»']],
  ])('%s', (text, wanted) => {
    expect(found(text)).toEqual(wanted);
  });

  test('a near name is offered', () => {
    expect(messagesOf(`${base} model D extends Bse { }`)).toEqual(['there is no model `Bse` in this file']);
    const [diagnostic] = check(spec(`${base} model D extends Bse { }`)).diagnostics;
    expect(diagnostic?.help).toBe('did you mean `Base`?');
    expect(diagnostic?.fix?.text).toBe('Base');
  });
});

describe('settings', () => {
  const text = `${base} model D extends Base { deep { units: [4] } }`;
  const set = (...settings: string[]): CheckedModel => modelOf(text, { settings });

  test('change one value, deep or not', () => {
    expect(set('train.epochs=99').train).toMatchObject({ epochs: 99, batch: 128 });
    expect(set('train.optimizer.rest=sgd(0.5)').train.optimizer).toMatchObject({
      embeddings: { rule: 'adagrad' },
      rest: { rule: 'sgd' },
    });
    expect(set('embeddings.user.dim=2').tables.find((t) => t.name === 'user')).toMatchObject({ dim: 2, l2: 1e-6 });
    expect(set('data.split=random(train: 1, seed: 9)').data?.split).toMatchObject({ train: 1, seed: 9 });
    expect(set('metrics=[log_loss]').metrics.map(({ key }) => key)).toEqual(['log_loss']);
    expect(weightsOf(set('deep=none', 'cross.depth=1'))[0]).toBe('cross.0.cross_full.weight[33, 33]'.replaceAll('33', '25'));
  });

  test('the last of several wins', () => {
    expect(set('train.epochs=1', 'train.epochs=2').train.epochs).toBe(2);
  });

  test('may have blanks', () => {
    expect(set(' train . epochs = 5 ').train.epochs).toBe(5);
  });

  test.each([
    ['train.epoch=3', ['unknown-key «epoch»'], /`train` has no `epoch`/],
    ['trian.epochs=3', ['unknown-section «trian»'], /a model has no `trian`/],
    ['train.epochs=0', ['out-of-range «0»'], /≥ 1/],
    ['train.epochs', ['wrong-value «train.epochs»'], /of the form `train\.epochs=3`/],
    ['=3', ['wrong-value «=3»'], /of the form/],
    ['train..epochs=3', ['wrong-value «train..epochs=3»'], /of the form/],
    ['train.epochs=', ['expected «»'], /expected/],
    ['train.epochs=3 4', ['expected «4»'], /expected/],
    ['train=3', ['wrong-value «3»'], /a section in \{ \}/],
  ])('%s', (setting, wanted, message) => {
    expect(found(text, { settings: [setting] })).toEqual(wanted);
    expect(messagesOf(text, { settings: [setting] })[0]).toMatch(message);
  });

  test.each([
    ['epochs=3', 'unknown-section «epochs»', 'name its section too: --set train.epochs=3'],
    ['units=[8]', 'unknown-section «units»', 'name its section too: --set deep.units=[8]'],
    ['lr=1e-3', 'unknown-section «lr»', "name its section too: --set 'train.optimizer=adam(1e-3)'"],
    ['deep.units=64,32', 'wrong-value «64,32»', "a list stands in [ ]: --set 'deep.units=[64, 32]'"],
  ])('%s says what to write', (setting, wanted, help) => {
    expect(found(text, { settings: [setting] })).toContain(wanted);
    expect(check(spec(text), { settings: [setting] }).diagnostics[0]?.help).toBe(help);
  });

  test('a network cannot be set', () => {
    expect(found(text, { settings: ['network=3'] })).toEqual(['wrong-value «network»']);
  });
});
