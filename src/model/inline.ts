import type { Block, Name, Network } from '../language/syntax.js';
import type { Resolution } from './check.js';
import { pathName } from './instantiate/functions.js';
import type { FunctionValue } from './instantiate/values.js';
import { standard } from './library.js';
import { walkBlock, walkNetwork, type Walk } from './names.js';
import { namesOf, rename } from './rename.js';

export interface Inlined {
  /** Those given, and those that they and the networks reach, under names that are theirs alone. */
  readonly blocks: readonly Block[];
  readonly networks: readonly Network[];
}

/** A network, with the names of its features and labels. */
export interface NetworkToInline {
  readonly network: Network;
  readonly bound: readonly string[];
}

interface Use {
  readonly name: Name;
  readonly of: Block;
}

/**
 * Puts blocks of several files into one, with the library's too if that is wanted. Of several with one name the library's keeps it,
 * then the first; a block says `override` if it ends up with the name of one of the library.
 * @param taken names that no block may have
 */
export function inline(
  functions: Resolution,
  given: { readonly blocks: readonly Block[]; readonly networks: readonly NetworkToInline[]; readonly taken: readonly string[] },
  withLibrary: boolean,
): Inlined {
  const library = standard();
  const isLibrary = (block: Block): boolean => library.sources.has(block.span.source);
  const reserved = new Set(given.taken);
  const uses: Use[] = [];
  const reached = new Set<Block>(given.blocks);

  const found: Walk['found'] = ({ name, isBound }) => {
    const f = functions.called.get(name) ?? (isBound ? undefined : meant(functions, name));
    if (f?.is !== 'block') return;
    if (f.isStd && !withLibrary) reserved.add(name.text);
    else {
      uses.push({ name, of: f.block });
      reached.add(f.block);
    }
  };
  const walkOf = ({ source }: Block['span']): Walk => ({ isFunction: (name) => functions.in(source).has(name), found });
  for (const { network, bound } of given.networks) walkNetwork(network.body, bound, walkOf(network.span));
  for (const block of reached) walkBlock(block, walkOf(block.span));

  const ordered = [...reached].sort((a, b) => Number(isLibrary(a)) - Number(isLibrary(b)));
  const avoided = namesOf([ordered, given.networks]);
  const names = new Map<Block, string>();
  for (const block of [...ordered].sort((a, b) => Number(isLibrary(b)) - Number(isLibrary(a)))) {
    const name = reserved.has(block.name.text) ? fresh(block.name.text, reserved, avoided) : block.name.text;
    reserved.add(name);
    names.set(block, name);
  }
  const texts = new Map<Name, string>();
  for (const { name, of } of uses) set(texts, name, names.get(of));
  for (const [block, name] of names) set(texts, block.name, name);
  return {
    blocks: ordered.map((block) => overriding(rename(block, texts), library.blocks.has(names.get(block) ?? ''))),
    networks: given.networks.map(({ network }) => rename(network, texts)),
  };
}

const meant = (functions: Resolution, { text, span }: Name): FunctionValue | undefined => functions.in(span.source).get(text);

function set(texts: Map<Name, string>, name: Name, text: string | undefined): void {
  if (text !== undefined && text !== name.text) texts.set(name, text);
}

/** Weights' names leave the number out again, so that they stay the same. */
function fresh(name: string, ...taken: readonly ReadonlySet<string>[]): string {
  const stem = pathName(name);
  for (let n = 2; ; n++) {
    const tried = `${stem}__${String(n)}`;
    if (!taken.some((names) => names.has(tried))) return tried;
  }
}

function overriding(block: Block, overrides: boolean): Block {
  const { overrides: _, ...rest } = block;
  return overrides ? { ...rest, overrides: true } : rest;
}
