import { describe, expect, it, test } from 'vitest';
import { parse, parseExpression } from '../../src/language/parser.js';
import { print, printExpression } from '../../src/language/printer.js';
import type { BinaryOperator, Expression } from '../../src/language/syntax.js';
import { bare, fixtures, parsed, source } from './trees.js';

describe('the canonical form', () => {
  test.each(fixtures.map((fixture) => [fixture.path, fixture.text] as const))('%s prints as it is written', (_, text) => {
    expect(print(parsed(text))).toBe(text);
  });

  test.each([
    ['nothing', '', ''],
    ['white space', 'model   A{a:b}', 'model A {\n  a: b\n}\n'],
    ['commas between entries', 'model A { s { a: 1 b: 2, c: 3, } }', 'model A {\n  s { a: 1, b: 2, c: 3 }\n}\n'],
    ['a record that was opened up', 'model A { s {\na: 1, b: 2 } }', 'model A {\n  s {\n    a: 1\n    b: 2\n  }\n}\n'],
    ['trailing commas', 'block f(a: int, b: int,) { return g(a, [b,],) }', 'block f(a: int, b: int) { return g(a, [b]) }\n'],
    ['many blank lines', 'model A {}\n\n\n\n// c\n\n\nmodel B {}\n', 'model A {}\n\n// c\n\nmodel B {}\n'],
    ['no blank line', 'model A {}\nmodel B {}\n', 'model A {}\nmodel B {}\n'],
    ['one line for all', 'model A {} model B {}', 'model A {}\n\nmodel B {}\n'],
    ['imports on one line', 'import {a} from "a" import {b} from "b"', 'import { a } from "a"\nimport { b } from "b"\n'],
    ['line endings of Windows', 'model A {\r\n  a: 1 // c\r\n\r\n  b: 2\r\n}\r\n', 'model A {\n  a: 1  // c\n\n  b: 2\n}\n'],
    ['several statements', 'block f() { a = 1 return a }', 'block f() {\n  a = 1\n  return a\n}\n'],
    ['escapes as they are', 'model A { a: "\\u0041\\u000a\\t" }', 'model A {\n  a: "\\u0041\\u000a\\t"\n}\n'],
    ['a comment after an opening brace', 'model A { // c\n a: 1 }', 'model A {  // c\n  a: 1\n}\n'],
    ['a comment where none can stay', 'model A { a: // c\n f(x) }', 'model A {\n  // c\n  a: f(x)\n}\n'],
    ['documentation where none can stay', 'model A { a: /// c\n f(x) }', 'model A {\n  /// c\n  a: f(x)\n}\n'],
  ])('%s', (_, text, canonical) => {
    const printed = print(parsed(text));
    expect(printed).toBe(canonical);
    expect(print(parsed(printed))).toBe(canonical);
  });

  it('breaks at 120 characters, and not before', () => {
    const fits = `model A {\n  metrics: [${Array(18).fill('abcd').join(', ')}]\n}\n`;
    const line = fits.split('\n')[1] ?? '';
    const longer = fits.replace('[abcd', `[${'a'.repeat(120 - line.length)}abcd`);
    expect(longer.split('\n')[1]).toHaveLength(120);
    expect(print(parsed(longer))).toBe(longer);
    expect(print(parsed(longer.replace('[', '[a'))).split('\n')).toHaveLength(23);
  });
});

describe('an expression', () => {
  const span = { source: source(''), start: 0, end: 0 };
  const name = (text: string): Expression => ({ kind: 'name', text, span });
  const [a, b, c] = [name('a'), name('b'), name('c')];
  const binary = (left: Expression, operator: BinaryOperator, right: Expression): Expression => {
    return { kind: 'binary', operator, operatorSpan: span, left, right, span };
  };
  const unary = (operator: '-' | 'not', operand: Expression): Expression => ({ kind: 'unary', operator, operand, span });
  const choice: Expression = { kind: 'if', condition: a, then: b, else: c, span };
  const call = (callee: Expression): Expression => ({ kind: 'call', callee, arguments: [], span });

  test.each<[string, Expression]>([
    ['a - b - c', binary(binary(a, '-', b), '-', c)],
    ['a - (b - c)', binary(a, '-', binary(b, '-', c))],
    ['a @ b @ c', binary(a, '@', binary(b, '@', c))],
    ['(a @ b) @ c', binary(binary(a, '@', b), '@', c)],
    ['(a + b) * c', binary(binary(a, '+', b), '*', c)],
    ['a * b + c', binary(binary(a, '*', b), '+', c)],
    ['a or b and c', binary(a, 'or', binary(b, 'and', c))],
    ['(a or b) and c', binary(binary(a, 'or', b), 'and', c)],
    ['(a == b) == c', binary(binary(a, '==', b), '==', c)],
    ['a in (b in c)', binary(a, 'in', binary(b, 'in', c))],
    ['not a == b', unary('not', binary(a, '==', b))],
    ['(not a) == b', binary(unary('not', a), '==', b)],
    ['-a @ b', unary('-', binary(a, '@', b))],
    ['(-a) @ b', binary(unary('-', a), '@', b)],
    ['a @ (-b)', binary(a, '@', unary('-', b))],
    ['a * -b', binary(a, '*', unary('-', b))],
    ['--a', unary('-', unary('-', a))],
    ['-(a + b)', unary('-', binary(a, '+', b))],
    ['if a then b else c', choice],
    ['(if a then b else c) + a', binary(choice, '+', a)],
    ['a + (if a then b else c)', binary(a, '+', choice)],
    ['(a + b)()', call(binary(a, '+', b))],
    ['(-a).T', { kind: 'member', target: unary('-', a), name: { kind: 'name', text: 'T', span }, span }],
    ['a @ (-1)', binary(a, '@', { kind: 'number', value: -1, text: '-1', span })],
  ])('%s has no more parentheses than it needs', (text, expression) => {
    expect(printExpression(expression)).toBe(text);
    const again = parseExpression(source(text));
    expect(again.problems).toEqual([]);
    const folded = text.endsWith('(-1)') ? binary(a, '@', unary('-', { kind: 'number', value: 1, text: '1', span })) : expression;
    expect(bare(again.expression, false)).toEqual(bare(folded));
  });

  it('is printed on one line, however long', () => {
    const text = `[${Array(100).fill('abcd').join(', ')}]`;
    const { expression } = parseExpression(source(text));
    expect(expression && printExpression(expression)).toBe(text);
  });
});

it('prints what is left of a broken file', () => {
  const { file } = parse(source('model A { a: b: 2 }\nblock f( { x = }\nmodel {'));
  expect(() => print(file)).not.toThrow();
});
