import type { ColumnData } from '../encode/columns.js';
import { isExact } from '../encode/expressions/columns.js';
import { createEvaluator } from '../encode/expressions/evaluate.js';
import { printSql } from '../encode/expressions/print-sql.js';
import { readVector } from '../encode/lists.js';
import type { FeatureEncoder } from '../encode/program.js';
import { isInvalid, type ColumnValue } from '../encode/values.js';
import type { RowExpression } from '../model/row-expression.js';
import type { Database } from './duckdb.js';
import type { WholeSql } from './raw-columns.js';
import { isWhole, wholeColumn, type TypedView } from './typed.js';

/** A column's data, once `run` is through. */
export type Later = () => ColumnData;

type Write = (row: number, value: unknown) => void;

/** Gathers what is wanted of the view `typed`, then brings it here in one query. */
export interface Loader {
  readonly feature: (feature: FeatureEncoder) => Later;
  /** Numbers as they are, booleans as 1 and 0. */
  readonly numbers: (expression: RowExpression) => Later;
  /** A text as a dictionary, anything else as numbers. */
  readonly value: (expression: RowExpression) => Later;
  readonly add: (sql: string, write: Write) => void;
  readonly run: (onRows: (done: number) => void) => Promise<void>;
}

interface LoadedDictionary {
  readonly sql: string;
  readonly codes: Int32Array;
  entries: readonly string[];
}

export function createLoader(database: Database, view: TypedView, rows: number): Loader {
  const slots: { readonly sql: string; readonly write: Write }[] = [];
  const numberSlots = new Map<string, Float64Array>();
  const dictionaries = new Map<string, LoadedDictionary>();

  const add: Loader['add'] = (sql, write) => {
    slots.push({ sql, write });
  };

  function numberSlot(sql: string): Float64Array {
    const known = numberSlots.get(sql);
    if (known) return known;
    const values = new Float64Array(rows).fill(NaN);
    numberSlots.set(sql, values);
    add(`CAST(${sql} AS DOUBLE)`, (row, value) => {
      values[row] = value === null ? NaN : (value as number);
    });
    return values;
  }

  function dictionarySlot(sql: string): LoadedDictionary {
    const known = dictionaries.get(sql);
    if (known) return known;
    const made: LoadedDictionary = { sql, codes: new Int32Array(rows).fill(-1), entries: [] };
    add(`d${String(dictionaries.size)}.code`, (row, value) => {
      made.codes[row] = value === null ? -1 : (value as number);
    });
    dictionaries.set(sql, made);
    return made;
  }

  function numbers(expression: RowExpression): Later {
    if (isExact(expression)) {
      const values = numberSlot(printSql(expression, view.column));
      return () => ({ kind: 'numbers', values });
    }
    // Where SQL's last bits may differ from JavaScript's, SQL reads the columns and JavaScript does the rest.
    const { columns, evaluate } = createEvaluator(expression);
    const given = columns.map((read) => valuesOf(read.type, view.column(read)));
    return () => {
      const values = Float64Array.from({ length: rows }, (_, row) => {
        const value = evaluate(given.map((at) => at(row)));
        return value === null ? NaN : Number(value);
      });
      return { kind: 'numbers', values };
    };
  }

  function valuesOf(type: string, sql: string): (row: number) => ColumnValue | null {
    if (type === 'text') {
      const dictionary = dictionarySlot(sql);
      return (row) => dictionary.entries[dictionary.codes[row] ?? -1] ?? null;
    }
    const values = numberSlot(sql);
    return (row) => {
      const value = values[row] ?? NaN;
      if (Number.isNaN(value)) return null;
      return type === 'boolean' ? value === 1 : value;
    };
  }

  function dictionary(sql: string): Later {
    const made = dictionarySlot(sql);
    return () => ({ kind: 'dictionary', codes: made.codes, entries: made.entries });
  }

  function bag({ value, decode }: WholeSql): Later {
    const made = dictionarySlot(value);
    return () => ({
      kind: 'dictionary',
      codes: made.codes,
      entries: decode === 'json' ? made.entries.map((text): unknown => JSON.parse(text)) : made.entries,
    });
  }

  function vector(size: number, { value, decode }: WholeSql): Later {
    const values = new Float32Array(rows * size);
    const faults = new Map<number, string>();
    add(value, (row, text) => {
      const read = readVector(decode === 'json' && typeof text === 'string' ? JSON.parse(text) : text, size);
      if (isInvalid(read)) faults.set(row, read.invalid);
      else values.set(read, row * size);
    });
    return () => ({ kind: 'vectors', values, faults });
  }

  const value: Loader['value'] = (expression) =>
    expression.type === 'text' ? dictionary(printSql(expression, view.column)) : numbers(expression);

  const feature: Loader['feature'] = (encoder) => {
    const whole = isWhole(encoder) ? view.whole(wholeColumn(encoder)) : undefined;
    if (whole) return encoder.kind === 'vector' ? vector(encoder.size, whole) : bag(whole);
    return value(encoder.value ?? { kind: 'column', name: encoder.name, type: 'text' });
  };

  const run: Loader['run'] = async (onRows) => {
    const joins: string[] = [];
    for (const [i, made] of [...dictionaries.values()].entries()) {
      const table = `dictionary${String(i)}`;
      await database.run(
        `CREATE TABLE ${table} AS SELECT DISTINCT ${made.sql} AS entry FROM typed WHERE (${made.sql}) IS NOT NULL`,
      );
      made.entries = (await database.query(`SELECT entry FROM ${table} ORDER BY rowid`)).map(([entry]) => String(entry));
      joins.push(
        `LEFT JOIN (SELECT entry, CAST(rowid AS INTEGER) AS code FROM ${table}) AS d${String(i)} ON d${String(i)}.entry = (${made.sql})`,
      );
    }
    const sql = `SELECT ${['CAST(ordinal AS INTEGER)', ...slots.map((slot) => slot.sql)].join(', ')} FROM typed ${joins.join(' ')}`;
    let done = 0;
    for await (const chunk of database.stream(sql)) {
      const ordinals = chunk.getColumnVector(0);
      const places = Array.from({ length: chunk.rowCount }, (_, i) => ordinals.getItem(i) as number);
      slots.forEach(({ write }, k) => {
        const vector = chunk.getColumnVector(k + 1);
        for (let i = 0; i < places.length; i++) write(places[i] ?? 0, vector.getItem(i));
      });
      done += chunk.rowCount;
      onRows(done);
    }
  };

  return { feature, numbers, value, add, run };
}
