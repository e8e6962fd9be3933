/**
 * Columns to the right, heads broken into lines of one word where their column is narrower.
 * @param {readonly string[]} titles
 * @param {readonly (readonly string[])[]} rows
 */
export function textTable(titles, rows) {
  const words = titles.map((title) => title.split(' '));
  const widths = titles.map((_, i) =>
    Math.max(...[...(words[i] ?? []), ...rows.map((row) => row[i] ?? '')].map((text) => text.length)),
  );
  const height = Math.max(...words.map((list) => list.length));
  const heads = Array.from({ length: height }, (_, line) => words.map((list) => list[line - height + list.length] ?? ''));
  const line = (/** @type {readonly string[]} */ cells) => cells.map((cell, i) => cell.padStart(widths[i] ?? 0)).join('  ');
  return [...heads.map(line), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/**
 * @param {readonly string[]} titles
 * @param {readonly (readonly string[])[]} rows
 * @param {number} texts how many of the first columns are texts
 */
export function markdownTable(titles, rows, texts = 0) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map((_, i) => (i < texts ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
