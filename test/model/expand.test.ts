import { describe, expect, test } from 'vitest';
import { print } from '../../src/language/printer.js';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import { printGraph } from '../../src/graph/text.js';
import { check, type Checked } from '../../src/model/check.js';
import { expand, type ExpandOptions } from '../../src/model/expand.js';
import type { CheckedModel } from '../../src/model/model.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { spec, withoutSpans } from './support.js';
import { checkFiles, loadOwn, ownSpecs, type Files } from './files.js';
import { goodSpecs } from './specs.js';

const expanded = (text: string, only?: string): string => print(expand(check(spec(text)), only === undefined ? {} : { only }));

/** What has to be the same of a model and of its expansion. */
const meaning = ({ name, doc, data, features, labels, tables, network, train, metrics }: CheckedModel): unknown =>
  withoutSpans({ name, doc, data, features, labels, tables, network, train, metrics });

describe.each(goodSpecs.map((text) => [text.slice(0, 60), text]))('%s …', (_, text) => {
  test('its expansion has no errors, and the same models', () => {
    const again = check(spec(expanded(text)));
    expect(renderDiagnostics(again.diagnostics.filter((d) => d.severity === 'error'))).toBe('');
    expect(again.models.map(meaning)).toEqual(check(spec(text)).models.map(meaning));
  });

  test('its expansion expands to itself', () => {
    const once = expanded(text);
    expect(expanded(once)).toBe(once);
  });
});

/** A graph as `emit` prints it. */
const graphsOf = ({ models }: Checked): readonly string[] =>
  models.flatMap((model) => [printGraph(inferenceGraph(model).graph), printGraph(stepGraph(model).graph)]);

const variants: readonly (readonly [string, ExpandOptions])[] = [
  ['alone', {}],
  ['with the library', { whole: true }],
];

describe.each(ownSpecs.map((source) => [source.path, source] as const))('%s', (path, source) => {
  const { models, ...checked } = check(source, { load: loadOwn });
  test('its expansion has no feature that is not used, unless it has', () => {
    const unused = ({ diagnostics }: Checked): readonly string[] => [
      ...new Set(diagnostics.flatMap(({ code, message }) => (code === 'unused-feature' ? [message] : []))),
    ];
    const again = check({ path, text: print(expand({ models, ...checked })) });
    expect(unused(again)).toEqual(unused({ models, ...checked }));
  });

  test.each(variants)('expanded %s compiles to the same graph, and expands to itself', (_, options) => {
    const text = print(expand({ models, ...checked }, options));
    const again = check({ path, text });
    expect(renderDiagnostics(again.diagnostics.filter((d) => d.severity === 'error'))).toBe('');
    expect(again.models.map((m) => m.name)).toEqual(models.map((m) => m.name));
    expect(graphsOf(again)).toEqual(graphsOf({ models, ...checked }));
    expect(print(expand(again, options))).toBe(text);
  });
});

describe('an expansion of several files', () => {
  const model = (network: string): string =>
    `model M { features { user: number[4], f: number[4] } label y: binary network { ${network} } }`;
  const meanings = ({ models, diagnostics }: Checked): unknown => {
    expect(renderDiagnostics(diagnostics.filter((d) => d.severity === 'error'))).toBe('');
    return models.map(meaning);
  };
  const survives = (files: Files): string => {
    const checked = checkFiles(files);
    const texts = variants.map(([, options]) => {
      const text = print(expand(checked, options));
      const again = check({ path: 'expanded.rec', text });
      expect(meanings(again)).toEqual(meanings(checked));
      expect(print(expand(again, options))).toBe(text);
      return text;
    });
    return texts[0] ?? '';
  };
  const act = (size: number): string => `block act(x: vector[d]) -> vector[_] { return linear(x, ${String(size)}) }\n`;

  test('has what is reached, under its name', () => {
    const text = survives({
      'spec.rec': `import { f, g } from "./x.rec"\n${model('y = sum(concat(f(user), f))')}`,
      'x.rec': `/// Helps.\n// It does.\n${act(3)}block f(x: vector[d]) -> vector[_] { return act(x) }
        block g(x: vector[d]) -> vector[_] { return x }\nblock h(x: vector[d]) -> vector[_] { return x }`,
    });
    expect(text).toMatch(/^block f\(.*\n\n(?:\/\/\/ Helps.\n\/\/ It does.|\/\/ It does.\n\/\/\/ Helps.)\nblock act/);
    expect(text).not.toMatch(/import|block g|block h/);
  });

  test('tells blocks of one name apart, and weights keep their names', () => {
    const network = `act__2 = user
      y = sum(concat(act(user), f(user), g(user, act), if 1 < 2 then f(user) else act(user), act__2))`;
    const text = survives({
      'spec.rec': `import { f } from "./x.rec"\nimport { g } from "./y.rec"\n${act(2)}${model(network)}`,
      'x.rec': `${act(3)}block f(x: vector[d], g: function = act) -> vector[_] { act = act(x) return act(g(act)) }`,
      'y.rec': `${act(5)}block g(x: vector[d], h: function) -> vector[_] {
        return concat([act(x), h(x), (if 2 < 1 then act else h)(x)])
      }`,
    });
    expect(text.match(/^block \w+/gm)).toEqual(['block act', 'block f', 'block g', 'block act__3', 'block act__4']);
  });

  test('has no block with the name of a model', () => {
    survives({
      'spec.rec': `import { f } from "./x.rec"\n${model('y = sum(f(user))')}`,
      'x.rec': 'block M(x: vector[d]) -> vector[_] { return linear(x, 3) }\nblock f(x: vector[d]) -> vector[_] { return M(x) }',
    });
  });

  test('keeps a block of the library apart from one that overrides it', () => {
    const own = 'override block linear(x: vector[d], units: int) -> vector[units] { return weight[units, d] @ x }\n';
    const use = 'block f(x: vector[d]) -> vector[_] { return linear(x, 2) }';
    survives({ 'spec.rec': `${own}${model('y = linear(mlp(user, [3]), 1)')}` });
    survives({ 'spec.rec': `import { f } from "./x.rec"\n${model('y = linear(f(user), 1)')}`, 'x.rec': own + use });
    survives({
      'spec.rec': `import { Base } from "./x.rec"\n${own}model M extends Base { train { epochs: 2 } }\n${model('y = linear(user, 1)').replace('M', 'N')}`,
      'x.rec': model('y = linear(mlp(user, [3]), 1)').replace('M', 'Base'),
    });
  });

  test('of one model has no other blocks than its own', () => {
    const text = `${act(2)}block unused(x: vector[d]) -> vector[_] { return x }\n${model('y = sum(act(user))')}`;
    const { items } = expand(check(spec(text)), { only: 'M' });
    expect(items.map((i) => i.kind !== 'import' && i.name.text)).toEqual(['act', 'M']);
  });

  test('of a whole run has the edition and every block', () => {
    const text = print(expand(check(spec(model('y = linear(mlp(user, [3]), 1)'))), { only: 'M', whole: true }));
    expect(text).toMatch(/^edition 1\n\n\/\/\/ .*\noverride block linear\(/);
    expect(text).toMatch(/override block mlp\(/);
  });

  test('has paths that start from the folder of the spec', () => {
    const checked = checkFiles({
      's/spec.rec': `import { Base } from "./sub/base.rec"
        model M extends Base { data { join: { own: csv("own.csv", on: k) } } deep { units: [2] } }`,
      's/sub/base.rec': `model Base {
        data { source: csv("rows*.csv", separator: ";"), join: { a: csv("../a.csv", on: k), b: tsv(on: k, path: "b.tsv") } keep: name != "x" }
        features { price: number }
        label y: binary
      }`,
    });
    const moved = print(expand(checked));
    for (const path of ['"sub/rows*.csv"', '"sub/../a.csv"', '"sub/b.tsv"', '"own.csv"', '"x"']) expect(moved).toContain(path);
    const asSaid = print(expand(checked, { pathsAsSaid: true }));
    for (const path of ['"rows*.csv"', '"../a.csv"', '"b.tsv"', '"own.csv"']) expect(asSaid).toContain(path);
  });
});

describe('an expansion', () => {
  const text = `// A base.
model Base {
  features { price: number, user: category(hash: 10) } // two of them
  label liked: binary = rating >= 4
  embeddings { dim: 4 }
}
/// Crosses pairs.
model Cross extends Base { cross { depth: 1 } train { epochs: 3 } }
/// Is deep.
model Deep extends Base { deep { units: [8] } }
`;

  test('says everything that the model means', () => {
    expect(expanded(text, 'Cross')).toMatchInlineSnapshot(`
      "/// Crosses pairs.
      model Cross {
        features { price: number, user: category(hash: 10) }

        label liked: binary = rating >= 4

        embeddings { dim: 4 }

        network {
          x0 = concat(features)
          cross = cross(x0, depth: 1)
          liked = linear(cross, 1)
        }

        train {
          optimizer: adam(learning_rate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7)
          batch: 512
          accumulate: 1
          coupled: batch
          epochs: 3
          l2: 0
          init: glorot_uniform
          monitor: auc
          shuffle: true
          seed: 0
        }

        metrics: [auc, log_loss]
      }
      "
    `);
  });

  describe('of a model that inherits more features than it needs', () => {
    const base = `model Base {
      features {
        price: number, fee: number, user: category(hash: 10), item: category(hash: 20), kind: category(values: ["a", "b"])
        pair: category(cross: [user, kind], hash: 50), seen: category[](hash: 20), dim: number
      }
      label liked: binary
      embeddings { dim: 4 user: { dim: 2 } price: { dim: 3 } shared: { features: [item, seen] } }
    }
    `;
    test.each<[string, string, readonly string[]]>([
      ['leaves them out, and their sizes', 'network { liked = linear(fee, 1) }', ['fee']],
      ['keeps what others are made of', 'network { liked = linear(pair, 1) }', ['user', 'kind', 'pair']],
      ['keeps what its network names', 'network { x = price liked = linear(fee, 1) }', ['price', 'fee']],
      ['keeps what shares a table', 'network { liked = linear(concat(fee, item), 1) }', ['fee', 'item', 'seen']],
      [
        'keeps all where it takes the list of them',
        'network { liked = linear(concat(features), 1) }',
        ['price', 'fee', 'user', 'item', 'kind', 'pair', 'seen', 'dim'],
      ],
      [
        'keeps its own, and what they name',
        'features { own: category(cross: [kind, user], hash: 5) } network { liked = linear(fee, 1) }',
        ['fee', 'user', 'kind', 'own'],
      ],
    ])('%s', (_, section, features) => {
      const text = `${base}model M extends Base { ${section} }`;
      const again = expanded(text);
      const record = /features \{([\s\S]*?)\n {2}\}/.exec(again)?.[1] ?? /features \{(.*)\}/.exec(again)?.[1] ?? '';
      expect([...record.matchAll(/(\w+): (?:number|category)/g)].map(([, name]) => name)).toEqual(features);
      expect(again.includes('price: { dim: 3 }')).toBe(features.includes('price'));
      expect(check(spec(again)).models.map(meaning)).toEqual(check(spec(text)).models.map(meaning));
      expect(expanded(again)).toBe(again);
      expect(again.includes('shared:')).toBe(features.includes('item'));
      if (features.length < 2) expect(check(spec(again)).diagnostics).toEqual([]);
    });
  });

  test('has the values of the command line', () => {
    const settings = ['train.epochs=99', 'deep.units=[3, 2]', 'embeddings.user.dim=2'];
    const once = check(spec(text), { settings: [...settings, 'cross.depth=2'] });
    const again = check(spec(print(expand(once))));
    expect(again.models.map(meaning)).toEqual(once.models.map(meaning));
    expect(again.models[0]?.train.epochs).toBe(99);
  });

  test('of a base alone is empty', () => {
    expect(expanded('model Base { features { price: number } }')).toBe('');
  });

  test('keeps the blocks of the file', () => {
    const block = 'block twice(x: vector[d]) -> vector[d] { return 2 * x }\n';
    const model = 'model M { features { price: number } label y: binary network { y = linear(twice(price), 1) } }';
    expect(expanded(block + model)).toContain('block twice(x: vector[d]) -> vector[d]');
  });
});
