import type { ColumnData } from '../encode/columns.js';
import type { CategoryEncoder, EncoderProgram, FeatureEncoder, LabelEncoder, TimeEncoder } from '../encode/program.js';
import { type ColumnKind, type ColumnSummary, type RowsSummary } from '../encode/row-groups.js';
import type { SplitName } from '../encode/split.js';
import { unitsPerSecond } from '../encode/time.js';
import { constantLabelText, outsideText, type OutsideValues } from '../model/data-facts.js';
import type { Split, TimeUnit } from '../model/model.js';
import { csvRecords } from './csv.js';
import { isDataError } from './errors.js';
import { rowStates } from './load.js';
import type { ResolvedSource } from './sources.js';
import { readTextFile } from './text-files.js';

/**
 * What is strange about encoded rows, in a sentence each: columns that can teach nothing, values that nobody has, and splits without
 * rows; after what is strange about their files.
 */
export function summaryWarnings(
  program: EncoderProgram,
  { train, valid, test }: Readonly<Record<SplitName, RowsSummary>>,
  strange: readonly string[],
  split: Split | undefined,
  outside: readonly OutsideValues[] = [],
): readonly string[] {
  const told = new Set(outside.map(({ feature }) => feature));
  const features = [
    ...program.features.flatMap((feature) => (told.has(feature.name) ? [] : featureWarning(feature, train))),
    ...outside.map((one) => `feature ${one.feature}: ${outsideText(one)}`),
  ];
  const labels = program.labels.flatMap((label) =>
    labelWarnings(label, train, [
      ['validation', valid],
      ['test', test],
    ]),
  );
  const wanted = split ? sharesOf(split) : { valid: false, test: false };
  const empty = [
    ...(wanted.valid && valid.rows === 0 ? ['the split leaves no row to validate on'] : []),
    ...(wanted.test && test.rows === 0 ? ['the split leaves no row to test on'] : []),
  ];
  const known = { ...program, features: program.features.filter((feature) => !isUnknown(feature, train)) };
  return [
    ...strange,
    ...features,
    ...labels,
    ...empty,
    ...unknownWarnings(known, valid, 'validation'),
    ...unknownWarnings(known, test, 'test'),
  ];
}

/** Features of which the rows hold nothing that training has met; `what` says which rows they are. */
export const unknownWarnings = (program: EncoderProgram, rows: RowsSummary, what: string): readonly string[] =>
  program.features
    .filter((feature) => isUnknown(feature, rows))
    .map(({ name }) => `feature ${name} is unknown or missing in all ${what} rows`);

const columnOf = (rows: RowsSummary, kinds: readonly ColumnKind[], name: string): ColumnSummary | undefined =>
  rows.columns.find((column) => column.name === name && kinds.includes(column.kind));

/** Whether two rows or more all have the reserved row of the table, or empty bags. */
function isUnknown(feature: FeatureEncoder, rows: RowsSummary): boolean {
  if (feature.kind !== 'category' || rows.rows < 2) return false;
  const ids = columnOf(rows, ['id', 'bag'], feature.name);
  const reserves = feature.codes.kind === 'vocabulary' || feature.codes.kind === 'values';
  return ids !== undefined && (ids.count === 0 || (reserves && ids.only === 0));
}

function featureWarning(feature: FeatureEncoder, train: RowsSummary): readonly string[] {
  const { name } = feature;
  if (feature.kind !== 'category') {
    const dense = columnOf(train, ['dense'], name);
    return dense?.width === 1 && only(dense) !== undefined ? [oneValue(name)] : [];
  }
  const ids = columnOf(train, ['id', 'bag'], name);
  if (train.rows > 1 && (ids?.count ?? 0) === 0) return [`feature ${name} is missing in all training rows`];
  const one = only(ids);
  return one === undefined ? [] : [one === 0 ? sameReserved(feature) : oneValue(name)];
}

const oneValue = (name: string): string => `feature ${name} has one value in all training rows`;

/** The number that all are, of two or more. */
const only = (column: ColumnSummary | undefined): number | undefined =>
  column !== undefined && column.count > 1 ? column.only : undefined;

function sameReserved({ name, codes }: CategoryEncoder): string {
  switch (codes.kind) {
    case 'values':
      return `feature ${name}: no training row has one of its \`values\`, so that all count as unknown`;
    case 'vocabulary':
      return codes.minCount > 1
        ? `feature ${name}: no value is in ${String(codes.minCount)} training rows (min_count), so that all count as unknown`
        : `feature ${name} is missing in all training rows`;
    case 'hash':
    case 'size':
    case 'buckets':
      return oneValue(name);
    default:
      return codes satisfies never;
  }
}

function labelWarnings(
  label: LabelEncoder,
  train: RowsSummary,
  others: readonly (readonly [name: string, rows: RowsSummary])[],
): readonly string[] {
  const { name, task } = label;
  const value = only(columnOf(train, ['label'], name));
  const shown = (one: number): string => labelText(task, one);
  if (value !== undefined) return [`label ${name} is ${constantLabelText(shown(value))}`];
  if (task === 'number') return [];
  return others.flatMap(([what, rows]) => {
    const one = only(columnOf(rows, ['label'], name));
    return one === undefined ? [] : [`label ${name} is ${shown(one)} in all ${what} rows: they measure little`];
  });
}

/** A label's value, for a reader. */
export const labelText = (task: LabelEncoder['task'], value: number): string =>
  task === 'binary' ? (value === 1 ? 'true' : 'false') : String(value);

function sharesOf(split: Split): { readonly valid: boolean; readonly test: boolean } {
  if (split.kind === 'column') return { valid: split.valid.length > 0, test: split.test.length > 0 };
  return { valid: split.valid > 0, test: split.test > 0 };
}

/** Files whose first record is the names that `columns` gives: it is a header line, and is read as a row. */
export async function headerWarnings(sources: readonly ResolvedSource[]): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const { source, files } of sources) {
    if (source.format !== 'csv' || !source.columns) continue;
    for (const file of files) {
      const first = await firstRecord(file, source.encoding, source.separator ?? ',');
      if (namesOf(first) !== namesOf(source.columns)) continue;
      warnings.push(`${file} begins with the names that \`columns\` gives: that line is read as a row; leave \`columns\` out`);
    }
  }
  return warnings;
}

const namesOf = (fields: readonly string[]): string => JSON.stringify(fields.map((field) => field.trim().toLowerCase()));

/** None where the file cannot be read, which reading it says better. */
async function firstRecord(file: string, encoding: 'utf8' | 'latin1', separator: string): Promise<readonly string[]> {
  try {
    for await (const record of csvRecords(readTextFile(file, encoding), separator))
      return 'fields' in record ? record.fields : [];
  } catch (error) {
    if (!isDataError(error)) throw error;
  }
  return [];
}

const shownValues = 8;

/** Values that the split names and no row has. */
export function splitWarnings(split: Split, deciding: ColumnData | undefined): readonly string[] {
  if (split.kind !== 'column' || deciding?.kind !== 'dictionary') return [];
  const there = new Set(deciding.entries.map(String));
  const has = [...there]
    .sort()
    .slice(0, shownValues)
    .map((value) => JSON.stringify(value))
    .join(', ');
  const more = there.size > shownValues ? ', …' : '';
  return (['train', 'valid', 'test'] as const).flatMap((name) =>
    split[name]
      .filter((value) => !there.has(value))
      .map(
        (value) =>
          `split: ${name} wants ${JSON.stringify(value)}, which no row has in the column ${split.column}${has === '' ? '' : `; it has ${has}${more}`}`,
      ),
  );
}

const secondsInYear = 31_556_952;
const secondsIn2100 = 4_102_444_800;
const secondsIn1971 = 31_536_000;
const secondsIn1980 = 315_532_800;

/** Times that a wrong unit has moved: most rows lie beyond 1970 to 2100, or all in 1970. */
export function timeWarnings(
  program: EncoderProgram,
  features: ReadonlyMap<string, ColumnData>,
  /** Of the rows that are looked at: the first ones. */
  states: Uint8Array,
): readonly string[] {
  return program.features.flatMap((feature) => {
    const data = features.get(feature.name);
    if (feature.kind !== 'time' || feature.unit === undefined || data?.kind !== 'numbers') return [];
    const numbers = data.values.filter((value, row) => states[row] === rowStates.kept && !Number.isNaN(value)).sort();
    return numbers.length === 0 ? [] : timeWarning(feature, feature.unit, numbers);
  });
}

/** @param numbers in ascending order */
function timeWarning({ name }: TimeEncoder, unit: TimeUnit, numbers: Float64Array): readonly string[] {
  const at = (share: number, per: TimeUnit): number =>
    (numbers[Math.floor(share * (numbers.length - 1))] ?? 0) / unitsPerSecond[per];
  const isFar = (per: TimeUnit): boolean => at(0.5, per) < 0 || at(0.5, per) > secondsIn2100 || at(1, per) < secondsIn1971;
  if (!isFar(unit)) return [];
  const units = Object.keys(unitsPerSecond) as readonly TimeUnit[];
  const better = units.find((per) => at(0.5, per) > secondsIn1980 && at(0.5, per) < secondsIn2100);
  const hint = better === undefined ? '' : `: perhaps its unit is \`${better}\``;
  return [
    `feature ${name}: read as time(unit: ${unit}), its times lie about the year ${String(Math.floor(1970 + at(0.5, unit) / secondsInYear))}${hint}`,
  ];
}
