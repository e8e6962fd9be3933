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

export interface DataFacts {
  /** Training rows that were looked at. */
  readonly rows: number;
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
