import { sqlIdentifier, sqlString } from '../encode/escape.js';
import type { RawRow } from '../encode/row.js';
import { literalPath, openDuckDb } from './duckdb.js';
import { readingFile } from './errors.js';
import type { PredictionRow } from './prediction-rows.js';
import { storedKind } from './raw-columns.js';

/** JSON's numbers are doubles, which hold every whole number below it. */
const exactIntegers = 2 ** 53;

/**
 * The rows of a parquet file as jsonl would have them, so that they mean what they mean in training: times as text in UTC, large whole
 * numbers as text, NaN as null, and as text within a list; structs and what else no feature reads as text.
 * @param wanted columns whose values are read, the others are null; absent: all
 * @throws DataError if the file cannot be read
 */
export async function* parquetRows(path: string, wanted?: ReadonlySet<string>): AsyncGenerator<readonly PredictionRow[]> {
  const database = await openDuckDb({ files: [path] });
  const table = `read_parquet(${sqlString(literalPath(path))})`;
  try {
    const columns = await readingFile(path, () => database.query(`DESCRIBE SELECT * FROM ${table}`));
    const fields = columns.flatMap(([name, type]) => [
      sqlString(String(name)),
      wanted?.has(String(name)) === false ? 'NULL' : jsonSql(String(type), sqlIdentifier(String(name))),
    ]);
    let record = 0;
    const chunks = database.stream(`SELECT CAST(json_object(${fields.join(', ')}) AS VARCHAR) FROM ${table}`);
    for (;;) {
      const next = await readingFile(path, () => chunks.next());
      if (next.done === true) return;
      const chunk = next.value;
      const texts = chunk.getColumnVector(0);
      yield Array.from({ length: chunk.rowCount }, (_, i) => ({ record: (record += 1), ...parse(String(texts.getItem(i))) }));
    }
  } finally {
    await database.close();
  }
}

/** A column of JSON may hold what DuckDB takes for it and JSON does not know, such as NaN. */
function parse(text: string): { readonly row: RawRow } | { readonly broken: string } {
  try {
    return { row: JSON.parse(text) as RawRow };
  } catch {
    return { broken: 'one of its columns of JSON holds something else' };
  }
}

function jsonSql(type: string, column: string): string {
  const kind = storedKind(type);
  switch (kind) {
    case 'integer':
      return `CASE WHEN ${column} BETWEEN -${String(exactIntegers)} AND ${String(exactIntegers)} THEN to_json(${column}) ELSE to_json(CAST(${column} AS VARCHAR)) END`;
    case 'float':
      return `CASE WHEN isfinite(CAST(${column} AS DOUBLE)) THEN to_json(CAST(${column} AS DOUBLE)) END`;
    case 'time':
      return `to_json(strftime(make_timestamp(epoch_us(${column})), '%Y-%m-%dT%H:%M:%S.%fZ'))`;
    case 'text':
    case 'other':
      return `to_json(CAST(${column} AS VARCHAR))`;
    case 'list':
      return listSql(column, jsonSql(type.slice(0, type.lastIndexOf('[')), element));
    case 'float-list': {
      const text = `CAST(${element} AS VARCHAR)`;
      return listSql(
        column,
        `CASE WHEN isfinite(CAST(${element} AS DOUBLE)) THEN to_json(CAST(${text} AS DOUBLE)) ELSE to_json(${text}) END`,
      );
    }
    case 'json':
    case 'boolean':
      return `to_json(${column})`;
    default:
      return kind satisfies never;
  }
}

const element = 'element';

const listSql = (column: string, elementSql: string): string =>
  `to_json(list_transform(${column}, lambda ${element}: ${elementSql}))`;
