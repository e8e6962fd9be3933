import { existsSync, statSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dependenceOn } from '../../data/dependence.js';
import { renamePatiently } from '../../data/node-files.js';
import { isBelow } from '../../data/paths.js';
import { profileSample, withSample, type TableProfile } from '../../data/profile.js';
import { sniffSource } from '../../data/sniff.js';
import { formatOf } from '../../data/sources.js';
import { modelName } from '../../init/names.js';
import { tellPlan, writeSpec, type SourceText, type SpecRequest, type WrittenSpec } from '../../init/spec.js';
import { check } from '../../model/check.js';
import type { FileSource } from '../../model/model.js';
import { renderDiagnostics } from '../../model/render.js';
import { command } from '../command.js';
import { complaint } from '../errors.js';
import { shownPath } from '../files.js';
import type { Host } from '../host.js';
import { chooseLabel } from '../init-label.js';
import { interruptible } from '../interruption.js';
import { ifGiven, choice, number, text, toggle } from '../options.js';
import type { Prompt } from '../prompt.js';

export default command({
  description:
    'Looks at a table (csv, tsv, jsonl, parquet) and writes the spec that a practitioner would begin with: the kind of each column, what is left out and why, a split, cross layers and a deep network, training.\nOn a terminal it asks what is to be predicted. A file that exists is never written over without --force.',
  arguments: [{ name: 'data', help: 'the file with one row for each example; may be a glob in quotes' }],
  options: {
    label: text('--label', 'LABEL', "what is predicted: a column, or 'liked=rating >= 4'"),
    threshold: number('--threshold', 'NUMBER', 'the label is whether its column is at least this'),
    output: text('-o, --output', 'FILE', 'the spec; without it named after the data, in the current folder'),
    name: text('--name', 'NAME', 'name of the model; without it after the data'),
    columns: text('--columns', 'NAMES', 'names of the columns with commas between them, if the file has no header line'),
    separator: text('--separator', 'TEXT', 'what stands between two fields of a text file; without it as its first lines say'),
    encoding: ifGiven(choice('--encoding', ['utf8', 'latin1'], 'of a text file')),
    force: toggle('--force', 'write over a file that exists'),
    yes: toggle('-y, --yes', 'ask nothing: take the likeliest label'),
  },
  examples: [
    { line: 'reccompile init ratings.csv', says: 'asks what is to be predicted' },
    { line: 'reccompile init ratings.csv --label rating --threshold 4', says: 'whether a rating is four or more' },
    { line: "reccompile init clicks.parquet --label 'long=seconds > 30' -o long.rec", says: 'with an expression' },
    { line: 'reccompile init u.data --columns user_id,movie_id,rating,time --yes', says: 'a file without a header line' },
  ],
  run: async ([given = ''], options, host) => {
    const { columns, separator, encoding, force, yes } = options;
    const form = {
      columns: columns?.split(',').map((name) => name.trim()),
      separator: separator && unescaped(separator),
      encoding,
    };
    const asks = !yes && host.typed && host.terminal;
    const base = path.basename(given).replace(/(\.(csv|tsv|jsonl|ndjson|parquet|data|dat|txt))?(\.gz)?$/i, '');
    const name = modelName(options.name ?? base.replaceAll(/[*?[\]]+/g, '_'));
    const output = outputOf(options.output, `${snake(name)}.rec`, host);
    if (!force && !asks && existsSync(output)) throw existing(output, host);
    const { signal, release } = interruptible(host, () => undefined);
    try {
      const source = await sniffSource(given, form, { base: host.folder, files: { source: given } });
      const written = await withSample(source, { base: host.folder, files: { source: given } }, { signal }, async (sample) => {
        const profile = await profileSample(sample);
        const prompt = asks ? await host.prompt() : undefined;
        try {
          return await decide(prompt, profile);
        } finally {
          prompt?.close();
        }

        async function decide(prompt: Prompt | undefined, profile: TableProfile): Promise<WrittenSpec | undefined> {
          const label = await chooseLabel(profile, options, prompt, host);
          if (!label) return undefined;
          if (!force && existsSync(output) && !(await mayReplace(output, prompt, host))) return undefined;
          const request = { profile, label, name, source: sourceText(source, given, output, host) };
          const leaks = await leaksOf(request, (value) => dependenceOn(sample, value, profile.columns));
          const spec = writeSpec({ ...request, leaks });
          host.writeError(tellPlan(spec.plan, profile.isSample));
          return spec;
        }
      });
      if (!written) {
        host.writeError('nothing was written\n');
        return 130;
      }
      await writeWhole(output, written.text);
      tellNext(written, given, output, host);
      return 0;
    } catch (error) {
      if (signal.aborted) return 130;
      throw error;
    } finally {
      release();
    }
  },
});

/** `\t` as shells pass it on. */
const unescaped = (separator: string): string => separator.replaceAll('\\t', '\t');

const snake = (name: string): string => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();

function outputOf(said: string | undefined, usual: string, host: Host): string {
  const output = path.resolve(host.folder, said ?? usual);
  const isFolder = existsSync(output) && statSync(output).isDirectory();
  return isFolder ? path.join(output, usual) : output;
}

const existing = (output: string, host: Host): Error =>
  complaint(`${shownPath(output, host.folder)} exists`, { help: '--force writes over it; or name another: --output FILE' });

async function mayReplace(output: string, prompt: Prompt | undefined, host: Host): Promise<boolean> {
  if (!prompt) throw existing(output, host);
  const said = await prompt.ask(`${shownPath(output, host.folder)} exists. Write over it? [y/N] `);
  return /^y(es)?$/i.test(said ?? '');
}

/** The file as the spec names it: from the spec's folder if it lies below, else from its own. */
function sourceText(source: FileSource, given: string, output: string, host: Host): SourceText {
  const absolute = path.resolve(host.folder, given);
  const folder = path.dirname(output);
  const shown = isBelow(folder, absolute) ? path.relative(folder, absolute) : path.basename(absolute);
  const { separator, columns, encoding } = source;
  const usual = formatOf(given);
  const form = usual?.format === 'csv' && usual.separator === '\t' && separator === '\t' ? 'tsv' : 'csv';
  return {
    path: shown.replaceAll(path.sep, '/'),
    ...(source.format === 'csv' && (!usual || columns || separator !== usual.separator || encoding !== 'utf8') && { form }),
    ...(separator !== usual?.separator && { separator: separator === ',' && !usual ? undefined : separator }),
    columns,
    encoding: encoding === 'utf8' ? undefined : encoding,
  };
}

/** Above this a column is the label in another form; a number may well follow from another one. */
const leaking = { binary: 0.97, number: 0.995 } as const;

/** Columns that tell the label, which the checked spec knows how to compute. */
async function leaksOf(
  request: SpecRequest,
  dependence: (label: LabelValue) => ReturnType<typeof dependenceOn>,
): Promise<ReadonlyMap<string, number>> {
  const label = checked(writeSpec(request)).labels[0];
  if (!label) return new Map();
  const found = await dependence(label.value);
  return new Map(
    [...found].filter(
      ([column, share]) =>
        share > leaking[label.task === 'number' ? 'number' : 'binary'] && !request.label.columns.includes(column),
    ),
  );
}

type LabelValue = Parameters<typeof dependenceOn>[1];

function checked({ text: written }: WrittenSpec): ReturnType<typeof check>['models'][number] {
  const { models, diagnostics } = check({ path: 'the spec that would be written', text: written });
  const [model] = models;
  if (model && diagnostics.every(({ severity }) => severity !== 'error')) return model;
  throw complaint(`no spec can be made of this table:\n${renderDiagnostics(diagnostics)}`);
}

async function writeWhole(file: string, content: string): Promise<void> {
  const draft = `${file}.${String(process.pid)}.tmp`;
  try {
    await writeFile(draft, content, { flag: 'wx' });
    await renamePatiently(draft, file);
  } finally {
    await rm(draft, { force: true });
  }
}

function tellNext({ plan }: WrittenSpec, given: string, output: string, host: Host): void {
  const shown = shownPath(output, host.folder);
  const absolute = path.resolve(host.folder, given);
  const elsewhere = isBelow(path.dirname(output), absolute) ? '' : ` --data ${shownPath(path.dirname(absolute), host.folder)}`;
  host.writeError(`${shown} is written. Read it, change what you know better, then:\n  reccompile train ${shown}${elsewhere}\n`);
  if (plan.features.length === 0) host.writeError('warning: no column is left to learn from\n');
}
