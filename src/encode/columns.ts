import { widthOf } from '../model/feature-width.js';
import {
  crossColumn,
  dictionaryColumn,
  numberColumn,
  type CategoryColumn,
  type Dictionary,
  type TextCounter,
} from './categories.js';
import { createCoder } from './codes.js';
import { listColumn, type Lists } from './list-column.js';
import { createStatistic, labelValue, numberValue, standardized, timeComponents, type Statistic } from './numbers.js';
import type { CategoryEncoder, EncodedRows, EncoderProgram, EncoderState, FeatureEncoder, LabelEncoder } from './program.js';
import { statisticsOf } from './statistics.js';
import { createTextIndex, type TextIndex } from './text-index.js';
import { isInvalid, type Invalid } from './values.js';
import { learnVocabulary, type TextCounts } from './vocabulary.js';

/** The values of a feature or label for all rows, read and evaluated, before anything is learned from them. */
export type ColumnData = (
  | ({ readonly kind: 'dictionary' } & Dictionary)
  | { readonly kind: 'lists'; readonly lists: Lists }
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
  /** Takes note that the columns hold other rows. */
  readonly refresh: () => void;
  /** What keeps a row from being encoded. */
  readonly problems: (row: number) => readonly RowProblem[];
  /** Tells each of rows 0 … `rows` - 1 that cannot be encoded, once or more. */
  readonly eachBad: (rows: number, tell: (row: number) => void) => void;
  readonly fitter: () => Fitter;
  readonly encoder: (state: EncoderState) => (rows: Int32Array) => EncodedRows;
  /** Vocabularies and statistics of these rows, which must be good. */
  readonly fit: (rows: Int32Array) => EncoderState;
  readonly encode: (state: EncoderState, rows: Int32Array) => EncodedRows;
}

/** Learns vocabularies and statistics of rows that come part by part, all of them good. */
export interface Fitter {
  readonly add: (rows: Int32Array) => void;
  /** Whether all rows must come again, to `addAgain`. */
  readonly needsTwo: boolean;
  readonly addAgain: (rows: Int32Array) => void;
  readonly finish: () => EncoderState;
}

interface Check {
  readonly name: string;
  readonly problem: (row: number) => string | undefined;
  /** Whether no row can have a problem. */
  readonly isClean?: () => boolean;
}

/** Components of a dense feature before they are standardized. */
interface DenseColumn {
  readonly width: number;
  readonly standardize: boolean;
  /** Puts a row's components at a place, or says why it cannot. */
  readonly read: (row: number, into: Float64Array, at: number) => string | undefined;
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
    ...[...categories].map(([name, { problem, isClean }]) => check(name, raw.features.get(name), problem, isClean)),
    ...program.features.flatMap((feature) => besideCheck(feature, categories)),
    ...[...dense].map(([name, column]) => check(name, raw.features.get(name), denseProblem(column))),
    ...[...labels].map(([name, column]) => check(name, raw.labels.get(name), denseProblem(column))),
  ];
  const fitter = (): Fitter => {
    const vocabularies = vocabularyFitter(program, categories);
    const statistics = statisticsFitter(dense);
    return {
      add: (rows) => {
        vocabularies.add(rows);
        statistics.add(rows);
      },
      needsTwo: statistics.needsTwo,
      addAgain: statistics.addAgain,
      finish: () => ({ vocabularies: vocabularies.finish(), statistics: statistics.finish() }),
    };
  };
  const encoder: PreparedColumns['encoder'] = (state) => {
    const encoders = program.features.flatMap((feature) => {
      const column = categories.get(feature.name);
      if (feature.kind !== 'category' || !column) return [];
      const coder = createCoder(feature.codes, (name) => ownOf(state.vocabularies, name) ?? []);
      return [{ name: feature.name, encode: column.encoder(coder) }];
    });
    const numbers = program.features.flatMap((feature) => {
      const column = dense.get(feature.name);
      return column ? [{ name: feature.name, column, statistics: statisticsOf(feature, state) }] : [];
    });
    return (rows) => {
      const encoded = encoders.map(({ name, encode }) => ({ name, ...encode(rows) }));
      return {
        rows: rows.length,
        ids: Object.fromEntries(encoded.flatMap(({ name, ids, offsets }) => (offsets ? [] : [[name, ids]]))),
        bags: Object.fromEntries(encoded.flatMap(({ name, ids, offsets }) => (offsets ? [[name, { ids, offsets }]] : []))),
        dense: Object.fromEntries(numbers.map(({ name, column, statistics }) => [name, encodeDense(column, statistics, rows)])),
        labels: Object.fromEntries([...labels].map(([name, column]) => [name, encodeDense(column, undefined, rows).values])),
      };
    };
  };

  return {
    refresh: () => {
      for (const { refresh } of categories.values()) refresh?.();
    },
    problems: (row) =>
      checks.flatMap(({ name, problem }) => {
        const reason = problem(row);
        return reason === undefined ? [] : [{ name, reason }];
      }),
    eachBad: (rows, tell) => {
      for (const { problem, isClean } of checks) {
        if (isClean?.() === true) continue;
        for (let row = 0; row < rows; row++) if (problem(row) !== undefined) tell(row);
      }
    },
    fitter,
    encoder,
    fit: (rows) => {
      const { add, needsTwo, addAgain, finish } = fitter();
      add(rows);
      if (needsTwo) addAgain(rows);
      return finish();
    },
    encode: (state, rows) => encoder(state)(rows),
  };
}

function check(
  name: string,
  data: ColumnData | undefined,
  problem: Check['problem'],
  isClean: () => boolean = () => false,
): Check {
  const faults = data?.faults;
  if (!faults) return { name, problem, isClean };
  return { name, problem: (row) => faults.get(row) ?? problem(row), isClean: () => faults.size === 0 && isClean() };
}

/** Values that stand beside another feature's are as many as those. */
function besideCheck(feature: FeatureEncoder, columns: ReadonlyMap<string, CategoryColumn>): readonly Check[] {
  const beside = feature.kind === 'category' ? feature.many?.parallel : undefined;
  const [own, other] = [columns.get(feature.name), beside === undefined ? undefined : columns.get(beside)];
  if (beside === undefined || !own || !other) return [];
  const problem = (row: number): string | undefined => {
    const [count, wanted] = [own.length(row), other.length(row)];
    if (count === wanted || own.problem(row) !== undefined || other.problem(row) !== undefined) return undefined;
    return unlikeLengths(count, beside, wanted);
  };
  return [{ name: feature.name, problem }];
}

export const unlikeLengths = (count: number, beside: string, wanted: number): string =>
  `it has ${String(count)} value${count === 1 ? '' : 's'}, but ${beside}, beside which it stands, has ${String(wanted)}`;

function denseProblem({ width, read }: DenseColumn): Check['problem'] {
  const components = new Float64Array(width);
  return (row) => read(row, components, 0);
}

/** Of an object that names may be anything in, `__proto__` too. */
export function ownOf<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
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
    case 'lists':
      return listColumn(encoder, data.lists);
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
        read: (row, into, at) => put(numberValue(encoder, number(row)), into, at),
      };
    case 'time':
      return {
        width: widthOf(encoder),
        standardize: encoder.standardize,
        read: (row, into, at) => {
          const components = timeComponents(encoder, number(row));
          if (isInvalid(components)) return components.invalid;
          into.set(components, at);
          return undefined;
        },
      };
    case 'vector': {
      const { size } = encoder;
      const values = data?.kind === 'vectors' ? data.values : new Float32Array(0);
      return {
        width: size,
        standardize: false,
        read: (row, into, at) => {
          for (let i = 0; i < size; i++) into[at + i] = values[row * size + i] ?? 0;
          return undefined;
        },
      };
    }
    default:
      return encoder satisfies never;
  }
}

function put(value: number | Invalid, into: Float64Array, at: number): string | undefined {
  if (isInvalid(value)) return value.invalid;
  into[at] = value;
  return undefined;
}

function labelColumn(encoder: LabelEncoder, data: ColumnData | undefined): DenseColumn {
  const values = data?.kind === 'numbers' ? data.values : new Float64Array(0);
  return {
    width: 1,
    standardize: false,
    read: (row, into, at) => {
      const given = values[row] ?? NaN;
      return put(labelValue(encoder, Number.isNaN(given) ? null : given), into, at);
    },
  };
}

function encodeDense(
  { width, read }: DenseColumn,
  statistics: readonly Statistic[] | undefined,
  rows: Int32Array,
): { readonly width: number; readonly values: Float32Array } {
  const values = new Float32Array(rows.length * width);
  const components = new Float64Array(width);
  for (let i = 0; i < rows.length; i++) {
    if (read(rows[i] ?? 0, components, 0) !== undefined) continue;
    for (let k = 0; k < width; k++) values[i * width + k] = standardized(components[k] ?? 0, statistics?.[k]);
  }
  return { width, values };
}

function vocabularyFitter(
  program: EncoderProgram,
  columns: ReadonlyMap<string, CategoryColumn>,
): { readonly add: (rows: Int32Array) => void; readonly finish: () => EncoderState['vocabularies'] } {
  const learned = program.features.flatMap((f) =>
    f.kind === 'category' && f.codes.kind === 'vocabulary' ? [{ name: f.name, codes: f.codes }] : [],
  );
  const fitted = [...new Set(learned.map(({ codes }) => codes.name))].map((name) => {
    const users = learned.filter(({ codes }) => codes.name === name);
    const owner = users.filter((user) => user.name === name);
    // A vocabulary is learned from the feature whose name it has; features that only share it add nothing.
    const sources = owner.length > 0 ? owner : users;
    const counters = sources.flatMap((source) => columns.get(source.name)?.counter() ?? []);
    return { name, minCount: sources[0]?.codes.minCount ?? 1, counters };
  });
  return {
    add: (rows) => {
      for (const { counters } of fitted) for (const { add } of counters) add(rows);
    },
    finish: () =>
      Object.fromEntries(
        fitted.map(({ name, minCount, counters }) => {
          return [name, learnVocabulary(countsOf(counters), minCount)];
        }),
      ),
  };
}

function countsOf(counters: readonly TextCounter[]): TextCounts {
  const [only] = counters;
  if (counters.length === 1 && only?.isDistinct === true) {
    const found: (readonly [string, number])[] = [];
    only.each((text, times) => found.push([text, times]));
    return found;
  }
  const index = createTextIndex();
  const counts: number[] = [];
  for (const { each } of counters) {
    each((text, times) => {
      const at = index.add(text);
      counts[at] = (counts[at] ?? 0) + times;
    });
  }
  return countedTexts(index, counts);
}

function* countedTexts(index: TextIndex, counts: readonly number[]): Generator<readonly [string, number]> {
  for (let i = 0; i < index.size(); i++) yield [index.text(i), counts[i] ?? 0];
}

function statisticsFitter(columns: ReadonlyMap<string, DenseColumn>): Omit<Fitter, 'finish'> & {
  readonly finish: () => EncoderState['statistics'];
} {
  const fitted = [...columns]
    .filter(([, { standardize }]) => standardize)
    .map(([name, { width, read }]) => ({
      name,
      read,
      components: new Float64Array(width),
      statistics: Array.from({ length: width }, createStatistic),
    }));
  const pass = (rows: Int32Array, take: 'add' | 'square'): void => {
    for (const { read, components, statistics } of fitted)
      rows.forEach((row) => {
        if (read(row, components, 0) === undefined) statistics.forEach((of, k) => of[take](components[k] ?? 0));
      });
  };
  return {
    add: (rows) => {
      pass(rows, 'add');
    },
    needsTwo: fitted.length > 0,
    addAgain: (rows) => {
      pass(rows, 'square');
    },
    finish: () => Object.fromEntries(fitted.map(({ name, statistics }) => [name, statistics.map(({ finish }) => finish())])),
  };
}
