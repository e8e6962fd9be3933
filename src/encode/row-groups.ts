import type { EncodedRows } from './program.js';

type Numbers = Int32Array | Float32Array;

/** Columns of encoded rows, in an order that depends on their names and kinds alone. */
export type ColumnKind = 'id' | 'bag' | 'dense' | 'label';

export interface ColumnShape {
  readonly kind: ColumnKind;
  readonly name: string;
  /** Numbers of a row; of a bag, which has any number, 1. */
  readonly width: number;
}

/** What is known of all values of a column. */
export interface ColumnSummary extends ColumnShape {
  /** How many there are. */
  readonly count: number;
  /** The value that all have, if they do. */
  readonly only?: number;
  /** Of ids. */
  readonly largest: number;
  /** Values of the row that has most. */
  readonly longest: number;
}

export interface RowsSummary {
  readonly rows: number;
  readonly columns: readonly ColumnSummary[];
}

/** A column's numbers: of a bag its ids, the offsets apart. */
export interface ColumnValues {
  readonly values: Numbers;
  readonly offsets?: Int32Array;
}

export function columnShapes({ ids, bags, dense, labels }: EncodedRows): readonly ColumnShape[] {
  return [
    ...Object.keys(ids).map((name) => ({ kind: 'id' as const, name, width: 1 })),
    ...Object.keys(bags).map((name) => ({ kind: 'bag' as const, name, width: 1 })),
    ...Object.entries(dense).map(([name, { width }]) => ({ kind: 'dense' as const, name, width })),
    ...Object.keys(labels).map((name) => ({ kind: 'label' as const, name, width: 1 })),
  ];
}

/** @throws if the rows have no such column */
export function columnValues({ ids, bags, dense, labels }: EncodedRows, { kind, name }: ColumnShape): ColumnValues {
  const found = { id: ids[name], bag: bags[name]?.ids, dense: dense[name]?.values, label: labels[name] }[kind];
  if (found === undefined) throw new Error(`the rows have no column ${name}`);
  const offsets = kind === 'bag' ? bags[name]?.offsets : undefined;
  return { values: found, ...(offsets && { offsets }) };
}

/** Rows of these columns, in the order of `shapes`. */
export function rowsOfColumns(rows: number, shapes: readonly ColumnShape[], columns: readonly ColumnValues[]): EncodedRows {
  const of = <T>(kind: ColumnKind, make: (column: ColumnValues, shape: ColumnShape) => T): Readonly<Record<string, T>> =>
    Object.fromEntries(
      shapes.flatMap((shape, i) => {
        const column = columns[i];
        return shape.kind === kind && column ? [[shape.name, make(column, shape)] as const] : [];
      }),
    );
  return {
    rows,
    ids: of('id', ({ values }) => values as Int32Array),
    bags: of('bag', ({ values, offsets }) => ({ ids: values as Int32Array, offsets: offsets ?? new Int32Array(rows + 1) })),
    dense: of('dense', ({ values }, { width }) => ({ width, values: values as Float32Array })),
    labels: of('label', ({ values }) => values as Float32Array),
  };
}

/** Empty columns for so many rows, with so many ids in each bag column, in memory that threads share. */
export function sharedRows(
  rows: number,
  shapes: readonly ColumnShape[],
  idsOf: (shape: ColumnShape, i: number) => number,
): EncodedRows {
  const columns = shapes.map((shape, i): ColumnValues => {
    const size = shape.kind === 'bag' ? idsOf(shape, i) : rows * shape.width;
    const buffer = new SharedArrayBuffer(4 * size);
    const values = shape.kind === 'id' || shape.kind === 'bag' ? new Int32Array(buffer) : new Float32Array(buffer);
    return shape.kind === 'bag' ? { values, offsets: new Int32Array(new SharedArrayBuffer(4 * (rows + 1))) } : { values };
  });
  return rowsOfColumns(rows, shapes, columns);
}

/** Rows `from` … `to` - 1, over the same numbers; the offsets of bags begin with 0 again. */
export function sliceRows(rows: EncodedRows, from: number, to: number): EncodedRows {
  const shapes = columnShapes(rows);
  const columns = shapes.map((shape): ColumnValues => {
    const { values, offsets } = columnValues(rows, shape);
    if (!offsets) return { values: values.subarray(from * shape.width, to * shape.width) };
    const first = offsets[from] ?? 0;
    return {
      values: values.subarray(first, offsets[to] ?? first),
      offsets: offsets.subarray(from, to + 1).map((offset) => offset - first),
    };
  });
  return rowsOfColumns(to - from, shapes, columns);
}

/** All rows of some, one after the other; all have the same columns. */
export function concatRows(parts: readonly EncodedRows[]): EncodedRows {
  const [first] = parts;
  if (!first) throw new Error('there are no rows');
  if (parts.length === 1) return first;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const shapes = columnShapes(first);
  const columns = shapes.map((shape): ColumnValues => {
    const found = parts.map((part) => columnValues(part, shape));
    const size = found.reduce((sum, { values }) => sum + values.length, 0);
    const values = shape.kind === 'id' || shape.kind === 'bag' ? new Int32Array(size) : new Float32Array(size);
    let at = 0;
    for (const part of found) {
      values.set(part.values, at);
      at += part.values.length;
    }
    if (shape.kind !== 'bag') return { values };
    const offsets = new Int32Array(rows + 1);
    let row = 0;
    for (const part of found) {
      const before = offsets[row] ?? 0;
      const own = part.offsets ?? new Int32Array(1);
      for (let i = 1; i < own.length; i++) offsets[++row] = before + (own[i] ?? 0);
    }
    return { values, offsets };
  });
  return rowsOfColumns(rows, shapes, columns);
}

export function summaryOf(rows: EncodedRows): RowsSummary {
  return { rows: rows.rows, columns: columnShapes(rows).map((shape) => summaryOfColumn(shape, columnValues(rows, shape))) };
}

function summaryOfColumn(shape: ColumnShape, { values, offsets }: ColumnValues): ColumnSummary {
  const [first] = values;
  let isOne = first !== undefined;
  let largest = 0;
  const count = values.length;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    if (value !== first) isOne = false;
    if (value > largest) largest = value;
  }
  let longest = offsets ? 0 : shape.width;
  if (offsets)
    for (let row = 1; row < offsets.length; row++) longest = Math.max(longest, (offsets[row] ?? 0) - (offsets[row - 1] ?? 0));
  return { ...shape, count, largest, longest, ...(isOne && first !== undefined && { only: first }) };
}

/** The summary of the rows of two. */
export function joinSummaries(a: RowsSummary | undefined, b: RowsSummary): RowsSummary {
  if (!a) return b;
  const columns = b.columns.map((column, i): ColumnSummary => {
    const before = a.columns[i];
    if (!before) return column;
    const { only, ...rest } = column;
    const one = before.count === 0 ? only : column.count === 0 || before.only === only ? before.only : undefined;
    return {
      ...rest,
      count: before.count + column.count,
      largest: Math.max(before.largest, column.largest),
      longest: Math.max(before.longest, column.longest),
      ...(one !== undefined && { only: one }),
    };
  });
  return { rows: a.rows + b.rows, columns };
}

/** Bytes of encoded rows in memory. */
export const bytesOfRows = ({ rows, columns }: RowsSummary): number =>
  columns.reduce((sum, { kind, count }) => sum + 4 * count + (kind === 'bag' ? 4 * (rows + 1) : 0), 0);
