import type { Span } from '../../language/source.js';
import type { Name } from '../../language/syntax.js';
import type { FunctionValue } from './values.js';

/** Blocks and built-in functions, as the file sees them in which a name stands: a block keeps its own file's wherever it is called. */
export interface Functions {
  readonly find: (name: Name) => FunctionValue | undefined;
  /** What a name at a place could have been meant as. */
  readonly names: (at: Span) => Iterable<string>;
}

/** What weights' names call a block: the number that `expand` adds to keep two blocks of one name apart is no part of it. */
export const pathName = (block: string): string => block.replace(/(?<=.)__\d+$/, '');
