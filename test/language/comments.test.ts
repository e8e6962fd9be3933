import { describe, expect, it, test } from 'vitest';
import { print } from '../../src/language/printer.js';
import { scan } from '../../src/language/scanner.js';
import type { Trivia } from '../../src/language/syntax.js';
import { fixtures, nodes, parsed } from './trees.js';

/** Each node that has comments or documentation, in the order of the text. */
function attached(text: string): string[] {
  const all = (trivia: Trivia | undefined, part: keyof Trivia): string[] => {
    return (trivia?.[part] ?? []).map((comment) => `${part} ${comment.text.trim()}`);
  };
  return nodes(parsed(text)).flatMap((node) => {
    const { kind = 'body', doc, trivia } = node as { kind?: string; doc?: string; trivia?: Trivia };
    const found = [
      ...all(trivia, 'opening'),
      ...all(trivia, 'leading'),
      ...(doc === undefined ? [] : [`doc ${doc}`]),
      ...all(trivia, 'trailing'),
      ...all(trivia, 'inner'),
    ];
    return found.length === 0 ? [] : [`${kind}: ${found.join(', ')}`];
  });
}

describe('a comment goes to what is nearest', () => {
  test.each<[string, string[]]>([
    ['// a\nmodel A {} // b', ['model: leading a, trailing b']],
    ['model A {}\n// a', ['file: inner a']],
    ['// a', ['file: inner a']],
    ['// a\nedition 1 // b\nmodel A {}', ['number: leading a, trailing b']],
    ['import { a } from "x" // a', ['import: trailing a']],
    ['model A { // a\n}', ['model: inner a']],
    ['model A { s { // a\n} }', ['record: inner a']],
    [
      'model A { s { x: 1 // a\n// b\ny: 2 // c\n} // d\n}',
      ['section: trailing d', 'entry: trailing a', 'entry: leading b, trailing c'],
    ],
    ['model A { s { x: 1, // a\ny: 2 } }', ['entry: trailing a']],
    ['model A { s { x: 1, y: 2 // a\n} }', ['entry: trailing a']],
    ['model A { label x: y // a\n}', ['label: trailing a']],
    ['model A { network { // a\nx = 1 // b\n// c\n} }', ['body: opening a, inner c', 'assign: trailing b']],
    ['block f(// a\nx: int, // b\ny: int // c\n) {}', ['block: opening a', 'parameter: trailing b', 'parameter: trailing c']],
    ['block f(x: int\n// a\n) {}', ['block: inner a']],
    ['block f() { x = g(// a\n1, // b\nn: 2 // c\n) }', ['call: opening a', 'argument: trailing b', 'argument: trailing c']],
    ['block f() { x = g(// a\n) }', ['call: inner a']],
    ['block f() { x = [1, // a\n2 // b\n] }', ['number: trailing a', 'number: trailing b']],
    ['block f() { x = a // a\n+ // b\nb // c\n}', ['assign: trailing c', 'name: trailing a', 'name: leading b']],
    ['block f() { x = // a\n1 }', ['assign: leading a']],
    ['block f() { x // a\n= g(1) }', ['assign: leading a']],
    ['block f() { x = (1 // a\n) }', ['number: trailing a']],
    ['block f() { x = ( // a\n1 // b\n// c\n) }', ['group: opening a, inner c', 'number: trailing b']],
    ['block f() { x = y[ // a\n1, // b\ni // c\n] }', ['subscript: opening a', 'number: trailing b', 'name: trailing c']],
    ['block f(x: vector[// a\nd // b\n]) {}', ['parameter: leading a', 'name: trailing b']],
    ['import { // a\nb, // c\nd // e\n} from "x"', ['import: opening a', 'name: trailing c', 'name: trailing e']],
    ['model A { // a\n/// b\nx: 1 }', ['model: opening a', 'property: doc b']],
    ['model A { /// a\nx: 1 }', ['property: doc a']],
    [
      'block f() { x = if a // a\n// b\nthen b // c\nelse // d\nif c then d // e\n// f\nelse e // g\n}',
      [
        'assign: trailing g',
        'name: trailing a',
        'name: leading b, trailing c',
        'if: leading d',
        'name: trailing e',
        'name: leading f',
      ],
    ],
    ['block f() { repeat // a\n2 { x = 1 } }', ['repeat: leading a']],
    ['model // a\nA // b\n{}', ['model: leading a, leading b']],
  ])('%j', (text, expected) => {
    expect(attached(text)).toEqual(expected);
  });
});

describe('documentation', () => {
  test.each<[string, string[]]>([
    ['/// a\n///  b\n///\n/// c\nmodel A {}', ['model: doc a\n b\n\nc']],
    ['/// a\n// b\nmodel A {}', ['model: leading b, doc a']],
    ['//// a\nmodel A {}', ['model: leading // a']],
    ['model A { /// a\n s { /// b\n x: 1 } }', ['section: doc a', 'entry: doc b']],
    ['block f(/// a\nx: int) { /// b\nx = 1 }', ['parameter: doc a', 'assign: doc b']],
    ['model A {} /// a', ['model: trailing / a']],
    ['model A {}\n/// a', ['file: inner / a']],
  ])('%j', (text, expected) => {
    expect(attached(text)).toEqual(expected);
  });
});

it.each(fixtures.map((fixture) => [fixture.path, fixture] as const))(
  'is never lost between any two tokens of %s',
  (_, fixture) => {
    const { tokens } = scan(fixture);
    const marked = tokens.map(({ image }, index) => `${image} // <${index}>\n`).join('');
    const printed = print(parsed(marked));
    const marks = [...printed.matchAll(/<(\d+)>/g)].map(([, mark]) => Number(mark));
    expect(marks.toSorted((a, b) => a - b)).toEqual(tokens.map((_token, index) => index));
    expect(print(parsed(printed))).toBe(printed);
  },
);
