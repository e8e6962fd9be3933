import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { spanText, type Source } from '../../src/language/source.js';
import { check, type Checked, type CheckOptions } from '../../src/model/check.js';
import type { Load } from '../../src/model/source-files.js';

/** Files by their paths. */
export type Files = Readonly<Record<string, string>>;

export const loadFrom =
  (files: Files): Load =>
  (path) => {
    const text = files[path];
    return text === undefined ? { problem: 'there is no such file' } : { source: { path, text } };
  };

/** Checks the first of the files. */
export function checkFiles(files: Files, options: CheckOptions = {}): Checked {
  const [first] = Object.entries(files);
  if (!first) throw new Error('there are no files');
  const [path, text] = first;
  return check({ path, text }, { load: loadFrom(files), ...options });
}

/** Each diagnostic as `file code «the text it stands at»`; of the first file without its path. */
export function foundIn(files: Files, options?: CheckOptions): readonly string[] {
  const [first] = Object.keys(files);
  return checkFiles(files, options).diagnostics.map(({ code, span }) => {
    const { path } = span.source;
    return `${path === first ? '' : `${path} `}${code} «${spanText(span)}»`;
  });
}

const readSpec = (path: string): Source => ({ path, text: readFileSync(path, 'utf8') });

/** The specs of the repository. */
export const ownSpecs: readonly Source[] = readdirSync('specs')
  .filter((name) => name.endsWith('.rec'))
  .map((name) => readSpec(`specs/${name}`));

/** Reads what a spec of the repository imports. */
export const loadOwn: Load = (path) => (existsSync(path) ? { source: readSpec(path) } : { problem: 'there is no such file' });
