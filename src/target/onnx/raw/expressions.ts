import { columnReads, mustBeFinite } from '../../../encode/expressions/columns.js';
import type { ColumnType, RowExpression, RowOperator } from '../../../model/row-expression.js';
import type { Emitter } from '../emitter.js';
import { anyOf, isAmong, isFinite, not, refuse, type RawBatch } from './batch.js';

/** An expression's values [rows]: text, float64 (times as seconds since 1970), or bool; whatever where they are missing. */
export interface RawValue {
  readonly type: ColumnType;
  readonly value: string;
  /** bool [rows]; undefined where none is missing. */
  readonly missing: string | undefined;
}

type Written = (emit: Emitter, operands: readonly string[]) => string;

const direct =
  (opType: string): Written =>
  (emit, operands) =>
    emit.node(opType, operands);

/** Each operator over columns as nodes; those of texts stand apart, and some cannot be said. */
const operators = {
  add: direct('Add'),
  subtract: direct('Sub'),
  multiply: direct('Mul'),
  divide: direct('Div'),
  remainder: (emit, operands) => emit.node('Mod', operands, { fmod: { int: 1 } }),
  negate: direct('Neg'),
  equal: direct('Equal'),
  not_equal: (emit, operands) => not(emit.node('Equal', operands), emit),
  less: direct('Less'),
  less_equal: direct('LessOrEqual'),
  greater: direct('Greater'),
  greater_equal: direct('GreaterOrEqual'),
  and: direct('And'),
  or: direct('Or'),
  not: direct('Not'),
  abs: direct('Abs'),
  log: direct('Log'),
  exp: direct('Exp'),
  sqrt: direct('Sqrt'),
  floor: direct('Floor'),
  ceil: direct('Ceil'),
  lower: 'ONNX changes the case of every letter, a spec that of A to Z alone',
  upper: 'ONNX changes the case of every letter, a spec that of a to z alone',
} as const satisfies Record<RowOperator, Written | string>;

/** @param feature what the values are for, in a refusal */
export function writeExpression(expression: RowExpression, feature: string, batch: RawBatch): RawValue {
  const { emit } = batch;
  const written = new Map<RowExpression, string>();
  const valueOf = (part: RowExpression): string => {
    const known = written.get(part) ?? write(part);
    written.set(part, known);
    return known;
  };
  const write = (part: RowExpression): string => {
    switch (part.kind) {
      case 'column':
        return readColumn(part.name, part.type, batch).value;
      case 'literal':
        return literal(part.value, emit);
      case 'operation':
        return operation(part, valueOf, feature, emit);
      case 'in':
        return membership(part, valueOf(part.operand), emit);
      default:
        return part satisfies never;
    }
  };
  const value = valueOf(expression);
  const columns = columnReads(expression).map(({ name, type }) => readColumn(name, type, batch).missing);
  const zero = emit.double(0);
  const infinite = mustBeFinite(expression).map((part) => not(isFinite(valueOf(part), zero, emit), emit));
  const isConstant = columns.length === 0;
  return {
    type: expression.type,
    value: isConstant ? emit.node('Expand', [value, emit.dims(['rows'])]) : value,
    missing: anyOf([...columns, ...infinite], emit),
  };
}

function readColumn(name: string, type: ColumnType, { emit, texts, numbers, fault }: RawBatch): Omit<RawValue, 'type'> {
  if (type === 'text') {
    const value = texts(name);
    return { value, missing: isAmong(value, [''], emit) };
  }
  const value = numbers(name);
  const missing = not(isFinite(value, emit.double(0), emit), emit);
  if (type !== 'boolean') return { value, missing };
  const isTrue = emit.node('Equal', [value, emit.double(1)]);
  const isEither = emit.node('Or', [isTrue, emit.node('Equal', [value, emit.double(0)])]);
  fault(not(emit.node('Or', [isEither, missing]), emit));
  return { value: isTrue, missing };
}

function literal(value: string | number | boolean, emit: Emitter): string {
  if (typeof value === 'string') return emit.string(value);
  if (typeof value === 'number') return emit.double(value);
  return emit.node('Equal', [emit.double(Number(value)), emit.double(1)]);
}

function operation(
  { operator, operands }: Extract<RowExpression, { kind: 'operation' }>,
  valueOf: (part: RowExpression) => string,
  feature: string,
  emit: Emitter,
): string {
  const [a, b] = operands;
  if (a?.type === 'text' && b !== undefined) {
    const [of, word] = a.kind === 'literal' ? [b, a] : [a, b];
    if (word.kind !== 'literal') refuse(feature, 'ONNX compares texts to given words, not to each other');
    const same = isAmong(valueOf(of), [String(word.value)], emit);
    return operator === 'not_equal' ? not(same, emit) : same;
  }
  const rule: Written | string = operators[operator];
  return typeof rule === 'string' ? refuse(feature, rule) : rule(emit, operands.map(valueOf));
}

function membership({ operand, values }: Extract<RowExpression, { kind: 'in' }>, value: string, emit: Emitter): string {
  if (operand.type === 'text') return isAmong(value, values.map(String), emit);
  const each = values.map((one) => emit.node('Equal', [value, emit.double(Number(one))]));
  return anyOf(each, emit) ?? emit.node('Less', [value, value]);
}
