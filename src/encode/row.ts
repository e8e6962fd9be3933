import { prepareColumns, type ColumnData, type RowProblem } from './columns.js';
import { createEvaluator, evaluateRow, type Evaluator } from './expressions/evaluate.js';
import { readVector } from './lists.js';
import type { EncodedRows, EncoderProgram, EncoderState, FeatureEncoder, LabelEncoder } from './program.js';
import { isInvalid, readAs, type ColumnValue, type Invalid, type Reading } from './values.js';

/** One row as it is given: column → value, as a csv field (text), JSON, or a plain object has it. Other columns are ignored. */
export type RawRow = Readonly<Record<string, unknown>>;

export interface EncodedBatch {
  readonly encoded: EncodedRows;
  /** For each encoded row its position among the given ones. */
  readonly positions: readonly number[];
  /** Rows that could not be encoded, with every feature (and label) that is at fault. */
  readonly problems: readonly { readonly position: number; readonly problems: readonly RowProblem[] }[];
}

export interface RowEncoder {
  /** Never throws for what a row holds. */
  readonly encodeRows: (rows: readonly RawRow[]) => EncodedBatch;
}

/** Encodes plain rows exactly as training rows were. Labels are left out unless asked for. */
export function createRowEncoder(
  program: EncoderProgram,
  state: EncoderState,
  options: { readonly labels?: boolean } = {},
): RowEncoder {
  const withLabels = options.labels === true;
  const readers = program.features.flatMap((feature) =>
    feature.kind === 'category' && !feature.value ? [] : [featureReader(feature)],
  );
  const labelReaders = withLabels ? program.labels.map((label) => labelReader(label)) : [];
  return {
    encodeRows: (rows) => {
      const loadColumn = ({ name, load }: Reader): readonly [string, ColumnData] => {
        const faults = new Map<number, string>();
        return [name, { ...load(rows, (row, { invalid }) => faults.set(row, invalid)), faults }];
      };
      const raw = { features: new Map(readers.map(loadColumn)), labels: new Map(labelReaders.map(loadColumn)) };
      const prepared = prepareColumns(program, raw, withLabels);
      const positions = rows.flatMap((_, row) => (prepared.isGood(row) ? [row] : []));
      return {
        encoded: prepared.encode(state, Int32Array.from(positions)),
        positions,
        problems: rows.flatMap((_, position) => {
          const problems = prepared.problems(position);
          return problems.length === 0 ? [] : [{ position, problems }];
        }),
      };
    },
  };
}

/** Reads one feature or label of many rows. */
interface Reader {
  readonly name: string;
  readonly load: (rows: readonly RawRow[], fault: (row: number, why: Invalid) => void) => ColumnData;
}

function featureReader(feature: FeatureEncoder): Reader {
  const { name } = feature;
  switch (feature.kind) {
    case 'category': {
      const value = feature.value ?? { kind: 'column' as const, name, type: 'text' as const };
      const column = feature.many && value.kind === 'column' ? value.name : undefined;
      const evaluator = createEvaluator(value);
      return {
        name,
        load: (rows) => ({
          kind: 'dictionary',
          codes: Int32Array.from(rows, (_, i) => i),
          entries: rows.map((row) =>
            column === undefined ? evaluateRow(evaluator, readerOf(row), name) : rawValue(row, column),
          ),
        }),
      };
    }
    case 'vector': {
      const { value, size } = feature;
      return {
        name,
        load: (rows, fault) => {
          const values = new Float32Array(rows.length * size);
          rows.forEach((row, i) => {
            const vector = readVector(value.kind === 'column' ? rawValue(row, value.name) : null, size);
            if (isInvalid(vector)) fault(i, vector);
            else values.set(vector, i * size);
          });
          return { kind: 'vectors', values };
        },
      };
    }
    case 'number':
    case 'time':
      return numberReader(name, createEvaluator(feature.value));
    default:
      return feature satisfies never;
  }
}

function labelReader(label: LabelEncoder): Reader {
  return numberReader(label.name, createEvaluator(label.value));
}

function numberReader(name: string, evaluator: Evaluator): Reader {
  return {
    name,
    load: (rows, fault) => ({
      kind: 'numbers',
      values: Float64Array.from(rows, (row, i) => {
        const value = evaluateRow(evaluator, readerOf(row), name);
        if (isInvalid(value)) fault(i, value);
        return value === null || isInvalid(value) ? NaN : Number(value);
      }),
    }),
  };
}

/** A column's value, which an object inherits from nobody. */
export function rawValue(row: RawRow, name: string): unknown {
  return Object.hasOwn(row, name) ? row[name] : undefined;
}

const readerOf =
  (row: RawRow) =>
  ({ name, type }: { readonly name: string; readonly type: Parameters<typeof readAs>[1] }): Reading<ColumnValue> =>
    readAs(rawValue(row, name), type);
