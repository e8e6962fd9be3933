import { createToken, Lexer, type IToken, type TokenType } from 'chevrotain';

/** Category of everything that may be a name: identifiers and the contextual keywords. */
export const Name = createToken({ name: 'Name', pattern: Lexer.NA, label: 'a name' });
/** Categories of the operators; which binds tighter is in operators.ts. */
export const InfixOperator = createToken({ name: 'InfixOperator', pattern: Lexer.NA, label: 'an operator' });
export const PrefixOperator = createToken({ name: 'PrefixOperator', pattern: Lexer.NA, label: 'an operator' });

export const Identifier = createToken({
  name: 'Identifier',
  pattern: /[A-Za-z_][A-Za-z0-9_]*/,
  categories: Name,
  label: 'a name',
});

/** A token that is always written the same. */
function sign(name: string, text: string, ...categories: TokenType[]): TokenType {
  return createToken({ name, pattern: text, categories, label: `"${text}"` });
}

function word(text: string, ...categories: TokenType[]): TokenType {
  return sign(`Word_${text}`, text, ...categories);
}

export const Hole = word('_');

export const Model = word('model', Name);
export const Block = word('block', Name);
export const Override = word('override', Name);
export const Extends = word('extends', Name);
export const Import = word('import', Name);
export const From = word('from', Name);
export const Label = word('label', Name);
export const Network = word('network', Name);
export const Edition = word('edition', Name);

export const Return = word('return');
export const Repeat = word('repeat');
export const For = word('for');
export const If = word('if');
export const Then = word('then');
export const Else = word('else');
export const And = word('and', InfixOperator);
export const Or = word('or', InfixOperator);
export const Not = word('not', PrefixOperator);
export const In = word('in', InfixOperator);
export const True = word('true');
export const False = word('false');

export const Arrow = sign('Arrow', '->');
export const Dots = sign('Dots', '..');
export const Dot = sign('Dot', '.');
export const Comma = sign('Comma', ',');
export const Colon = sign('Colon', ':');
export const OpenRound = sign('OpenRound', '(');
export const CloseRound = sign('CloseRound', ')');
export const OpenSquare = sign('OpenSquare', '[');
export const CloseSquare = sign('CloseSquare', ']');
export const OpenCurly = sign('OpenCurly', '{');
export const CloseCurly = sign('CloseCurly', '}');
export const Minus = sign('Minus', '-', InfixOperator, PrefixOperator);
const comparisons = [
  sign('EqualTo', '==', InfixOperator),
  sign('NotEqualTo', '!=', InfixOperator),
  sign('LessOrEqual', '<=', InfixOperator),
  sign('GreaterOrEqual', '>=', InfixOperator),
  sign('Less', '<', InfixOperator),
  sign('Greater', '>', InfixOperator),
];
export const Equals = sign('Equals', '=');
const arithmetic = [
  sign('Plus', '+', InfixOperator),
  sign('Times', '*', InfixOperator),
  sign('Divide', '/', InfixOperator),
  sign('Modulo', '%', InfixOperator),
  sign('MatrixProduct', '@', InfixOperator),
];

/** `2..4` is a range: a decimal point is followed by a digit. */
export const NumberToken = createToken({
  name: 'Number',
  pattern: /[0-9]+(?:_[0-9]+)*(?:\.[0-9]+(?:_[0-9]+)*)?(?:[eE][+-]?[0-9]+)?/,
  label: 'a number',
});
export const StringToken = createToken({ name: 'String', pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*"/, label: 'a string' });
/** A string that its line ends: read as a string, so that only this one problem is reported. */
export const UnterminatedString = createToken({
  name: 'UnterminatedString',
  pattern: /"(?:[^"\\\r\n]|\\[^\r\n])*\\?/,
  categories: StringToken,
  label: 'a string',
});

export const contextualKeywords: readonly TokenType[] = [
  ...[Model, Block, Override, Extends, Import, From, Label, Network, Edition],
];
export const reservedWords: readonly TokenType[] = [Return, Repeat, For, If, Then, Else, And, Or, Not, In, True, False];

const reserved: ReadonlySet<string> = new Set([...reservedWords, Hole].map(textOf));

/** Whether a text can stand as a name. */
export const isName = (text: string): boolean => /^[A-Za-z_]\w*$/.test(text) && !reserved.has(text);

const words: readonly TokenType[] = [...contextualKeywords, ...reservedWords, Hole];
const signs: readonly TokenType[] = [
  ...[Arrow, Dots, Dot, Comma, Colon, OpenRound, CloseRound, OpenSquare, CloseSquare, OpenCurly, CloseCurly, Equals, Minus],
  ...comparisons,
  ...arithmetic,
];
export const vocabulary: TokenType[] = [
  ...[Name, InfixOperator, PrefixOperator, Identifier, NumberToken, StringToken, UnterminatedString],
  ...words,
  ...signs,
];

/** Tokens that are always written the same: words, operators, punctuation. */
export const byText: ReadonlyMap<string, TokenType> = new Map([...words, ...signs].map((type) => [textOf(type), type]));

/** How a token that is always written the same is written. */
export function textOf(type: TokenType): string {
  return typeof type.PATTERN === 'string' ? type.PATTERN : '';
}

/** What a token looks like that may be written in many ways. */
export function patternOf(type: TokenType): RegExp {
  return type.PATTERN instanceof RegExp ? type.PATTERN : /(?!)/;
}

export const closerOf: ReadonlyMap<TokenType, TokenType> = new Map([
  [OpenRound, CloseRound],
  [OpenSquare, CloseSquare],
  [OpenCurly, CloseCurly],
]);

export function isBracket(type: TokenType): boolean {
  return closerOf.has(type) || isCloser(type);
}

export function isCloser(type: TokenType): boolean {
  return type === CloseRound || type === CloseSquare || type === CloseCurly;
}

/** The token's type in a reader's words, as what could have stood somewhere. */
export function labelOf(type: TokenType): string {
  return type.name === 'EOF' ? 'end of file' : (type.LABEL ?? type.name);
}

/** The token in a reader's words, as what stood somewhere. */
export function describe(token: IToken): string {
  const type = token.tokenType;
  if (type.name === 'EOF') return 'end of file';
  if (type === NumberToken) return `the number ${token.image}`;
  if (type === StringToken || type === UnterminatedString) return 'a string';
  if (reservedWords.includes(type)) return `the reserved word "${token.image}"`;
  return `"${token.image}"`;
}

/** Offset after the token's last character. */
export function endOf(token: IToken): number {
  return (token.endOffset ?? token.startOffset - 1) + 1;
}
