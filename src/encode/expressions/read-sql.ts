import { sqlString } from '../escape.js';
import { isoPattern } from '../time.js';
import { falsePattern, numberPattern, truePattern } from '../values.js';

/** SQL (DuckDB) of the conversions of values.ts, of a VARCHAR expression: NULL where the text is missing or invalid. */
export const readSql = {
  text: (text: string): string => `nullif(${text}, '')`,
  number,
  boolean: (text: string): string =>
    // Most booleans are these, and a pattern costs more than all the rest.
    `CASE WHEN ${text} IN ('1', 'true') THEN TRUE WHEN ${text} IN ('0', 'false') THEN FALSE ` +
    `WHEN regexp_full_match(${text}, ${sqlString(truePattern)}) THEN TRUE ` +
    `WHEN regexp_full_match(${text}, ${sqlString(falsePattern)}) THEN FALSE ` +
    `WHEN ${number(text)} = 1e0 THEN TRUE WHEN ${number(text)} = 0e0 THEN FALSE END`,
  time,
} as const;

/** Whether a VARCHAR expression holds something, where a type other than text is wanted. */
export function isPresentSql(text: string): string {
  return `(NOT regexp_full_match(${text}, '[ \\t]*'))`;
}

/** Whole numbers that a double holds exactly as their digits, of a DOUBLE expression; else NULL. */
export function canonicalNumberSql(number: string): string {
  return `CASE WHEN ${number} = floor(${number}) AND abs(${number}) <= 9007199254740991e0 THEN CAST(CAST(${number} AS BIGINT) AS VARCHAR) END`;
}

/** A text that DuckDB would print a number as is one; only others are held against the pattern, which costs ten times as much. */
function number(text: string): string {
  const value = `TRY_CAST(trim(${text}, ${sqlString(' \t')}) AS DOUBLE)`;
  const plain = `TRY_CAST(${text} AS DOUBLE)`;
  return (
    `CASE WHEN CAST(TRY_CAST(${text} AS BIGINT) AS VARCHAR) = ${text} THEN ${plain} ` +
    `WHEN CAST(${plain} AS VARCHAR) = ${text} AND isfinite(${plain}) THEN ${plain} ` +
    `WHEN regexp_full_match(${text}, ${sqlString(numberPattern)}) AND isfinite(${value}) THEN ${value} END`
  );
}

const fields = ['year', 'month', 'day', 'hour', 'minute', 'second', 'fraction', 'zone'] as const;

function time(text: string): string {
  const names = fields.map((name) => `'${name}'`).join(', ');
  const matched = `regexp_extract(${text}, ${sqlString(`^(?:${isoPattern})$`)}, [${names}])`;
  const field = (name: (typeof fields)[number]): string => `struct_extract(${matched}, '${name}')`;
  const whole = (name: (typeof fields)[number]): string => `coalesce(TRY_CAST(${field(name)} AS BIGINT), 0)`;
  const date = `TRY_CAST(${field('year')} || '-' || ${field('month')} || '-' || ${field('day')} AS DATE)`;
  const zone = `replace(${field('zone')}, ':', '')`;
  const offset =
    `CASE WHEN ${field('zone')} IN ('', 'Z') THEN 0 ELSE (CASE WHEN ${field('zone')}[1] = '-' THEN -1 ELSE 1 END) * ` +
    `(CAST(${zone}[2:3] AS BIGINT) * 3600 + CAST(${zone}[4:5] AS BIGINT) * 60) END`;
  const seconds =
    `CAST(CAST(epoch(${date}) AS BIGINT) + ${whole('hour')} * 3600 + ${whole('minute')} * 60 + ${whole('second')} - (${offset}) AS DOUBLE)` +
    ` + CAST(TRY_CAST(rpad(left(${field('fraction')}, 6), 6, '0') AS BIGINT) AS DOUBLE) / 1e6`;
  return `CASE WHEN ${field('year')} NOT IN ('', '0000') AND ${date} IS NOT NULL THEN ${seconds} END`;
}
