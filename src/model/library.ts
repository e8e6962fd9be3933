import { parse } from '../language/parser.js';
import type { Source } from '../language/source.js';
import type { Block } from '../language/syntax.js';
import { standardBlocks, standardLibrary } from '../std/index.js';
import { builtins } from './instantiate/builtins.js';
import type { FunctionValue } from './instantiate/values.js';

export interface Library {
  readonly functions: ReadonlyMap<string, FunctionValue>;
  readonly blocks: Blocks;
  readonly sources: ReadonlySet<Source>;
}

/** Blocks by name. */
export type Blocks = Pick<ReadonlyMap<string, Block>, 'get' | 'has' | 'keys'>;

let library: Library | undefined;

/** Built-in functions and the blocks of the standard library; a file of it is parsed when a block that it has is first read. */
export function standard(): Library {
  if (library) return library;
  const parsed = new Map<string, Block>();
  const get = (name: string): Block | undefined => {
    const source = standardBlocks.get(name);
    if (source && !parsed.has(name)) {
      for (const item of parse(source).file.items) if (item.kind === 'block') parsed.set(item.name.text, item);
    }
    return parsed.get(name);
  };
  const functions = new Map<string, FunctionValue>();
  for (const [name, builtin] of Object.entries(builtins)) functions.set(name, { kind: 'function', is: 'builtin', name, builtin });
  for (const [name, source] of standardBlocks) {
    functions.set(name, {
      kind: 'function',
      is: 'block',
      isStd: true,
      get block() {
        const block = get(name);
        if (!block) throw new Error(`${source.path} has no block ${name}`);
        return block;
      },
    });
  }
  library = {
    functions,
    blocks: { get, has: (name) => standardBlocks.has(name), keys: () => standardBlocks.keys() },
    sources: new Set(standardLibrary),
  };
  return library;
}
