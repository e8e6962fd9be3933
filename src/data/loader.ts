import type { ColumnData } from '../encode/columns.js';
import { columnReads, isExact } from '../encode/expressions/columns.js';
import { createEvaluator } from '../encode/expressions/evaluate.js';
import { printSql } from '../encode/expressions/print-sql.js';
import { readVector } from '../encode/lists.js';
import type { FeatureEncoder } from '../encode/program.js';
import { isInvalid, type ColumnValue } from '../encode/values.js';
import type { RowExpression } from '../model/row-expression.js';
import { copyColumn, type Database, type Numbers } from './duckdb.js';
import type { JoinedTable } from './read.js';
import type { WholeSql } from './raw-columns.js';
import { isWhole, wholeColumn, type TypedViews } from './typed.js';

/**
 * Gathers what is wanted of the views, then brings it here a range of the source's rows at a time. What it gives out stays the same
 * arrays: each `load` puts other rows into them. What stands in a joined file is read and evaluated once a row of that file.
 */
export interface Loader {
  readonly feature: (feature: FeatureEncoder) => ColumnData;
  /** Numbers as they are, booleans as 1 and 0. */
  readonly numbers: (expression: RowExpression) => ColumnData;
  /** A text as a dictionary, anything else as numbers. */
  readonly value: (expression: RowExpression) => ColumnData;
  /** A small whole number of each row, of an expression over the columns of one table. */
  readonly flags: (table: number, sql: string) => Int8Array;
  /** 1 where a row has no partner in a joined table. */
  readonly alone: (table: number) => Uint8Array;
  /** 1 where the source has such a row. */
  readonly present: Uint8Array;
  /** Makes dictionaries and reads joined files, when all is wanted. */
  readonly open: () => Promise<void>;
  /** Rows `from` … `to` - 1 of the source, as rows 0 …; no more than the capacity. */
  readonly load: (from: number, to: number, onRows: (done: number) => void) => Promise<void>;
}

/** Columns of one table, row by row. */
interface Frame {
  readonly table: number;
  readonly slots: Slot[];
  readonly dictionaries: Map<string, Dictionary>;
  /** Done after each load. */
  readonly after: (() => void)[];
}

type Slot =
  | { readonly sql: string; readonly into: Numbers }
  | { readonly sql: string; readonly write: (row: number, text: unknown) => void };

interface Dictionary {
  readonly table: string;
  readonly sql: string;
  readonly codes: Int32Array;
  readonly entries: string[];
  /** Whether anybody reads the entries. */
  isRead: boolean;
}

/** Rows that one query brings here: what it gives is held twice for a moment. */
const rowsAtOnce = 2 ** 21;

/** @param capacity Most rows of the source at once. */
export function createLoader(
  database: Database,
  views: TypedViews,
  { joins, capacity }: { readonly joins: readonly JoinedTable[]; readonly capacity: number },
): Loader {
  let isMixed = false;
  let dictionaryCount = 0;
  const frames = [0, ...joins.map((_, i) => i + 1)].map((table): Frame => ({
    table,
    slots: [],
    dictionaries: new Map(),
    after: [],
  }));
  const source = frameOf(0);
  const present = new Uint8Array(capacity);
  const partners = new Map<number, { readonly key: Dictionary; readonly places: Int32Array; ofKey: Int32Array }>();

  function frameOf(table: number): Frame {
    const frame = frames[table];
    if (!frame) throw new Error(`there is no table ${String(table)}`);
    return frame;
  }
  const sizeOf = ({ table }: Frame): number => (table === 0 ? capacity : views.rows(table));

  /** The frame that has all columns of an expression: rows of several tables are the source's. */
  function frameFor(names: readonly string[]): Frame {
    const tables = [...new Set(names.map((name) => views.table(name)))];
    if (tables.length > 1) isMixed = true;
    return tables.length === 1 ? frameOf(tables[0] ?? 0) : source;
  }

  /** For each row of the source its partner's place in a joined table, which is that of nothing where it has none. */
  function placesOf(table: number): Int32Array {
    const known = partners.get(table);
    if (known) return known.places;
    const key = dictionarySlot(source, views.key(table), false);
    const places = new Int32Array(capacity);
    const partner = { key, places, ofKey: new Int32Array(0) };
    const nothing = views.rows(table) - 1;
    partners.set(table, partner);
    source.after.unshift(() => {
      const { ofKey } = partner;
      for (let row = 0; row < capacity; row++) {
        const code = key.codes[row] ?? -1;
        places[row] = code < 0 ? nothing : (ofKey[code] ?? nothing);
      }
    });
    return places;
  }

  /** A column of a frame for the rows of the source. */
  function spread<T extends Numbers>({ table }: Frame, values: T, width = 1): T {
    if (table === 0) return values;
    const places = placesOf(table);
    const out = emptyLike(values, capacity * width);
    source.after.push(() => {
      if (width === 1) for (let row = 0; row < capacity; row++) out[row] = values[places[row] ?? 0] ?? 0;
      else
        for (let row = 0; row < capacity; row++) {
          const place = places[row] ?? 0;
          out.set(values.subarray(place * width, (place + 1) * width), row * width);
        }
    });
    return out;
  }

  const slotsOf = new Map<string, Numbers>();
  function slot<T extends Numbers>(frame: Frame, sql: string, make: (size: number) => T): T {
    const key = `${String(frame.table)} ${sql}`;
    const known = slotsOf.get(key);
    if (known) return known as T;
    const into = make(sizeOf(frame));
    slotsOf.set(key, into);
    frame.slots.push({ sql, into });
    return into;
  }

  const numberSlot = (frame: Frame, sql: string): Float64Array =>
    slot(frame, `coalesce(CAST(${sql} AS DOUBLE), 'nan'::DOUBLE)`, (size) => new Float64Array(size).fill(NaN));

  function dictionarySlot(frame: Frame, sql: string, isRead = true): Dictionary {
    const known = frame.dictionaries.get(sql);
    if (known) {
      known.isRead ||= isRead;
      return known;
    }
    const name = `d${String(dictionaryCount++)}`;
    const codes = slot(frame, `coalesce(${name}.code, -1)`, (size) => new Int32Array(size).fill(-1));
    const made: Dictionary = { table: name, sql, codes, entries: [], isRead };
    frame.dictionaries.set(sql, made);
    return made;
  }

  function numbers(expression: RowExpression): ColumnData {
    const frame = frameFor(columnReads(expression).map(({ name }) => name));
    if (isExact(expression))
      return { kind: 'numbers', values: spread(frame, numberSlot(frame, printSql(expression, views.column))) };
    // Where SQL's last bits may differ from JavaScript's, SQL reads the columns and JavaScript does the rest.
    const { columns, evaluate } = createEvaluator(expression);
    const given = columns.map((read) => valuesOf(frame, read.type, views.column(read)));
    const values = new Float64Array(sizeOf(frame));
    frame.after.push(() => {
      for (let row = 0; row < values.length; row++) {
        const value = evaluate(given.map((at) => at(row)));
        values[row] = value === null ? NaN : Number(value);
      }
    });
    return { kind: 'numbers', values: spread(frame, values) };
  }

  function valuesOf(frame: Frame, type: string, sql: string): (row: number) => ColumnValue | null {
    if (type === 'text') {
      const { codes, entries } = dictionarySlot(frame, sql);
      return (row) => entries[codes[row] ?? -1] ?? null;
    }
    const values = numberSlot(frame, sql);
    return (row) => {
      const value = values[row] ?? NaN;
      if (Number.isNaN(value)) return null;
      return type === 'boolean' ? value === 1 : value;
    };
  }

  function dictionary(frame: Frame, sql: string): { readonly codes: Int32Array; readonly entries: readonly string[] } {
    const { codes, entries } = dictionarySlot(frame, sql);
    return { codes: spread(frame, codes), entries };
  }

  const decoders: (() => void)[] = [];
  function bag(frame: Frame, { value, decode }: WholeSql): ColumnData {
    const { codes, entries } = dictionary(frame, value);
    if (decode === 'text') return { kind: 'dictionary', codes, entries };
    const decoded: unknown[] = [];
    decoders.push(() => {
      for (const text of entries) decoded.push(JSON.parse(text));
    });
    return { kind: 'dictionary', codes, entries: decoded };
  }

  function vector(frame: Frame, size: number, { value, decode }: WholeSql): ColumnData {
    const values = new Float32Array(sizeOf(frame) * size);
    const faults = new Map<number, string>();
    frame.slots.push({
      sql: value,
      write: (row, text) => {
        const read = readVector(decode === 'json' && typeof text === 'string' ? JSON.parse(text) : text, size);
        if (isInvalid(read)) faults.set(row, read.invalid);
        else {
          values.set(read, row * size);
          faults.delete(row);
        }
      },
    });
    if (frame.table === 0) return { kind: 'vectors', values, faults };
    const places = placesOf(frame.table);
    const spreadFaults = new Map<number, string>();
    source.after.push(() => {
      spreadFaults.clear();
      if (faults.size === 0) return;
      places.forEach((place, row) => {
        const fault = faults.get(place);
        if (fault !== undefined) spreadFaults.set(row, fault);
      });
    });
    return { kind: 'vectors', values: spread(frame, values, size), faults: spreadFaults };
  }

  const value: Loader['value'] = (expression) => {
    if (expression.type !== 'text') return numbers(expression);
    const frame = frameFor(columnReads(expression).map(({ name }) => name));
    return { kind: 'dictionary', ...dictionary(frame, printSql(expression, views.column)) };
  };

  const feature: Loader['feature'] = (encoder) => {
    const column = wholeColumn(encoder);
    const whole = isWhole(encoder) ? views.whole(column) : undefined;
    if (whole) {
      const frame = frameFor([column]);
      return encoder.kind === 'vector' ? vector(frame, encoder.size, whole) : bag(frame, whole);
    }
    return value(encoder.value ?? { kind: 'column', name: encoder.name, type: 'text' });
  };

  const flags: Loader['flags'] = (table, sql) => {
    const frame = frameOf(table);
    return spread(
      frame,
      slot(frame, `CAST(${sql} AS TINYINT)`, (size) => new Int8Array(size)),
    );
  };

  const alone: Loader['alone'] = (table) => {
    const places = placesOf(table);
    const nothing = views.rows(table) - 1;
    const out = new Uint8Array(capacity);
    source.after.push(() => {
      for (let row = 0; row < capacity; row++) out[row] = Number(places[row] === nothing);
    });
    return out;
  };

  async function makeDictionary(frame: Frame, { table, sql, entries, isRead }: Dictionary): Promise<void> {
    await database.run(
      `CREATE TABLE ${table} AS SELECT CAST(row_number() OVER () - 1 AS INTEGER) AS code, entry FROM ` +
        `(SELECT DISTINCT ${sql} AS entry FROM ${views.view(frame.table)} WHERE (${sql}) IS NOT NULL)`,
    );
    if (!isRead) return;
    for await (const chunk of database.stream(`SELECT code, entry FROM ${table}`)) {
      const codes = new Int32Array(chunk.rowCount);
      copyColumn(chunk, 0, codes);
      const texts = chunk.getColumnVector(1);
      codes.forEach((code, i) => (entries[code] = String(texts.getItem(i))));
    }
  }

  async function findPartners(table: number, found: { readonly key: Dictionary; ofKey: Int32Array }): Promise<void> {
    const keyed = joins[table - 1]?.keyed ?? '';
    const [count] = await database.query(`SELECT count(*) FROM ${found.key.table}`);
    found.ofKey = new Int32Array(Number(count?.[0])).fill(views.rows(table) - 1);
    const sql = `SELECT d.code, CAST(j.place AS INTEGER) FROM ${found.key.table} AS d JOIN ${keyed} AS j ON j.partner = d.entry`;
    const places = new Int32Array(found.ofKey.length);
    const codes = new Int32Array(found.ofKey.length);
    let size = 0;
    for await (const chunk of database.stream(sql)) {
      copyColumn(chunk, 0, codes.subarray(size));
      copyColumn(chunk, 1, places.subarray(size));
      size += chunk.rowCount;
    }
    for (let i = 0; i < size; i++) found.ofKey[codes[i] ?? 0] = places[i] ?? 0;
  }

  async function fetch(frame: Frame, from: number, to: number, isWhole: boolean): Promise<void> {
    const joined = [...frame.dictionaries.values()].map(({ table, sql }) => `LEFT JOIN ${table} ON ${table}.entry = (${sql})`);
    const fields = ['CAST(ordinal AS INTEGER)', ...frame.slots.map(({ sql }) => sql)];
    const range = isWhole ? '' : ` WHERE ordinal BETWEEN ${String(from)} AND ${String(to - 1)}`;
    const sql = `SELECT ${fields.join(', ')} FROM ${views.view(frame.table)} ${joined.join(' ')}${range}`;
    const places = new Int32Array(2048);
    for await (const chunk of database.chunks(sql)) {
      const rows = places.subarray(0, chunk.rowCount);
      copyColumn(chunk, 0, rows);
      if (base !== 0) for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] ?? 0) - base;
      if (frame === source) rows.forEach((row) => (present[row] = 1));
      frame.slots.forEach((wanted, k) => {
        if ('into' in wanted) copyColumn(chunk, k + 1, wanted.into, rows);
        else {
          const vector = chunk.getColumnVector(k + 1);
          for (let i = 0; i < rows.length; i++) wanted.write(rows[i] ?? 0, vector.getItem(i));
        }
      });
    }
  }

  /** The source's row that is row 0 of the arrays. */
  let base = 0;

  const open: Loader['open'] = async () => {
    if (isMixed) await views.joinAll();
    for (const frame of frames) for (const made of frame.dictionaries.values()) await makeDictionary(frame, made);
    for (const decode of decoders) decode();
    for (const [table, found] of partners) await findPartners(table, found);
    for (const frame of frames.filter(({ table, slots }) => table > 0 && slots.length > 0)) {
      await fetch(frame, 0, 0, true);
      for (const finish of frame.after) finish();
    }
  };

  const load: Loader['load'] = async (from, to, onRows) => {
    base = from;
    present.fill(0);
    for (let at = from; at < to; at += rowsAtOnce) {
      const end = Math.min(to, at + rowsAtOnce);
      await fetch(source, at, end, at === 0 && end === views.rows(0));
      onRows(end - from);
    }
    base = 0;
    for (const finish of source.after) finish();
  };

  return { feature, numbers, value, flags, alone, present, open, load };
}

function emptyLike<T extends Numbers>(values: T, size: number): T {
  const Kind = values.constructor as new (size: number) => T;
  return new Kind(size);
}
