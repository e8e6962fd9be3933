import type { Binary } from '../../language/syntax.js';
import type { Comparison } from '../network.js';
import { fail, type Place } from './context.js';
import { condition, evaluate } from './evaluate.js';
import { finiteNumber } from './given.js';
import { countSteps } from './limits.js';
import { asTensor, binary, compare, matmul } from './tensors.js';
import { valueText, type Value } from './values.js';

const arithmetic = {
  '+': { fold: (a: number, b: number) => a + b, function: 'add' },
  '-': { fold: (a: number, b: number) => a - b, function: 'subtract' },
  '*': { fold: (a: number, b: number) => a * b, function: 'multiply' },
  '/': { fold: (a: number, b: number) => a / b, function: 'divide' },
} as const;

const comparisons: Readonly<Record<Comparison, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

const isComparison = (operator: string): operator is Comparison => Object.hasOwn(comparisons, operator);

export function evaluateBinary(place: Place, e: Binary): Value {
  const { operator } = e;
  if (operator === 'and' || operator === 'or') {
    const left = condition(place, e.left, `\`${operator}\``);
    return {
      kind: 'boolean',
      value: operator === 'and' ? left && condition(place, e.right, '`and`') : left || condition(place, e.right, '`or`'),
    };
  }
  const [left, right] = [evaluate(place, e.left), evaluate(place, e.right)];
  if (operator === '@')
    return matmul(place, e.span, asTensor(place, left, e.left.span, '`@`'), asTensor(place, right, e.right.span, '`@`'));
  if (operator === 'in')
    return fail(place, 'wrong-operand', e.operatorSpan, {
      what: '`in`',
      wanted: 'in an expression over columns',
      found: 'in a network',
    });
  const bothNumbers = left.kind === 'number' && right.kind === 'number';
  if (isComparison(operator)) {
    if (bothNumbers) return { kind: 'boolean', value: comparisons[operator](left.value, right.value) };
    if (left.kind === 'boolean' && right.kind === 'boolean' && (operator === '==' || operator === '!=')) {
      return { kind: 'boolean', value: (left.value === right.value) === (operator === '==') };
    }
    if (isTensor(left) || isTensor(right))
      return compare(
        place,
        e.operatorSpan,
        operator,
        asTensor(place, left, e.left.span, `\`${operator}\``),
        asTensor(place, right, e.right.span, `\`${operator}\``),
      );
    return fail(place, 'wrong-operand', e.operatorSpan, {
      what: `\`${operator}\``,
      wanted: 'two numbers',
      found: `${valueText(left)} and ${valueText(right)}`,
    });
  }
  if (operator === '%') {
    if (!bothNumbers)
      return fail(place, 'wrong-operand', e.operatorSpan, {
        what: '`%`',
        wanted: 'two numbers known while compiling',
        found: `${valueText(left)} and ${valueText(right)}`,
      });
    return finiteNumber(place, e.span, left.value % right.value);
  }
  const rule = arithmetic[operator];
  if (bothNumbers) return finiteNumber(place, e.span, rule.fold(left.value, right.value));
  if (operator === '+' && left.kind === 'list' && right.kind === 'list') {
    countSteps(place, e.span, left.elements.length + right.elements.length);
    return { kind: 'list', elements: [...left.elements, ...right.elements] };
  }
  if (operator === '/' && right.kind === 'number' && right.value === 0)
    fail(place, 'out-of-range', e.right.span, { where: 'a divisor', wanted: 'a number other than 0', found: '0' });
  const a = asTensor(place, left, e.left.span, `\`${operator}\``);
  const b = asTensor(place, right, e.right.span, `\`${operator}\``);
  if (left.kind === 'number' && left.value === 0 && operator === '+') return b;
  if (right.kind === 'number' && right.value === 0 && (operator === '+' || operator === '-')) return a;
  return binary(place, e.operatorSpan, rule.function, operator, a, b);
}

const isTensor = (value: Value): boolean => value.kind === 'tensor' || value.kind === 'feature';
