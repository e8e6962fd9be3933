import type { Name } from '../language/syntax.js';

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Keys under which a tree holds texts and places, no parts of it. */
const leaves = new Set(['span', 'trivia', 'keyword', 'operatorSpan']);

/** Every name of a tree of the syntax: those that it declares, and those that it reads. */
export function namesOf(tree: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(tree)) for (const element of tree) namesOf(element, found);
  else if (isObject(tree)) {
    if ('kind' in tree && tree.kind === 'name' && 'text' in tree && typeof tree.text === 'string') found.add(tree.text);
    for (const [key, value] of Object.entries(tree)) if (!leaves.has(key)) namesOf(value, found);
  }
  return found;
}

/** A tree of the syntax with other texts for some of its names; what has none of them stays the same object. */
export function rename<T>(tree: T, texts: ReadonlyMap<Name, string>): T {
  return (texts.size === 0 ? tree : renamed(tree, texts)) as T;
}

function renamed(tree: unknown, texts: ReadonlyMap<unknown, string>): unknown {
  const text = texts.get(tree);
  if (text !== undefined && isObject(tree)) return { ...tree, text };
  if (Array.isArray(tree)) {
    const elements = tree.map((element: unknown) => renamed(element, texts));
    return elements.every((element, i) => element === tree[i]) ? tree : elements;
  }
  if (!isObject(tree)) return tree;
  const entries = Object.entries(tree).map(([key, value]): [string, unknown] => [
    key,
    leaves.has(key) ? value : renamed(value, texts),
  ]);
  return entries.every(([key, value]) => (tree as Readonly<Record<string, unknown>>)[key] === value)
    ? tree
    : Object.fromEntries(entries);
}
