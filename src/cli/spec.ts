import type { Source } from '../language/source.js';
import { check, type Checked } from '../model/check.js';
import type { Diagnostic } from '../model/diagnostics.js';
import type { CheckedModel, Facts } from '../model/model.js';
import { renderDiagnostics } from '../model/render.js';
import { nearest } from '../model/suggest.js';
import { complaint } from './errors.js';
import { importer, readSpec } from './files.js';
import type { Host } from './host.js';
import { text, texts } from './options.js';

/** Options of every command that reads a spec. */
export const specOptions = {
  model: text('-m, --model', 'NAME', 'which model of the file'),
  settings: texts('--set', 'KEY=VALUE', 'with another value, such as train.epochs=3'),
};

export interface SpecRequest {
  readonly settings: readonly string[];
  readonly facts?: Facts;
}

/**
 * Reads and checks a spec; its diagnostics go to standard error.
 * @throws a complaint where it has errors
 */
export const checkSpec = (file: string, request: SpecRequest, host: Host): Checked =>
  checkSource(readSpec(file, host), request, host);

/**
 * Checks a spec; its diagnostics go to standard error.
 * @param printed those that the user has seen, which are not printed again
 * @throws a complaint where it has errors
 */
export function checkSource(
  source: Source,
  { settings, facts }: SpecRequest,
  host: Host,
  printed: readonly Diagnostic[] = [],
): Checked {
  const checked = check(source, { settings, load: importer(source, host), ...(facts && { facts }) });
  const seen = new Set(printed.map(identity));
  const diagnostics = checked.diagnostics.filter((d) => !seen.has(identity(d)));
  const errors = checked.diagnostics.filter((d) => d.severity === 'error').length;
  if (diagnostics.length > 0) host.writeError(`${renderDiagnostics(diagnostics, { colour: host.colour.error })}\n`);
  if (errors > 0) throw complaint(`${source.path} has ${String(errors)} error${errors === 1 ? '' : 's'}`);
  return checked;
}

const identity = ({ code, span }: Diagnostic): string => `${code} ${String(span.start)} ${span.source.path}`;

/** Sizes for vocabularies that data have yet to give, so that a spec with `dim: auto` can be checked before they are read. */
export function provisionalFacts(source: Source, host: Host): Facts {
  const { files } = check(source, { load: importer(source, host) });
  const items = files.flatMap((file) => file.items).flatMap((i) => (i.kind === 'model' ? i.items : []));
  const names = items.flatMap((i) =>
    i.kind === 'section' && i.name.text === 'features' ? i.record.entries.map((e) => e.name.text) : [],
  );
  return { vocabularies: Object.fromEntries(names.map((name) => [name, 1])) };
}

/**
 * The model that is meant: the one named, or the only one there is.
 * @throws a complaint that lists them where that is not clear
 */
export function pickModel(checked: Checked, name: string | undefined, file: string): CheckedModel {
  const { models } = checked;
  const list = models.map((m) => m.name).join(', ');
  if (models.length === 0) {
    throw complaint(`${file} has no model that can be built`, {
      help: 'A model needs a `label`, and `cross`, `deep` or a `network`.',
    });
  }
  if (name === undefined) {
    const [only] = models;
    if (only && models.length === 1) return only;
    throw complaint(`${file} has ${String(models.length)} models: ${list}`, { help: 'Say which: --model NAME.', exitStatus: 2 });
  }
  const found = models.find((m) => m.name === name);
  if (found) return found;
  if (checked.names.includes(name)) {
    throw complaint(`model ${name} can only be extended`, {
      help: `It has neither \`cross\`, \`deep\` nor a \`network\`. Models to build: ${list}.`,
    });
  }
  const near = nearest(
    name,
    models.map((m) => m.name),
  );
  throw complaint(`${file} has no model ${name}`, { help: near ? `Did you mean ${near}?` : `It has ${list}.`, exitStatus: 2 });
}

/** The one named, or all. */
export const pickModels = (checked: Checked, name: string | undefined, file: string): readonly CheckedModel[] =>
  name === undefined && checked.models.length > 0 ? checked.models : [pickModel(checked, name, file)];
