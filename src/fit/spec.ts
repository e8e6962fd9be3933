import { isWritten, type FittedNumber, type FittedTable } from './sizes.js';

export interface FittedSpec {
  /** Of the model that is extended. */
  readonly base: string;
  readonly name: string;
  /** Of the doc comment, which is one line. */
  readonly doc: string;
  readonly tables: readonly FittedTable[];
  readonly numbers: readonly FittedNumber[];
}

/** A model that extends another one with other sizes of embeddings; what keeps its size is not named. */
export function fittedModel({ base, name, doc, tables, numbers }: FittedSpec): string {
  const entries = [...tables.filter(isWritten), ...numbers]
    .filter(({ before, after }) => after !== before)
    .map((one) => `    ${one.name}: { dim: ${String(one.after)} }\n`);
  const line = doc.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return `/// ${line}\nmodel ${name} extends ${base} {\n  embeddings {\n${entries.join('')}  }\n}\n`;
}
