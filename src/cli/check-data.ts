import { openDataset, readSplit, type Dataset } from '../data/dataset.js';
import { isDataError, type DataError } from '../data/errors.js';
import { factsOfRows } from '../data/lint-facts.js';
import type { DataPaths } from '../data/sources.js';
import { shareAtCut } from '../data/time-cut.js';
import type { EncodedRows } from '../encode/program.js';
import { encoderProgram } from '../encode/compile.js';
import type { Span } from '../language/source.js';
import type { Checked } from '../model/check.js';
import { lintData } from '../model/data-lints.js';
import { createReport, type Diagnostic } from '../model/diagnostics.js';
import { ignoring } from '../model/ignores.js';
import { isOfData } from '../model/messages.js';
import type { CheckedModel } from '../model/model.js';
import { withShortPaths } from './answer.js';
import { version } from './version.js';

export interface DataCheck {
  /** Paths below it are printed without it. */
  readonly folder: string;
  readonly paths: DataPaths;
  /** The user's folder for encoded data: what is read here is not read again by `train`. */
  readonly cache: string | undefined;
  readonly signal: AbortSignal;
  readonly onProgress: NonNullable<Parameters<typeof openDataset>[0]['onProgress']>;
}

/**
 * Reads the data of every model of a spec, and warns of what they hold.
 * What is wrong with the files is an error at what reads them.
 */
export async function lintDataOf(checked: Checked, request: DataCheck): Promise<readonly Diagnostic[]> {
  const { report, diagnostics, errors } = createReport();
  for (const model of checked.models) {
    if (!model.data) continue;
    try {
      await lintModelData(checked, model, request, report);
    } catch (error) {
      if (!isDataError(error) || request.signal.aborted) throw error;
      const { says, help } = wordsOf(error, request.folder);
      report('unusable-data', readerOf(error, checked, model), { says }, { help });
    }
  }
  const sources = checked.files.map(({ span }) => span.source);
  const { keeps, reportUnused } = ignoring(sources, () => undefined);
  for (const d of [...checked.diagnostics, ...diagnostics()]) keeps(d);
  const lintedAll = errors() === 0 && checked.models.length > 0 && checked.models.every(({ data }) => data !== undefined);
  if (lintedAll) reportUnused(checked.file.span.source, isOfData, report);
  const known = new Set(checked.diagnostics.map(placeOf));
  return diagnostics().filter((d) => keeps(d) && !known.has(placeOf(d)));
}

const placeOf = ({ code, span }: Diagnostic): string => `${code} ${String(span.start)} ${span.source.path}`;

async function lintModelData(
  checked: Checked,
  model: CheckedModel,
  { paths, cache, signal, onProgress }: DataCheck,
  report: ReturnType<typeof createReport>['report'],
): Promise<void> {
  if (!model.data) return;
  const atCut = await shareAtCut(model.data, paths, { signal });
  const program = encoderProgram(model);
  const dataset = await openDataset({ model, program, paths, cache, signal, onProgress, compiler: version });
  try {
    const facts = factsOfRows(dataset, await rowsOf(dataset));
    const at = keyOfData(checked, model, 'split') ?? model.data.span;
    lintData(model, { ...facts, ...(atCut !== undefined && { atCut }) }, at, report);
  } finally {
    await dataset.close();
  }
}

/** Where a key of the data section stands. */
function keyOfData(checked: Checked, model: CheckedModel, key: string): Span | undefined {
  const section = checked.expansions.get(model.name)?.merged.sections.get('data');
  const entries = section?.value.kind === 'record' ? section.value.entries : [];
  return entries.findLast(({ name }) => name.text === key)?.name.span;
}

/** The place of what a data error stands in the way of; of all data, where it is none in particular. */
function readerOf({ reader = 'source' }: DataError, checked: Checked, model: CheckedModel): Span {
  const features = model.features.map((feature) => ({ ...feature, is: `feature ${feature.name}` }));
  const labels = model.labels.map((label) => ({ ...label, is: `label ${label.name}` }));
  const found = [...features, ...labels].find(({ is }) => is === reader);
  if (found) return ('value' in found && found.value.kind === 'column' ? found.value.span : undefined) ?? found.span;
  return keyOfData(checked, model, reader) ?? model.data?.span ?? checked.file.span;
}

function wordsOf({ message, details = [], help }: DataError, folder: string): { readonly says: string; readonly help?: string } {
  const says = withShortPaths([message, ...details].join('; '), folder);
  return { says, ...(help !== undefined && { help: withShortPaths(help, folder) }) };
}

/** All rows; of those that are in a file, each split in turn. */
async function rowsOf({ rows, file }: Dataset): Promise<Readonly<Record<'test' | 'train' | 'valid', EncodedRows>>> {
  if (rows) return rows;
  if (!file) throw new Error('rows are in memory or in a file');
  return { train: await readSplit(file, 'train'), valid: await readSplit(file, 'valid'), test: await readSplit(file, 'test') };
}
