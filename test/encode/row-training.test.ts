import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prepareColumns, type ColumnData, type RawColumns, type RowProblem } from '../../src/encode/columns.js';
import { encoderProgram } from '../../src/encode/compile.js';
import { createEvaluator, evaluateRow } from '../../src/encode/expressions/evaluate.js';
import { readVector } from '../../src/encode/lists.js';
import type { EncodedRows, EncoderState } from '../../src/encode/program.js';
import { createRowEncoder, rawValue, type RawRow } from '../../src/encode/row.js';
import { isInvalid, readAs } from '../../src/encode/values.js';
import { category, column, label, literal, model, number, operation, time, vector } from './models.js';

const features = [
  category('crossed', { cross: ['a', 'age', 'bag'], codes: { kind: 'hash', buckets: 50 }, many: { pool: 'mean', maxLength: 3 } }),
  category('a'),
  category('again', { value: column('a'), codes: { kind: 'vocabulary', name: 'a', minCount: 1 }, default: 'x' }),
  category('hashed', { value: operation('lower', column('a')), codes: { kind: 'hash', buckets: 7 } }),
  category('decade', { value: operation('floor', operation('divide', column('n', 'number'), literal(10))) }),
  category('positive', { value: operation('greater', column('n', 'number'), literal(0)) }),
  category('slot', { codes: { kind: 'size', size: 6 }, value: column('n', 'number') }),
  category('chosen', { codes: { kind: 'size', size: 6 }, value: column('n', 'number'), default: '2' }),
  category('age', { codes: { kind: 'buckets', boundaries: [-1, 2, 18] }, value: column('n', 'number'), default: '30' }),
  category('bag', { many: { separator: '|', pool: 'mean', maxLength: 2 } }),
  category('weights', {
    codes: { kind: 'size', size: 6 },
    default: '5',
    many: { separator: '|', pool: 'mean', parallel: 'bag' },
  }),
  category('pair', { cross: ['again', 'decade'] }),
  number('n', { transforms: ['log1p', 'standardize'], default: 3 }),
  number('sum', { value: operation('add', column('n', 'number'), column('m', 'number')) }),
  time('seen', { standardize: true, default: '2001-02-03' }),
  vector('point', 2),
];
const program = encoderProgram(model(features, [label('liked', { kind: 'binary' })]));
const state: EncoderState = {
  vocabularies: { a: ['x', 'é', '1', 'true'], decade: ['0', '1'], positive: ['true'], bag: ['x', '1'], pair: ['x\u001f0'] },
  statistics: {
    n: [{ mean: 1, deviation: 2 }],
    seen: [
      { mean: 0.1, deviation: 0.5 },
      { mean: 0, deviation: 1 },
    ],
  },
};

/** What training makes of the rows: each value read alone, then whole columns at once. */
function asTraining(rows: readonly RawRow[]): {
  readonly encoded: EncodedRows;
  readonly problems: readonly (readonly RowProblem[])[];
} {
  const columnOf = (one: (typeof program.features)[number] | (typeof program.labels)[number]): ColumnData | undefined => {
    const { name, value } = one;
    if (!value) return undefined;
    const raw = (row: RawRow): unknown => (value.kind === 'column' ? rawValue(row, value.name) : undefined);
    const evaluator = createEvaluator(value);
    const values = rows.map((row) => evaluateRow(evaluator, (read) => readAs(rawValue(row, read.name), read.type), name));
    const numbers = (given: readonly unknown[]): ColumnData => ({
      kind: 'numbers',
      values: Float64Array.from(given, (one) => (one === null || isInvalid(one) ? NaN : Number(one))),
      faults: faultsOf(given),
    });
    if (!('kind' in one)) return numbers(values);
    switch (one.kind) {
      case 'category':
        return { kind: 'dictionary', codes: Int32Array.from(rows, (_, i) => i), entries: one.many ? rows.map(raw) : values };
      case 'vector': {
        const vectors = rows.map((row) => readVector(raw(row), one.size));
        const values = Float32Array.from(vectors.flatMap((v) => (isInvalid(v) ? new Array<number>(one.size).fill(0) : [...v])));
        return { kind: 'vectors', values, faults: faultsOf(vectors) };
      }
      default:
        return numbers(values);
    }
  };
  const columnsOf = (all: readonly Parameters<typeof columnOf>[0][]): RawColumns['features'] =>
    new Map(all.flatMap((one) => (columnOf(one) ? [[one.name, columnOf(one)!] as const] : [])));
  const prepared = prepareColumns(program, { features: columnsOf(program.features), labels: columnsOf(program.labels) }, true);
  const good = rows.flatMap((_, row) => (prepared.problems(row).length === 0 ? [row] : []));
  return { encoded: prepared.encode(state, Int32Array.from(good)), problems: rows.map((_, row) => prepared.problems(row)) };
}

const faultsOf = (given: readonly unknown[]): ReadonlyMap<number, string> =>
  new Map(given.flatMap((one, i) => (isInvalid(one) ? [[i, one.invalid] as const] : [])));

const text = fc.constantFrom('x', 'X', 'é', '', '1', 'true', '1.5', ' 2 ', '-0', '17', 'a|1', '|x||é');
const scalar = fc.oneof(text, fc.constantFrom(0, -0, 1, 5, 17, 1.5, -3, 1e17, null, true, false, 7n));
const rowOf = fc.record(
  {
    a: scalar,
    n: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(0, -0, 1, 5, '4', ' 2.0 ') }, scalar),
    m: fc.oneof({ weight: 9, arbitrary: fc.constantFrom(0, '1e3', 5) }, scalar),
    bag: fc.oneof(fc.constantFrom('x|1', 'x|y|1'), text, fc.array(scalar, { maxLength: 3 })),
    weights: fc.oneof(fc.constantFrom('1|', '2|0|3'), text, fc.array(fc.constantFrom(1, 5, null, '3'), { maxLength: 3 })),
    seen: fc.constantFrom('2024-05-31', '2024-05-31T12:30:00Z', null, 'never', new Date(8e11)),
    point: fc.oneof({ weight: 9, arbitrary: fc.constantFrom('[1, -0]', [2, '3'], '4;5') }, fc.constantFrom('1', null, [1, 'x'])),
    liked: fc.constantFrom(0, 1, 'true', true),
  },
  { requiredKeys: ['n', 'm', 'point', 'liked'] },
);

test('plain rows become what training makes of them, to the bit, and are refused for the same reasons', () => {
  const encoder = createRowEncoder(program, state, { labels: true });
  let good = 0;
  fc.assert(
    fc.property(fc.array(rowOf, { maxLength: 8 }), (rows) => {
      const wanted = asTraining(rows);
      const { encoded, positions, problems } = encoder.encodeRows(rows);
      good += positions.length;
      expect(encoded).toEqual(wanted.encoded);
      const byPosition = new Map(problems.map((one) => [one.position, one.problems]));
      rows.forEach((_, row) => {
        expect(new Set(byPosition.get(row))).toEqual(
          new Set(wanted.problems[row]?.length === 0 ? undefined : wanted.problems[row]),
        );
      });
      expect(positions).toEqual(rows.flatMap((_, row) => (byPosition.has(row) ? [] : [row])));
    }),
    { numRuns: 400, seed: 5 },
  );
  expect(good).toBeGreaterThan(100);
});
