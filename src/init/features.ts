import type { ColumnProfile, NumberFacts, TableProfile } from '../data/profile.js';
import { writeNumber, writeString } from '../language/literals.js';
import { isSkewed } from '../model/data-facts.js';
import { commentText, wordsOf } from './names.js';

export type Shape = 'category' | 'bag' | 'number' | 'time' | 'vector';

/** What a column becomes, or why nothing. */
export type Inferred = { readonly shape: Shape; readonly type: string; readonly why?: string } | { readonly leftOut: string };

type Table = Pick<TableProfile, 'rows' | 'isSample'>;
type Rule = (column: ColumnProfile, table: Table) => Inferred | undefined;

/** Rows from which a table shows what is usual in it. */
const enoughRows = 50;
/** A set of so few values, each of them frequent, is taken to be all there are. */
const closedSet = 20;
const commonest = 5;

/** Whether a column's name has one of these words. */
const has = (words: string): ((column: ColumnProfile) => boolean) => {
  const wanted = new Set(words.split(' '));
  return ({ name }) => wordsOf(name).some((word) => wanted.has(word));
};
const isIdentifier = has('id ids uuid guid key sku isbn user item movie product customer artist author seller driver merchant');
const isCodeName = has(
  'code zip zipcode postcode postal type category class group segment status gender brand city country region zone store shop device grade',
);
const isAmount = has(
  'count counts num number amount price cost fare income salary score rate total age length duration distance quantity size weight',
);
const isBucketed = has('age lat latitude lon lng longitude');
const isTimeName = has('time times timestamp date datetime ts at when epoch created updated seen');
const isRowName = has('index idx row id ids uuid guid key no unnamed ');

/** What a practitioner would do with a column. The first rule that knows it decides. */
const rules: readonly Rule[] = [
  ({ kind }) => (kind === 'empty' ? { leftOut: 'no row has a value' } : undefined),
  ({ kind, what }) => (kind === 'other' ? { leftOut: what ?? 'no feature reads such values' } : undefined),
  ({ distinct, missing, kind, frequent }) =>
    kind !== 'list' && kind !== 'vector' && distinct === 1 && missing === 0
      ? { leftOut: `it is ${commentText(frequent[0]?.[0] ?? '')} in every row` }
      : undefined,
  (column) => (isForeignDate(column) ? { leftOut: foreignDate(column) } : undefined),
  (column, { rows }) => (rows >= enoughRows ? uniqueOf(column) : undefined),
  (column) => (column.kind === 'time' ? timeOf(column, undefined) : undefined),
  (column) => (unitOf(column) === undefined ? undefined : timeOf(column, unitOf(column))),
  (column, table) => (column.kind === 'list' ? bagOf(column, table) : undefined),
  (column) => (column.kind === 'vector' ? vectorOf(column) : undefined),
  numberedOf,
  (column, table) => (isCategory(column, table) ? categoryOf(column, table) : undefined),
  (column) => (column.kind === 'integer' || column.kind === 'float' ? numberOf(column) : undefined),
];

export function infer(column: ColumnProfile, table: Table): Inferred {
  for (const rule of rules) {
    const inferred = rule(column, table);
    if (inferred) return inferred;
  }
  return categoryOf(column, table);
}

/** `30.03.2024`: as a category the days to come would all be unknown. */
const isForeignDate = ({ kind, frequent }: ColumnProfile): boolean =>
  kind === 'text' && frequent.length > 0 && frequent.every(([value]) => /^\d{1,2}([./-])\d{1,2}\1\d{4}\b/.test(value));

const foreignDate = ({ frequent }: ColumnProfile): string =>
  `its days are written as ${frequent[0]?.[0] ?? ''}; with the year first, as 2024-05-31, it is a time`;

function uniqueOf(column: ColumnProfile): Inferred | undefined {
  const { kind, isUnique, isAscending, present, distinct, numbers } = column;
  if (kind === 'text' && distinct > 0.9 * present) {
    return {
      leftOut: isUnique ? 'every row has its own: nothing is learned that another row could use' : 'almost every row has its own',
    };
  }
  if (!isUnique || kind !== 'integer' || !numbers || unitOf(column) !== undefined) return undefined;
  const isCounter = numbers.max - numbers.min + 1 === present;
  if (isCounter || (isAscending && isRowName(column))) return { leftOut: 'it numbers the rows' };
  return isRowName(column) ? { leftOut: 'every row has its own: nothing is learned that another row could use' } : undefined;
}

const isNumberOf = ({ name }: ColumnProfile): boolean => /^(nr|no|nummer|numero|nbr)$/.test(wordsOf(name).at(-1) ?? '');

/** Whole numbers that name something: their name says so, or they lie close together, far above 0, and come again. */
function numberedOf(column: ColumnProfile, table: Table): Inferred | undefined {
  const { kind, numbers, distinct, present } = column;
  if (kind !== 'integer' || !numbers || isAmount(column) || isIdentifier(column) || isCodeName(column)) return undefined;
  const { min, max } = numbers;
  const areYears = min >= 1800 && max <= 2100;
  const areFar = table.rows >= enoughRows && min >= 1000 && max - min < min / 4 && present > 4 * distinct && !areYears;
  if (!isNumberOf(column) && !areFar) return undefined;
  const inferred = categoryOf(column, table);
  if ('leftOut' in inferred) return inferred;
  const guess = isNumberOf(column)
    ? 'a name by its own name: if it counts something, write number(standardize)'
    : `taken for names, from ${String(min)} to ${String(max)}: if they are amounts, write number(standardize)`;
  return { ...inferred, why: [...(inferred.why === undefined ? [] : [inferred.why]), guess].join('; ') };
}

/** Values of a set that is closed or has no order, though they may be written as numbers. */
function isCategory(column: ColumnProfile, { rows }: Table): boolean {
  const { kind, distinct, present, numbers } = column;
  switch (kind) {
    case 'text':
    case 'boolean':
      return true;
    case 'integer':
      if (isIdentifier(column)) return true;
      if (isAmount(column)) return false;
      return isCodeName(column) || (rows >= enoughRows && distinct <= 12 && present > 4 * distinct && (numbers?.min ?? -1) >= 0);
    case 'float':
    case 'time':
    case 'list':
    case 'vector':
    case 'other':
    case 'empty':
      return false;
    default:
      return kind satisfies never;
  }
}

export function categoryOf(column: ColumnProfile, table: Table): Inferred {
  const { options, why } = vocabularyOf(column, table);
  return { shape: 'category', type: withOptions('category', options), ...(why !== undefined && { why }) };
}

function bagOf(column: ColumnProfile, table: Table): Inferred {
  const { options, why } = vocabularyOf(column, table);
  const separator = column.list?.separator;
  const longest = column.list?.longest ?? 0;
  const own = [
    ...(separator === undefined ? [] : [`separator: ${writeString(separator)}`]),
    'pool: mean',
    ...(longest > 100 ? ['max_length: 100'] : []),
  ];
  const told = [...(why === undefined ? [] : [why]), ...(longest > 100 ? ['the first 100 of a row count'] : [])];
  return {
    shape: 'bag',
    type: withOptions('category[]', [...options, ...own]),
    ...(told.length > 0 && { why: told.join('; ') }),
  };
}

/** Where the rows of a category's table come from. */
function vocabularyOf(
  column: ColumnProfile,
  { rows, isSample }: Table,
): { readonly options: readonly string[]; readonly why?: string } {
  const { distinct, common, frequent } = column;
  const isClosed = distinct <= closedSet && common === distinct && rows >= enoughRows && !isIdentifier(column);
  const values = frequent.map(([value]) => value);
  if (isClosed && values.length === distinct && values.every((value) => value.length <= 30)) {
    const sorted = column.kind === 'integer' ? values.toSorted((a, b) => Number(a) - Number(b)) : values;
    return { options: [`values: [${sorted.map(writeString).join(', ')}]`] };
  }
  if (distinct > 200_000 || (isSample && distinct > 0.2 * rows) || (distinct > 1_000 && common < 10)) {
    return {
      options: [`hash: ${grouped(roundUp(distinct))}`],
      why: `${spoken(distinct)} different values${isSample ? ' in the rows looked at' : ''}: hashed, so that the table stays of one size`,
    };
  }
  if (distinct > 1_000 && common < distinct / 2) {
    return {
      options: [`min_count: ${String(commonest)}`],
      why: `of ${spoken(distinct)} values ${spoken(distinct - common)} stand in fewer than ${String(commonest)} rows: they share the row for unknown ones`,
    };
  }
  return { options: [], ...(distinct > closedSet && { why: `${spoken(distinct)} different values` }) };
}

function numberOf(column: ColumnProfile): Inferred {
  const { numbers, missing, present, unreadable } = column;
  if (!numbers) return { leftOut: 'none of its values is a number' };
  const missed = missing === 0 ? undefined : `missing in ${percent(missing, missing + present)} of the rows`;
  const broken = unreadable === 0 ? undefined : `${spoken(unreadable)} rows have no number here, and are left out`;
  const boundaries = isBucketed(column) ? boundariesOf(numbers) : [];
  const tail = { skewness: numbers.skewness, least: numbers.min, largest: numbers.max };
  const isLogged = isSkewed(tail, column.distinct) && boundaries.length === 0;
  const fallback = isLogged ? 0 : Number((numbers.deciles[5] ?? 0).toPrecision(6));
  const options = [
    ...(boundaries.length > 0
      ? [`buckets: [${boundaries.map(writeNumber).join(', ')}]`]
      : isLogged
        ? ['log1p', 'standardize']
        : ['standardize']),
    ...(missed === undefined ? [] : [`default: ${writeNumber(fallback)}`]),
  ];
  const why = [
    ...(boundaries.length > 0
      ? ['each bucket learns its own vector: the effect need not be a line']
      : isLogged
        ? ['a few values are far above the others']
        : []),
    ...(missed === undefined ? [] : [missed]),
    ...(broken === undefined ? [] : [broken]),
  ];
  return {
    shape: boundaries.length > 0 ? 'category' : 'number',
    type: withOptions('number', options),
    ...(why.length > 0 && { why: why.join('; ') }),
  };
}

/** Boundaries with as many rows between them, of numbers with enough different ones. */
function boundariesOf({ deciles, min }: NumberFacts): readonly number[] {
  const inner = [...new Set(deciles.slice(1, -1).map((one) => Number(one.toPrecision(6))))].filter((one) => one > min);
  return inner.length >= 4 ? inner : [];
}

const secondsInDay = 86_400;
const units = [
  ['second', 1],
  ['millisecond', 1e3],
  ['microsecond', 1e6],
] as const;
/** From 1980 to 2100, in seconds. */
const times = [315_532_800, 4_102_444_800] as const;

/** What a whole number counts that its name says to be a time. */
function unitOf(column: ColumnProfile): (typeof units)[number] | undefined {
  const { kind, numbers } = column;
  if (kind !== 'integer' || !numbers || !isTimeName(column)) return undefined;
  return units.find(([, per]) => numbers.min / per > times[0] && numbers.max / per < times[1]);
}

function timeOf({ numbers, missing, present }: ColumnProfile, unit: (typeof units)[number] | undefined): Inferred {
  if (!numbers) return { leftOut: 'none of its values is a time' };
  const per = unit?.[1] ?? 1;
  const seconds = numbers.deciles.map((one) => one / per);
  const days = (numbers.max - numbers.min) / per / secondsInDay;
  const hasHours = seconds.some((one) => one % secondsInDay !== 0);
  const cycles = [...(hasHours ? ['day'] : []), ...(days > 2 || !hasHours ? ['week'] : []), ...(days > 365 ? ['year'] : [])];
  const options = [
    ...(unit ? [`unit: ${unit[0]}`] : []),
    `cycle: ${cycles.length === 1 ? (cycles[0] ?? '') : `[${cycles.join(', ')}]`}`,
    ...(missing > 0 ? [`default: ${writeString(new Date((seconds[5] ?? 0) * 1000).toISOString())}`] : []),
  ];
  const why = missing > 0 ? { why: `missing in ${percent(missing, missing + present)} of the rows` } : {};
  return { shape: 'time', type: withOptions('time', options), ...why };
}

/** Whether a column says when its row happened. */
export const isTime = (column: ColumnProfile): boolean => column.kind === 'time' || unitOf(column) !== undefined;

function vectorOf({ size = 0, missing, unreadable, present }: ColumnProfile): Inferred {
  if (missing + unreadable > 0.1 * (missing + present))
    return { leftOut: `its vector is missing in ${percent(missing, missing + present)} of the rows` };
  return {
    shape: 'vector',
    type: `number[${String(size)}]`,
    ...(missing > 0 && { why: `${spoken(missing)} rows without it are left out` }),
  };
}

const withOptions = (type: string, options: readonly string[]): string =>
  options.length === 0 ? type : `${type}(${options.join(', ')})`;

/** 1, 2 or 5 with zeros. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 5, 10].find((digit) => digit * power >= value) ?? 10);
}

/** `10_000`, as the language lets one write it. */
const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, '_');

/** `10,000`, for people. */
export const spoken = (value: number): string => value.toLocaleString('en-US');

const percent = (part: number, whole: number): string => {
  const share = (100 * part) / whole;
  return share < 0.1 ? 'under 0.1%' : `${share < 10 ? share.toFixed(1) : share.toFixed(0)}%`;
};
