import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { spec } from './support.js';

const rendered = (text: string): string => renderDiagnostics(check(spec(text)).diagnostics);

test('the example of the manual', () => {
  const text = `model Movies {
  features {
    user_id: category
    movie_id: category
    genres: category[](separator: "|")
  }
  label liked: binary
  embeddings {
    dim: 32
    user_id: { dim: 64 }
  }
  network {
    v     = fields(user_id, movie_id, genres)
    liked = linear(flatten(v), 1)
  }
}
`;
  expect(rendered(text)).toMatchInlineSnapshot(`
    "spec.rec:13:20: error unequal-embedding-dims: \`fields\` needs one embedding size, but found 32 (\`movie_id\`, \`genres\`) and 64 (\`user_id\`)
       13 |     v     = fields(user_id, movie_id, genres)
          |                    ^^^^^^^ size 64
          |                             ^^^^^^^^ size 32, and 1 more
       note: the size of \`movie_id\` is set here
        9 |     dim: 32
          |          ^^
       note: the size of \`user_id\` is set here
       10 |     user_id: { dim: 64 }
          |                     ^^
       help: concat(…) accepts any sizes; or set one dim for all
    "
  `);
});

test('a typo, with a help', () => {
  expect(rendered('model M {\n  features { price: numbr }\n  label y: binary\n  deep { units: [4] }\n}\n'))
    .toMatchInlineSnapshot(`
    "spec.rec:2:21: error unknown-type: there is no type \`numbr\`
        2 |   features { price: numbr }
          |                     ^^^^^
       help: did you mean \`number\`?
    "
  `);
});

test('an error in a library block, reached through a block of the user', () => {
  const text = `block tower(x: vector[d], n: int) -> vector[_] {
  return mlp(x, [n, n - 8])
}
model M {
  features { user: number[4] }
  label y: binary
  network { y = sum(tower(user, 8)) }
}
`;
  expect(rendered(text)).toMatchInlineSnapshot(`
    "spec.rec:2:21: error out-of-range: a size of \`weight\` is a whole number ≥ 1, not 0
        2 |   return mlp(x, [n, n - 8])
          |                     ^^^^^
       note: in \`linear\` (std/layers.rec:3)
        3 |   return weight[units, d] @ x + (if use_bias then bias[units] else 0)
          |                 ^^^^^
       note: in \`tower\`, called here
        7 |   network { y = sum(tower(user, 8)) }
          |                     ^^^^^^^^^^^^^^
    "
  `);
});

test('several diagnostics are apart', () => {
  expect(
    rendered('model M {\n  features { a: number, a: number, b: number }\n  label y: binary\n  network { y = linear(a, 1) }\n}\n'),
  ).toMatchInlineSnapshot(`
    "spec.rec:2:25: error duplicate-name: there are two features called \`a\`
        2 |   features { a: number, a: number, b: number }
          |                         ^
       note: the first one is here
        2 |   features { a: number, a: number, b: number }
          |              ^

    spec.rec:2:36: warning unused-feature: feature \`b\` is not used
        2 |   features { a: number, a: number, b: number }
          |                                    ^
       help: no label and no output depends on it
    "
  `);
});

test('no diagnostics are no text', () => {
  expect(renderDiagnostics([])).toBe('');
});

describe('hostile texts', () => {
  test('control characters, and those that turn the text around, never reach the terminal', () => {
    const text = 'model M { features { "\u001B[31mred\u202E\u0007\u0000" } }';
    const out = rendered(text);
    expect(out).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069]/);
    expect(out).toContain('\uFFFD[31mred\uFFFD');
  });

  test('nor from a path', () => {
    const { diagnostics } = check({ path: 'a\u001B[31m\n.rec', text: 'model' });
    expect(renderDiagnostics(diagnostics)).toMatch(/^a\uFFFD\[31m\uFFFD\.rec:1:/);
  });

  test('tabs are blanks, and columns count characters', () => {
    expect(rendered('model M {\n\t\tfeatures { \t"😀": number }\n}\n')).toMatchInlineSnapshot(`
      "spec.rec:2:15: error expected: expected a name or "}", found a string
          2 |   features {  "😀": number }
            |               ^^^
         help: a name has no blanks and no quotes; say its column behind it: \`city: category = column("City Name")\`
      "
    `);
    expect(rendered('model M {\n  /* 😀 */ fetures { a: number } }')).toContain(':2:3:');
  });

  test('a long line is shown near the place', () => {
    const text = `model M { features { ${'a: number, '.repeat(3)}${Array.from({ length: 60 }, (_, i) => `f${i}: number, `).join('')}zz: nmber } label y: binary deep { units: [4] } }`;
    const [head, ...lines] = rendered(text.replace('a: number, a: number, a: number, ', '')).split('\n');
    expect(head).toMatch(/unknown-type/);
    expect(lines[0]?.length).toBeLessThan(135);
    expect(lines[0]).toMatch(/^ {4}1 \| ….*zz: nmber.*$/);
    expect(lines[0]?.indexOf('nmber')).toBe(lines[1]?.indexOf('^^^^^'));
  });

  test('two places of one long line are each shown', () => {
    const text = `model M { features { user: category, movie: category } label y: binary embeddings { user: { dim: 2 } movie: { dim: 3 } } network { y = sum(fields(user, ${' '.repeat(300)} movie)) } }`;
    const lines = rendered(text).split('\n');
    expect(lines.filter((l) => l.includes('^')).map((l) => l.trim().replace(/ +/g, ' '))).toEqual([
      '| ^^^^ size 2',
      '| ^^^^^ size 3',
      '| ^',
      '| ^',
    ]);
    expect(lines.every((l) => l.length < 160)).toBe(true);
  });

  test('a megabyte on one line, or in one name, is no trouble', () => {
    const started = performance.now();
    const out = rendered(`model ${'a'.repeat(1_000_000)} { features { x: ${'b'.repeat(1_000_000)} } ${'#'.repeat(1000)} }`);
    expect(out.length).toBeLessThan(100_000);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  test('the end of the file', () => {
    expect(rendered('model M {')).toMatchInlineSnapshot(`
      "spec.rec:1:10: error unclosed-bracket: "}" is missing
          1 | model M {
            |          ^
         note: it was opened here
          1 | model M {
            |         ^
      "
    `);
    expect(rendered('model M {\n\n')).toMatchInlineSnapshot(`
      "spec.rec:1:10: error unclosed-bracket: "}" is missing
          1 | model M {
            |          ^
         note: it was opened here
          1 | model M {
            |         ^
      "
    `);
    expect(rendered('model')).toMatchInlineSnapshot(`
      "spec.rec:1:6: error expected: expected a name, found end of file
          1 | model
            |      ^
      "
    `);
    expect(rendered('')).toBe('');
  });

  test('line endings of every kind', () => {
    for (const ending of ['\n', '\r\n', '\r']) {
      expect(rendered(['model M {', '  fetures { a: number }', '}'].join(ending))).toContain(':2:3: error unknown-section');
    }
  });

  test('a place of several lines is marked on its first', () => {
    expect(rendered('model M {\n  data {\n    split: random(train: 1)\n  }\n}\n')).toMatchInlineSnapshot(`
      "spec.rec:2:8: error missing-key: \`data\` needs \`source\`
          2 |   data {
            |        ^
         help: The file with one row for each example.
      "
    `);
  });

  test('many calls are counted', () => {
    const blocks = Array.from(
      { length: 9 },
      (_, i) => `block b${i + 1}(x: vector[d]) -> vector[d] { return ${i === 0 ? 'x @ x' : `b${i}(x)`} }`,
    ).join('\n');
    const out = rendered(`${blocks}\nmodel M { features { u: number[3] } label y: binary network { y = sum(b9(u)) } }`);
    expect(out).toMatch(/note: in `b6`, called here\n.*\n.*\n {3}note: and 3 more calls\n/);
  });
});

describe('colour', () => {
  test('is only where it was asked for', () => {
    const { diagnostics } = check(spec('model M { fetures { } }'));
    expect(renderDiagnostics(diagnostics)).not.toContain('\u001B');
    expect(renderDiagnostics(diagnostics, { colour: true })).toMatch(/\u001B\[31merror unknown-section\u001B\[0m/);
  });
});
