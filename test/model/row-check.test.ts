import { describe, expect, test } from 'vitest';
import type { RowExpression } from '../../src/model/row-expression.js';
import { expectAlone, modelOf, withoutSpans, type Wrong } from './support.js';

const withKeep = (keep: string): string =>
  `model M { data { source: "a.csv" keep: ${keep} } features { price: number } label clicked: binary deep { units: [4] } }`;

/** `(not_equal rating:number 3)` */
function text(e: RowExpression): string {
  switch (e.kind) {
    case 'column':
      return `${e.name}:${e.type}`;
    case 'literal':
      return JSON.stringify(e.value);
    case 'operation':
      return `(${[e.operator, ...e.operands.map(text)].join(' ')})`;
    case 'in':
      return `(in ${text(e.operand)} ${JSON.stringify(e.values)})`;
    default:
      return e satisfies never;
  }
}

function keepOf(keep: string): string {
  const found = modelOf(withKeep(keep)).data?.keep;
  return found ? text(found) : 'none';
}

describe('types', () => {
  test.each([
    ['member', 'member:boolean'],
    ['not member', '(not member:boolean)'],
    ['true', 'true'],
    ['rating != 3', '(not_equal rating:number 3)'],
    ['3 == rating', '(equal 3 rating:number)'],
    ['rating > -1.5', '(greater rating:number -1.5)'],
    ['rating > -(-2)', '(greater rating:number (negate -2))'],
    ['city == "Paris"', '(equal city:text "Paris")'],
    ['member == true', '(equal member:boolean true)'],
    ['a == b', '(equal a:text b:text)'],
    ['a < b', '(less a:number b:number)'],
    ['a == b + 1', '(equal a:number (add b:number 1))'],
    ['a == lower(b)', '(equal a:text (lower b:text))'],
    ['a == (b > 3)', '(equal a:boolean (greater b:number 3))'],
    ['a > 3 and (b < 4 or c >= 5)', '(and (greater a:number 3) (or (less b:number 4) (greater_equal c:number 5)))'],
    ['a and not b', '(and a:boolean (not b:boolean))'],
    ['a * 2 - b / c % 7 <= 0', '(less_equal (subtract (multiply a:number 2) (remainder (divide b:number c:number) 7)) 0)'],
    ['log(a) + exp(b) > sqrt(abs(c))', '(greater (add (log a:number) (exp b:number)) (sqrt (abs c:number)))'],
    ['floor(a) == ceil(b)', '(equal (floor a:number) (ceil b:number))'],
    ['upper(column("City Name")) == "PARIS"', '(equal (upper City Name:text) "PARIS")'],
    ['column("p q") > 1', '(greater p q:number 1)'],
    ['city in ["Paris", "Rome"]', '(in city:text ["Paris","Rome"])'],
    ['rating in [1, 2]', '(in rating:number [1,2])'],
    ['rating in [-1, 2]', '(in rating:number [-1,2])'],
    ['lower(city) in ["paris"]', '(in (lower city:text) ["paris"])'],
  ])('%s', (keep, wanted) => {
    expect(keepOf(keep)).toBe(wanted);
  });

  test('a label may be a number or a yes or no', () => {
    const label = (value: string) =>
      modelOf(`model M { features { p: number } label y: binary = ${value} deep { units: [4] } }`).labels[0];
    expect(withoutSpans(label('stars')?.value)).toEqual({ kind: 'column', name: 'stars', type: 'boolean' });
    expect(label('stars - 1')?.value.type).toBe('number');
    expect(label('stars > 3')?.value.type).toBe('boolean');
  });
});

const wrong: readonly Wrong[] = [
  ['3', 'column-type «3»', /`keep` wants a yes or no, not a number/],
  ['"a"', 'column-type «"a"»', /not a text/],
  ['a + 1', 'column-type «a + 1»', /not a number/],
  ['a > "b"', 'column-type «"b"»', /`>` wants a number, not a text/],
  ['"a" < "b"', 'column-type «"a"»', /`<` wants a number, not a text/],
  ['a == "b" and c + 1', 'column-type «c + 1»', /`and` wants a yes or no, not a number/],
  ['not 3', 'column-type «3»', /`not` wants a yes or no/],
  ['1 == "1"', 'column-type «"1"»', /`==` wants a number on both sides, not a text/],
  ['lower(a) == 3', 'column-type «3»', /`==` wants a text on both sides/],
  ['-"a" > 1', 'column-type «"a"»', /`-` wants a number/],
  ['log() > 1', 'column-type «log()»', /`log` wants 1 operand, not 0/],
  ['log(a, b) > 1', 'column-type «log(a, b)»', /`log` wants 1 operand, not 2/],
  ['lg(a) > 1', 'unknown-function «lg»', /`lg`/],
  ['log(x: a) > 1', 'not-over-columns «log(x: a)»', /`log\(…\)`/],
  ['column(a) == "b"', 'wrong-value «column(a)»', /one text in quotes, not `a`/],
  ['column("") == "b"', 'wrong-value «column("")»', /one text in quotes/],
  ['a @ b > 1', 'not-over-columns «a @ b»', /cannot stand/],
  ['a.T == 1', 'not-over-columns «a.T»', /cannot stand/],
  ['a[0] == 1', 'not-over-columns «a[0]»', /cannot stand/],
  ['[1, 2] == 1', 'not-over-columns «[1, 2]»', /a list cannot stand/],
  ['_ == 1', 'not-over-columns «_»', /a hole cannot stand/],
  ['if a then b else c', 'not-over-columns «if a then b else c»', /`if` cannot stand/],
  ['a in b', 'wrong-value «b»', /a list of texts or of numbers, not `b`/],
  ['a in []', 'wrong-value «[]»', /a list of texts or of numbers/],
  ['a in [1, "b"]', 'wrong-value «[1, "b"]»', /a list of texts or of numbers/],
  ['(a > 1) in [1]', 'column-type «(a > 1)»', /the left side of `in` wants a number/],
];

test.each(wrong)('%s', (...row) => expectAlone(withKeep, row));
