import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sqlIdentifier, sqlString } from '../../src/encode/escape.js';
import { createEvaluator } from '../../src/encode/expressions/evaluate.js';
import { operatorRules } from '../../src/encode/expressions/operators.js';
import { printSql } from '../../src/encode/expressions/print-sql.js';
import { printTypeScript } from '../../src/encode/expressions/print-typescript.js';
import { rowOperators, type ColumnType, type RowExpression, type RowOperator } from '../../src/model/row-expression.js';
import { column, literal, operation } from './models.js';

const runs = Number(process.env.PROPERTY_RUNS ?? 60);

const columns = { n: 'number', m: 'number', b: 'boolean', t: 'text' } as const;
type Row = Readonly<Record<keyof typeof columns, string | number | boolean | null>>;
type Value = string | number | boolean;

const hostile = ['', "o'clock", 'a"b', '\0', '\n', '\u2028', '*/', '\\', '${x}', '--', '😀', 'Ä', 'Zz'];
const finite = fc.oneof(
  fc.constantFrom(0, -0, 1, -1, 2, 0.1, 1e-7, 1e21, 123456.789, 1e308, -1e308, 5e-324, 710),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer({ min: -20, max: 20 }),
);
const text = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: 'grapheme', maxLength: 5 }));
const values: Record<Exclude<ColumnType, 'time'>, fc.Arbitrary<Value>> = { number: finite, boolean: fc.boolean(), text };

const exact = (Object.keys(rowOperators) as RowOperator[])
  .filter((operator) => operatorRules[operator].exact)
  .flatMap((operator) => rowOperators[operator].map((signature) => ({ operator, ...signature })));

const made = new Map<string, fc.Arbitrary<RowExpression>>();

/** Made once for each depth: building one is the dearest part of the test. */
function expressions(type: Exclude<ColumnType, 'time'>, depth: number): fc.Arbitrary<RowExpression> {
  const key = `${type} ${String(depth)}`;
  const arbitrary = made.get(key) ?? makeExpressions(type, depth);
  made.set(key, arbitrary);
  return arbitrary;
}

function makeExpressions(type: Exclude<ColumnType, 'time'>, depth: number): fc.Arbitrary<RowExpression> {
  const names = Object.entries(columns).filter(([, t]) => t === type);
  const leaves = fc.oneof(
    fc.constantFrom(...names.map(([name]) => column(name, type))),
    values[type].map((value): RowExpression => literal(value)),
  );
  if (depth === 0) return leaves;
  const inner = (t: ColumnType): fc.Arbitrary<RowExpression> => expressions(t as 'text', depth - 1);
  const applied = exact
    .filter(({ result }) => result === type)
    .map(({ operator, operands }) => fc.tuple(...operands.map(inner)).map((given) => operation(operator, ...given)));
  const memberships =
    type !== 'boolean'
      ? []
      : (['number', 'text'] as const).map((t) =>
          fc
            .tuple(inner(t), fc.array(values[t] as fc.Arbitrary<string | number>, { maxLength: 3 }))
            .map(([operand, members]): RowExpression => ({ kind: 'in', operand, values: members, type: 'boolean' })),
        );
  return fc.oneof({ weight: 1, arbitrary: leaves }, { weight: 6, arbitrary: fc.oneof(...applied, ...memberships) });
}

const anyExpression = fc
  .constantFrom('number' as const, 'boolean' as const, 'text' as const)
  .chain((type) => expressions(type, 3));
const nullable = (type: Exclude<ColumnType, 'time'>): fc.Arbitrary<Value | null> =>
  fc.option(values[type], { freq: 8, nil: null });
const rows = fc.record<Row>({ n: nullable('number'), m: nullable('number'), b: nullable('boolean'), t: nullable('text') });

function evaluateOn(expression: RowExpression, row: Row): Value | null {
  const { columns: reads, evaluate } = createEvaluator(expression);
  return evaluate(reads.map(({ name }) => row[name as keyof Row]));
}

const sqlLiteral = (value: Value | null, type: string): string => {
  const sql =
    value === null ? 'NULL' : typeof value === 'string' ? sqlString(value) : `'${Object.is(value, -0) ? '-0' : String(value)}'`;
  return `CAST(${sql} AS ${type})`;
};
const sqlTypes = { number: 'DOUBLE', boolean: 'BOOLEAN', text: 'VARCHAR' } as const;

let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create()).connect();
});
afterAll(() => {
  connection.closeSync();
});

async function sqlOn(expression: RowExpression, given: readonly Row[]): Promise<readonly (Value | null)[]> {
  const tuples = given.map((row, i) => {
    const fields = Object.entries(columns).map(([name, type]) => sqlLiteral(row[name as keyof Row], sqlTypes[type]));
    return `(${String(i)}, ${fields.join(', ')})`;
  });
  const names = Object.keys(columns).join(', ');
  const sql = `SELECT ${printSql(expression, ({ name }) => sqlIdentifier(name))} FROM (VALUES ${tuples.join(', ')}) AS v(i, ${names}) ORDER BY i`;
  return (await connection.runAndReadAll(sql)).getColumns()[0] as (Value | null)[];
}

const near = (a: Value | null, b: Value | null): boolean =>
  a === b ||
  (typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b), 1e-300));

describe('SQL and JavaScript agree', () => {
  test('on random expressions and rows', async () => {
    await fc.assert(
      fc.asyncProperty(anyExpression, fc.array(rows, { minLength: 1, maxLength: 6 }), async (expression, given) => {
        expect(await sqlOn(expression, given)).toEqual(given.map((row) => evaluateOn(expression, row)));
      }),
      { numRuns: runs, seed: 3 },
    );
  }, 60_000);

  test.each(['log', 'exp'] as const)('%s to the last places', async (operator) => {
    const given = fc.sample(rows, { numRuns: 200, seed: 5 });
    const expression = operation(operator, column('n', 'number'));
    const sql = await sqlOn(expression, given);
    given.forEach((row, i) => {
      expect(near(sql[i] ?? null, evaluateOn(expression, row)), `${operator}(${String(row.n)})`).toBe(true);
    });
  });
});

test('TypeScript and JavaScript agree', () => {
  fc.assert(
    fc.property(anyExpression, rows, (expression, row) => {
      const body = printTypeScript(expression, ({ name }) => name);
      const run = new Function(...Object.keys(columns), `return (${body});`) as (...given: unknown[]) => Value | null;
      expect(run(...Object.keys(columns).map((name) => row[name as keyof Row]))).toEqual(evaluateOn(expression, row));
    }),
    { numRuns: 5 * runs, seed: 4 },
  );
}, 60_000);

describe('the rules for what is missing', () => {
  const row: Row = { n: 6, m: 0, b: null, t: 'X' };
  const n = column('n', 'number');
  const m = column('m', 'number');
  const b = column('b', 'boolean');
  test.each<[string, RowExpression, Value | null]>([
    ['real division', operation('divide', literal(1), literal(4)), 0.25],
    ['division by zero', operation('divide', n, m), null],
    ['what a quotient by infinity would hide', operation('divide', literal(1), operation('divide', n, m)), null],
    ['what a comparison would hide', operation('greater', operation('divide', n, m), literal(1)), null],
    ['remainder by zero', operation('remainder', n, m), null],
    ['sign of a remainder', operation('remainder', literal(-7), literal(3)), -1],
    ['log of zero', operation('log', m), null],
    ['root of a negative', operation('sqrt', operation('negate', n)), null],
    ['overflow', operation('exp', literal(1000)), null],
    ['and is strict', operation('and', literal(false), b), null],
    ['or is strict', operation('or', literal(true), b), null],
    ['in nothing', { kind: 'in', operand: n, values: [], type: 'boolean' }, false],
    ['in, of a missing value', { kind: 'in', operand: operation('divide', n, m), values: [1], type: 'boolean' }, null],
    ['ASCII letters only', operation('lower', literal('ÄB')), 'Äb'],
  ])('%s', async (_, expression, expected) => {
    expect(evaluateOn(expression, row)).toBe(expected);
    expect((await sqlOn(expression, [row]))[0]).toBe(expected);
  });

  test('a long sum prints in proportion to its length', () => {
    const sum = Array.from({ length: 200 }, () => n).reduce((a, x) => operation('add', a, x));
    expect(printSql(sum, () => 'n').length).toBeLessThan(5000);
    expect(printTypeScript(sum, () => 'n').length).toBeLessThan(5000);
  });
});
