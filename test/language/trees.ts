import { readdirSync, readFileSync } from 'node:fs';
import { parse } from '../../src/language/parser.js';
import type { SyntaxProblem } from '../../src/language/problems.js';
import { spanText, type Source } from '../../src/language/source.js';
import type { File } from '../../src/language/syntax.js';

const folder = new URL('fixtures/', import.meta.url);

/** The specs in fixtures/, all in canonical form. */
export const fixtures: readonly Source[] = readdirSync(folder).map((path) => ({
  path,
  text: readFileSync(new URL(path, folder), 'utf8'),
}));

/** Declarations with comments before, within and behind them. */
export const twoBlocks = `/// The first.
block first(x: vector[d]) -> vector[d] {
  return relu(x) // as it is
}

// Before the second.
block second(x: vector[d], units: int = 4) -> vector[units] {
  h = linear(x, units)
  return h
} // after it

model M {
  features { a: category }
  label y: binary
  // inside
}
`;

export function source(text: string): Source {
  return { path: 'test.rec', text };
}

/** The file of a text that has no problems. */
export function parsed(text: string): File {
  const { file, problems } = parse(source(text));
  if (problems.length > 0) throw new Error(`${text}\n${problems.map(told).join('\n')}`);
  return file;
}

/** A problem with the text it points at. */
export function told({ code, span, found, expected }: SyntaxProblem): string {
  return `${code} at ${JSON.stringify(spanText(span))}, found ${found ?? '-'}, expected ${expected?.join(' ') ?? '-'}`;
}

const places = new Set(['span', 'operatorSpan', 'keyword', 'ownLine']);

/** A tree without where it stood; without groups too if parentheses are not what is compared. */
export function bare(node: unknown, groups = true): unknown {
  if (Array.isArray(node)) return node.map((element: unknown) => bare(element, groups));
  if (typeof node !== 'object' || node === null) return node;
  if (!groups && 'kind' in node && node.kind === 'group' && 'inner' in node) return bare(node.inner, groups);
  const fields = Object.entries(node).filter(([key]) => !places.has(key));
  return Object.fromEntries(fields.map(([key, value]) => [key, bare(value, groups)]));
}

/** Every object with a span in a tree, parents first. */
export function nodes(tree: unknown): { readonly span: SyntaxProblem['span']; readonly kind?: string }[] {
  if (Array.isArray(tree)) return tree.flatMap((element: unknown) => nodes(element));
  if (typeof tree !== 'object' || tree === null) return [];
  const inside = Object.entries(tree).flatMap(([key, value]) => (places.has(key) ? [] : nodes(value)));
  return 'span' in tree ? [tree as { span: SyntaxProblem['span'] }, ...inside] : inside;
}
