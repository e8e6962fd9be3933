import type { ColumnProfile, TableProfile } from '../data/profile.js';
import { writeNumber, writeString } from '../language/literals.js';
import { isTime } from './features.js';
import { columnText, commentText, featureName, wordsOf } from './names.js';

export interface LabelPlan {
  readonly name: string;
  readonly type: string;
  /** Absent: the column of its name. */
  readonly expression?: string;
  /** Columns that say it, which are no features. */
  readonly columns: readonly string[];
  readonly metrics: readonly string[];
  readonly why?: string;
  /** What `keep` says, where rows have no label. */
  readonly keep?: string;
}

/** A column that may be what is predicted. */
export interface Candidate {
  readonly column: ColumnProfile;
  /** `0 or 1`, `1 to 5`. */
  readonly says: string;
  /** Above 0 where its name says that it is a label. */
  readonly score: number;
}

const names: readonly (readonly [words: readonly string[], score: number])[] = [
  [
    ['label', 'target', 'clicked', 'click', 'liked', 'converted', 'conversion', 'purchased', 'bought', 'churn', 'churned', 'y'],
    10,
  ],
  [['rating', 'stars', 'response', 'outcome', 'defaulted', 'default', 'success', 'relevance', 'is'], 8],
  [['score', 'fare', 'sales', 'revenue', 'demand', 'price', 'amount', 'watched', 'played', 'tip'], 3],
];
const unlikely: ReadonlySet<string> = new Set([
  'id',
  'ids',
  'uuid',
  'key',
  'code',
  'zip',
  'index',
  'lat',
  'lon',
  'latitude',
  'longitude',
  'age',
  'year',
]);

/** Columns that may be a label, the likeliest first. */
export function labelCandidates({ columns }: Pick<TableProfile, 'columns'>): readonly Candidate[] {
  return columns
    .flatMap((column, place): readonly Candidate[] => {
      const says = rangeOf(column);
      if (says === undefined || isTime(column) || column.distinct < 2) return [];
      const words = wordsOf(column.name);
      if (words.some((word) => unlikely.has(word))) return [];
      const named = names.find(([known]) => known.some((word) => words.includes(word)))?.[1] ?? 0;
      const isBinary = column.distinct === 2 ? 2 : 0;
      const isLast = place === columns.length - 1 || place === 0 ? 1 : 0;
      return [{ column, says, score: named === 0 ? 0 : named + isBinary + isLast }];
    })
    .sort((a, b) => b.score - a.score);
}

/** What its values are, if they can be a label. */
function rangeOf({ kind, distinct, frequent, numbers }: ColumnProfile): string | undefined {
  if (distinct === 2 && (kind === 'text' || kind === 'boolean'))
    return frequent.map(([value]) => commentText(value)).join(' or ');
  if (kind === 'boolean') return 'true or false';
  if (!numbers || kind === 'time') return undefined;
  const ends = [numbers.min, numbers.max].map(writeNumber);
  return ends.join(distinct === 2 ? ' or ' : ' to ');
}

/** Whether a label's column is one of marks out of so many, which one may like to cut in two. */
export const isRating = ({ kind, numbers, distinct }: ColumnProfile): boolean =>
  (kind === 'integer' || kind === 'float') &&
  numbers !== undefined &&
  numbers.min >= 0 &&
  numbers.max <= 10 &&
  distinct > 2 &&
  distinct <= 21;

/** What is true of every row with a value of a column, and missing where it is. A fraction cannot be read as a category, which `==` compares. */
export function presentText({ kind, name }: ColumnProfile): string {
  const column = columnText(name);
  return kind === 'float' || kind === 'integer' ? `abs(${column}) >= 0` : `${column} == ${column}`;
}

export interface LabelRequest {
  readonly threshold?: number | undefined;
  /** What the label is called; without it, after its column. */
  readonly name?: string | undefined;
}

/** The label that a column gives, or why it gives none. */
export function planLabel(
  column: ColumnProfile,
  { threshold, name }: LabelRequest,
): LabelPlan | { readonly wrong: string; readonly help?: string } {
  const { kind, numbers, distinct, missing, frequent } = column;
  const source = columnText(column.name);
  const own = name ?? featureName(column.name, new Set(), 'label');
  const kept = missing > 0 ? { keep: presentText(column) } : {};
  const shared = { columns: [column.name], ...kept };
  const binary = { ...shared, type: 'binary', metrics: ['auc', 'log_loss'] };
  const plain = source === own ? {} : { expression: source };
  if (column.present > 0 && distinct === 1) {
    return {
      wrong: `the label ${source} is ${commentText(frequent[0]?.[0] ?? '')} in every row: there is nothing to learn`,
    };
  }
  if (threshold !== undefined) {
    if (!numbers || kind === 'time') return { wrong: `--threshold needs a label of numbers, and ${source} is ${kindOf(column)}` };
    if (threshold <= numbers.min || threshold > numbers.max) {
      return {
        wrong: `no threshold of ${String(threshold)} cuts ${source}, which goes from ${String(numbers.min)} to ${String(numbers.max)}`,
      };
    }
    const high =
      name ?? (/rating|stars|score/i.test(column.name) ? 'liked' : featureName(`high_${column.name}`, new Set(), 'high'));
    return { ...binary, name: high, expression: `${source} >= ${writeNumber(threshold)}` };
  }
  switch (kind) {
    case 'boolean':
      return { ...binary, name: own, ...plain };
    case 'integer':
    case 'float': {
      if (!numbers) return { wrong: `the label ${source} has no numbers` };
      if (distinct !== 2) return { ...shared, ...numberLabel(column, own, source) };
      const areTruths = numbers.min === 0 && numbers.max === 1;
      return { ...binary, name: own, ...(areTruths ? plain : { expression: `${source} == ${writeNumber(numbers.max)}` }) };
    }
    case 'text': {
      if (distinct !== 2) {
        return {
          wrong: `the label ${source} has ${String(distinct)} different texts`,
          help: `say which of them is yes: --label '${own}=${source} == ${writeString(frequent[0]?.[0] ?? '')}'`,
        };
      }
      const [positive = ''] = frequent.map(([value]) => value).toSorted((a, b) => positivity(b) - positivity(a));
      const yes = positivity(positive) > 0 ? positive : (frequent[1]?.[0] ?? '');
      return { ...binary, name: own, expression: `${source} == ${writeString(yes)}` };
    }
    case 'time':
    case 'list':
    case 'vector':
    case 'other':
    case 'empty':
      if (column.what !== undefined) return { wrong: `${source} cannot be a label: ${column.what}` };
      return { wrong: `the label ${source} is ${kindOf(column)}: a label is a number, true or false, or one of two texts` };
    default:
      return kind satisfies never;
  }
}

const positivity = (value: string): number =>
  /^(y|yes|true|t|1|positive|click(ed)?|won|good|ok|success|churned)$/i.test(value.trim()) ? 1 : 0;

const kindOf = ({ kind }: ColumnProfile): string => (kind === 'empty' ? 'empty' : kind === 'other' ? 'nested' : `a ${kind}`);

/** Large numbers are learned as their logarithms: a network begins near 0, and the largest would weigh the most. */
function numberLabel(
  { numbers }: ColumnProfile,
  own: string,
  source: string,
): Pick<LabelPlan, 'name' | 'type' | 'expression' | 'metrics' | 'why'> {
  const shared = { type: 'number', metrics: ['rmse', 'mae'] };
  const isLarge = numbers !== undefined && numbers.min >= 0 && (numbers.skewness > 3 || numbers.mean > 50);
  if (!isLarge) return { ...shared, name: own, ...(source === own ? {} : { expression: source }) };
  return {
    ...shared,
    name: `log_${own}`,
    expression: `log(1 + ${source})`,
    why: `its logarithm is learned: it goes up to ${writeNumber(numbers.max)}, and the largest would weigh the most`,
  };
}
