import { existsSync } from 'node:fs';
import path from 'node:path';
import { dependenceOn } from '../../data/dependence.js';
import { keptRows, type KeptRows } from '../../data/kept-rows.js';
import { isBelow } from '../../data/paths.js';
import { profileSample, withSample, type Sample } from '../../data/profile.js';
import type { FileForm } from '../../data/profile-source.js';
import { sniffSource } from '../../data/sniff.js';
import { formatOf } from '../../data/sources.js';
import { commentText, modelName } from '../../init/names.js';
import {
  doubtText,
  leakText,
  tellPlan,
  writeSpec,
  type SourceText,
  type SpecRequest,
  type WrittenSpec,
} from '../../init/spec.js';
import { spanText } from '../../language/source.js';
import { check } from '../../model/check.js';
import type { FileSource } from '../../model/model.js';
import { renderDiagnostics } from '../../model/render.js';
import { command } from '../command.js';
import { complaint } from '../errors.js';
import { shownPath } from '../files.js';
import type { Host } from '../host.js';
import { chooseLabel, refuseClash, secondLabel, sidesOf } from '../init-label.js';
import {
  chooseFile,
  existing,
  listTemplates,
  mayReplace,
  outputOf,
  requested,
  templateNamed,
  writeExample,
} from '../init-files.js';
import { interruptible } from '../interruption.js';
import { choice, ifGiven, number, text, texts, toggle } from '../options.js';
import { createFile, replaceFile } from '../replace-file.js';
import { shellLine } from '../shell.js';

export default command({
  description:
    'Looks at a table (csv, tsv, jsonl, parquet) and writes the spec that a practitioner would begin with: the kind of each column, what is left out and why, a split, cross layers and a deep network, training.\nOn a terminal it asks what is to be predicted. A file that exists is never written over without --force.',
  arguments: [{ name: 'data', help: 'the file with one row for each example; may be a glob in quotes', optional: true }],
  options: {
    label: texts('--label', 'LABEL', "what is predicted: a column, or 'liked=rating >= 4'"),
    threshold: number('--threshold', 'NUMBER', 'the label is whether its column is at least this'),
    template: text('--template', 'NAME', 'with this architecture; without data, of made-up rows that it writes too'),
    templates: toggle('--templates', 'list the architectures'),
    user: text('--user', 'COLUMN', 'says who, for architectures with two sides'),
    item: text('--item', 'COLUMN', 'says what'),
    output: {
      ...text('-o, --output', 'FILE', 'the spec; without it named after the data, in the current folder'),
      also: '--out',
    },
    name: text('--name', 'NAME', 'name of the model; without it after the data'),
    columns: text('--columns', 'NAMES', 'names of the columns with commas between them, if the file has no header line'),
    header: toggle('--header', 'the first line has the names of the columns, though it looks like a row'),
    separator: text('--separator', 'TEXT', 'what stands between two fields of a text file; without it as its first lines say'),
    encoding: ifGiven(choice('--encoding', ['utf8', 'latin1'], 'of a text file')),
    force: toggle('--force', 'write over a file that exists'),
    yes: toggle('-y, --yes', 'ask nothing: take the likeliest label'),
  },
  examples: [
    { line: 'reccompile init ratings.csv', says: 'asks what is to be predicted' },
    { line: 'reccompile init ratings.csv --label rating --threshold 4', says: 'whether a rating is four or more' },
    { line: "reccompile init clicks.parquet --label 'long=seconds > 30' -o long.rec", says: 'with an expression' },
    { line: 'reccompile init ratings.csv --label rating --template deepfm', says: 'with another architecture' },
    { line: 'reccompile init u.data --columns user_id,movie_id,rating,time --yes', says: 'a file without a header line' },
  ],
  run: async ([data], options, host) => {
    if (options.templates || options.template === 'list') return listTemplates(host);
    const template = options.template === undefined ? undefined : templateNamed(options.template);
    if (data === undefined && !template) {
      throw complaint('init needs a file with rows', {
        exitStatus: 2,
        help: 'for instance reccompile init ratings.csv; or try an architecture on made-up rows: --template deepfm',
      });
    }
    const [label = data === undefined ? 'rating' : undefined, secondSaid] = options.label;
    if (secondSaid !== undefined && template?.needs.twoLabels !== true)
      throw complaint('one label is predicted', { exitStatus: 2, help: 'mmoe and ple predict two: --template mmoe' });
    const threshold = options.threshold ?? (data === undefined && options.label.length === 0 ? 4 : undefined);
    const asks = !options.yes && host.typed && host.terminal;
    const name = modelName(options.name ?? (data === undefined ? (template?.name ?? '') : baseOf(data)));
    const usual = `${snake(name)}.rec`;
    const output = outputOf(options.output, usual, host);
    if (!options.force && !asks && existsSync(output)) throw existing(output, host);
    const given = data ?? (await writeExample(options.force, host));
    const { signal, release } = interruptible(host, () => undefined);
    const paths = { base: host.folder, files: { source: given } };
    if (asks) host.writeError(`looking at ${given}\n`);
    try {
      const source = await sniffSource(given, formOf(options), paths, signal);
      const written = await withSample(source, paths, { signal }, async (sample) => {
        const profile = await profileSample(sample);
        const prompt = asks ? await host.prompt() : undefined;
        try {
          const first = await chooseLabel(profile, { label, threshold, yes: options.yes }, prompt, host);
          const file =
            first && (await chooseFile(prompt && options.output === undefined ? prompt : undefined, output, usual, host));
          if (!first || file === undefined) return undefined;
          const replaces = existsSync(file);
          if (replaces && !options.force && !(await mayReplace(file, prompt, host))) return undefined;
          const second = template?.needs.twoLabels === true ? secondLabel(profile, secondSaid, first) : undefined;
          const sides = sidesOf(profile, options);
          const architecture = template && requested(template, sides);
          for (const one of second ? [first, second] : [first]) refuseClash(one, architecture?.names);
          const request = {
            profile,
            label: first,
            second,
            name,
            sides,
            architecture,
            source: sourceText(source, given, file, host),
          };
          const { leaks, doubts } = await leaksOf(request, (value) => dependenceOn(sample, value, profile.columns));
          const kept = await keptBy(request, sample);
          const spec = writeSpec({
            ...request,
            kept,
            doubts,
            without: new Map([...leaks, ...unusedIn(writeSpec({ ...request, without: leaks }))]),
          });
          checked(spec);
          host.writeError(tellPlan(spec.plan, profile.isSample));
          return { text: spec.text, file, replaces };
        } finally {
          prompt?.close();
        }
      });
      if (!written) {
        host.writeError('nothing was written\n');
        return 130;
      }
      await (written.replaces ? replaceFile : createFile)(written.file, written.text, host);
      tellNext(given, written.file, host);
      return 0;
    } catch (error) {
      if (signal.aborted) return 130;
      throw error;
    } finally {
      release();
    }
  },
});

/** The file's name without its endings. */
const baseOf = (file: string): string =>
  path
    .basename(file)
    .replace(/(\.(csv|tsv|jsonl|ndjson|parquet|data|dat|txt))?(\.gz)?$/i, '')
    .replaceAll(/[*?[\]]+/g, '_');

interface TextOptions {
  readonly columns: string | undefined;
  readonly header: boolean;
  readonly separator: string | undefined;
  readonly encoding: 'utf8' | 'latin1' | undefined;
}

const formOf = ({ columns, header, separator, encoding }: TextOptions): FileForm => ({
  hasHeader: header,
  columns: columns?.split(',').map((name) => name.trim()),
  separator: separator === undefined ? undefined : unescaped(separator),
  encoding,
});

/** `\t` as shells pass it on. */
const unescaped = (separator: string): string => separator.replaceAll('\\t', '\t');

const snake = (name: string): string => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();

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
    ...(source.format === 'csv' && (columns !== undefined || separator !== usual?.separator || encoding !== 'utf8') && { form }),
    ...(separator !== usual?.separator && { separator: separator === ',' && !usual ? undefined : separator }),
    columns,
    encoding: encoding === 'utf8' ? undefined : encoding,
  };
}

/** Above this a column is the label in another form; a number may well follow from another one. */
const leaking = { binary: 0.97, number: 0.995 } as const;

/** Above this `check --data` asks too. */
const doubtful = 0.9;

/** Columns that tell the label, which the checked spec knows how to compute, and why they are left out; those that perhaps do. */
async function leaksOf(
  request: SpecRequest,
  dependence: (label: LabelValue) => ReturnType<typeof dependenceOn>,
): Promise<Record<'leaks' | 'doubts', ReadonlyMap<string, string>>> {
  const label = checked(writeSpec(request)).models[0]?.labels[0];
  if (!label) return { leaks: new Map(), doubts: new Map() };
  const found = await dependence(label.value);
  const most = leaking[label.task.kind === 'number' ? 'number' : 'binary'];
  const others = [...found].filter(([column]) => !request.label.columns.includes(column));
  const leaks = others.filter(([, share]) => share > most);
  const doubts = others.filter(([, share]) => share > doubtful && share <= most);
  return {
    leaks: new Map(leaks.map(([column, share]) => [column, leakText(share)])),
    doubts: new Map(doubts.map(([column, share]) => [column, doubtText(share)])),
  };
}

/** What `keep` of the spec leaves of the rows that were looked at. */
async function keptBy(request: SpecRequest, sample: Sample): Promise<KeptRows | undefined> {
  const [model] = checked(writeSpec(request)).models;
  const keep = model?.data?.keep;
  return (
    keep &&
    keptRows(
      sample,
      keep,
      model.labels.map(({ value }) => value),
    )
  );
}

type LabelValue = Parameters<typeof dependenceOn>[1];

/** Columns that an architecture has no use for. */
function unusedIn(spec: WrittenSpec): ReadonlyMap<string, string> {
  const unused = checked(spec)
    .diagnostics.filter(({ code }) => code === 'unused-feature')
    .map(({ span }) => spanText(span));
  const columns = spec.plan.features.filter(({ name }) => unused.includes(name)).map(({ column }) => column.name);
  return new Map(columns.map((column) => [column, 'the architecture has no use for it']));
}

/** @throws a complaint where the table leaves nothing to learn from */
function checked({ text: written, plan }: WrittenSpec): ReturnType<typeof check> {
  if (plan.features.length === 0) {
    throw complaint('no column is left to learn from', {
      details: plan.leftOut.map(({ column, why }) => `${commentText(column)}: ${why}`),
    });
  }
  const result = check({ path: 'the spec that would be written', text: written });
  if (result.diagnostics.every(({ severity }) => severity !== 'error')) return result;
  throw complaint(`no spec can be made of this table:\n${renderDiagnostics(result.diagnostics)}`);
}

function tellNext(given: string, output: string, host: Host): void {
  const shown = shownPath(output, host.folder);
  const absolute = path.resolve(host.folder, given);
  const elsewhere = isBelow(path.dirname(output), absolute) ? [] : ['--data', shownPath(path.dirname(absolute), host.folder)];
  const next = shellLine(['reccompile', 'train', shown, ...elsewhere]);
  host.writeError(`${shown} is written. Read it, change what you know better, then:\n  ${next}\n`);
}
