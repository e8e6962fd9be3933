import type { Source } from '../../src/language/source.js';
import { check } from '../../src/model/check.js';
import type { Diagnostic } from '../../src/model/diagnostics.js';
import type { Load } from '../../src/model/source-files.js';

/**
 * A fenced spec of a page. What stands after `rec` says what it is:
 *
 * - nothing: declarations, which all of a page are in one file;
 * - `model` or `network`: sections of a model, or statements of a network, that extends the nearest model above which has no network;
 * - `films/films.rec`: part of a file of that name, of which the first in the folder `films` is the one that is checked;
 * - `wrong unknown-key` at the end: it gives this error, and nothing after it has it.
 */
export interface Example {
  readonly text: string;
  readonly form: 'file' | 'model' | 'network';
  /** Of a file that a page names. */
  readonly file?: string;
  /** The error that it gives. */
  readonly wrong?: string;
  /** The fence after a wrong example that is marked `text`: what the tool prints. */
  readonly printed?: string;
  readonly line: number;
}

/** @throws an error where what stands after `rec` cannot be understood */
export function examplesOf(page: string): readonly Example[] {
  const fences = [...page.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm)];
  return fences.flatMap((fence, i) => {
    const [, info = '', text = ''] = fence;
    if (!/^rec\b/.test(info)) return [];
    const said = /^rec(?: (?:(model|network)|([\w/-]+\.rec)))?(?: wrong ([\w-]+))?$/.exec(info);
    if (!said) throw new Error(`\`\`\`${info}: what is this example?`);
    const [, form = 'file', file, wrong] = said;
    const next = fences[i + 1];
    const printed = wrong !== undefined && next?.[1] === 'text' ? next[2] : undefined;
    return {
      text,
      form: form === 'model' || form === 'network' ? form : 'file',
      line: page.slice(0, fence.index).split('\n').length,
      ...(file !== undefined && { file }),
      ...(wrong !== undefined && { wrong }),
      ...(printed !== undefined && { printed }),
    };
  });
}

/** What each example is to give, and what it gives: no errors, or one with the code that the page says. */
export interface Result {
  readonly example: Example;
  readonly errors: readonly Diagnostic[];
}

const errorsOf = (source: Source, load?: Load): readonly Diagnostic[] =>
  check(source, load ? { load } : {}).diagnostics.filter(({ severity }) => severity === 'error');

/** The last model that can only be extended. */
function baseOf(text: string): string {
  const { names, models } = check({ path: 'page.rec', text });
  return names.findLast((name) => !models.some((model) => model.name === name)) ?? 'none';
}

/** The example as declarations after those above it. */
function declared({ form, text, line }: Example, above: string): string {
  if (form === 'file') return text;
  const items = form === 'model' ? text : `network {\n${text}}\n`;
  return `model Line${String(line)} extends ${baseOf(above)} {\n${items}}\n`;
}

/** Checks every example of a page with what stands above it. */
export function checkExamples(examples: readonly Example[]): readonly Result[] {
  let page = '';
  const files = new Map<string, string>();
  const folderOf = (file: string): string => file.slice(0, file.indexOf('/') + 1);
  const checkFiles = (given: ReadonlyMap<string, string>, file: string): readonly Diagnostic[] => {
    const main = examples.find((e) => e.file !== undefined && folderOf(e.file) === folderOf(file))?.file ?? file;
    return errorsOf({ path: main, text: given.get(main) ?? '' }, (path) => {
      const text = given.get(path);
      return text === undefined ? { problem: 'there is no such file' } : { source: { path, text } };
    });
  };
  const results: Result[] = [];
  for (const example of examples) {
    if (example.file === undefined) {
      const text = `${page}${declared(example, page)}`;
      results.push({ example, errors: errorsOf({ path: 'page.rec', text }) });
      if (example.wrong === undefined && example.form === 'file') page = text;
      continue;
    }
    const before = files.get(example.file);
    const text = before === undefined ? example.text : `${before}\n${example.text}`;
    const given = new Map(files).set(example.file, text);
    if (example.wrong === undefined) files.set(example.file, text);
    else results.push({ example, errors: checkFiles(given, example.file) });
  }
  const firsts = new Map<string, Result>();
  for (const example of examples) {
    const { file } = example;
    if (file === undefined || firsts.has(folderOf(file))) continue;
    firsts.set(folderOf(file), { example, errors: checkFiles(files, file) });
  }
  return [...results, ...firsts.values()];
}
