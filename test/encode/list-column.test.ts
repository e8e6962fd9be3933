import fc from 'fast-check';
import { expect, test } from 'vitest';
import { prepareColumns, type ColumnData } from '../../src/encode/columns.js';
import { createListWriter } from '../../src/encode/list-column.js';
import type { CategoryEncoder, EncoderProgram } from '../../src/encode/program.js';
import { category, encode, ids } from './lists.js';

const element = fc.oneof(
  fc.constantFrom('a', 'b', 'ü', '', '0', '1', '7', '12'),
  fc.integer({ min: 0, max: 30 }),
  fc.constant(null),
);
const raw = fc.oneof(fc.array(element, { maxLength: 6 }), fc.constant(null), fc.constantFrom('no list', 3));

const plain: readonly CategoryEncoder[] = [
  category('plain', {}),
  category('cut', { many: { pool: 'mean', maxLength: 2 } }),
  category('rare', { codes: { kind: 'vocabulary', name: 'rare', minCount: 2 } }),
  category('named', { default: 'none' }),
  category('hashed', { codes: { kind: 'hash', buckets: 11 } }),
  category('sized', { codes: { kind: 'size', size: 10 }, many: { pool: 'sum', maxLength: 3 } }),
  category('beside', { keepsPlaces: true, default: 'x', many: { pool: 'mean', parallel: 'plain' } }),
];
const crossed: CategoryEncoder = {
  kind: 'category',
  name: 'crossed',
  table: 'crossed',
  cross: ['cut', 'named'],
  many: { pool: 'mean' },
  codes: { kind: 'vocabulary', name: 'crossed', minCount: 1 },
};
const program: EncoderProgram = { features: [...plain, crossed], labels: [] };

test('lists value by value are encoded as lists that are kept whole, to the bit', () => {
  fc.assert(
    fc.property(fc.array(raw, { minLength: 1, maxLength: 40 }), (rows) => {
      const whole: ColumnData = { kind: 'dictionary', codes: Int32Array.from(rows, (_, i) => i), entries: rows };
      const byValue = new Map(
        plain.map((encoder): readonly [string, ColumnData] => {
          const { lists, clear, write } = createListWriter(encoder, encoder.many ?? { pool: 'mean' }, rows.length);
          rows.toReversed().forEach((row, i) => {
            write(i, row);
          });
          clear();
          rows.forEach((row, i) => {
            write(i, row);
          });
          return [encoder.name, { kind: 'lists', lists }];
        }),
      );
      const expected = encode(
        prepareColumns(
          program,
          ids(plain, () => whole),
          false,
        ),
        rows.length,
      );
      expect(encode(prepareColumns(program, { features: byValue, labels: new Map() }, false), rows.length)).toEqual(expected);
    }),
    { seed: 3, numRuns: 60 },
  );
});
