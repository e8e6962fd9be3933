import type { Piece } from './tokenize.js';

/** A letter for each scope, by how it begins; the first that fits. */
const letters: readonly (readonly [string, string])[] = [
  ['comment.line.documentation', 'd'],
  ['comment', 'c'],
  ['invalid', 'X'],
  ['constant.character.escape', 'e'],
  ['string', 's'],
  ['constant.numeric', '1'],
  ['constant.language', '0'],
  ['punctuation', '.'],
  ['keyword.other.section', 'S'],
  ['keyword.operator.word', 'w'],
  ['keyword.operator', 'o'],
  ['keyword', 'k'],
  ['storage', 't'],
  ['support.type.kind', 'K'],
  ['support.type.tensor', 'T'],
  ['support.type.property-name', 'p'],
  ['support.function', 'F'],
  ['variable.other.enummember', 'V'],
  ['entity.name.function.block', 'B'],
  ['entity.name.function', 'f'],
  ['entity.name.type.model', 'M'],
  ['entity.name.import', 'i'],
  ['entity.other', 'b'],
  ['variable.parameter', 'a'],
  ['variable.language.hole', 'h'],
  ['variable.other.constant.feature', 'v'],
  ['variable.other.constant.label', 'l'],
  ['variable.other.assigned', 'n'],
  ['variable.other.member', 'm'],
  ['variable', '_'],
];

function letterOf(scopes: readonly string[]): string {
  const scope = scopes.at(-1);
  if (scope === undefined) return ' ';
  const found = letters.find(([start]) => scope.startsWith(start));
  if (!found) throw new Error(`${scope} has no letter`);
  return found[1];
}

/** A text with a letter below each character that says how it is coloured. */
export function drawScopes(text: string, pieces: readonly Piece[]): string {
  const legend = letters.map(([scope, letter]) => `${letter} ${scope}`).join('\n');
  const drawn = [...text].map(() => ' ');
  for (const { start, end, text: piece, scopes } of pieces) if (piece.trim() !== '') drawn.fill(letterOf(scopes), start, end);
  let offset = 0;
  const lines = text.split('\n').flatMap((line) => {
    const below = drawn
      .slice(offset, offset + line.length)
      .join('')
      .trimEnd();
    offset += line.length + 1;
    return line === '' ? [''] : [`  ${line}`, `# ${below}`.trimEnd()];
  });
  return `${legend}\n\n${lines.join('\n').trimEnd()}\n`;
}
