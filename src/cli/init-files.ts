import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { architectureOf, lackOf, namesIn } from '../init/architecture.js';
import { exampleRatings } from '../init/example.js';
import { templates, type Template } from '../init/library.js';
import type { Sides } from '../init/roles.js';
import type { RequestedArchitecture } from '../init/spec.js';
import { nearest } from '../model/suggest.js';
import { complaint } from './errors.js';
import { shownPath } from './files.js';
import type { Host } from './host.js';
import type { Prompt } from './prompt.js';
import { createFile, replaceFile } from './replace-file.js';

export function listTemplates(host: Host): 0 {
  const all = templates();
  const width = Math.max(...all.map(({ name }) => name.length));
  for (const { name, doc } of all) host.write(`${name.padEnd(width)}  ${doc}\n`);
  return 0;
}

export function templateNamed(name: string): Template {
  const all = templates();
  const found = all.find((template) => template.name === name.toLowerCase());
  if (found) return found;
  const near = nearest(
    name.toLowerCase(),
    all.map((template) => template.name),
  );
  throw complaint(`there is no template ${name}`, {
    exitStatus: 2,
    help: near === undefined ? 'reccompile init --templates lists them' : `did you mean ${near}?`,
  });
}

/** Size of embeddings that the networks of the templates are written for. */
const templateDim = 16;

/** @throws a complaint where the table has not what the architecture needs */
export const requested = (template: Template, sides: Sides): RequestedArchitecture => ({
  names: namesIn(template),
  isOfFields: template.needs.fields,
  dim: templateDim,
  write: (plan) => {
    const lack = lackOf(template, plan, sides);
    if (lack !== undefined) throw complaint(lack, { help: 'reccompile init --templates lists others' });
    return architectureOf(template, sides)(plan);
  },
});

const exampleName = 'example.csv';

/** Writes made-up rows beside the spec that will be written, and gives the name of their file. */
export async function writeExample(force: boolean, host: Host): Promise<string> {
  const file = path.join(host.folder, exampleName);
  const rows = exampleRatings();
  const isThere = existsSync(file);
  if (isThere && readFileSync(file, 'utf8') === rows) return exampleName;
  if (isThere && !force) throw existing(file, host);
  await (isThere ? replaceFile : createFile)(file, rows, host);
  host.writeError(`${exampleName} has ratings that are made up; with rows of your own: reccompile init FILE --template NAME\n`);
  return exampleName;
}

export function outputOf(said: string | undefined, usual: string, host: Host): string {
  const output = path.resolve(host.folder, said ?? usual);
  const isFolder = existsSync(output) && statSync(output).isDirectory();
  return isFolder ? path.join(output, usual) : output;
}

/** The file that is asked for at the terminal; undefined if the user leaves. */
export async function chooseFile(
  prompt: Prompt | undefined,
  output: string,
  usual: string,
  host: Host,
): Promise<string | undefined> {
  if (!prompt) return output;
  const said = await prompt.ask(`File to write [${shownPath(output, host.folder)}]: `);
  return said === undefined ? undefined : said === '' ? output : outputOf(said, usual, host);
}

export const existing = (output: string, host: Host): Error =>
  complaint(`${shownPath(output, host.folder)} exists`, { help: '--force writes over it; or name another: --output FILE' });

export async function mayReplace(output: string, prompt: Prompt | undefined, host: Host): Promise<boolean> {
  if (!prompt) throw existing(output, host);
  const said = await prompt.ask(`${shownPath(output, host.folder)} exists. Write over it? [y/N] `);
  return /^y(es)?$/i.test(said ?? '');
}
