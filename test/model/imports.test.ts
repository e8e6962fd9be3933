import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { print } from '../../src/language/printer.js';
import { spanText } from '../../src/language/source.js';
import { check } from '../../src/model/check.js';
import { expand } from '../../src/model/expand.js';
import type { Load } from '../../src/model/source-files.js';
import { checkFiles, foundIn, loadFrom, type Files } from './files.js';
import { spec, weightsOf } from './support.js';

const base = `model Base {
  data { source: "rows.csv" }
  features { price: number, user: number[4] }
  label y: binary
}
`;
const twice = 'block twice(x: vector[d]) -> vector[d] { return 2 * x }\n';
const model = (network: string): string => `model M { features { user: number[4] } label y: binary network { ${network} } }`;

describe('an import', () => {
  test('brings blocks and models', () => {
    const { models, diagnostics } = checkFiles({
      'spec.rec': 'import { twice, Base, } from "./blocks.rec"\nmodel M extends Base { network { y = linear(twice(user), 1) } }',
      'blocks.rec': twice + base,
    });
    expect(diagnostics).toEqual([]);
    expect(models.map((m) => m.name)).toEqual(['M']);
    expect(models.map(weightsOf)).toEqual([['y.weight[1, 4]', 'y.bias[1]']]);
  });

  test('keeps the file that says where the data are', () => {
    const { models } = checkFiles({
      'specs/spec.rec': 'import { Base } from "./shared/base.rec"\nmodel M extends Base { deep { units: [2] } }',
      'specs/shared/base.rec': base,
    });
    expect(models[0]?.data?.source).toMatchObject({ path: 'rows.csv', saidIn: 'specs/shared/base.rec' });
  });

  test('may stand anywhere among models and blocks, and need not begin with ./', () => {
    expect(
      foundIn({ 'spec.rec': `${model('y = linear(twice(user), 1)')}\nimport { twice } from "blocks.rec"`, 'blocks.rec': twice }),
    ).toEqual([]);
  });

  test('is read once, however many files want it', () => {
    const read: string[] = [];
    const files: Files = {
      'a/spec.rec': `import { b } from "./b.rec"\nimport { c } from "./sub/c.rec"\n${model('y = sum(b(user)) + sum(c(user))')}`,
      'a/b.rec': 'import { d } from "./sub/d.rec"\nblock b(x: vector[n]) -> vector[n] { return d(x) }',
      'a/sub/c.rec': 'import { d } from "../sub/./d.rec"\nblock c(x: vector[n]) -> vector[n] { return d(x) }',
      'a/sub/d.rec': 'block d(x: vector[n]) -> vector[n] { return x }',
    };
    const load: Load = (path) => {
      read.push(path);
      return loadFrom(files)(path);
    };
    expect(foundIn(files, { load })).toEqual([]);
    expect(read).toEqual(['a/b.rec', 'a/sub/d.rec', 'a/sub/c.rec']);
  });

  test('of a path that leads to another file is of that file', () => {
    const files: Files = {
      's/spec.rec': `import { a } from "./a.rec"\nimport { b } from "./link/b.rec"\n${model('y = sum(a(user)) + sum(b(user))')}`,
      's/a.rec': 'import { b } from "./sub/b.rec"\nblock a(x: vector[n]) -> vector[n] { return b(x) }',
      's/sub/b.rec': 'import { c } from "./c.rec"\nblock b(x: vector[n]) -> vector[n] { return c(x) }',
      's/sub/c.rec': twice.replace('twice', 'c'),
    };
    const load: Load = (path) => loadFrom(files)(path.replace('/link/', '/sub/'));
    const { files: read, diagnostics } = checkFiles(files, { load });
    expect(diagnostics).toEqual([]);
    expect(read.map((f) => f.span.source.path)).toEqual(['s/spec.rec', 's/a.rec', 's/sub/b.rec', 's/sub/c.rec']);
  });

  test('names all files that were read', () => {
    const files = {
      's/spec.rec': `import { b } from "./b.rec"\n${model('y = sum(b(user))')}`,
      's/b.rec': twice.replace('twice', 'b'),
    };
    expect(checkFiles(files).files.map((f) => f.span.source.path)).toEqual(['s/spec.rec', 's/b.rec']);
  });
});

describe('names of an imported file', () => {
  const network = (blocks: string, y: string, own = ''): Files => ({
    'spec.rec': `import { f } from "./blocks.rec"\n${own}\n${model(`y = sum(${y})`)}`,
    'blocks.rec': blocks,
  });
  const weights = (files: Files): readonly string[] => {
    const { models, diagnostics } = checkFiles(files);
    expect(diagnostics).toEqual([]);
    return models.flatMap(weightsOf);
  };

  test('are its own: its blocks call its blocks', () => {
    const blocks =
      'block f(x: vector[d]) -> vector[_] { return g(x) }\nblock g(x: vector[d]) -> vector[_] { return linear(x, 3) }';
    const own = 'block g(x: vector[d]) -> vector[_] { return linear(x, 5) }';
    expect(weights(network(blocks, 'concat(f(user), g(user))', own))).toEqual([
      'y.f.g.linear.weight[3, 4]',
      'y.f.g.linear.bias[3]',
      'y.g.linear.weight[5, 4]',
      'y.g.linear.bias[5]',
    ]);
  });

  test('are not those of the importer', () => {
    const blocks = 'block f(x: vector[d]) -> vector[_] { return g(x) }';
    const own = 'block g(x: vector[d]) -> vector[_] { return linear(x, 5) }';
    expect(foundIn(network(blocks, 'f(user)', own))).toEqual(['blocks.rec unknown-function «g»']);
  });

  test('are not brought along', () => {
    const blocks = 'block f(x: vector[d]) -> vector[d] { return g(x) }\nblock g(x: vector[d]) -> vector[d] { return x }';
    expect(foundIn(network(blocks, 'g(f(user))'))).toEqual(['unknown-function «g»']);
  });

  test('hold for the network of a model that is imported, and in its short form', () => {
    const files: Files = {
      'spec.rec':
        'import { Base } from "./base.rec"\nblock act(x: vector[d]) -> vector[d] { return relu(x) }\nmodel M extends Base { }',
      'base.rec': `block act(x: vector[d]) -> vector[_] { return linear(x, d) }
        model Base { features { user: number[4] } label y: binary deep { units: [2], activation: act } }`,
    };
    expect(weights(files)).toContain('deep.0.act.linear.weight[2, 2]');
  });

  test('hold for a function that is passed to another file', () => {
    const files = network(
      'block f(x: vector[d], g: function = own) -> vector[_] { return g(x) }\nblock own(x: vector[d]) -> vector[_] { return linear(x, 2) }',
      'concat(f(user), f(user, own), f(user, own(_)))',
      'block own(x: vector[d]) -> vector[_] { return linear(x, 7) }',
    );
    expect(weights(files).filter((w) => w.includes('weight'))).toEqual([
      'y.f.own.linear.weight[2, 4]',
      'y.f_2.own.linear.weight[7, 4]',
      'y.f_3.own.linear.weight[7, 4]',
    ]);
  });
});

describe('errors', () => {
  const beside: Files = { 'x.rec': twice, 'sub/x.rec': twice };
  const imports = (from: string, names = 'twice', text = model('y = linear(twice(user), 1)')): Files => ({
    'spec.rec': `import { ${names} } from ${from}\n${text}`,
    ...beside,
  });
  const wrong = (files: Files): { readonly found: readonly string[]; readonly message?: string; readonly help?: string } => {
    const [d] = checkFiles(files).diagnostics;
    return { found: foundIn(files), ...(d && { message: d.message }), ...(d?.help !== undefined && { help: d.help }) };
  };

  test.each([
    ['"https://example.org/x.rec"', /remote/, /fetch it/],
    ['"file:///x.rec"', /remote/, /fetch it/],
    ['"/etc/x.rec"', /absolute/, /\.\/blocks\.rec/],
    ['"C:/x.rec"', /absolute/, /\.\/blocks\.rec/],
    ['"sub\\\\x.rec"', /with `\/`/, /"sub\/x\.rec"/],
    ['"../x.rec"', /outside/, /beside it/],
    ['"./sub/../../x.rec"', /outside/, /beside it/],
    ['"./x"', /end in `\.rec`/, /"\.\/x\.rec"/],
    ['"./x.txt"', /end in `\.rec`/, undefined],
    ['"./.rec"', /end in `\.rec`/, undefined],
    ['"./x\\u0000.rec"', /end in `\.rec`/, undefined],
    ['""', /end in `\.rec`/, undefined],
    ['"./y.rec"', /there is no such file/, undefined],
  ])('of the path: %s', (from, message, help) => {
    const { found, ...said } = wrong(imports(from));
    expect(found).toEqual([`cannot-import «${from}»`]);
    expect(said.message).toMatch(message);
    if (help) expect(said.help).toMatch(help);
    else expect(said.help).toBeUndefined();
  });

  test('of a text that is checked alone', () => {
    const { diagnostics } = check(spec('import { f } from "./f.rec"'));
    expect(diagnostics.map((d) => d.message)).toEqual([
      'cannot import from "./f.rec": this text is checked alone, without the files around it',
    ]);
  });

  test.each([
    ['twise', 'did you mean `twice`?'],
    ['other', 'it has `twice`'],
    ['linear', '`linear` is in the library: it needs no import'],
  ])('of a name that the file does not have: %s', (name, help) => {
    const files = imports('"./x.rec"', name, model(`y = linear(${name}(user, 1), 1)`));
    expect(wrong(files).help).toBe(help);
    expect(foundIn(files)[0]).toBe(`unknown-import «${name}»`);
  });

  test('of a name that the file has from another', () => {
    const files: Files = {
      'spec.rec': `import { twice } from "./y.rec"\n${model('y = linear(twice(user), 1)')}`,
      'y.rec': 'import { twice } from "./x.rec"',
      'x.rec': twice,
    };
    expect(wrong(files)).toMatchObject({ found: ['unknown-import «twice»'], help: /file that declares it/ });
  });

  test('a name that could not be brought is not missed again', () => {
    const text = `block g(x: vector[d]) -> vector[d] { return twice(x, twice) }
      model A extends twice { } ${model('y = linear(twice(user), 1)')}`;
    expect(foundIn(imports('"./y.rec"', 'twice', text))).toEqual(['cannot-import «"./y.rec"»']);
  });

  test.each([
    ['import { twice } from "./x.rec"\nimport { twice } from "./sub/x.rec"\n', ''],
    ['import { twice, twice } from "./x.rec"\n', ''],
    ['import { twice } from "./x.rec"\n', twice],
    [twice, 'import { twice } from "./x.rec"\n'],
    ['import { twice } from "./x.rec"\n', 'model twice { }\n'],
  ])('of a name that there is twice', (first, second) => {
    const text = `${first}${second}${model('y = linear(twice(user), 1)')}`;
    expect(foundIn({ 'spec.rec': text, ...beside })).toEqual(['duplicate-name «twice»']);
  });

  test('of a name that the library has', () => {
    const files: Files = {
      'spec.rec': `import { linear } from "./x.rec"\n${model('y = linear(user, 1)')}`,
      'x.rec': 'block linear(x: vector[d], n: int) -> vector[_] { return weight[n, d] @ x }',
    };
    expect(foundIn(files)[0]).toBe('x.rec shadows-library «linear»');
  });

  test.each<readonly [string, Files, string]>([
    ['itself', { 'spec.rec': 'import { f } from "./spec.rec"' }, 'spec.rec imports spec.rec'],
    [
      'another that imports it',
      { 'spec.rec': 'import { A } from "./a.rec"', 'a.rec': 'import { B } from "./spec.rec"\nmodel A { }' },
      'spec.rec imports a.rec imports spec.rec',
    ],
    [
      'a circle that it is not in',
      {
        's/spec.rec': 'import { A } from "./a.rec"\nmodel M extends A { }',
        's/a.rec': 'import { B } from "./b.rec"\nmodel A { }',
        's/b.rec': 'import { C } from "./sub/c.rec"\nmodel B { }',
        's/sub/c.rec': 'import { A } from "../a.rec"\nmodel C { }',
      },
      'a.rec imports b.rec imports sub/c.rec imports a.rec',
    ],
  ])('of a file that imports %s', (_, files, chain) => {
    const cycles = checkFiles(files).diagnostics.filter((d) => d.code === 'import-cycle');
    expect(cycles.map((d) => d.message)).toEqual([`${chain}: files cannot import each other in a circle`]);
    expect(foundIn(files).filter((f) => !/unused-import|import-cycle/.test(f))).toEqual([]);
  });

  test('are at their own file and lines, each once', () => {
    const files: Files = {
      'spec.rec': `import { A } from "./x.rec"\nmodel B extends A { deep { units: [2] } }\nmodel C extends A { network { y = price } }`,
      'x.rec': `block f(x: vector[d]) -> vector[d] { return x * unknwn }
block g(x: vektor[d]) -> vector[d] { return x }
model A { features { price: numbr } label y: binary train { batch: 0 } }
model Unused { features { price: numbr } }`,
    };
    expect(foundIn(files)).toEqual([
      'x.rec unknown-name «unknwn»',
      'x.rec unknown-type «vektor»',
      'x.rec unknown-type «numbr»',
      'x.rec out-of-range «0»',
    ]);
  });

  test('of the text of an imported file do not make what it lacks an error', () => {
    const files: Files = {
      'spec.rec': `import { f, h } from "./x.rec"\n${model('y = sum(f(user)) + sum(h(user))')}`,
      'x.rec': 'blok h(x: vector[d]) -> vector[d] { return x }\nblock f(x: vector[d]) -> vector[d] { return x * }',
    };
    expect(foundIn(files)).toEqual(['x.rec expected «blok»', 'x.rec expected «}»']);
  });

  test('within an imported block are traced to the call', () => {
    const files: Files = {
      'spec.rec': `import { f } from "./x.rec"\n${model('y = sum(f(user, user[..2]))')}`,
      'x.rec': 'block f(a: vector[d], b: vector[e]) -> vector[d] { return a * b }',
    };
    const [d] = checkFiles(files).diagnostics;
    expect([d?.code, d?.span.source.path]).toEqual(['shape-mismatch', 'x.rec']);
    expect(d?.trace.map((t) => [t.span.source.path, spanText(t.span)])).toEqual([['spec.rec', 'f(user, user[..2])']]);
  });

  test('of too many files', () => {
    const importOf = (i: number): string => `import { f } from "./f${String(i + 1)}.rec"`;
    const many = Array.from({ length: 300 }, (_, i) => [`f${String(i)}.rec`, importOf(i)] as const);
    const files: Files = { 'spec.rec': importOf(0), ...Object.fromEntries<string>(many) };
    expect(foundIn(files).filter((f) => f.includes('too-large'))).toEqual(['f255.rec too-large «"./f256.rec"»']);
  });

  test('of too much text', () => {
    const large = `${twice}// ${'-'.repeat(4_000_000)}\n`;
    const files: Files = {
      'spec.rec': `import { a } from "./a.rec"\n${model('y = sum(a(user))')}`,
      'a.rec': `import { b } from "./b.rec"\n${large.replace('twice', 'a')}`,
      'b.rec': `import { c } from "./c.rec"\nimport { d } from "./d.rec"\nimport { e } from "./d.rec"\n${large.replace('twice', 'b')}`,
      'c.rec': large.replace('twice', 'c'),
      'd.rec': twice.replace('twice', 'd'),
    };
    expect(foundIn(files).filter((f) => !f.includes('unused'))).toEqual([
      'b.rec too-large «"./c.rec"»',
      'b.rec too-large «"./d.rec"»',
      'b.rec cannot-import «"./d.rec"»',
    ]);
    expect(checkFiles(files).diagnostics.map((d) => d.message)).toContain(
      'the number of characters in files that are imported is more than 10,000,000',
    );
  });

  test('one `import` that nobody uses is a warning', () => {
    const files = imports('"./x.rec"', 'twice', model('y = linear(user, 1)'));
    expect(foundIn(files)).toEqual(['unused-import «twice»']);
    expect(checkFiles(files).models).toHaveLength(1);
  });

  test.each([
    model('y = linear(mlp(user, [4], activation: twice), 1)'),
    'model M { features { user: number[4] } label y: binary deep { units: [4], activation: twice } }',
    `${model('y = linear(user, 1)')} block f(x: vector[d], g: function = twice) -> vector[d] { return g(x) }`,
    'model M extends twice { }',
  ])('one is used in %s', (text) => {
    expect(foundIn(imports('"./x.rec"', 'twice', text)).filter((f) => f.startsWith('unused-import'))).toEqual([]);
  });
});

test('no broken files make the checker throw or point outside of them', () => {
  const files: Files = {
    'spec.rec': `import { f, Base } from "./x.rec"\nmodel M extends Base { network { y = linear(f(user), 1) } }`,
    'x.rec': `import { g } from "./sub/y.rec"\n${base}override block mlp(x: vector[d]) -> vector[d] { return g(x) }\nblock f(x: vector[d]) -> vector[d] { return mlp(g(x)) }`,
    'sub/y.rec': 'block g(x: vector[d], h: function = relu) -> vector[d] { return h(x) }',
  };
  const pieces = Object.entries(files).flatMap(([path, text]) =>
    [...text.matchAll(/\w+|\S/g)].map((m) => ({ path, at: m.index, text: m[0] })),
  );
  const words = [...new Set(pieces.map((p) => p.text)), '"./sub/y.rec"', '"./spec.rec"', ''];
  const edit = fc.tuple(fc.constantFrom(...pieces), fc.constantFrom(...words));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      const broken = { ...files };
      for (const [{ path, at, text }, word] of edits.sort(([a], [b]) => b.at - a.at)) {
        const before = broken[path] ?? '';
        broken[path] = before.slice(0, at) + word + before.slice(at + text.length);
      }
      const checked = checkFiles(broken);
      for (const { span, labels, notes, trace } of checked.diagnostics) {
        for (const { start, end, source } of [span, ...[...labels, ...notes, ...trace].map((m) => m.span)]) {
          expect(start <= end && end <= source.text.length).toBe(true);
        }
      }
      const text = print(expand(checked));
      const again = check(spec(text));
      expect(again.models.map(weightsOf)).toEqual(checked.models.map(weightsOf));
    }),
    { seed: 20240229, numRuns: 300 },
  );
});

describe('a block that reaches itself', () => {
  const call = model('y = sum(f(user))');
  test.each<readonly [string, Files]>([
    ['directly', { 'spec.rec': `block f(x: vector[d]) -> vector[d] { return f(x) }\n${call}` }],
    [
      'by way of another',
      {
        'spec.rec': `block f(x: vector[d]) -> vector[d] { return g(x) }\nblock g(x: vector[d]) -> vector[d] { return f(x) }\n${call}`,
      },
    ],
    [
      'as an argument',
      {
        'spec.rec': `block f(x: vector[d], g: function = h) -> vector[d] { return g(x) }\nblock h(x: vector[d]) -> vector[d] { return f(x) }\n${call}`,
      },
    ],
    ['as its own argument', { 'spec.rec': `block g(x: function) -> vector[_] { return x(x) }\n${model('y = sum(g(g))')}` }],
    [
      'through a hole',
      { 'spec.rec': `block g(x: vector[d], h: function) -> vector[d] { return h(x, h) }\n${model('y = sum(g(user, g(_, _)))')}` },
    ],
    [
      'in an imported file',
      { 'spec.rec': `import { f } from "./x.rec"\n${call}`, 'x.rec': 'block f(x: vector[d]) -> vector[d] { return f(x) }' },
    ],
    [
      'as what an imported block calls',
      {
        'spec.rec': `import { apply } from "./x.rec"\nblock f(x: vector[d]) -> vector[d] { return apply(x, f) }\n${call}`,
        'x.rec': 'block apply(x: vector[d], g: function) -> vector[d] { return g(x) }',
      },
    ],
    [
      'as what a library block calls',
      { 'spec.rec': `block f(x: vector[d]) -> vector[_] { return mlp(x, [3], activation: f) }\n${call}` },
    ],
    [
      'under the name of a library block',
      { 'spec.rec': `override block linear(x: vector[d]) -> vector[d] { return linear(x) }\n${model('y = sum(linear(user))')}` },
    ],
  ])('%s is refused', (_, files) => {
    expect(checkFiles(files).diagnostics.map((d) => d.code)).toEqual(['recursion']);
  });

  test('in a circle of files is refused with the circle', () => {
    const files: Files = {
      'spec.rec': `import { g } from "./x.rec"\nblock f(x: vector[d]) -> vector[d] { return g(x) }\n${call}`,
      'x.rec': 'import { f } from "./spec.rec"\nblock g(x: vector[d]) -> vector[d] { return f(x) }',
    };
    expect(foundIn(files)).toEqual(['x.rec import-cycle «"./spec.rec"»']);
  });
});

describe('an expansion that does not end', () => {
  test.each([
    [
      'turns',
      'block f(x: vector[d]) -> vector[d] { repeat 90000 { x2 = x } repeat 90000 { x3 = x } return x }',
      'too-many-calls',
    ],
    [
      'doubling calls',
      Array.from({ length: 30 }, (_, i) => {
        const next = i === 29 ? 'x' : `f${String(i + 1)}(x) + f${String(i + 1)}(x)`;
        return `block f${i === 0 ? '' : String(i)}(x: vector[d]) -> vector[d] { return ${next} }`;
      }).join('\n'),
      'too-many-calls',
    ],
    ['a list that doubles', 'block f(x: vector[d]) -> vector[d] { l = [x] repeat 40 { l = l + l } return l[0] }', 'too-large'],
    [
      'nested functions',
      'block f(x: vector[d]) -> vector[d] { g = mlp(_, [3]) repeat 500 { g = g(_) } return g(x) }',
      'nesting-too-deep',
    ],
  ])('by %s is refused in an imported file', (_, block, code) => {
    const files = { 'spec.rec': `import { f } from "./x.rec"\n${model('y = sum(f(user))')}`, 'x.rec': block };
    expect(checkFiles(files).diagnostics.map((d) => d.code)).toEqual([code]);
  });
});
