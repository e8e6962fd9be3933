import { newestEdition } from './edition.js';
import { parse } from './parser.js';
import { print } from './printer.js';
import type { SyntaxProblem } from './problems.js';
import { lineEnding, type Source } from './source.js';

export interface FormatOptions {
  /** Characters that a line has room for, where it can be broken: 120 without it. */
  readonly width?: number;
  /** Names the newest edition in a file that names none. */
  readonly pin?: boolean;
}

export type Formatted = { readonly text: string } | { readonly problems: readonly SyntaxProblem[] };

const byteOrderMark = '\uFEFF';

/**
 * The canonical form of a file: its tree, comments and spellings as they are, its white space as the language has it. Ends
 * lines as the file ends its first, and keeps its byte order mark. There is no form of a text that cannot be read: then it
 * has the problems.
 */
export function format(source: Source, options: FormatOptions = {}): Formatted {
  const { file, problems } = parse(source);
  if (problems.length > 0) return { problems };
  const ending = lineEnding(source.text);
  const mark = source.text.startsWith(byteOrderMark) ? byteOrderMark : '';
  if (options.pin && !file.edition) {
    const text = `${mark}edition ${String(newestEdition)}${ending}${ending}${source.text.slice(mark.length)}`;
    return format({ ...source, text }, { ...options, pin: false });
  }
  return { text: mark + print(file, options.width).replaceAll('\n', ending) };
}
