import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from '../../src/language/parser.js';
import { check } from '../../src/model/check.js';
import { lintTensors } from '../../src/model/lint-tensors.js';
import { standardLibrary } from '../../src/std/index.js';
import { found, spec } from './support.js';

const model = (network: string, more = '', before = ''): string =>
  `${before}model M { features { a: number, b: number } label y: binary network { x = concat(features) ${network} } ${more} }`;

describe('a statement that nothing uses is told', () => {
  test.each<[network: string, wanted: readonly string[]]>([
    ['deep = mlp(x, [4]) y = linear(x, 1)', ['unused-tensor «deep»']],
    ['deep = mlp(x, [4]) deep = linear(deep, 1) y = linear(x, 1)', ['unused-tensor «deep»']],
    ['h = mlp(x, [4]) deep = linear(h, 1) y = linear(x, 1)', ['unused-tensor «deep»']],
    ['repeat 2 { deep = mlp(x, [4]) } y = linear(x, 1)', ['unused-tensor «deep»']],
    ['p, q = [x, x] y = linear(x, 1)', ['unused-tensor «p»']],
    ['d[i] = 2 * x[i] y = linear(x, 1)', ['unused-tensor «d»']],
  ])('%s', (network, wanted) => {
    expect(found(model(network))).toEqual(wanted);
  });

  test('of a block too', () => {
    const block = 'block f(x: vector[d]) -> vector[d] { g = sigmoid(x) return x } ';
    expect(found(model('y = linear(f(x), 1)', '', block))).toEqual(['unused-tensor «g»']);
  });
});

describe('silent', () => {
  test.each([
    ['of what a label needs over others', model('h = mlp(x, [4]) repeat 2 { h = linear(h, 4) } y = linear(h, 1)')],
    ['of an output', model('deep = mlp(x, [4]) y = linear(deep, 1) s = sum(deep)', 'outputs: [y, s]')],
    ['of a loss', model('y = linear(x, 1) z = sum(x) y.loss = z * z + y * y')],
    ['of one of several', model('p, q = [x, x] y = linear(p, 1)')],
    ['of the count of a loop', model('n = 2 h = x repeat n { h = linear(h, 4) } y = linear(h, 1)')],
    ['of `_`', model('_deep = mlp(x, [4]) y = linear(x, 1)')],
    [
      'of what an output of a model that extends it is',
      `${model('s = sum(x) y = linear(x, 1)')} model N extends M { outputs: [y, s] }`,
    ],
    ['where it is ignored', model('\n// rec-ignore unused-tensor: for later\ndeep = mlp(x, [4])\n y = linear(x, 1)')],
  ])('%s', (_, text) => {
    expect(found(text)).toEqual([]);
  });

  test('where there is an error, of which it may only follow', () => {
    expect(found(model('deep = mlp(x, [4]) y = linear(x, 1) + linear(dep, 1)'))).toEqual(['unknown-name «dep»']);
  });

  test.each(readdirSync('specs').filter((file) => file.endsWith('.rec')))('of specs/%s', (file) => {
    const { diagnostics } = check(spec(readFileSync(`specs/${file}`, 'utf8')));
    expect(diagnostics.filter(({ code }) => code === 'unused-tensor')).toEqual([]);
  });

  test.each(standardLibrary.map((source) => [source.path, source] as const))('of %s', (_, source) => {
    const told: string[] = [];
    lintTensors(parse(source).file, [], (code) => told.push(code));
    expect(told).toEqual([]);
  });
});
