import { misspelt } from './suggest.js';

/** What data say of one feature. Of its training rows, where nothing else is said. */
export interface FeatureFacts {
  /** Different values; a missing one and all unknown ones count as one more. */
  readonly distinct: number;
  /** The value that all rows have, for a reader. */
  readonly only?: string;
  /** Whether a number numbers the rows: it rises from each to the next, by little more than 1. */
  readonly numbersRows: boolean;
  /** Of numbers, before they are standardized. */
  readonly numbers?: { readonly skewness: number; readonly least: number; readonly median: number; readonly largest: number };
  /** How many values the vocabulary has learned. */
  readonly learned?: number;
  /** Where it shares the vocabulary of another feature: the share of its values that this does not have, missing ones too. */
  readonly unknown?: number;
  /** Splits in which no row has a value that training has met. */
  readonly unmet: readonly { readonly what: 'test' | 'validation'; readonly rows: number }[];
  /** Of each label, the share of its entropy that the feature alone takes away, measured on rows that it was not learned from. */
  readonly tells: Readonly<Record<string, number>>;
}

/** Values in rows that the closed `values` of a feature lack. */
export interface OutsideValues {
  readonly feature: string;
  /** Rows that were looked at, and those with such a value. */
  readonly rows: number;
  readonly outside: number;
  /** The most frequent of them, and in how many rows each stands. */
  readonly frequent: readonly (readonly [value: string, rows: number])[];
  /** Those of the feature. */
  readonly values: readonly string[];
}

/** Names the values that a feature lacks, and what may be meant. */
export function outsideText({ rows, outside, frequent, values }: Omit<OutsideValues, 'feature'>): string {
  const share =
    outside === rows
      ? 'no row has one of its `values`, so that all count as unknown'
      : `${shareText(outside / rows)} of the rows have a value outside its \`values\``;
  const told = frequent.map(([value, times]) => {
    const near = misspelt(value, values);
    return `${JSON.stringify(value)} (${times.toLocaleString('en-US')}${near === undefined ? '' : `; ${JSON.stringify(near)} is listed`})`;
  });
  return `${share}: ${told.join(', ')}`;
}

const shareText = (share: number): string => (share < 0.01 ? 'under 1%' : `${String(Math.round(100 * share))}%`);

/** What is said of a label that teaches nothing. */
export const constantLabelText = (value: string): string => `${value} in all training rows: there is nothing to learn`;

export interface DataFacts {
  /** Training rows that were looked at. */
  readonly rows: number;
  /** Labels of which all training rows have one value, and that value. */
  readonly constantLabels?: ReadonlyMap<string, string>;
  readonly outside?: readonly OutsideValues[];
  readonly features: ReadonlyMap<string, FeatureFacts>;
  /** Of a split by time: the share of rows that have the very time at which it cuts. */
  readonly atCut?: number;
}

/** A normal distribution has 0, an exponential one 2. */
const mostSkewness = 3;
/** The logarithm of a narrow range is nearly a line. */
const wideRange = 20;
/** Fewer different values are a code, not an amount. */
const fewestValues = 10;

/** Whether numbers have a tail so long that their logarithm is the better feature. */
export const isSkewed = (
  { skewness, least, largest }: { readonly skewness: number; readonly least: number; readonly largest: number },
  distinct: number,
): boolean => distinct >= fewestValues && skewness > mostSkewness && least >= 0 && largest >= wideRange;
