const plain = /^[\w./=+-]+$/;

/**
 * A word as the user's shell takes it, for a line to be copied. On Windows that is PowerShell or cmd.exe, which share double quotes only;
 * a word that one of them would read something into is in PowerShell's single ones. Control characters, which would reach the terminal,
 * are written as bash and zsh read them.
 */
export function shellWord(word: string, system: NodeJS.Platform = process.platform): string {
  if (plain.test(word)) return word;
  if (system === 'win32') return /["$`%!^]/.test(word) ? `'${word.replaceAll("'", "''")}'` : `"${word}"`;
  if (/\p{Cc}/u.test(word)) return `$'${word.replace(/[\\']/g, String.raw`\$&`).replace(/\p{Cc}/gu, escape)}'`;
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** A command and its words, to be copied. */
export const shellLine = (words: readonly string[]): string => words.map((word) => shellWord(word)).join(' ');

const escape = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
