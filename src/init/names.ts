import { writeString } from '../language/literals.js';
import { isName } from '../language/tokens.js';

/** A column as an expression names it. */
export const columnText = (column: string): string => (isName(column) ? column : `column(${writeString(column)})`);

/** A column where only a column can stand. */
export const nameText = (column: string): string => (isName(column) ? column : writeString(column));

/**
 * A name for a column's feature that no other has: its own where the language can write it.
 * @param otherwise the name of one in whose own there is no letter or digit that a name may have
 */
export function featureName(column: string, taken: ReadonlySet<string>, otherwise: string): string {
  const plain = plainText(column).replace(/^(?=\d)/, 'column_');
  const name = isName(column) ? column : plain === '' ? otherwise : plain;
  const usable = isName(name) ? name : `${name}_`;
  if (!taken.has(usable)) return usable;
  for (let i = 2; ; i++) if (!taken.has(`${usable}_${String(i)}`)) return `${usable}_${String(i)}`;
}

/** `ad-clicks.2024` as `AdClicks2024`. */
export function modelName(text: string): string {
  const words = plainText(text).split('_');
  const name = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(name) ? name : `Model${name}`;
}

/** Letters that are not taken apart into a plain one and its mark. */
const letters: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', Æ: 'Ae', ø: 'o', Ø: 'O', ł: 'l', Ł: 'L', đ: 'd', ı: 'i' };

/** Its Latin letters and digits, with underscores between them. */
const plainText = (text: string): string =>
  text
    .replace(/[ßæÆøØłŁđı]/g, (letter) => letters[letter] ?? letter)
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');

/** The words of a name such as `userId` or `user_id`, in small letters. */
export const wordsOf = (name: string): readonly string[] =>
  plainText(name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_'))
    .toLowerCase()
    .split('_');

/** A text from data within a comment: on one line, and not long. */
export function commentText(text: string): string {
  const quoted = writeString(text);
  return quoted.length > 40 ? `${quoted.slice(0, 37)}…"` : quoted;
}
