import type { EncodedRows, EncoderState, FeatureEncoder } from '../encode/program.js';
import type { DataFacts, FeatureFacts } from '../model/data-facts.js';
import type { Dataset } from './dataset.js';
import { skewnessOf } from './number-facts.js';
import { labelText } from './warnings.js';
import { quantiles, toldShare, type Codes } from './label-information.js';

/** More training rows than these are not looked at. */
const mostRows = 1_000_000;
const mostClasses = 16;
/** Rows of the source for each training row, where their numbers are told. */
const mostGaps = 3;

/** What the lints of data ask of encoded rows. */
export function factsOfRows(
  { program, state, outside }: Pick<Dataset, 'outside' | 'program' | 'state'>,
  splits: Readonly<Record<'test' | 'train' | 'valid', EncodedRows>>,
): DataFacts {
  const { train } = splits;
  const rows = Math.min(train.rows, mostRows);
  const labels = program.labels.map(({ name, task }) => {
    const values = (train.labels[name] ?? new Float32Array()).subarray(0, rows);
    return [name, task === 'number' ? quantiles(values, mostClasses) : classesOf(values)] as const;
  });
  const features = program.features.map((feature): [string, FeatureFacts] => {
    const codes = codesOf(feature, train, rows);
    const tells = codes ? labels.map(([name, y]) => [name, toldShare(codes, y)] as const) : [];
    return [
      feature.name,
      { ...valuesOf(feature, train, rows, state), unmet: unmetIn(feature, splits), tells: Object.fromEntries(tells) },
    ];
  });
  const constantLabels = new Map(
    program.labels.flatMap(({ name, task }): readonly (readonly [string, string])[] => {
      const values = train.labels[name] ?? new Float32Array();
      const [first] = values;
      if (first === undefined || values.length < 2 || values.some((value) => value !== first)) return [];
      return [[name, labelText(task, first)]];
    }),
  );
  return { rows, features: new Map(features), constantLabels, outside };
}

function classesOf(values: Float32Array): Codes {
  const codes = Int32Array.from(values);
  return { codes, size: codes.reduce((largest, code) => Math.max(largest, code), 0) + 1 };
}

/** What of a row is held against its label; undefined where a row has many values. */
function codesOf({ name }: FeatureEncoder, { ids, dense }: EncodedRows, rows: number): Codes | undefined {
  const own = ids[name]?.subarray(0, rows);
  if (own) return { codes: own, size: own.reduce((largest, id) => Math.max(largest, id), 0) + 1 };
  const numbers = dense[name];
  return numbers?.width === 1 ? quantiles(numbers.values.subarray(0, rows)) : undefined;
}

function valuesOf(
  feature: FeatureEncoder,
  train: EncodedRows,
  rows: number,
  state: EncoderState,
): Omit<FeatureFacts, 'tells' | 'unmet'> {
  if (feature.kind !== 'category') return numbersOf(feature, train, rows, state);
  const { codes } = feature;
  const learned = codes.kind === 'vocabulary' ? state.vocabularies[codes.name] : undefined;
  const ids = (train.ids[feature.name] ?? train.bags[feature.name]?.ids ?? new Int32Array()).subarray(0, rows);
  const distinct = new Set(ids).size;
  const [first = 0] = ids;
  const only = learned ? (first === 0 ? 'unknown or missing' : `"${learned[first - 1] ?? ''}"`) : 'the same';
  const isShared = learned !== undefined && codes.kind === 'vocabulary' && codes.name !== feature.name;
  const unknown = ids.reduce((count, id) => count + (id === 0 ? 1 : 0), 0) / Math.max(1, ids.length);
  const isAlone = distinct === 1 && rows > 1 && Object.hasOwn(train.ids, feature.name);
  return {
    distinct,
    numbersRows: false,
    ...(learned && { learned: learned.length }),
    ...(isAlone && { only }),
    ...(isShared && { unknown }),
  };
}

function numbersOf(
  feature: Exclude<FeatureEncoder, { kind: 'category' }>,
  { dense }: EncodedRows,
  rows: number,
  state: EncoderState,
): Omit<FeatureFacts, 'tells' | 'unmet'> {
  const column = dense[feature.name];
  if (feature.kind !== 'number' || column?.width !== 1) return { distinct: rows, numbersRows: false };
  const { mean, deviation } = state.statistics[feature.name]?.[0] ?? { mean: 0, deviation: 1 };
  const isStandardized = feature.transforms.includes('standardize');
  const raw = (value: number): number => (isStandardized ? value * deviation + mean : value);
  const sorted = column.values.subarray(0, rows).toSorted();
  const at = (share: number): number => raw(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
  let distinct = 0;
  for (let i = 0; i < sorted.length; i++) distinct += i === 0 || sorted[i] !== sorted[i - 1] ? 1 : 0;
  const [least, median, largest] = [at(0), at(0.5), at(1)];
  const isRising = column.values.every((value, i) => i === 0 || value > (column.values[i - 1] ?? 0));
  const isDense = isRising && !feature.transforms.includes('log1p') && largest - least < mostGaps * rows;
  const only = distinct === 1 && rows > 1 ? String(Number(median.toPrecision(6))) : undefined;
  return {
    distinct,
    numbersRows: isDense,
    numbers: { skewness: skewnessOf(sorted), least, median, largest },
    ...(only !== undefined && { only }),
  };
}

function unmetIn(
  feature: FeatureEncoder,
  { train, valid, test }: Readonly<Record<'test' | 'train' | 'valid', EncodedRows>>,
): FeatureFacts['unmet'] {
  if (feature.kind !== 'category') return [];
  const idsOf = ({ ids, bags }: EncodedRows): Int32Array => ids[feature.name] ?? bags[feature.name]?.ids ?? new Int32Array();
  const { kind } = feature.codes;
  const reserved = kind === 'vocabulary' || kind === 'values' ? 0 : -1;
  const met = new Set(idsOf(train));
  met.delete(reserved);
  const parts = [
    { what: 'validation', rows: valid },
    { what: 'test', rows: test },
  ] as const;
  return parts.flatMap(({ what, rows }) =>
    rows.rows > 1 && met.size > 0 && !idsOf(rows).some((id) => met.has(id)) ? [{ what, rows: rows.rows }] : [],
  );
}
