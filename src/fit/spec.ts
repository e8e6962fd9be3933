import { isWritten, type FittedTable } from './sizes.js';

export interface FittedSpec {
  /** Of the model that is extended. */
  readonly base: string;
  readonly name: string;
  /** Of the doc comment. */
  readonly doc: string;
  readonly tables: readonly FittedTable[];
}

/** A model that extends another one with other sizes of embeddings; a table that keeps its size is not named. */
export function fittedModel({ base, name, doc, tables }: FittedSpec): string {
  const entries = tables
    .filter((table) => isWritten(table) && table.after !== table.before)
    .map((table) => `    ${table.name}: { dim: ${String(table.after)} }\n`);
  return `/// ${doc}\nmodel ${name} extends ${base} {\n  embeddings {\n${entries.join('')}  }\n}\n`;
}
