import { crossColumn, type CategoryColumn } from './categories.js';
import { createCoder, type Coder } from './codes.js';
import { ownOf, unlikeLengths, type RowProblem } from './columns.js';
import type { CategoryEncoder, EncodedRows, EncoderProgram, EncoderState } from './program.js';
import {
  categoryReader,
  denseReader,
  labelReader,
  type DenseColumn,
  type Fault,
  type IdColumn,
  type RawRow,
} from './row-columns.js';
import { statisticsOf } from './statistics.js';

export { rawValue, type RawRow } from './row-columns.js';

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

interface NamedReader<T> {
  readonly name: string;
  readonly read: (rows: readonly RawRow[], fault: Fault) => T;
}

/**
 * Encodes plain rows exactly as training rows were. Labels are left out unless asked for.
 * @throws Error where the state lacks what a feature is standardized by
 */
export function createRowEncoder(
  program: EncoderProgram,
  state: EncoderState,
  options: { readonly labels?: boolean } = {},
): RowEncoder {
  const categories = program.features.filter((feature) => feature.kind === 'category');
  const coderOf = createCoders(state);
  const crossed = new Set(categories.flatMap(({ cross = [] }) => cross));
  const beside = new Map(categories.flatMap(({ name, many }) => (many?.parallel === undefined ? [] : [[name, many.parallel]])));
  const counted = new Set([...beside].flat());
  const idReaders = categories.flatMap((feature) => {
    const { name, value, cross } = feature;
    if (cross !== undefined || value === undefined) return [];
    const [withParts, withLengths] = [crossed.has(name), counted.has(name)];
    return [{ name, read: categoryReader(feature, value, { coder: coderOf(feature), withParts, withLengths }) }];
  });
  const crosses = categories.filter(({ cross }) => cross !== undefined).map((feature) => ({ feature, coder: coderOf(feature) }));
  const denseReaders = program.features.flatMap((feature) =>
    feature.kind === 'category' ? [] : [{ name: feature.name, read: denseReader(feature, statisticsOf(feature, state)) }],
  );
  const labelReaders =
    options.labels === true ? program.labels.map((label) => ({ name: label.name, read: labelReader(label) })) : [];

  return {
    encodeRows: (rows) => {
      const faults = createFaults();
      const load = <T>({ name, read }: NamedReader<T>): readonly [string, T] => [
        name,
        read(rows, (row, reason) => faults.add(row, { name, reason })),
      ];
      const ids = new Map(idReaders.map((reader) => load(reader)));
      for (const [name, other] of beside) compareLengths(name, other, ids, faults);
      const dense = denseReaders.map((reader) => load(reader));
      const labels = labelReaders.map((reader) => load(reader));
      const bad = faults.rows();
      const good = goodRows(rows.length, bad);
      const kept = bad.length === 0 ? undefined : good;
      const columns = new Map([...ids].map(([name, column]) => [name, kept ? idsOfRows(column, kept) : column]));
      for (const [name, column] of encodeCrosses(crosses, ids, good)) columns.set(name, column);
      const inOrder = categories.flatMap(({ name }) => {
        const column = columns.get(name);
        return column ? [[name, column] as const] : [];
      });
      const numbers = (column: DenseColumn): DenseColumn => (kept ? numbersOfRows(column, kept) : column);
      return {
        encoded: {
          rows: good.length,
          ids: Object.fromEntries(inOrder.flatMap(([name, column]) => (column.offsets ? [] : [[name, column.ids]]))),
          bags: Object.fromEntries(
            inOrder.flatMap(([name, column]) => (column.offsets ? [[name, { ids: column.ids, offsets: column.offsets }]] : [])),
          ),
          dense: Object.fromEntries(dense.map(([name, column]) => [name, numbers(column)])),
          labels: Object.fromEntries(labels.map(([name, column]) => [name, numbers(column).values])),
        },
        positions: good,
        problems: bad,
      };
    },
  };
}

/** One coder for each vocabulary, which several features may share. */
function createCoders(state: EncoderState): (feature: CategoryEncoder) => Coder {
  const learned = new Map<string, Coder>();
  return ({ codes }) => {
    const known = codes.kind === 'vocabulary' ? learned.get(codes.name) : undefined;
    const coder = known ?? createCoder(codes, (name) => ownOf(state.vocabularies, name) ?? []);
    if (codes.kind === 'vocabulary') learned.set(codes.name, coder);
    return coder;
  };
}

type BadRow = EncodedBatch['problems'][number];

/** What is wrong with rows, in the order in which columns are read. */
interface Faults {
  readonly add: (row: number, problem: RowProblem) => void;
  readonly has: (row: number, name: string) => boolean;
  /** By position. */
  readonly rows: () => readonly BadRow[];
}

function createFaults(): Faults {
  const found = new Map<number, RowProblem[]>();
  return {
    add: (row, problem) => {
      const before = found.get(row);
      if (before === undefined) found.set(row, [problem]);
      else before.push(problem);
    },
    has: (row, name) => found.get(row)?.some((problem) => problem.name === name) === true,
    rows: () => [...found].sort(([a], [b]) => a - b).map(([position, problems]) => ({ position, problems })),
  };
}

/** Values that stand beside another feature's are as many as those. */
function compareLengths(name: string, other: string, ids: ReadonlyMap<string, IdColumn>, faults: Faults): void {
  const [own, wanted] = [ids.get(name)?.lengths, ids.get(other)?.lengths];
  if (own === undefined || wanted === undefined) return;
  own.forEach((count, row) => {
    if (count === wanted[row] || faults.has(row, name) || faults.has(row, other)) return;
    faults.add(row, { name, reason: unlikeLengths(count, other, wanted[row] ?? 0) });
  });
}

/** Positions of the rows that nothing is wrong with. */
function goodRows(count: number, bad: readonly BadRow[]): readonly number[] {
  const good: number[] = [];
  let next = 0;
  for (let row = 0; row < count; row++) {
    if (bad[next]?.position === row) next += 1;
    else good.push(row);
  }
  return good;
}

function idsOfRows({ ids, offsets }: IdColumn, rows: readonly number[]): IdColumn {
  if (offsets === undefined) return { ids: Int32Array.from(rows, (row) => ids[row] ?? 0) };
  const kept = rows.map((row) => ids.subarray(offsets[row], offsets[row + 1]));
  const ends = new Int32Array(rows.length + 1);
  kept.forEach(({ length }, i) => (ends[i + 1] = (ends[i] ?? 0) + length));
  const all = new Int32Array(ends[rows.length] ?? 0);
  kept.forEach((one, i) => all.set(one, ends[i]));
  return { ids: all, offsets: ends };
}

function numbersOfRows({ width, values }: DenseColumn, rows: readonly number[]): DenseColumn {
  const kept = new Float32Array(rows.length * width);
  rows.forEach((row, i) => kept.set(values.subarray(row * width, (row + 1) * width), i * width));
  return { width, values: kept };
}

interface Cross {
  readonly feature: CategoryEncoder;
  readonly coder: Coder;
}

/** Crosses of features that are read already, and of each other. */
function encodeCrosses(
  crosses: readonly Cross[],
  ids: ReadonlyMap<string, IdColumn>,
  rows: readonly number[],
): readonly (readonly [string, IdColumn])[] {
  if (crosses.length === 0) return [];
  const byName = new Map(crosses.map(({ feature }) => [feature.name, feature]));
  const known = new Map<string, CategoryColumn>();
  const columnOf = (feature: CategoryEncoder): CategoryColumn => {
    const made = known.get(feature.name) ?? crossColumn(feature, (feature.cross ?? []).flatMap(partsOf));
    known.set(feature.name, made);
    return made;
  };
  const partsOf = (name: string): readonly Pick<CategoryColumn, 'parts'>[] => {
    const cross = byName.get(name);
    if (cross !== undefined) return [columnOf(cross)];
    const parts = ids.get(name)?.parts;
    return parts === undefined ? [] : [{ parts: (row) => parts[row] ?? [] }];
  };
  const at = Int32Array.from(rows);
  return crosses.map(({ feature, coder }) => [feature.name, columnOf(feature).encoder(coder)(at)]);
}
