import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { ColumnData } from '../encode/columns.js';
import { columnReads, isExact } from '../encode/expressions/columns.js';
import { createEvaluator } from '../encode/expressions/evaluate.js';
import { printSql } from '../encode/expressions/print-sql.js';
import { createListWriter } from '../encode/list-column.js';
import { readVector } from '../encode/lists.js';
import type { CategoryEncoder, FeatureEncoder } from '../encode/program.js';
import type { Many } from '../model/model.js';
import { isInvalid, type ColumnValue } from '../encode/values.js';
import type { RowExpression } from '../model/row-expression.js';
import { copyColumn, type Database, type Numbers } from './duckdb.js';
import type { ListSource } from './list-facts.js';
import type { JoinedTable } from './read.js';
import type { WholeSql } from './raw-columns.js';
import { wholeColumn, type TypedViews } from './typed.js';

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
  /** Texts that are taken as they come, none of them kept. */
  readonly texts: TextSlot[];
  readonly dictionaries: Map<string, Dictionary>;
  /** Done before each load. */
  readonly before: (() => void)[];
  /** Done after each load. */
  readonly after: (() => void)[];
}

interface Slot {
  readonly sql: string;
  readonly into: Numbers;
}

interface TextSlot {
  readonly sql: string;
  readonly write: (row: number, text: unknown) => void;
}

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

export interface LoaderOptions {
  readonly joins: readonly JoinedTable[];
  /** By their feature. */
  readonly lists: ReadonlyMap<string, ListSource>;
  /** Most rows of the source at once. */
  readonly capacity: number;
}

export function createLoader(database: Database, views: TypedViews, { joins, lists, capacity }: LoaderOptions): Loader {
  let isMixed = false;
  let dictionaryCount = 0;
  const frames = [0, ...joins.map((_, i) => i + 1)].map((table): Frame => ({
    table,
    slots: [],
    texts: [],
    dictionaries: new Map(),
    before: [],
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

  function listsOf(frame: Frame, encoder: CategoryEncoder, many: Many, { value, decode }: WholeSql): ColumnData {
    const { lists, clear, write } = createListWriter(encoder, many, sizeOf(frame));
    frame.before.push(clear);
    frame.texts.push({ sql: value, write: (row, text) => write(row, decoded(decode, text)) });
    if (frame.table === 0) return { kind: 'lists', lists };
    const [lengths, starts, counts] = [lists.lengths, lists.starts, lists.counts].map((numbers) => spread(frame, numbers));
    if (!lengths || !starts || !counts) throw new Error('lists have three columns');
    return { kind: 'lists', lists: { ...lists, lengths, starts, counts, faults: spreadFaults(frame, lists.faults) } };
  }

  function spreadFaults({ table }: Frame, faults: ReadonlyMap<number, string>): ReadonlyMap<number, string> {
    const places = placesOf(table);
    const out = new Map<number, string>();
    source.after.push(() => {
      out.clear();
      if (faults.size === 0) return;
      places.forEach((place, row) => {
        const fault = faults.get(place);
        if (fault !== undefined) out.set(row, fault);
      });
    });
    return out;
  }

  function vector(frame: Frame, size: number, { value, decode }: WholeSql): ColumnData {
    const values = new Float32Array(sizeOf(frame) * size);
    const faults = new Map<number, string>();
    frame.before.push(() => {
      faults.clear();
    });
    frame.texts.push({
      sql: value,
      write: (row, text) => {
        const read = readVector(decoded(decode, text), size);
        if (isInvalid(read)) faults.set(row, read.invalid);
        else values.set(read, row * size);
      },
    });
    if (frame.table === 0) return { kind: 'vectors', values, faults };
    return { kind: 'vectors', values: spread(frame, values, size), faults: spreadFaults(frame, faults) };
  }

  const value: Loader['value'] = (expression) => {
    if (expression.type !== 'text') return numbers(expression);
    const frame = frameFor(columnReads(expression).map(({ name }) => name));
    return { kind: 'dictionary', ...dictionary(frame, printSql(expression, views.column)) };
  };

  const feature: Loader['feature'] = (encoder) => {
    const found = lists.get(encoder.name);
    if (encoder.kind === 'category' && encoder.many && found) {
      const frame = frameFor(found.columns);
      return found.isRepeated ? bag(frame, found) : listsOf(frame, encoder, encoder.many, found);
    }
    const column = wholeColumn(encoder);
    const whole = encoder.kind === 'vector' ? views.whole(column) : undefined;
    if (encoder.kind === 'vector' && whole) return vector(frameFor([column]), encoder.size, whole);
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
    const sql = rowsSql(frame, frame.slots, joined.join(' '), isWhole ? undefined : { from, to });
    for await (const { chunk, rows } of chunksWithPlaces(database.chunks(sql))) {
      if (frame === source) rows.forEach((row) => (present[row] = 1));
      frame.slots.forEach(({ into }, k) => {
        copyColumn(chunk, k + 1, into, rows);
      });
    }
  }

  /** Texts may be long and are many: a few rows of them are here at a time. */
  async function fetchTexts(frame: Frame, from: number, to: number, isWhole: boolean): Promise<void> {
    if (frame.texts.length === 0) return;
    const sql = rowsSql(frame, frame.texts, '', isWhole ? undefined : { from, to });
    for await (const { chunk, rows } of chunksWithPlaces(database.stream(sql))) {
      frame.texts.forEach(({ write }, k) => {
        const vector = chunk.getColumnVector(k + 1);
        for (let i = 0; i < rows.length; i++) write(rows[i] ?? 0, vector.getItem(i));
      });
    }
  }

  function rowsSql(
    { table }: Frame,
    slots: readonly { readonly sql: string }[],
    joined: string,
    range: { readonly from: number; readonly to: number } | undefined,
  ): string {
    const fields = ['CAST(ordinal AS INTEGER)', ...slots.map(({ sql }) => sql)];
    const where = range ? ` WHERE ordinal BETWEEN ${String(range.from)} AND ${String(range.to - 1)}` : '';
    return `SELECT ${fields.join(', ')} FROM ${views.view(table)} ${joined}${where}`;
  }

  async function* chunksWithPlaces(
    chunks: AsyncGenerator<DuckDBDataChunk>,
  ): AsyncGenerator<{ readonly chunk: DuckDBDataChunk; readonly rows: Int32Array }> {
    const places = new Int32Array(2048);
    for await (const chunk of chunks) {
      const rows = places.subarray(0, chunk.rowCount);
      copyColumn(chunk, 0, rows);
      if (base !== 0) for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] ?? 0) - base;
      yield { chunk, rows };
    }
  }

  /** The source's row that is row 0 of the arrays. */
  let base = 0;

  const open: Loader['open'] = async () => {
    if (isMixed) await views.joinAll();
    for (const frame of frames) for (const made of frame.dictionaries.values()) await makeDictionary(frame, made);
    for (const decode of decoders) decode();
    for (const [table, found] of partners) await findPartners(table, found);
    for (const frame of frames.filter(({ table, slots, texts }) => table > 0 && slots.length + texts.length > 0)) {
      await fetch(frame, 0, 0, true);
      await fetchTexts(frame, 0, 0, true);
      for (const finish of frame.after) finish();
    }
  };

  const load: Loader['load'] = async (from, to, onRows) => {
    base = from;
    present.fill(0);
    for (const begin of source.before) begin();
    for (let at = from; at < to; at += rowsAtOnce) {
      const end = Math.min(to, at + rowsAtOnce);
      await fetch(source, at, end, at === 0 && end === views.rows(0));
      onRows(end - from);
    }
    await fetchTexts(source, from, to, from === 0 && to === views.rows(0));
    base = 0;
    for (const finish of source.after) finish();
  };

  return { feature, numbers, value, flags, alone, present, open, load };
}

const decoded = (decode: WholeSql['decode'], text: unknown): unknown =>
  decode === 'json' && typeof text === 'string' ? JSON.parse(text) : text;

function emptyLike<T extends Numbers>(values: T, size: number): T {
  const Kind = values.constructor as new (size: number) => T;
  return new Kind(size);
}
