import { columnsOf } from '../encode/compile.js';
import type { EncoderProgram } from '../encode/program.js';

/** The columns that features without a default read, with these features. */
export function neededColumns(program: EncoderProgram): ReadonlyMap<string, readonly string[]> {
  const optional = new Set(program.features.flatMap((f) => (f.kind !== 'vector' && f.default !== undefined ? [f.name] : [])));
  const readers = new Map<string, readonly string[]>();
  for (const { name, usedBy } of columnsOf(program)) {
    const features = usedBy.filter((user) => user.kind === 'feature' && !optional.has(user.name)).map((user) => user.name);
    if (features.length > 0) readers.set(name, [...new Set([...(readers.get(name) ?? []), ...features])]);
  }
  return readers;
}

/** `feature age`, `features age, decade`. */
export const featuresText = (names: readonly string[]): string =>
  `${names.length === 1 ? 'feature' : 'features'} ${names.join(', ')}`;
