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
 * numbers as text, NaN as null.
 * @throws DataError if the file cannot be read
 */
export async function* parquetRows(path: string): AsyncGenerator<readonly PredictionRow[]> {
  const database = await openDuckDb({ files: [path] });
  const table = `read_parquet(${sqlString(literalPath(path))})`;
  try {
    const columns = await readingFile(path, () => database.query(`DESCRIBE SELECT * FROM ${table}`));
    const fields = columns.flatMap(([name, type]) => [
      sqlString(String(name)),
      jsonSql(String(type), sqlIdentifier(String(name))),
    ]);
    let record = 0;
    const chunks = database.stream(`SELECT CAST(json_object(${fields.join(', ')}) AS VARCHAR) FROM ${table}`);
    for (;;) {
      const next = await readingFile(path, () => chunks.next());
      if (next.done === true) return;
      const chunk = next.value;
      const texts = chunk.getColumnVector(0);
      const rows = Array.from({ length: chunk.rowCount }, (_, i) => JSON.parse(String(texts.getItem(i))) as RawRow);
      yield rows.map((row) => ({ record: (record += 1), row }));
    }
  } finally {
    await database.close();
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
      return `to_json(CAST(${column} AS VARCHAR))`;
    case 'json':
    case 'boolean':
    case 'list':
    case 'float-list':
    case 'other':
      return `to_json(${column})`;
    default:
      return kind satisfies never;
  }
}
