import { textOf } from '../encode/categories.js';
import type { ColumnData } from '../encode/columns.js';
import { readBag } from '../encode/lists.js';
import type { CategoryEncoder, EncoderProgram } from '../encode/program.js';
import type { OutsideValues } from '../model/data-facts.js';
import { rowStates } from './load.js';

const frequentValues = 3;

/**
 * What the closed `values` of features lack, of the rows that are looked at: the first ones.
 * @param states of the rows, of which the kept ones count
 */
export function outsideValues(
  { features }: EncoderProgram,
  columns: ReadonlyMap<string, ColumnData>,
  states: Uint8Array,
): readonly OutsideValues[] {
  return features.flatMap((feature) => {
    const data = columns.get(feature.name);
    if (feature.kind !== 'category' || feature.codes.kind !== 'values' || !data) return [];
    const lacks = lackedBy(feature, new Set(feature.codes.values), data);
    if (!lacks) return [];
    let rows = 0;
    let outside = 0;
    const times = new Map<string, number>();
    states.forEach((state, row) => {
      if (state !== rowStates.kept) return;
      rows += 1;
      const lacked = lacks(row);
      if (lacked.length > 0) outside += 1;
      for (const text of lacked) times.set(text, (times.get(text) ?? 0) + 1);
    });
    if (outside === 0) return [];
    const frequent = [...times].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).slice(0, frequentValues);
    return [{ feature: feature.name, rows, outside, frequent, values: feature.codes.values }];
  });
}

const none: readonly string[] = [];

/** The texts of each row that are not among the known ones. */
function lackedBy(
  feature: CategoryEncoder,
  known: ReadonlySet<string>,
  data: ColumnData,
): ((row: number) => readonly string[]) | undefined {
  const among = (texts: readonly (string | null)[]): readonly string[] => {
    const lacked = texts.filter((text) => text !== null && !known.has(text));
    return lacked.length === 0 ? none : [...new Set(lacked)].filter((text) => text !== null);
  };
  switch (data.kind) {
    case 'dictionary': {
      const { codes, entries } = data;
      const { many } = feature;
      const textsOf = (entry: unknown): readonly (string | null)[] => {
        const read = many ? readBag(entry, many, false) : textOf(feature, entry);
        return typeof read === 'string' ? [read] : Array.isArray(read) ? (read as readonly (string | null)[]) : [];
      };
      const lacked = entries.map((entry) => among(textsOf(entry)));
      return (row) => lacked[codes[row] ?? -1] ?? none;
    }
    case 'lists': {
      const { starts, counts, values, texts } = data.lists;
      const numbers = values();
      const isLacked = Array.from({ length: texts.size() }, (_, i) => !known.has(texts.text(i)));
      return (row) => {
        const start = starts[row] ?? 0;
        const own = numbers.subarray(start, start + (counts[row] ?? 0)).filter((number) => isLacked[number] === true);
        return own.length === 0 ? none : [...new Set(own)].map((number) => texts.text(number));
      };
    }
    case 'numbers':
    case 'vectors':
      return undefined;
    default:
      return data satisfies never;
  }
}
