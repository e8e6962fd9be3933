import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import { checkFiles } from './files.js';
import { found, modelOf, spec, weightsOf } from './support.js';

const linear = 'block linear(x: vector[d], units: int) -> vector[units] { return weight[units, d](init: 1) @ x }\n';
const model = (network: string): string => `model M { features { user: number[4] } label y: binary network { ${network} } }`;

describe('a block with the name of one of the library', () => {
  test('says that it overrides it', () => {
    expect(weightsOf(modelOf(`override ${linear}${model('y = linear(user, 1)')}`))).toEqual(['y.weight[1, 4]']);
  });

  test('or is an error, which says how', () => {
    const [d] = check(spec(linear + model('y = linear(user, 1)'))).diagnostics;
    expect([d?.code, d?.help]).toEqual(['shadows-library', expect.stringMatching(/begin it with `override`/)]);
  });

  test('is not used by blocks of the library', () => {
    const text = `override ${linear}${model('y = linear(mlp(user, [3]), 1)')}`;
    expect(weightsOf(modelOf(text))).toEqual(['y.mlp.0.linear.weight[3, 4]', 'y.mlp.0.linear.bias[3]', 'y.weight[1, 3]']);
  });

  test('is used by the short form, which stands for calls in this file', () => {
    const text = `override ${linear}model M { features { user: number[4] } label y: binary deep { units: [3] } }`;
    expect(weightsOf(modelOf(text))).toEqual(['deep.0.linear.weight[3, 4]', 'deep.0.linear.bias[3]', 'y.weight[1, 3]']);
  });

  test('holds in its own file, and where it is imported', () => {
    const files = (names: string, y: string) => ({
      'spec.rec': `import { ${names} } from "./x.rec"\n${model(y)}`,
      'x.rec': `override ${linear}block f(x: vector[d]) -> vector[_] { return linear(x, 2) }`,
    });
    const weights = (names: string, y: string) => checkFiles(files(names, y)).models.flatMap(weightsOf);
    expect(weights('f', 'y = linear(f(user), 1)')).toEqual(['y.f.linear.weight[2, 4]', 'y.weight[1, 2]', 'y.bias[1]']);
    expect(weights('f, linear', 'y = linear(f(user), 1)')).toEqual(['y.f.linear.weight[2, 4]', 'y.weight[1, 2]']);
  });
});

test.each([
  ['override block twice(x: vector[d]) -> vector[d] { return x }', 'overrides-nothing «twice»', 'leave `override` out'],
  ['override block lineer(x: vector[d]) -> vector[d] { return x }', 'overrides-nothing «lineer»', /did you mean `linear`/],
  ['override block relu(x: vector[d]) -> vector[d] { return x }', 'shadows-library «relu»', /only blocks of the library/],
  ['override block weight(x: vector[d]) -> vector[d] { return x }', 'shadows-library «weight»', /only blocks of the library/],
  ['block sum(x: vector[d]) -> vector[d] { return x }', 'shadows-library «sum»', 'give yours another name'],
])('%s', (block, wanted, help) => {
  expect(found(block)).toEqual([wanted]);
  expect(check(spec(block)).diagnostics[0]?.help).toEqual(typeof help === 'string' ? help : expect.stringMatching(help));
});
