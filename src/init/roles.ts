import { writeString } from '../language/literals.js';
import type { PlannedFeature } from './spec.js';
import { wordsOf } from './names.js';

/** Which columns say who and what, where their names do not. */
export interface Sides {
  readonly user?: string | undefined;
  readonly item?: string | undefined;
}

const userWords =
  'user customer visitor member client account reader viewer rider passenger borrower person session cookie device'.split(' ');
const itemWords =
  'item movie film product ad article song track book sku listing video post news game creative campaign hotel recipe content driver restaurant'.split(
    ' ',
  );
const ofItems: ReadonlySet<string> = new Set(
  'genre genres price brand category tag tags title embedding seller color colour size author artist publisher release'.split(
    ' ',
  ),
);
const past: ReadonlySet<string> = new Set(
  'history past recent last previous seen viewed clicked bought liked watched played'.split(' '),
);

export interface Roles {
  readonly user: PlannedFeature | undefined;
  readonly item: PlannedFeature | undefined;
  readonly history: PlannedFeature | undefined;
  /** Whether no name says who, and none says what. */
  readonly isGuessed: boolean;
  readonly ofUser: readonly PlannedFeature[];
  readonly ofItem: readonly PlannedFeature[];
}

/** Who and what each row is about, and what else belongs to them. */
export function rolesOf(features: readonly PlannedFeature[], sides: Sides): Roles {
  const categories = features.filter(({ shape, type }) => shape === 'category' && !type.startsWith('number'));
  const said = (name: string | undefined): PlannedFeature | undefined =>
    name === undefined ? undefined : categories.find((feature) => feature.name === name || feature.column.name === name);
  const named = (words: readonly string[]): PlannedFeature | undefined =>
    categories.find(({ column }) => wordsOf(column.name).some((word) => words.includes(word)));
  const largest = (but: readonly (PlannedFeature | undefined)[]): PlannedFeature | undefined =>
    categories.filter((one) => !but.includes(one)).toSorted((a, b) => b.column.distinct - a.column.distinct)[0];
  const knownItem = said(sides.item) ?? named(itemWords);
  const knownUser = said(sides.user) ?? named(userWords);
  const user = knownUser ?? largest([knownItem]);
  const item = (knownItem === user ? undefined : knownItem) ?? largest([user]);
  const isPast = ({ column }: PlannedFeature): boolean => wordsOf(column.name).some((word) => past.has(word));
  const history = features.find((feature) => feature.shape === 'bag' && isPast(feature));
  const rest = features.filter((feature) => feature !== user && feature !== item && feature !== history);
  const isOfItem = ({ shape, column }: PlannedFeature): boolean =>
    shape === 'bag' || shape === 'vector' || wordsOf(column.name).some((word) => ofItems.has(word) || itemWords.includes(word));
  const isGuessed = !knownUser && !knownItem;
  return { user, item, history, isGuessed, ofUser: rest.filter((one) => !isOfItem(one)), ofItem: rest.filter(isOfItem) };
}

/** A list of past items reads the vocabulary of the items, in order. */
export function withHistory(features: readonly PlannedFeature[], sides: Sides): readonly PlannedFeature[] {
  const { item, history } = rolesOf(features, sides);
  if (!item || !history || !hasMost(item, history)) return features;
  const { separator } = history.column.list ?? {};
  const between = separator === undefined ? '' : `separator: ${writeString(separator)}, `;
  const type = `category[](vocabulary: ${item.name}, ${between}max_length: 50)`;
  return features.map((one) =>
    one === history
      ? { ...one, type, why: 'in the words of the items themselves; the first 50 of a row count: write the newest first' }
      : one,
  );
}

/** Whether a list's values are known to the column of items, of both of which the frequent ones are seen. */
function hasMost({ column: { frequent, distinct } }: PlannedFeature, { column: list }: PlannedFeature): boolean {
  const values = new Set(frequent.map(([value]) => value));
  const known = list.frequent.filter(([value]) => values.has(value)).length;
  return distinct > frequent.length ? known > 0 : known > list.frequent.length / 2;
}
