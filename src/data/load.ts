import type { ColumnData } from '../encode/columns.js';
import { columnReads } from '../encode/expressions/columns.js';
import type { EncoderProgram } from '../encode/program.js';
import type { RowExpression } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import { createLoader } from './loader.js';
import type { JoinedData } from './read.js';
import type { ListSource } from './list-facts.js';
import { isWhole, type TypedViews } from './typed.js';

/** What is known of a row before its features are looked at. */
export const rowStates = { absent: 0, kept: 1, dropped: 2, bad: 3 } as const;

/** Columns of a program over a range of rows of the source; `load` puts another range into them. */
export interface LoadedColumns {
  readonly features: ReadonlyMap<string, ColumnData>;
  readonly labels: ReadonlyMap<string, ColumnData>;
  /** One of `rowStates` for each row of the range. */
  readonly states: Uint8Array;
  /** More expressions of the caller's, in the order given. */
  readonly others: readonly ColumnData[];
  /** Makes rows `from` … `to` - 1 of the source rows 0 … of all columns. */
  readonly load: (from: number, to: number, onRows?: (done: number) => void) => Promise<void>;
}

export interface LoadRequest {
  readonly program: EncoderProgram;
  /** Most rows of a range. */
  readonly capacity: number;
  /** By their feature. */
  readonly lists: ReadonlyMap<string, ListSource>;
  readonly keep?: RowExpression | undefined;
  readonly others: readonly RowExpression[];
}

/** Gets ready to evaluate every expression of a program over the views and to bring the values here, column by column. */
export async function openColumns(
  database: Database,
  joined: JoinedData,
  views: TypedViews,
  request: LoadRequest,
): Promise<LoadedColumns> {
  const { program, lists, capacity } = request;
  const { joins } = joined;
  const loader = createLoader(database, views, { joins, lists, capacity });
  const keep = request.keep && loader.numbers(request.keep);
  const features = program.features.flatMap((f) =>
    f.kind === 'category' && !f.value ? [] : [[f.name, loader.feature(f)] as const],
  );
  const labels = program.labels.map(({ name, value }) => [name, loader.numbers(value)] as const);
  const others = request.others.map((expression) => loader.value(expression));
  const alone = joins.flatMap(({ resolved }, i) => (resolved.join?.required ? [loader.alone(i + 1)] : []));
  const faults = [0, ...joins.map((_, i) => i + 1)].flatMap((table) => {
    const sql = faultSql(views, request, table);
    return sql === undefined ? [] : [loader.flags(table, sql)];
  });
  await loader.open();
  const states = new Uint8Array(capacity);
  const { present } = loader;

  function setStates(rows: number): void {
    const kept = keep?.kind === 'numbers' ? keep.values : undefined;
    for (let row = 0; row < rows; row++) {
      if (present[row] === 0) {
        states[row] = rowStates.absent;
        continue;
      }
      let fault = 0;
      for (const flags of faults) fault = Math.max(fault, flags[row] ?? 0);
      let state: number = fault === 0 ? rowStates.kept : rowStates.bad;
      if (fault !== keepFault && kept && kept[row] !== 1) state = rowStates.dropped;
      for (const flags of alone) if (flags[row] === 1) state = rowStates.dropped;
      states[row] = state;
    }
  }

  return {
    features: new Map(features),
    labels: new Map(labels),
    states,
    others,
    load: async (from, to, onRows) => {
      await loader.load(from, to, (done) => onRows?.(done));
      setStates(to - from);
    },
  };
}

/** A row whose `keep` could not be read is bad, whatever its other columns say; one whose values could not be only if it is kept. */
const keepFault = 2;
const valueFault = 1;

/** SQL of what could not be read of the columns of a table; undefined if all always can. */
function faultSql(views: TypedViews, { program, keep }: LoadRequest, table: number): string | undefined {
  const invalid = (expressions: readonly RowExpression[]): readonly string[] => {
    const reads = expressions.flatMap(columnReads).filter(({ name }) => views.table(name) === table);
    return [...new Set(reads.flatMap((read) => views.invalid(read) ?? []))];
  };
  const values = [
    ...program.features.flatMap((f) => (f.value && !isWhole(f) ? [f.value] : [])),
    ...program.labels.map(({ value }) => value),
  ];
  const cases = [
    { flags: invalid(keep ? [keep] : []), fault: keepFault },
    { flags: invalid(values), fault: valueFault },
  ].flatMap(({ flags, fault }) => (flags.length === 0 ? [] : [`WHEN ${flags.join(' OR ')} THEN ${String(fault)}`]));
  return cases.length === 0 ? undefined : `CASE ${cases.join(' ')} ELSE 0 END`;
}
