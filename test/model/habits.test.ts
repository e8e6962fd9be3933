import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import { found, spec } from './support.js';

const told = (text: string): readonly string[] => check(spec(text)).diagnostics.map((d) => `${d.code}: ${d.help ?? ''}`);
const model = (train: string, features = 'price: number'): string =>
  `model M { features { ${features} } label y: binary embeddings { dim: 2 } deep { units: [4] } ${train} }`;
const network = (y: string): string => `model M { features { a: number } label y: binary network { y = ${y} } }`;

describe('a misspelt keyword', () => {
  test.each([
    ['modle M { features { a: number } }', 'modle', 'model'],
    ['blok f(x: vector[d]) -> vector[d] { return x }', 'blok', 'block'],
    ['import { f } form "./x.rec"', 'form', 'from'],
    ['model M extend B { }', 'extend', 'extends'],
    ['model M { lable y: binary }', 'lable', 'label'],
    ['model M { features { a: number } labels y: binary }', 'labels', 'label'],
    ['overide block f(x: vector[d]) -> vector[d] { return x }', 'overide', 'override'],
  ])('is said once, and mended: %s', (text, wrong, right) => {
    const [d, ...more] = check(spec(text)).diagnostics;
    expect([d?.code, d?.help, d?.fix?.text]).toEqual(['expected', `did you mean \`${right}\`?`, right]);
    expect(d?.fix && text.slice(d.fix.span.start, d.fix.span.end)).toBe(wrong);
    expect(more.map((m) => m.code)).toEqual([]);
  });

  test.each(['house M { }', 'model M { colour red }', 'model M { features { a b } }'])(
    'is not guessed from another word: %s',
    (text) => {
      expect(check(spec(text)).diagnostics[0]?.fix).toBeUndefined();
    },
  );
});

describe('what only follows is not said', () => {
  test.each([
    [
      'model M { features { a: category, b: category } label y: binary embedings { dim: 8 } deep { units: [4] } }',
      'unknown-section «embedings»',
    ],
    [
      'model M { features { a: category, b: category } label y: binary embeddings { dmi: 8 } deep { units: [4] } }',
      'unknown-key «dmi»',
    ],
    ['model M { features { a: number } label y: binary netwrok { y = linear(a, 1) } }', 'unknown-section «netwrok»'],
    ['model M { featurs { a: number } label y: binary deep { units: [4] } }', 'unknown-section «featurs»'],
    ['model M { features { a: number } label y: binary deeep { units: [4] } }', 'unknown-section «deeep»'],
  ])('%s', (text, wanted) => {
    expect(found(text)).toEqual([wanted]);
  });

  test('but another size that is missing is', () => {
    const text = 'model M { features { a: category } label y: binary embeddings { b: { dim: 3 } } deep { units: [4] } }';
    expect(found(text)).toEqual(['missing-dim «a»', 'unknown-feature «b»']);
  });
});

describe('a habit from elsewhere', () => {
  test.each([
    [model('train { optimizer: adam(lr: 1e-3) }'), 'unknown-key: did you mean `learning_rate`?'],
    [model('train { lr: 1e-3 }'), 'unknown-key: it belongs to the optimizer: `optimizer: adam(1e-3)`'],
    [model('train { optimizer: rmsprop(alpha: 0.9) }'), 'unknown-key: did you mean `rho`?'],
    [model('train { optimizer: adam(alpha: 0.9) }'), 'unknown-key: did you mean `learning_rate`?'],
    [model('train { optimizer: nesterov(0.1) }'), 'wrong-value: write `sgd(0.1, momentum: 0.9, nesterov)`'],
    [model('train { optimizer: { rest: momentum } }'), 'wrong-value: write `sgd(0.1, momentum: 0.9)`'],
    [model('train { warmup: steps(500) }'), 'unknown-key: it belongs to the schedule: `schedule: constant(warmup: steps(500))`'],
    [model('train { schedule: cosine(warmup: 500) }'), 'wrong-value: write `warmup: steps(500)` or `epochs(…)`'],
    [model('train { schedule: step(every: epoch(5)) }'), 'wrong-value: did you mean `epochs`?'],
    [model('train { num_epochs: 3 }'), 'unknown-key: did you mean `epochs`?'],
    [model('train { shuffle: True }'), 'wrong-value: write `true`'],
    [model('train { shuffle: False }'), 'wrong-value: write `false`'],
    [model('train { clip_norm: None }'), 'wrong-value: leave the key out; `none` takes out what is inherited'],
    [model('train { optimizer: "adam" }'), 'wrong-value: leave the quotes out'],
    [model('metrics: ["auc"]'), 'wrong-value: leave the quotes out'],
    [model('', 'price: "number"'), 'wrong-value: leave the quotes out'],
    [model('', 'ad: category[](sep: ",")'), 'unknown-key: did you mean `separator`?'],
    [model('').replace('units: [4]', 'units: [4], act: relu'), 'unknown-key: did you mean `activation`?'],
    [model('data { source: "a.csv" split: random(train: 80) }'), 'out-of-range: shares are parts of 1: write 0.8'],
    [model('data { source: "a.csv" split: by_time(t, train: 2) }'), 'out-of-range: shares are parts of 1: write 0.02'],
    [model('').replace('[4]', '[4], activation: "relu"'), 'wrong-argument: leave the quotes out'],
    [network('linear(a, 1, use_bias: False)'), 'unknown-name: write `false`'],
    [
      network('linear(Dense(a), 1)'),
      'unknown-function: a dense layer is `linear(x, 64)`, several with an activation are `mlp(x, [64, 32])`',
    ],
    [network('linear(a ** 2, 1)'), 'expected: there is no power: write `x * x`'],
    [model('', 'price: number /* in euros */'), 'expected: a comment begins with `//`, on each of its lines'],
    [model('').replace('dim: 2', 'dims: 2'), 'unknown-key: did you mean `dim`?'],
    [model('').replace('dim: 2', 'prise: 2'), 'unknown-feature: did you mean `price`?'],
    [
      network('linear(relu(a).abs(), 1)').replace('relu(a)', 'a'),
      'unknown-name: a function stands before what it takes: `abs(a)`',
    ],
    [network('linear(torch.cat([a, a]), 1)'), 'unknown-name: write `concat(a, a)`'],
    [network('linear(torch.sigmoid(a), 1)'), 'unknown-name: a function stands alone: leave `torch.` out'],
    [
      network('nn.Linear(a, 1)'),
      'unknown-name: a dense layer is `linear(x, 64)`, several with an activation are `mlp(x, [64, 32])`',
    ],
    [network('linear(mlp(a, [4], norm: BatchNorm1d), 1)'), 'unknown-name: did you mean `batch_norm`?'],
    [network('linear(mlp(a, [4], norm: true), 1)'), 'wrong-argument: name one: `norm: batch_norm` or `norm: layer_norm`'],
    [network('linear(mlp(a, [4], activation: true), 1)'), 'wrong-argument: name one: `activation: relu`'],
    [network('linear(dcn_v2(a), 1)'), 'unknown-function: a cross network is `cross(x0, depth: 3)`'],
    [
      network('linear(multi_head_attention(a), 1)'),
      'unknown-function: attention of fields to one another is `autoint(v)`, of a history to an item `din(…)`',
    ],
    [network('linear(mlp(a, {64, 32}), 1)'), 'expected: a list stands in [ ]: `[64, 32]`'],
    [network('a[:, 0]'), 'expected: the rows of a batch are no axis here: `x[0]` is the first element, `x[..2]` the first two'],
    [
      network('sum(a, axis=1)'),
      'expected: there are no axes by number: an index says what it runs over, as in `y[i] = sum[j](x[i, j])`',
    ],
    [
      network('sum(a, dim: 1)'),
      'unknown-argument: there are no axes by number: an index says what it runs over, as in `y[i] = sum[j](x[i, j])`',
    ],
    [network('linear(concat(a, axis: 1), 1)'), 'unknown-argument: leave it out: the rows of a batch are no axis here'],
    [
      model('', 'pos: category = meta.pos'),
      'not-over-columns: a column has no parts here: write what is in `meta` as columns of their own, such as `meta_pos`',
    ],
    [
      model('', 'pos: category = meta["pos"]'),
      'not-over-columns: a column has no parts here: write what is in `meta` as columns of their own, such as `meta_pos`',
    ],
    [
      model('', 'ad: category').replace('dim: 2', 'dim: 2, ad: { init: "ad.npy" }'),
      'wrong-value: vectors of a file cannot be loaded into a table yet; as a column of the rows they can be a feature: `emb: number[64]`',
    ],
    [
      model('', 'ad: category').replace('dim: 2', 'dim: 2, ad: { weights: "ad.npy" }'),
      'unknown-key: vectors of a file cannot be loaded into a table yet; as a column of the rows they can be a feature: `emb: number[64]`',
    ],
    ['def f(x): return x', 'expected: a function is a block: `block name(x: vector[d]) -> vector[d] { … }`'],
  ])('%s', (text, wanted) => {
    expect(told(text)).toContain(wanted);
  });

  test.each(['gelu', 'silu', 'swish', 'leaky_relu'])('%s is a block, which works as it is told', (name) => {
    const [told] = check(spec(network(`linear(${name}(a), 1)`))).diagnostics;
    const block = /`(block .*)`$/.exec(told?.help ?? '')?.[1] ?? '';
    expect(found(`${block} ${network(`linear(mlp(a, [4], activation: ${name}), 1)`)}`)).toEqual([]);
  });

  test('a method of one name is mended', () => {
    const text = network('linear(a, 1)').replace('y =', 'h = a.relu() y =').replace('linear(a', 'linear(h');
    const [told] = check(spec(text)).diagnostics;
    expect(told?.fix && text.slice(0, told.fix.span.start) + told.fix.text + text.slice(told.fix.span.end)).toBe(
      text.replace('a.relu()', 'relu(a)'),
    );
  });

  test('no name of another language takes the place of one that is near', () => {
    expect(told(model('train { batch_size: 3 }'))).toEqual(['unknown-key: did you mean `batch`?']);
    expect(told(network('lineer(a, 1)'))).toEqual(['unknown-function: did you mean `linear`?']);
  });
});

test('a default below the logarithm is found without data', () => {
  const wrong = check(spec(model('', 'price: number(log1p, default: -1)'))).diagnostics;
  expect(wrong.map(({ code, message }) => [code, message])).toEqual([
    [
      'wrong-value',
      '`default` of feature `price` with `log1p` is above -1, as there is no logarithm of 1 + x below it, not `-1`',
    ],
  ]);
  expect(told(model('', 'price: number(log1p, default: -0.5)'))).toEqual([]);
});
