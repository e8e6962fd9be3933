import { SemanticTokenModifiers, SemanticTokenTypes, type SemanticTokensLegend } from 'vscode-languageserver';
import { occurrencesOf } from './occurrences.js';
import { positionAt } from './places.js';
import type { Occurrence, Symbol } from './symbols.js';
import type { Analysis } from './workspace.js';

const types = [
  SemanticTokenTypes.class,
  SemanticTokenTypes.function,
  SemanticTokenTypes.variable,
  SemanticTokenTypes.parameter,
  SemanticTokenTypes.property,
  SemanticTokenTypes.type,
  SemanticTokenTypes.typeParameter,
  SemanticTokenTypes.enumMember,
  SemanticTokenTypes.keyword,
  SemanticTokenTypes.event,
  SemanticTokenTypes.struct,
] as const;
const modifiers = [
  SemanticTokenModifiers.declaration,
  SemanticTokenModifiers.defaultLibrary,
  SemanticTokenModifiers.readonly,
] as const;

export const legend: SemanticTokensLegend = { tokenTypes: [...types], tokenModifiers: [...modifiers] };

type TokenType = (typeof types)[number];

const typeOf: Readonly<Record<Symbol['kind'], TokenType | undefined>> = {
  model: SemanticTokenTypes.class,
  block: SemanticTokenTypes.function,
  builtin: SemanticTokenTypes.function,
  feature: SemanticTokenTypes.variable,
  tensor: SemanticTokenTypes.variable,
  index: SemanticTokenTypes.variable,
  variable: SemanticTokenTypes.variable,
  size: SemanticTokenTypes.typeParameter,
  parameter: SemanticTokenTypes.parameter,
  label: SemanticTokenTypes.event,
  table: SemanticTokenTypes.struct,
  join: SemanticTokenTypes.struct,
  key: SemanticTokenTypes.property,
  form: SemanticTokenTypes.type,
  type: SemanticTokenTypes.type,
  word: SemanticTokenTypes.enumMember,
  section: SemanticTokenTypes.keyword,
  /** The grammar tells texts already, and a bare column is what is left. */
  column: undefined,
  file: undefined,
};

function modifiersOf({ role, symbol }: Occurrence): number {
  const isLibrary = symbol.kind === 'builtin' || (symbol.kind === 'block' && symbol.isLibrary);
  return (role === 'declares' ? 1 : 0) | (isLibrary ? 2 : 0) | (symbol.kind === 'feature' ? 4 : 0);
}

/** What each name stands for, as the protocol packs it: five numbers a token, places relative to the token before. */
export function semanticTokens({ source, checked }: Analysis): { readonly data: number[] } {
  const data: number[] = [];
  let [line, character] = [0, 0];
  for (const occurrence of occurrencesOf(checked.spec).all) {
    const type = typeOf[occurrence.symbol.kind];
    if (type === undefined) continue;
    const { start, end } = occurrence.span;
    const at = positionAt(source, start);
    data.push(
      at.line - line,
      at.line === line ? at.character - character : at.character,
      end - start,
      types.indexOf(type),
      modifiersOf(occurrence),
    );
    ({ line, character } = at);
  }
  return { data };
}
