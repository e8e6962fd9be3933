import type { ColumnData } from '../encode/columns.js';
import { columnReads } from '../encode/expressions/columns.js';
import type { EncoderProgram } from '../encode/program.js';
import type { RowExpression } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import { createLoader, type Later } from './loader.js';
import { isWhole, type TypedView } from './typed.js';

/** What is known of a row before its features are looked at. */
export const rowStates = { absent: 0, kept: 1, dropped: 2, bad: 3 } as const;

export interface LoadedColumns {
  readonly features: ReadonlyMap<string, ColumnData>;
  readonly labels: ReadonlyMap<string, ColumnData>;
  /** By row of the source, one of `rowStates`. */
  readonly states: Uint8Array;
  /** More expressions of the caller's, in the order given. */
  readonly others: readonly ColumnData[];
}

export interface LoadRequest {
  readonly program: EncoderProgram;
  /** Rows of the source. */
  readonly rows: number;
  readonly complete: string;
  readonly keep?: RowExpression | undefined;
  readonly others: readonly RowExpression[];
  readonly onRows?: ((done: number, total: number) => void) | undefined;
}

/** Evaluates every expression of a program over `typed` and brings the values here, column by column. */
export async function loadColumns(database: Database, view: TypedView, request: LoadRequest): Promise<LoadedColumns> {
  const { program, rows } = request;
  const states = new Uint8Array(rows);
  const loader = createLoader(database, view, rows);
  const keep = request.keep && loader.numbers(request.keep);
  const features = program.features.flatMap((f) =>
    f.kind === 'category' && !f.value ? [] : [{ name: f.name, data: loader.feature(f) }],
  );
  const labels = program.labels.map(({ name, value }) => ({ name, data: loader.numbers(value) }));
  const others = request.others.map((expression) => loader.value(expression));
  loader.add(stateSql(view, request), (row, value) => {
    states[row] = value as number;
  });
  await loader.run((done) => request.onRows?.(done, rows));
  const kept = keep?.();
  if (kept?.kind === 'numbers') states.forEach((state, row) => (states[row] = stateAfterKeep(state, kept.values[row] ?? NaN)));
  return { features: finish(features), labels: finish(labels), states, others: others.map((other) => other()) };
}

const finish = (columns: readonly { readonly name: string; readonly data: Later }[]): ReadonlyMap<string, ColumnData> =>
  new Map(columns.map(({ name, data }) => [name, data()]));

/** Marks a row whose `keep` could not be read: bad, whatever its other columns say. */
const keepInvalid = 4;

function stateAfterKeep(state: number, keep: number): number {
  if (state === keepInvalid) return rowStates.bad;
  const undecided = state === rowStates.kept || state === rowStates.bad;
  return undecided && keep !== 1 ? rowStates.dropped : state;
}

function stateSql(view: TypedView, { program, complete, keep }: LoadRequest): string {
  const invalid = (expressions: readonly RowExpression[]): string => {
    const flags = expressions.flatMap(columnReads).flatMap((read) => view.invalid(read) ?? []);
    return flags.length === 0 ? 'FALSE' : [...new Set(flags)].join(' OR ');
  };
  const values = [
    ...program.features.flatMap((f) => (f.value && !isWhole(f) ? [f.value] : [])),
    ...program.labels.map(({ value }) => value),
  ];
  return (
    `CASE WHEN NOT (${complete}) THEN ${String(rowStates.dropped)} WHEN ${invalid(keep ? [keep] : [])} THEN ${String(keepInvalid)} ` +
    `WHEN ${invalid(values)} THEN ${String(rowStates.bad)} ELSE ${String(rowStates.kept)} END`
  );
}
