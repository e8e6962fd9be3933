import type { TextEdit } from 'vscode-languageserver';
import { format } from '../language/format.js';
import { rangeOf } from './places.js';
import type { Analysis } from './workspace.js';

/** The one edit that gives a text its canonical form; none where it has it, or cannot be read. */
export function formatting({ source }: Analysis): TextEdit[] {
  const formatted = format(source);
  if (!('text' in formatted) || formatted.text === source.text) return [];
  const { text } = formatted;
  const most = Math.min(text.length, source.text.length);
  let start = 0;
  while (start < most && text[start] === source.text[start]) start++;
  let same = 0;
  while (same < most - start && text.at(-1 - same) === source.text.at(-1 - same)) same++;
  const end = source.text.length - same;
  return [{ range: rangeOf({ source, start, end }), newText: text.slice(start, text.length - same) }];
}
