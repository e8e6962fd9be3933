import { existsSync } from 'node:fs';
import path from 'node:path';
import { isBelow } from '../data/paths.js';
import { isRecord } from '../encode/json.js';
import { print } from '../language/printer.js';
import { check, type Checked } from '../model/check.js';
import { expand } from '../model/expand.js';
import type { Facts } from '../model/model.js';
import { isRunError } from '../run/errors.js';
import type { StoredRun } from '../run/read.js';
import { importer, shownPath } from './files.js';
import type { Host } from './host.js';

/** What a run knows of where it was made; a run that was copied may have lost it. */
export interface RunOrigin {
  /** Absolute path of its spec. */
  readonly spec?: string;
  /** Absolute path of the folder that the paths of its data start from. */
  readonly data?: string;
  /** Absolute paths of files that `--data` named, by what they stand for. */
  readonly files: Readonly<Record<string, string>>;
  /** What `--set` gave. */
  readonly settings: readonly string[];
}

export async function originOf(run: StoredRun): Promise<RunOrigin> {
  try {
    const { spec, data, settings } = await run.environment();
    const { folder, files } = isRecord(data) ? data : {};
    return {
      ...(typeof spec === 'string' && { spec }),
      ...(typeof folder === 'string' && { data: folder }),
      files: Object.fromEntries(Object.entries(isRecord(files) ? files : {}).map(([name, file]) => [name, String(file)])),
      settings: Array.isArray(settings) ? settings.map(String) : [],
    };
  } catch (error) {
    if (!isRunError(error)) throw error;
    return { files: {}, settings: [] };
  }
}

export interface SpecRequest {
  /** The expanded spec of the run. */
  readonly stored: string;
  readonly origin: RunOrigin;
  /** The model that the run has trained. */
  readonly base: string;
  /** What extends it, and its name. */
  readonly model: string;
  readonly name: string;
  /** Absolute path of the file that is to be written. */
  readonly file: string;
  readonly facts: Facts;
}

export interface WrittenSpec {
  readonly text: string;
  readonly checked: Checked;
  /** Whether it imports the model from the run's own spec; otherwise it holds the model as the run has kept it. */
  readonly imports: boolean;
  /** What `--set` has to give for it to be the run's model. */
  readonly settings: readonly string[];
}

/**
 * The spec of a model that extends a run's: it imports the run's own spec, if that lies in its folder or below and still says the same
 * model; otherwise it is the spec that the run has kept, with the new model behind it.
 */
export function specExtending(request: SpecRequest, host: Pick<Host, 'folder'>): WrittenSpec {
  const { stored, base, model, file, origin } = request;
  const way = wayToSpec(request);
  const imports = way !== undefined && saysTheSame(request, host);
  const text = imports ? `import { ${base} } from ${JSON.stringify(way)}\n\n${model}` : `${stored.trimEnd()}\n\n${model}`;
  const settings = imports ? origin.settings : [];
  return { text, checked: checkText(file, text, request.facts, host, settings), imports, settings };
}

function wayToSpec({ origin: { spec }, file }: SpecRequest): string | undefined {
  if (spec === undefined || spec === file || !existsSync(spec)) return undefined;
  const folder = path.dirname(file);
  return isBelow(folder, spec) ? `./${path.relative(folder, spec).replaceAll(path.sep, '/')}` : undefined;
}

/** Whether the run's spec still is what it was trained with: a model that adds nothing expands alike. Settings of sizes would win over new ones. */
function saysTheSame(
  { stored, origin: { spec = '', settings }, base, name, file, facts }: SpecRequest,
  host: Pick<Host, 'folder'>,
): boolean {
  if (settings.some((setting) => setting.startsWith('embeddings'))) return false;
  const beside = path.join(path.dirname(spec), path.basename(file));
  const nothing = `model ${name} extends ${base} {}\n`;
  const imported = `import { ${base} } from ${JSON.stringify(`./${path.basename(spec)}`)}\n${nothing}`;
  const [now, then] = [
    checkText(beside, imported, facts, host, settings),
    checkText(beside, `${stored}\n${nothing}`, facts, host),
  ];
  return [false, true].some((pathsAsSaid) => {
    const text = modelText(now, name, pathsAsSaid);
    return text !== undefined && text === modelText(then, name, true);
  });
}

function checkText(
  file: string,
  text: string,
  facts: Facts,
  host: Pick<Host, 'folder'>,
  settings: readonly string[] = [],
): Checked {
  const source = { path: shownPath(file, host.folder), text };
  return check(source, { facts, settings, load: importer(source, host) });
}

function modelText(checked: Checked, only: string, pathsAsSaid: boolean): string | undefined {
  // A run's spec says its edition, and has the blocks of the library in it.
  const { span, items } = expand(checked, { only, pathsAsSaid });
  const models = items.filter(({ kind }) => kind === 'model');
  return models.length === 0 ? undefined : print({ kind: 'file', span, items: models });
}
