import type { TokenType } from 'chevrotain';
import * as t from '../../src/language/tokens.js';

const bracket = (kind: string): readonly [string, string] => [
  `punctuation.section.${kind}.begin.rec`,
  `punctuation.section.${kind}.end.rec`,
];
const [openRound, closeRound] = bracket('parens');
const [openSquare, closeSquare] = bracket('brackets');
const [openCurly, closeCurly] = bracket('braces');

/** Names of TextMate scopes by role, as colour themes know them. */
export const scopes = {
  comment: 'comment.line.double-slash.rec',
  documentation: 'comment.line.documentation.rec',
  name: 'variable.other.rec',
  feature: 'variable.other.constant.feature.rec',
  label: 'variable.other.constant.label.rec',
  assigned: 'variable.other.assigned.rec',
  member: 'variable.other.member.rec',
  parameter: 'variable.parameter.rec',
  key: 'support.type.property-name.rec',
  section: 'keyword.other.section.rec',
  kind: 'support.type.kind.rec',
  type: 'support.type.tensor.rec',
  libraryFunction: 'support.function.rec',
  value: 'variable.other.enummember.rec',
  function: 'entity.name.function.rec',
  block: 'entity.name.function.block.rec',
  model: 'entity.name.type.model.rec',
  base: 'entity.other.inherited-class.rec',
  imported: 'entity.name.import.rec',
  escape: 'constant.character.escape.rec',
  illegal: 'invalid.illegal.character.rec',
} as const;

const special: ReadonlyMap<TokenType, string> = new Map([
  [t.Identifier, scopes.name],
  [t.NumberToken, 'constant.numeric.rec'],
  [t.StringToken, 'string.quoted.double.rec'],
  [t.UnterminatedString, 'string.quoted.double.rec invalid.illegal.unterminated.rec'],
  [t.Hole, 'variable.language.hole.rec'],
  [t.True, 'constant.language.boolean.rec'],
  [t.False, 'constant.language.boolean.rec'],
  [t.Model, 'storage.type.model.rec'],
  [t.Block, 'storage.type.block.rec'],
  [t.Override, 'storage.modifier.override.rec'],
  [t.Extends, 'storage.modifier.extends.rec'],
  [t.Import, 'keyword.control.import.rec'],
  [t.From, 'keyword.control.import.rec'],
  [t.Edition, 'keyword.other.edition.rec'],
  [t.Label, scopes.section],
  [t.Network, scopes.section],
  [t.Arrow, 'keyword.operator.arrow.rec'],
  [t.Dots, 'keyword.operator.range.rec'],
  [t.Dot, 'punctuation.accessor.rec'],
  [t.Comma, 'punctuation.separator.rec'],
  [t.Colon, 'punctuation.separator.key-value.rec'],
  [t.Equals, 'keyword.operator.assignment.rec'],
  [t.OpenRound, openRound],
  [t.CloseRound, closeRound],
  [t.OpenSquare, openSquare],
  [t.CloseSquare, closeSquare],
  [t.OpenCurly, openCurly],
  [t.CloseCurly, closeCurly],
]);

/** The scope of a token where nothing around it says more; every token of the lexer has one. */
export function scopeOf(type: TokenType): string {
  const found = special.get(type);
  if (found !== undefined) return found;
  const text = t.textOf(type);
  const isOperator = [t.InfixOperator, t.PrefixOperator].some((category) => type.CATEGORIES?.includes(category));
  if (isOperator && /^[a-z]/.test(text)) return 'keyword.operator.word.rec';
  if (isOperator) return /^[=!<>]/.test(text) ? 'keyword.operator.comparison.rec' : 'keyword.operator.arithmetic.rec';
  if (t.reservedWords.includes(type)) return 'keyword.control.rec';
  throw new Error(`the token ${type.name} has no scope: say in scripts/grammar/scopes.ts what it is`);
}

/** The tokens of the lexer, without the categories that only the parser knows. */
export const lexed: readonly TokenType[] = t.vocabulary.filter(
  (type) => ![t.Name, t.InfixOperator, t.PrefixOperator].includes(type),
);
