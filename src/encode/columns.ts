import { crossColumn, dictionaryColumn, numberColumn, type CategoryColumn, type Dictionary } from './categories.js';
import { createCoder } from './codes.js';
import { labelValue, numberValue, standardized, statisticOf, timeComponents, type Statistic } from './numbers.js';
import type { CategoryEncoder, EncodedRows, EncoderProgram, EncoderState, FeatureEncoder, LabelEncoder } from './program.js';
import { createTextIndex, type TextIndex } from './text-index.js';
import { isInvalid, type Invalid } from './values.js';
import { learnVocabulary } from './vocabulary.js';

/** The values of a feature or label for all rows, read and evaluated, before anything is learned from them. */
export type ColumnData = (
  | ({ readonly kind: 'dictionary' } & Dictionary)
  /** NaN where missing; booleans as 1 and 0, times in seconds (or in the encoder's unit). */
  | { readonly kind: 'numbers'; readonly values: Float64Array }
  /** Row-major. */
  | { readonly kind: 'vectors'; readonly values: Float32Array }
) & {
  /** Why the value of a row cannot be read at all. */
  readonly faults?: ReadonlyMap<number, string>;
};

export interface RawColumns {
  readonly features: ReadonlyMap<string, ColumnData>;
  readonly labels: ReadonlyMap<string, ColumnData>;
}

export interface RowProblem {
  /** The feature or label. */
  readonly name: string;
  readonly reason: string;
}

export interface PreparedColumns {
  /** What keeps a row from being encoded. */
  readonly problems: (row: number) => readonly RowProblem[];
  readonly isGood: (row: number) => boolean;
  /** Vocabularies and statistics of these rows, which must be good. */
  readonly fit: (rows: Int32Array) => EncoderState;
  readonly encode: (state: EncoderState, rows: Int32Array) => EncodedRows;
}

interface Check {
  readonly name: string;
  readonly problem: (row: number) => string | undefined;
}

/** Components of a dense feature before they are standardized. */
interface DenseColumn {
  readonly width: number;
  readonly standardize: boolean;
  readonly value: (row: number) => readonly number[] | Invalid;
}

/** Everything that encoding does after values are read: one implementation for training rows and for single rows. */
export function prepareColumns(program: EncoderProgram, raw: RawColumns, withLabels: boolean): PreparedColumns {
  const categories = categoryColumns(program, raw);
  const dense = new Map(
    program.features.flatMap((f) => (f.kind === 'category' ? [] : [[f.name, denseColumn(f, raw.features.get(f.name))] as const])),
  );
  const labels = new Map(
    withLabels ? program.labels.map((label) => [label.name, labelColumn(label, raw.labels.get(label.name))] as const) : [],
  );
  const checks: readonly Check[] = [
    ...[...categories].map(([name, { problem }]) => check(name, raw.features.get(name), problem)),
    ...program.features.flatMap((feature) => besideCheck(feature, categories)),
    ...[...dense].map(([name, column]) => check(name, raw.features.get(name), denseProblem(column))),
    ...[...labels].map(([name, column]) => check(name, raw.labels.get(name), denseProblem(column))),
  ];

  return {
    problems: (row) =>
      checks.flatMap(({ name, problem }) => {
        const reason = problem(row);
        return reason === undefined ? [] : [{ name, reason }];
      }),
    isGood: (row) => checks.every(({ problem }) => problem(row) === undefined),
    fit: (rows) => ({ vocabularies: fitVocabularies(program, categories, rows), statistics: fitStatistics(dense, rows) }),
    encode: (state, rows) => {
      const encoded = program.features.flatMap((feature) => {
        const column = categories.get(feature.name);
        if (feature.kind !== 'category' || !column) return [];
        return [
          {
            feature,
            ...column.encode(
              createCoder(feature.codes, (name) => ownOf(state.vocabularies, name) ?? []),
              rows,
            ),
          },
        ];
      });
      return {
        rows: rows.length,
        ids: Object.fromEntries(encoded.flatMap(({ feature, ids, offsets }) => (offsets ? [] : [[feature.name, ids]]))),
        bags: Object.fromEntries(
          encoded.flatMap(({ feature, ids, offsets }) => (offsets ? [[feature.name, { ids, offsets }]] : [])),
        ),
        dense: Object.fromEntries(
          [...dense].map(([name, column]) => [name, encodeDense(column, ownOf(state.statistics, name), rows)]),
        ),
        labels: Object.fromEntries([...labels].map(([name, column]) => [name, encodeDense(column, undefined, rows).values])),
      };
    },
  };
}

function check(name: string, data: ColumnData | undefined, problem: Check['problem']): Check {
  const faults = data?.faults;
  return { name, problem: faults ? (row) => faults.get(row) ?? problem(row) : problem };
}

/** Values that stand beside another feature's are as many as those. */
function besideCheck(feature: FeatureEncoder, columns: ReadonlyMap<string, CategoryColumn>): readonly Check[] {
  const beside = feature.kind === 'category' ? feature.many?.parallel : undefined;
  const [own, other] = [columns.get(feature.name), beside === undefined ? undefined : columns.get(beside)];
  if (beside === undefined || !own || !other) return [];
  const problem = (row: number): string | undefined => {
    const [count, wanted] = [own.length(row), other.length(row)];
    if (count === wanted || own.problem(row) !== undefined || other.problem(row) !== undefined) return undefined;
    return `it has ${values(count)}, but ${beside}, beside which it stands, has ${String(wanted)}`;
  };
  return [{ name: feature.name, problem }];
}

const values = (count: number): string => `${String(count)} value${count === 1 ? '' : 's'}`;

function denseProblem({ value }: DenseColumn): Check['problem'] {
  return (row) => {
    const found = value(row);
    return isInvalid(found) ? found.invalid : undefined;
  };
}

/** Of an object that names may be anything in, `__proto__` too. */
function ownOf<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function categoryColumns(program: EncoderProgram, raw: RawColumns): ReadonlyMap<string, CategoryColumn> {
  const encoders = new Map(program.features.flatMap((f) => (f.kind === 'category' ? [[f.name, f] as const] : [])));
  const columns = new Map<string, CategoryColumn>();
  const columnOf = (encoder: CategoryEncoder): CategoryColumn => {
    const known = columns.get(encoder.name);
    if (known) return known;
    const made = encoder.cross
      ? crossColumn(encoder, encoder.cross.flatMap(partOf))
      : rawColumn(encoder, raw.features.get(encoder.name));
    columns.set(encoder.name, made);
    return made;
  };
  const partOf = (name: string): readonly CategoryColumn[] => {
    const part = encoders.get(name);
    return part ? [columnOf(part)] : [];
  };
  for (const encoder of encoders.values()) columnOf(encoder);
  return columns;
}

function rawColumn(encoder: CategoryEncoder, data: ColumnData | undefined): CategoryColumn {
  switch (data?.kind) {
    case 'dictionary':
      return dictionaryColumn(encoder, data);
    case 'numbers':
      return numberColumn(encoder, data.values);
    default:
      return dictionaryColumn(encoder, { codes: new Int32Array(0), entries: [] });
  }
}

function denseColumn(encoder: Exclude<FeatureEncoder, CategoryEncoder>, data: ColumnData | undefined): DenseColumn {
  const number = (row: number): number | null => {
    const value = data?.kind === 'numbers' ? data.values[row] : undefined;
    return value === undefined || Number.isNaN(value) ? null : value;
  };
  switch (encoder.kind) {
    case 'number':
      return {
        width: 1,
        standardize: encoder.transforms.includes('standardize'),
        value: (row) => {
          const value = numberValue(encoder, number(row));
          return isInvalid(value) ? value : [value];
        },
      };
    case 'time':
      return {
        width: 2 * encoder.cycles.length,
        standardize: encoder.standardize,
        value: (row) => timeComponents(encoder, number(row)),
      };
    case 'vector': {
      const { size } = encoder;
      const values = data?.kind === 'vectors' ? data.values : new Float32Array(0);
      return { width: size, standardize: false, value: (row) => Array.from(values.subarray(row * size, (row + 1) * size)) };
    }
    default:
      return encoder satisfies never;
  }
}

function labelColumn(encoder: LabelEncoder, data: ColumnData | undefined): DenseColumn {
  const values = data?.kind === 'numbers' ? data.values : new Float64Array(0);
  return {
    width: 1,
    standardize: false,
    value: (row) => {
      const given = values[row] ?? NaN;
      const value = labelValue(encoder, Number.isNaN(given) ? null : given);
      return isInvalid(value) ? value : [value];
    },
  };
}

function encodeDense(
  { width, value }: DenseColumn,
  statistics: readonly Statistic[] | undefined,
  rows: Int32Array,
): { readonly width: number; readonly values: Float32Array } {
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => {
    const components = value(row);
    if (!isInvalid(components)) components.forEach((x, k) => (values[i * width + k] = standardized(x, statistics?.[k])));
  });
  return { width, values };
}

function fitVocabularies(
  program: EncoderProgram,
  columns: ReadonlyMap<string, CategoryColumn>,
  rows: Int32Array,
): Readonly<Record<string, readonly string[]>> {
  const learned = program.features.flatMap((f) =>
    f.kind === 'category' && f.codes.kind === 'vocabulary' ? [{ name: f.name, codes: f.codes }] : [],
  );
  const names = [...new Set(learned.map(({ codes }) => codes.name))];
  return Object.fromEntries(
    names.map((name) => {
      const users = learned.filter(({ codes }) => codes.name === name);
      const owner = users.filter((user) => user.name === name);
      // A vocabulary is learned from the feature whose name it has; features that only share it add nothing.
      const sources = owner.length > 0 ? owner : users;
      const index = createTextIndex();
      const counts: number[] = [];
      for (const source of sources) {
        columns.get(source.name)?.count(rows, (text, times) => {
          const at = index.add(text);
          counts[at] = (counts[at] ?? 0) + times;
        });
      }
      return [name, learnVocabulary(countedTexts(index, counts), sources[0]?.codes.minCount ?? 1)];
    }),
  );
}

function* countedTexts(index: TextIndex, counts: readonly number[]): Generator<readonly [string, number]> {
  for (let i = 0; i < index.size(); i++) yield [index.text(i), counts[i] ?? 0];
}

function fitStatistics(
  columns: ReadonlyMap<string, DenseColumn>,
  rows: Int32Array,
): Readonly<Record<string, readonly Statistic[]>> {
  const fitted = [...columns].filter(([, column]) => column.standardize);
  return Object.fromEntries(
    fitted.map(([name, { width, value }]) => {
      const components = Array.from({ length: width }, () => new Float64Array(rows.length));
      rows.forEach((row, i) => {
        const found = value(row);
        if (!isInvalid(found)) components.forEach((component, k) => (component[i] = found[k] ?? 0));
      });
      return [name, components.map((component) => statisticOf(rows.length, (i) => component[i] ?? 0))];
    }),
  );
}
