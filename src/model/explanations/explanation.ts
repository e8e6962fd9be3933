import type { CheckOptions } from '../check.js';

/** What `explain` says of one diagnostic. */
export interface Explanation {
  /** What it means and what to do. */
  readonly explain: string;
  /** A spec that yields exactly this diagnostic. */
  readonly wrong: string;
  /** The same spec, mended: it yields none. */
  readonly right: string;
  /** What `check` is given besides the spec, where the diagnostic depends on it. */
  readonly options?: CheckOptions;
  /** Of what is found in data: the rows of the source of both specs. */
  readonly data?: { readonly says: string; readonly csv: () => string };
}

/** A table for an explanation. */
export const table = (rows: number, header: string, row: (i: number) => string): string =>
  `${[header, ...Array.from({ length: rows }, (_, i) => row(i))].join('\n')}\n`;

/** Two specs in one text: `«wrong|right»` marks each place where they differ. */
export function specs(text: string): Pick<Explanation, 'wrong' | 'right'> {
  const side = (which: '$1' | '$2'): string => `${text.replaceAll(/«([^|»]*)\|([^»]*)»/g, which).trim()}\n`;
  return { wrong: side('$1'), right: side('$2') };
}
