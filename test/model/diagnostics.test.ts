import { describe, expect, test } from 'vitest';
import { spanText } from '../../src/language/source.js';
import { check } from '../../src/model/check.js';
import { found, spec } from './support.js';

describe('all errors of a file in one run', () => {
  const text = `model Movies {
  data { sorce: "a.csv", split: random(train: 2) }
  features {
    user: categry
    movie: category(min_cont: 3)
    price: number
  }
  label liked: bianry = rating >= "4"
  embeddings { dim: 0 }
  deep { units: [4], droput: 1 }
  train { optimiser: adam(1e-3), batch: 0 }
  metrics: [rmsd]
}
block wrong(x: vektor[d]) -> vector[d] { return y }
`;
  test('each section has its say, in the order of the text', () => {
    expect(found(text)).toEqual([
      'unknown-key «sorce»',
      'out-of-range «2»',
      'unknown-type «categry»',
      'unknown-key «min_cont»',
      'wrong-value «bianry»',
      'out-of-range «0»',
      'unknown-key «optimiser»',
      'out-of-range «0»',
      'wrong-value «rmsd»',
      'unknown-type «vektor»',
      'unknown-name «y»',
    ]);
  });

  test('no model comes out', () => {
    expect(check(spec(text)).models).toEqual([]);
    const half =
      'model A { features { p: number } label y: binary deep { units: [2] } } model B extends A { deep { unit: [2] } }';
    expect(check(spec(half)).models).toEqual([]);
  });

  test('syntax and meaning together', () => {
    const both = 'model M { features { price: number, title: } label y: binary deep { untis: [4] } train { batch: 0 } }';
    expect(found(both)).toEqual(['expected «}»', 'unknown-key «untis»', 'out-of-range «0»']);
  });

  test('nothing is certain where brackets do not match', () => {
    const text = 'model A { fetures { price: number } model B { fetures { price: number } }';
    expect(found(text)).toEqual(['unclosed-bracket «model»', 'unknown-section «fetures»']);
    expect(found('model A { deep { units: [4 } train { bach: 3 } } model B extends C { }')).toEqual(['unclosed-bracket «}»']);
  });

  test('habits of other languages, each said once and with what to write', () => {
    const help = (text: string): string[] => check(spec(text)).diagnostics.map((d) => `${d.code}: ${d.help ?? ''}`);
    const colon = 'expected: a key and its value stand with `:` between them';
    const model = (feature: string, train = ''): string =>
      `model M { features { ${feature} } label y: binary embeddings { dim: 2 } deep { units: [4] } train { ${train} } }`;
    expect(help(model('ad: category(min_count = 5)'))).toEqual([colon]);
    expect(help(model('ad: category', 'optimizer: adam(lr=1e-3)'))).toEqual([colon]);
    expect(help(model('ad = category'))).toEqual([colon]);
    expect(help(model('price: number # francs'))).toContain('unexpected-character: a comment begins with `//`');
    expect(help("model M { data { source: 'a.csv' } features { p: number } label y: binary deep { units: [4] } }")).toEqual([
      'unexpected-character: write "a.csv"',
    ]);
  });

  test('an option without its value is not taken for an unknown one', () => {
    const text = 'model M { features { ad: category(min_count) } label y: binary embeddings { dim: 2 } deep { units: [4] } }';
    expect(check(spec(text)).diagnostics.map((d) => [d.code, d.help])).toEqual([['wrong-value', 'write `min_count: …`']]);
  });

  test('what is not built yet is not offered', () => {
    const text = 'model M { features { a: category[](pool: 3) } label y: binary embeddings { dim: 2 } deep { units: [4] } }';
    const [{ message, help } = { message: '', help: '' }] = check(spec(text)).diagnostics;
    expect(message).toContain('`mean` or `sum`');
    expect(`${message} ${help ?? ''}`).not.toMatch(/`max`|sqrt_n/);
  });

  test('what a missing name would say is not said again', () => {
    expect(found('model M { features { price: } label y: binary deep { units: [4] } }')).toEqual(['expected «}»']);
    expect(found('model M { features { price: number } label y: deep { units: [4] } }')).toEqual(['expected «deep»']);
    expect(found('model M { features { price: number } label y: binary network { y = linear(, 1) } }')).toEqual(['expected «,»']);
  });

  test('statements of a network, each on its own, but none that only follows', () => {
    const network = `model M {
      features { user: number[4], movie: number[6] }
      label y: binary
      network {
        a = user * movie
        b = lienar(user, 3)
        c = a + b
        d = sum(usr)
        y = c + d + linear(movie)
      }
    }`;
    expect(found(network)).toEqual(['shape-mismatch «*»', 'unknown-function «lienar»', 'unknown-name «usr»']);
  });

  test('a feature that is wrong is not missing', () => {
    const text =
      'model M { features { user: categry, price: number } label y: binary network { y = linear(user, 1) + linear(prize, 1) } }';
    expect(found(text)).toEqual(['unknown-type «categry»']);
    expect(found(text.replace('linear(user, 1) + ', ''))).toEqual(['unknown-type «categry»', 'unknown-name «prize»']);
  });
});

describe('an error within a library block', () => {
  const text = (network: string, blocks = '') => `${blocks}
model M {
  features { user: number[4], movie: number[6] }
  label y: binary
  network { ${network} }
}`;
  const only = (network: string, blocks?: string) => {
    const { diagnostics } = check(spec(text(network, blocks)));
    expect(diagnostics).toHaveLength(1);
    return diagnostics[0]!;
  };

  test("stands at the user's call, with the line of the library as a note", () => {
    const d = only('y = sum(cross(user, depth: 1, layer: cross_experts(_, _, rank: 2, experts: 3, score: linear(_, 2))))');
    expect(d.code).toBe('index-sizes-differ');
    expect(spanText(d.span)).toMatch(/^cross\(user/);
    expect(d.labels).toMatchObject([{ text: 'in this call of `cross`' }]);
    expect(d.notes.map((n) => [n.span.source.path, n.text])).toEqual([
      ['std/cross.rec', 'in `cross_experts`'],
      ['std/cross.rec', 'here it runs over 2'],
    ]);
  });

  test('or at the value that the user gave', () => {
    const d = only('y = sum(mlp(user, [4, 3, 0]))');
    expect([d.code, spanText(d.span)]).toEqual(['out-of-range', '0']);
    expect(d.notes[0]?.span.source.path).toBe('std/layers.rec');
    expect(spanText(only('y = sum(cross(user, depth: 1, layer: cross_low_rank(_, _, rank: -3)))').span)).toBe('-3');
    expect(spanText(only('y = sum(mlp(user, [2], dropout: 7))').span)).toBe('7');
  });

  test("is traced through the user's blocks", () => {
    const blocks = `block inner(x: vector[d], n: int) -> vector[_] { return mlp(x, [n]) }
block outer(x: vector[d], n: int = 0) -> vector[_] { return inner(x, n) }`;
    const d = only('y = sum(outer(user))', blocks);
    expect(spanText(d.span)).toBe('n');
    expect(d.trace.map((t) => [t.text, spanText(t.span)])).toEqual([
      ['in `inner`, called here', 'inner(x, n)'],
      ['in `outer`, called here', 'outer(user)'],
    ]);
  });
});

describe('a block that nobody calls', () => {
  const names = (block: string) => found(`block f(x: vector[d], g: function = relu, n: int = d) -> vector[_] ${block}`);

  test.each([
    '{ return g(x) }',
    '{ h = x repeat n { h = g(h) } return h }',
    '{ for i in n { _y = weight[d](init: 0) } return x }',
    '{ a[i, j] = x[i] * x[j] return sum[i](softmax[j](a[i, j])) }',
    '{ p, q = [x, x] return concat([g(p) for k in n], q[..2], linear(_, d)) }',
  ])('has its names: %s', (body) => {
    expect(names(body)).toEqual([]);
  });

  test.each([
    ['{ return y }', ['unknown-name «y»']],
    ['{ return gg(x) }', ['unknown-function «gg»']],
    ['{ repeat n { y = x } return y }', ['unknown-name «y»']],
    ['{ return sum[i](x[i]) * i }', ['unknown-name «i»']],
    ['{ return [k for k in n][k] }', ['unknown-name «k»']],
    ['{ y = x }', ['missing-return «f»']],
    [
      '{ return if a then b else -c + (e @ [f])[z..] }',
      ['unknown-name «a»', 'unknown-name «b»', 'unknown-name «c»', 'unknown-name «e»', 'unknown-name «z»'],
    ],
  ])('has not: %s', (body, wanted) => {
    expect(names(body)).toEqual(wanted);
  });

  test('has types', () => {
    expect(found('block f(x: vektor[d], x: int) -> vector[q] { return x }')).toEqual([
      'unknown-type «vektor»',
      'duplicate-name «x»',
      'unknown-name «q»',
    ]);
  });
});
