import { join, trusted, type Code } from './code.js';

/** A piece of the code that is the same in every project: a declaration, and the others that it needs. */
export interface Part<K extends string> {
  readonly uses: readonly K[];
  readonly code: string;
}

/** The pieces that are wanted and all that they need, in the table's order. */
export function assemble<K extends string>(table: Readonly<Record<K, Part<K>>>, wanted: Iterable<K>): Code {
  const needed = new Set<K>();
  const open = [...wanted];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    open.push(...table[name].uses);
  }
  const names = (Object.keys(table) as K[]).filter((name) => needed.has(name));
  return join(
    names.map((name) => trusted(table[name].code.trim())),
    '\n\n',
  );
}
