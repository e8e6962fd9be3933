import { describe, expect, it, test } from 'vitest';
import { parse } from '../../src/language/parser.js';
import { print } from '../../src/language/printer.js';
import { spanText } from '../../src/language/source.js';
import { bare, nodes, parsed, source, told } from './trees.js';

const at = (text: string): string => JSON.stringify(text);

describe('one problem', () => {
  test.each([
    // Words that are missing
    ['model A { cross { depth 3 } }', `expected at ${at('3')}, found the number 3, expected ":"`],
    ['model A { combine parallel }', `expected at ${at('parallel')}, found "parallel", expected ":" "{"`],
    ['model A { deep { units: } }', `expected at ${at('}')}, found "}", expected an expression`],
    ['model A { deep { units: rate: 3 } }', `expected at ${at('rate')}, found "rate", expected an expression`],
    ['model A { label x binary }', `expected at ${at('binary')}, found "binary", expected ":"`],
    ['block f() { x 3 y = x }', `expected at ${at('3')}, found the number 3, expected "="`],
    ['block f() { x = 1 + y = 2 }', `expected at ${at('y')}, found "y", expected an expression`],
    ['block f() { x = y = 2 }', `expected at ${at('y')}, found "y", expected an expression`],
    ['block f() { for x of y {} }', `expected at ${at('of')}, found "of", expected "in"`],
    ['block f() { x = if a b else c }', `expected at ${at('b')}, found "b", expected "then"`],
    ['block f() { x = if a then b }', `expected at ${at('}')}, found "}", expected "else"`],
    ['block f(x: int y: int) {}', `expected at ${at('y')}, found "y", expected "," ")"`],
    ['block f(x int) {}', `expected at ${at('int')}, found "int", expected ":"`],
    ['import { a b } from "x"', `expected at ${at('b')}, found "b", expected "," "}"`],
    ['import { a } "x"', `expected at ${at('"x"')}, found a string, expected "from"`],
    ['import { a } from x', `expected at ${at('x')}, found "x", expected a string`],
    ['import { } from "x"', `expected at ${at('}')}, found "}", expected a name`],
    ['model { a: 3 }', `expected at ${at('{')}, found "{", expected a name`],
    ['model A extend B { }', `expected at ${at('extend')}, found "extend", expected "extends" "{"`],
    ['block { x = 1 }', `expected at ${at('{')}, found "{", expected a name`],
    ['block f() vector { x = 1 }', `expected at ${at('vector')}, found "vector", expected "->" "{"`],
    ['override model A { }', `expected at ${at('model')}, found "model", expected "block"`],
    ['model A { override block f() { }', `unclosed-bracket at ${at('override')}, found "override", expected "}"`],
    ['modle A { }', `expected at ${at('modle')}, found "modle", expected "import" "model" "block" end of file`],
    ['model A { deep { for: 3 } }', `expected at ${at('for')}, found the reserved word "for", expected a name "}"`],
    ['model A { 3 }', `expected at ${at('3')}, found the number 3, expected a section "label" "network" "}"`],
    ['block f() { 3 }', `expected at ${at('3')}, found the number 3, expected a statement "}"`],
    ['model A { a: x. }', `expected at ${at('}')}, found "}", expected a name`],
    // Lists
    ['model A { a: f(b c) }', `expected at ${at('c')}, found "c", expected "," ")"`],
    ['model A { a: f(b,, c) }', `expected at ${at(',')}, found ",", expected an expression`],
    ['model A { a: f(, c) }', `expected at ${at(',')}, found ",", expected an expression`],
    ['model A { a: [1 2, 3] }', `expected at ${at('2')}, found the number 2, expected "," "]"`],
    ['model A { a: x[1 2] }', `expected at ${at('2')}, found the number 2, expected "," "]"`],
    ['model A { a: x[..] }', `expected at ${at(']')}, found "]", expected an expression`],
    ['model A { a: (1 2) }', `expected at ${at('2')}, found the number 2, expected an operator ")"`],
    ['model A { a: () }', `expected at ${at(')')}, found ")", expected an expression`],
    ['model A { a: [b for 3 in c] }', `expected at ${at('3')}, found the number 3, expected a name`],
    ['block f() { y[1] = 2 }', `expected at ${at('1')}, found the number 1, expected a name`],
    // Operators
    ['model A { a: b < c < d }', `expected at ${at('<')}, found "<", expected "and" "or"`],
    ['model A { a: b * not c }', `expected at ${at('not')}, found the reserved word "not", expected "("`],
    ['model A { a: b @ -c }', `expected at ${at('-')}, found "-", expected "("`],
    ['model A { a: * b }', `expected at ${at('*')}, found "*", expected an expression`],
    // Brackets
    ['model A { a: f(b, c }', `unclosed-bracket at ${at('}')}, found "}", expected ")"`],
    ['model A { a: [b, c) }', `unclosed-bracket at ${at(')')}, found ")", expected "]"`],
    ['model A { a: [b), c] }', `expected at ${at(')')}, found ")", expected `],
    ['model A {', `unclosed-bracket at ${at('')}, found end of file, expected "}"`],
    ['model A { a: 3 ) }', `expected at ${at(')')}, found ")", expected `],
    ['model A { } }', `expected at ${at('}')}, found "}", expected `],
    // Tokens
    ['model A { a: b & c }', `unexpected-character at ${at('&')}, found "&", expected -`],
    ["model A { a: 'b' }", `unexpected-character at ${at("'b'")}, found "'b'", expected -`],
    ["model A { a: 'b }", `unexpected-character at ${at("'")}, found "'", expected -`],
    ['model A { # b: } \n }', `unexpected-character at ${at('#')}, found "#", expected -`],
    ['model A { a: "b\n c: 3 }', `unterminated-string at ${at('"b')}, found -, expected '"'`],
    ['model A { a: "\\d+" }', `unknown-escape at ${at('\\d')}, found \\d, expected \\n \\t \\r \\" \\\\ \\uXXXX`],
    ['model A { a: "\\u12" }', `unknown-escape at ${at('\\u')}, found \\u, expected \\n \\t \\r \\" \\\\ \\uXXXX`],
    ['model A { a: 1e999 }', `number-too-large at ${at('1e999')}, found 1e999, expected -`],
    ['model A { a: 9007199254740993 }', `number-too-large at ${at('9007199254740993')}, found 9007199254740993, expected -`],
    // Rules beyond the grammar
    ['edition model A { }', `expected at ${at('model')}, found "model", expected a number`],
    ['edition 2', `unknown-edition at ${at('2')}, found 2, expected 1`],
    ['block f() { return 1 x = 2 }', `return-not-last at ${at('return')}, found "return", expected -`],
    ['block f() { repeat 2 { return 1 } }', `return-not-last at ${at('return')}, found "return", expected -`],
    ['model A { network { return 1 } }', `return-not-last at ${at('return')}, found "return", expected -`],
  ])('%s', (text, expected, second?: string) => {
    const problems = parse(source(text)).problems.map(told);
    expect(problems[0]).toBe(expected);
    expect(problems.slice(1).map((problem) => problem.split(', ')[0])).toEqual(second === undefined ? [] : [second]);
  });
});

describe('brackets', () => {
  it('say where they were opened', () => {
    const [problem] = parse(source('model A { a: f(b, c }')).problems;
    expect(problem?.related?.start).toBe(14);
  });

  it('are matched by indentation where one is missing', () => {
    const text = [
      'model A {',
      '  features {',
      '    x: category(',
      '      min_count: 3',
      '    y: category',
      '',
      '  label z: binary',
      '}',
      '',
      'block f(',
      '  a: int) {',
      '  b = a',
      '  return b',
      '}',
    ].join('\n');
    const { file, problems } = parse(source(text));
    expect(problems.map(told)).toEqual([
      'unclosed-bracket at "y", found "y", expected ")"',
      'unclosed-bracket at "label", found "label", expected "}"',
    ]);
    expect(file.items).toMatchObject([{ items: [{ record: { entries: [{}, {}] } }, { kind: 'label' }] }, { kind: 'block' }]);
  });

  it('never reach beyond the next declaration', () => {
    const { file, problems } = parse(source('model A { a: f([1 model B extends A { b: 2 } block c(x: int) { return x }'));
    expect(file.items.map((item) => item.kind)).toEqual(['model', 'model', 'block']);
    expect(new Set(problems.map((problem) => spanText(problem.span)))).toEqual(new Set(['model']));
  });
});

describe('a missing opening brace', () => {
  const brace = (before: string): string => `expected at ${at(before)}, found "${before}", expected "{"`;
  test.each([
    ['model A deep { units: [4] } }', brace('deep')],
    ['model A extends B deep { units: [4] } }', brace('deep')],
    ['model A: deep { units: [4] } }', brace(':')],
    ['model A { features x: number, y: number } label z: binary }', brace('x')],
    ['model A { label z: binary features\n x: number\n y: number\n }\n deep { } }', brace('x')],
    ['model A { deep { } train batch: 3 } }', brace('batch')],
    ['model A { combine: stacked train batch: 3 } }', brace('batch')],
    ['model A { network y = linear(x, 1) } }', brace('y')],
    ['model A { network p, q = x } }', brace('p')],
    ['block f() x = 1 }', brace('x')],
    ['block f(a: int[], b: vector[d] = g(a)) -> vector[d][2] x = 1 }', brace('x')],
    ['block f() { repeat n + 1 x = 1 } y = 2 }', brace('x')],
    ['block f() { for u in [1, 2] x = 1 } y = 2 }', brace('x')],
    ['model A deep { } } model B deep { } }', brace('deep'), brace('deep')],
  ])('is reported once: %s', (text, ...wanted) => {
    const { file, problems } = parse(source(text));
    expect(problems.map(told)).toEqual(wanted);
    expect(file.items).toHaveLength(wanted.length);
  });

  it('and not where there is none', () => {
    const text = 'model A { features { a: category b: category } label c: binary } }';
    expect(parse(source(text)).problems.map(told)).toEqual(['expected at "}", found "}", expected ']);
  });

  it('leaves what is around it as it is', () => {
    const text = 'model A { features x: number, y: number } label z: binary network { z = x } }';
    const { file } = parse(source(text));
    expect(bare(file)).toMatchObject({
      items: [
        {
          items: [
            { record: { entries: [{ name: { text: 'x' } }, { name: { text: 'y' } }] } },
            { kind: 'label' },
            { kind: 'network' },
          ],
        },
      ],
    });
  });
});

describe('recovery', () => {
  it('reports every error of a file', () => {
    const text = `model A {
      features { a: category( ,) b category c: ]number }
      label d: binary = rating >=
      network { x = f(1 2) y = x + z = 3 ? d = y }
    }
    blokc f() {}
    block g(a: int b: int) { return }`;
    expect(parse(source(text)).problems.map((problem) => spanText(problem.span))).toEqual([
      ',',
      'category',
      ']',
      'network',
      '2',
      'z',
      '?',
      'blokc',
      'b',
      '}',
    ]);
  });

  it('keeps what is around an error', () => {
    const { file } = parse(source('model A { s { a: 1 + b: 2 } t: ] u: 3 network { x = ( y = 4 } }'));
    expect(file.items).toMatchObject([
      {
        kind: 'model',
        items: [
          { name: { text: 's' }, record: { entries: [{ name: { text: 'a' } }, { name: { text: 'b' }, value: { value: 2 } }] } },
          { name: { text: 't' } },
          { name: { text: 'u' }, value: { value: 3 } },
          { kind: 'network' },
        ],
      },
    ]);
  });

  it('puts an empty name where an expression is missing', () => {
    const { file } = parse(source('model A { a: f(, b: ) }'));
    const missing = nodes(file).filter((node) => node.kind === 'name' && 'text' in node && node.text === '');
    expect(missing.map(({ span }) => span.start === span.end)).toEqual([true]);
  });

  it('reports no more than one problem at a place, in the order of the text', () => {
    const { problems } = parse(source('model A { ( [ { ? ] ) : = network'));
    const starts = problems.map(({ span }) => span.start);
    expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
  });
});

describe('depth', () => {
  const deep: readonly [string, (n: number) => string][] = [
    ['parentheses', (n) => '('.repeat(n) + 'x' + ')'.repeat(n)],
    ['lists', (n) => '['.repeat(n) + ']'.repeat(n)],
    ['records', (n) => '{ a: '.repeat(n) + 'x' + ' }'.repeat(n)],
    ['calls', (n) => 'f(a, '.repeat(n) + 'x' + ')'.repeat(n)],
    ['subscripts', (n) => 'x['.repeat(n) + '1' + ']'.repeat(n)],
    ['conditions', (n) => 'if '.repeat(n) + 'x' + ' then a else b'.repeat(n)],
    ['consequences', (n) => 'if a then '.repeat(n) + 'x' + ' else b'.repeat(n)],
    ['alternatives', (n) => 'if a then b else '.repeat(n) + 'x'],
    ['negations', (n) => '-'.repeat(n) + 'x'],
    ['sums', (n) => 'x + '.repeat(n) + 'x'],
    ['products', (n) => 'x @ '.repeat(n) + 'x'],
    ['members', (n) => 'x' + '.T'.repeat(n)],
    ['applications', (n) => 'x' + '()'.repeat(n)],
  ];

  it.each(deep)('of %s may be 60', (_, make) => {
    const { file, problems } = parse(source(`model A { a: ${make(60)} b: 1 }`));
    expect(problems.map(told)).toEqual([]);
    expect(bare(parsed(print(file)), false)).toEqual(bare(file, false));
  });

  it.each(deep)('of %s may not be 300 or 30,000', (_, make) => {
    for (const n of [300, 30_000]) {
      const { file, problems } = parse(source(`model A { a: ${make(n)} b: 1 }`));
      expect(problems.map(({ code }) => code)).toEqual(['nesting-too-deep']);
      expect(file.items).toMatchObject([{ items: [{ name: { text: 'a' } }, { name: { text: 'b' }, value: { value: 1 } }] }]);
    }
  });

  it('of bodies has a limit too', () => {
    const text = `block f() { ${'repeat 2 { '.repeat(300)} x = 1 ${'}'.repeat(300)} }`;
    expect(parse(source(text)).problems.map(({ code }) => code)).toEqual(['nesting-too-deep']);
  });
});

describe('noise', () => {
  const pieces = [
    'block f(',
    'repeat ',
    'for x in ',
    'a b: ',
    '(',
    '{',
    ')',
    '? ',
    'a 1 ',
    'if ',
    '"',
    'model A { ',
    'x = ',
    'a[',
    '- ',
    '\n  b: [ ',
    '// c\n',
    ', ',
  ];

  it.each(pieces)('of %j is read to its end', (piece) => {
    const { problems } = parse(source(`model A { network { x = ${piece.repeat(3000)}`));
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(100);
  });

  it('of a megabyte is read in time', () => {
    let seed = 1;
    const next = (): number => (seed = (seed * 16807) % 2147483647);
    let text = 'model A { ';
    while (text.length < 1_000_000) text += pieces[next() % pieces.length] ?? '';
    const started = performance.now();
    expect(parse(source(text)).problems).toHaveLength(100);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
