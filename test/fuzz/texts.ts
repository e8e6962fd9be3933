import { readdirSync, readFileSync } from 'node:fs';
import { goodSpecs } from '../model/specs.js';

const filesOf = (folder: string): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.rec'))
    .sort()
    .map((name) => readFileSync(`${folder}/${name}`, 'utf8'));

/** What people have written: every spec of the repository, the library, and specs that use all of the language. */
export const texts: readonly string[] = [...['specs', 'src/std', 'test/language/fixtures'].flatMap(filesOf), ...goodSpecs];
