import type { TokenType } from 'chevrotain';
import * as t from '../../src/language/tokens.js';
import { scopeOf, scopes } from './scopes.js';
import { words } from './words.js';

/** A rule of a TextMate grammar. */
export interface Rule {
  readonly include?: string;
  readonly name?: string;
  readonly match?: string;
  readonly begin?: string;
  readonly end?: string;
  readonly captures?: Captures;
  readonly beginCaptures?: Captures;
  readonly endCaptures?: Captures;
  readonly patterns?: readonly Rule[];
}

type Captures = Readonly<Record<string, { readonly name?: string; readonly patterns?: readonly Rule[] }>>;

const name = t.patternOf(t.Identifier).source;
const beforeColon = String.raw`(?=\s*:)`;
const notCalled = String.raw`(?!\s*[\[(.])`;

/** Longer words first, so that none hides another; sorted, so that the file changes only where the words do. */
function either(texts: readonly string[]): string {
  if (texts.length === 0) throw new Error('a list of words is empty: an empty choice would match everywhere');
  return [...new Set(texts)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1)).join('|');
}
const word = (...texts: readonly string[]): string => String.raw`\b(?:${either(texts)})\b`;
const written = (type: TokenType): string => t.textOf(type).replace(/[^\w\s]/g, String.raw`\$&`);
const include = (...rules: readonly string[]): readonly Rule[] => rules.map((rule) => ({ include: `#${rule}` }));
const capture = (...names: readonly (string | undefined)[]): Captures =>
  Object.fromEntries(names.flatMap((scope, i) => (scope === undefined ? [] : [[String(i + 1), { name: scope }]])));

/** Where a line begins with a declaration, all brackets before it have ended, as the parser has it. */
const declaration = [
  String.raw`(?:${either([t.Model, t.Block].map(t.textOf))})\s+${name}`,
  String.raw`${t.textOf(t.Override)}\s+${t.textOf(t.Block)}\b`,
  String.raw`${t.textOf(t.Import)}\s*\{`,
].join('|');
const orDeclaration = `|(?=^(?:${declaration}))`;

function brackets(open: TokenType, patterns: readonly Rule[]): Rule {
  const close = t.closerOf.get(open) ?? open;
  return {
    begin: written(open),
    beginCaptures: { 0: { name: scopeOf(open) } },
    end: `${written(close)}${orDeclaration}`,
    endCaptures: { 0: { name: scopeOf(close) } },
    patterns,
  };
}

/** From a head to the `}` that ends it. */
const untilBrace = (head: string, beginCaptures: Captures, patterns: readonly Rule[]): Rule => ({
  begin: head,
  beginCaptures,
  end: String.raw`(?<=\})${orDeclaration}`,
  patterns,
});

/** Tokens with the same scope are one rule; the longest come first. */
function rulesFor(types: readonly TokenType[], pattern: (texts: readonly TokenType[]) => string): readonly Rule[] {
  const byScope = new Map<string, TokenType[]>();
  for (const type of [...types].sort((a, b) => t.textOf(b).length - t.textOf(a).length))
    byScope.set(scopeOf(type), [...(byScope.get(scopeOf(type)) ?? []), type]);
  return [...byScope].map(([scope, group]) => ({ name: scope, match: pattern(group) }));
}

const signs = [...t.byText.values()].filter((type) => /^\W/.test(t.textOf(type)) && !t.isBracket(type));
const colon = scopeOf(t.Colon);

/** `name: value` in a record or among arguments: a bare word that the language knows is no name of the user's. */
function given(scope: string, head = name): readonly Rule[] {
  const known = [
    { names: words.functions, scope: scopes.libraryFunction },
    { names: words.values, scope: scopes.value },
  ];
  return [
    ...known.map((one) => ({
      match: String.raw`\b(${head})\s*(:)\s*(${either(one.names)})\b${notCalled}`,
      captures: capture(scope, colon, one.scope),
    })),
    {
      begin: String.raw`\b(${head})\s*(:)\s*(\[)`,
      beginCaptures: capture(scope, colon, scopeOf(t.OpenSquare)),
      end: `${written(t.CloseSquare)}${orDeclaration}`,
      endCaptures: { 0: { name: scopeOf(t.CloseSquare) } },
      patterns: [
        ...include('comments'),
        ...known.map((one) => ({ name: one.scope, match: `${word(...one.names)}${notCalled}` })),
        ...include('expression'),
      ],
    },
    { name: scope, match: String.raw`\b(?:${head})${beforeColon}` },
  ];
}

const repository: Readonly<Record<string, readonly Rule[]>> = {
  comments: [
    { name: scopes.documentation, match: '///.*$' },
    { name: scopes.comment, match: '//.*$' },
  ],
  file: [
    ...include('comments'),
    { name: scopeOf(t.Edition), match: word(t.textOf(t.Edition)) },
    ...include('import', 'model', 'block'),
    { name: scopeOf(t.Override), match: word(t.textOf(t.Override)) },
    ...include('expression'),
  ],
  import: [
    {
      begin: word(t.textOf(t.Import)),
      beginCaptures: { 0: { name: scopeOf(t.Import) } },
      end: `(?<=")${orDeclaration}`,
      patterns: [
        ...include('comments', 'string'),
        brackets(t.OpenCurly, [...include('comments'), { name: scopes.imported, match: name }, ...include('signs')]),
        { name: scopeOf(t.From), match: word(t.textOf(t.From)) },
      ],
    },
  ],
  model: [
    untilBrace(String.raw`\b(${t.textOf(t.Model)})\b(?:\s+(${name}))?`, capture(scopeOf(t.Model), scopes.model), [
      ...include('comments'),
      { match: String.raw`\b(${t.textOf(t.Extends)})\b(?:\s+(${name}))?`, captures: capture(scopeOf(t.Extends), scopes.base) },
      { name: scopes.model, match: name },
      brackets(t.OpenCurly, include('items')),
    ]),
  ],
  items: [
    ...include('comments'),
    {
      match: String.raw`\b(${t.textOf(t.Label)})\b(?:\s+(${name})(?:\s*(:)(?:\s*(${either(words.labelKinds)})\b)?)?)?`,
      captures: capture(scopeOf(t.Label), scopes.label, colon, scopes.kind),
    },
    untilBrace(word(t.textOf(t.Network)), { 0: { name: scopeOf(t.Network) } }, [...include('comments', 'body')]),
    untilBrace(String.raw`\bfeatures\b(?=\s*(?:\{|//|$))`, { 0: { name: scopes.section } }, [
      ...include('comments'),
      brackets(t.OpenCurly, include('features')),
    ]),
    { name: scopes.section, match: String.raw`${word(...words.sections)}(?=\s*(?:\{|//|$))` },
    ...given(scopes.section, either(words.sections)),
    ...include('keys', 'expression'),
  ],
  features: [
    ...include('comments'),
    { name: scopes.feature, match: `${name}${beforeColon}` },
    { match: String.raw`(:)\s*(${either(words.featureKinds)})\b`, captures: capture(colon, scopes.kind) },
    ...include('expression'),
  ],
  block: [
    untilBrace(
      String.raw`\b(?:(${t.textOf(t.Override)})\s+)?(${t.textOf(t.Block)})\b(?:\s+(${name}))?`,
      capture(scopeOf(t.Override), scopeOf(t.Block), scopes.block),
      [
        ...include('comments', 'body'),
        brackets(t.OpenRound, include('parameters')),
        { name: scopes.type, match: word(...words.types) },
        ...include('brackets', 'signs'),
        { name: scopes.block, match: name },
      ],
    ),
  ],
  parameters: [
    ...include('comments'),
    {
      match: String.raw`(${name})\s*(:)\s*(${either(words.types)})\b`,
      captures: capture(scopes.parameter, colon, scopes.type),
    },
    {
      match: String.raw`(=)\s*(${either(words.functions)})\b${notCalled}`,
      captures: capture(scopeOf(t.Equals), scopes.libraryFunction),
    },
    ...include('arguments'),
  ],
  body: [brackets(t.OpenCurly, include('statements'))],
  statements: [
    ...include('comments'),
    { name: scopes.assigned, match: String.raw`\b${name}(?=(?:\s*,\s*${name})*\s*=(?!=))` },
    { name: scopes.assigned, match: String.raw`\b${name}(?=\s*\[\s*${name}(?:\s*,\s*${name})*\s*\]\s*=(?!=))` },
    ...include('body', 'expression'),
  ],
  record: [brackets(t.OpenCurly, include('comments', 'keys', 'expression'))],
  keys: given(scopes.key),
  arguments: [...include('comments'), ...given(scopes.parameter), ...include('expression')],
  brackets: [brackets(t.OpenSquare, include('expression'))],
  expression: [
    ...include('comments', 'string'),
    { name: scopeOf(t.NumberToken), match: t.patternOf(t.NumberToken).source },
    ...rulesFor([...t.reservedWords, t.Hole], (group) => word(...group.map(t.textOf))),
    {
      match: String.raw`(\.)\s*(${name})`,
      captures: capture(scopeOf(t.Dot), scopes.member),
    },
    { name: scopes.libraryFunction, match: String.raw`${word(...words.functions)}(?=\s*(?:\[[^\[\]()]*\]\s*)?\()` },
    { name: scopes.libraryFunction, match: String.raw`${word(...words.weights)}(?=\s*\[)` },
    { name: scopes.function, match: String.raw`\b${name}(?=\s*(?:\[[^\[\]()]*\]\s*)?\()` },
    { name: scopes.name, match: name },
    brackets(t.OpenRound, include('arguments')),
    ...include('brackets', 'record', 'signs'),
    { name: scopes.illegal, match: String.raw`[^\s(){}\[\]]` },
  ],
  signs: rulesFor(signs, (group) => group.map(written).join('|')),
  string: [
    {
      name: scopeOf(t.StringToken),
      match: t.patternOf(t.StringToken).source,
      captures: {
        0: {
          patterns: [
            { name: scopes.escape, match: String.raw`\\(?:u[0-9A-Fa-f]{4}|[ntr"\\])` },
            { name: scopes.illegal, match: String.raw`\\.` },
          ],
        },
      },
    },
    { name: scopeOf(t.UnterminatedString), match: t.patternOf(t.UnterminatedString).source },
  ],
};

/** The TextMate grammar: what editors, GitHub and static sites colour .rec files by. */
export const textMate = {
  $schema: 'https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json',
  name: 'rec',
  scopeName: 'source.rec',
  fileTypes: ['rec'],
  patterns: include('file'),
  repository: Object.fromEntries(Object.entries(repository).map(([rule, patterns]) => [rule, { patterns }])),
} as const;
