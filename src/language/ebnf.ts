import type { ISerializedGast, TokenType } from 'chevrotain';
import { Grammar } from './grammar.js';
import { infix, prefix } from './operators.js';
import * as t from './tokens.js';

/** What chevrotain's serialized productions hold, of which its types name only a part. */
export interface Production extends ISerializedGast {
  readonly name?: string;
  readonly definition?: Production[];
}

/** The grammar in extended Backus-Naur form (ISO 14977), generated from the parser. */
export function ebnf(): string {
  const productions = rules().map(({ name = '', definition = [] }) => rule(name, sequence(definition)));
  return [
    '(* Comments begin with "//". A comment that begins with "///" documents the declaration, item, entry, statement or',
    '   parameter after it. White space and line breaks only separate. *)',
    '',
    ...productions,
    '',
    '(* Names and operators. What stands further down binds tighter. *)',
    '',
    rule('name', alternatives([t.Identifier, ...t.contextualKeywords].map(terminal))),
    rule('prefix', alternatives(Object.keys(prefix).map(quoted))),
    rule('infix', alternatives(Object.keys(infix).map(quoted))),
    ...levels(),
    '',
    '(* Tokens, as regular expressions. *)',
    '',
    ...[t.Identifier, t.NumberToken, t.StringToken].map((type) => rule(terminal(type), `? ${t.patternOf(type).source} ?`)),
    '',
  ].join('\n');
}

/** The parser's rules in the order of reading, whole files first. */
export function rules(): readonly Production[] {
  const order = ['file', 'edition', 'import', 'model', 'item', 'record', 'entry', 'block', 'parameter', 'type', 'sizes', 'body'];
  const place = ({ name = '' }: Production): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const all = new Grammar(false).getSerializedGastProductions() as Production[];
  return [...all].sort((a, b) => place(a) - place(b));
}

function rule(name: string, definition: string): string {
  const indented = definition.replaceAll('\n', '\n  ');
  return `${name} = ${indented} ;`;
}

/** The table of operators, loosest first. */
function levels(): string[] {
  const rows = new Map<number, string[]>();
  const add = (level: number, text: string): void => void rows.set(level, [...(rows.get(level) ?? []), text]);
  for (const [operator, { level, left, right }] of Object.entries(infix)) {
    const grouping = right === level ? ' (groups from the right)' : left > level ? ' (once)' : '';
    add(level, operator + grouping);
  }
  for (const [operator, level] of Object.entries(prefix)) add(level, `prefix ${operator}`);
  return [...rows].sort(([a], [b]) => a - b).map(([, texts]) => `(* ${texts.join('   ')} *)`);
}

function sequence(parts: readonly Production[]): string {
  return parts.map((part) => production(part, parts.length > 1)).join(' ');
}

function production(part: Production, inSequence: boolean): string {
  const definition = part.definition ?? [];
  switch (part.type) {
    case 'NonTerminal':
      return part.name ?? '';
    case 'Terminal':
      return terminalByName(part.name ?? '');
    case 'Option':
      return `[ ${sequence(definition)} ]`;
    case 'Repetition':
      return `{ ${sequence(definition)} }`;
    case 'Alternation': {
      const choices = alternatives(definition.map(({ definition: choice = [] }) => sequence(choice)));
      return inSequence ? `( ${choices} )` : choices;
    }
    default:
      throw new Error(`the grammar uses ${part.type}, which has no form here yet`);
  }
}

function alternatives(choices: readonly string[]): string {
  const onOneLine = choices.join(' | ');
  return onOneLine.length < 100 ? onOneLine : choices.join('\n| ');
}

export function terminalByName(name: string): string {
  const type = t.vocabulary.find((known) => known.name === name);
  return type ? terminal(type) : name;
}

/** How a token is called in the grammar: its text in quotes, a category by its rule, others in capitals. */
function terminal(type: TokenType): string {
  const text = t.textOf(type);
  if (text) return quoted(text);
  const categories = new Map([
    [t.Name, 'name'],
    [t.PrefixOperator, 'prefix'],
    [t.InfixOperator, 'infix'],
    [t.Identifier, 'NAME'],
  ]);
  return categories.get(type) ?? type.name.toUpperCase();
}

function quoted(text: string): string {
  return `"${text}"`;
}
