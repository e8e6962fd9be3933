import { cacheFolder } from '../../data/cache.js';
import { dataPathsOf, type DataPaths } from '../../data/sources.js';
import { check, type Checked } from '../../model/check.js';
import type { Diagnostic } from '../../model/diagnostics.js';
import { formatNames, formats, type FormatName } from '../../model/formats.js';
import type { Findings } from '../../model/formats/report.js';
import { complain } from '../answer.js';
import { command } from '../command.js';
import { complaint, isComplaint, type ExitStatus } from '../errors.js';
import { importer, readSpec } from '../files.js';
import { fixFile } from '../fix.js';
import type { Host } from '../host.js';
import { interruptible } from '../interruption.js';
import { choice, texts, textsIfAny, toggle } from '../options.js';
import { progressLine } from '../progress.js';
import { provisionalFacts } from '../spec.js';
import { specsNamed } from '../spec-paths.js';
import { version } from '../version.js';
import { changed, readBy, stampOf } from '../watch.js';

export default command({
  description:
    'Finds every error of a spec: names, types, dimensions, keys and values. No data are read, unless --data asks for it.\nExits with 1 when there is an error; warnings alone leave it at 0.',
  arguments: [{ name: 'path', help: '.rec files, folders, patterns such as "specs/**/*.rec"', optional: true, many: true }],
  options: {
    format: choice('--format', formatNames, 'how diagnostics are written'),
    settings: texts('--set', 'KEY=VALUE', 'check with another value, such as train.epochs=3'),
    fix: toggle('--fix', 'mend what has one certain mending, and write the files'),
    watch: toggle('--watch', 'check again whenever a file changes, until Ctrl-C'),
    data: textsIfAny('--data', 'PATH', 'read the data too, where they lie or below this folder, and warn of what they hold'),
  },
  examples: [
    { line: 'reccompile check movies.rec', says: 'all errors of a spec' },
    { line: 'reccompile check movies.rec --fix', says: 'and mend misspelt names' },
    { line: 'reccompile check specs', says: 'all .rec files below a folder' },
    { line: 'reccompile check movies.rec --watch', says: 'while you write it' },
    { line: 'reccompile check movies.rec --data', says: 'what the data hold: constants, leaks, skewed numbers' },
    { line: 'reccompile check specs/*.rec --format github', says: 'in CI; sarif and json for other programs' },
    { line: 'reccompile check movies.rec --set embeddings.dim=64', says: 'would this value do?' },
  ],
  run: async (files, options, host): Promise<ExitStatus> => {
    const spec = options.data?.find((value) => value.endsWith('.rec'));
    if (spec !== undefined)
      throw complaint(`--data takes ${spec} for a place of data`, {
        exitStatus: 2,
        help: 'Name the specs first: check movies.rec --data.',
      });
    if (files.length === 0)
      throw complaint('there is nothing to check', {
        exitStatus: 2,
        help: 'reccompile check . checks all .rec files below this folder',
      });
    const paths = options.data && (await dataPathsOf(options.data, host.folder));
    const request = { ...options, files, paths };
    if (!options.watch && !paths) return checkAll(request, new AbortController().signal, host);
    const { signal, release } = interruptible(host, () => undefined);
    try {
      return await (options.watch ? watch(request, signal, host) : checkAll(request, signal, host));
    } finally {
      release();
    }
  },
});

interface Request {
  /** As given: files, folders and patterns. */
  readonly files: readonly string[];
  readonly format: FormatName;
  readonly settings: readonly string[];
  readonly fix: boolean;
  /** Where data are, if they are read. */
  readonly paths: DataPaths | undefined;
}

/** @param signal aborted by Ctrl-C, which ends the reading of data */
async function checkAll(request: Request, signal: AbortSignal, host: Host): Promise<ExitStatus> {
  const findings = await findingsOf(request, signal, host);
  if (findings === undefined) return 130;
  host.write(formats[request.format](findings, { colour: host.colour.out, version }));
  const hasErrors = findings.unread.length > 0 || findings.diagnostics.some(({ severity }) => severity === 'error');
  return hasErrors ? 1 : 0;
}

/** @returns nothing where it was interrupted */
async function findingsOf(
  { files, settings, fix, paths }: Request,
  signal: AbortSignal,
  host: Host,
): Promise<Findings | undefined> {
  const diagnostics: Diagnostic[] = [];
  const unread: string[] = [];
  const seen = new Set<string>();
  /** Several files may import one that has errors. */
  const isNew = ({ code, span }: Diagnostic): boolean => {
    const place = `${code} ${String(span.start)} ${span.source.path}`;
    return !seen.has(place) && seen.add(place).has(place);
  };
  let models = 0;
  const named = new Set<string>();
  for (const given of files) {
    try {
      for (const file of await specsNamed(given, host)) named.add(file);
    } catch (error) {
      if (!isComplaint(error)) throw error;
      unread.push(error.message);
      complain(error, host);
    }
  }
  for (const file of named) {
    try {
      if (fix) await fixFile(file, settings, host);
      const source = readSpec(file, host);
      const facts = paths && provisionalFacts(source, host);
      const checked = check(source, { settings, load: importer(source, host), ...(facts && { facts }) });
      for (const d of checked.diagnostics) if (isNew(d)) diagnostics.push(d);
      models += checked.models.length;
      if (paths) for (const d of await ofData(checked, paths, signal, host)) if (isNew(d)) diagnostics.push(d);
    } catch (error) {
      if (signal.aborted) return undefined;
      if (!isComplaint(error)) throw error;
      unread.push(error.message);
      complain(error, host);
    }
  }
  return { diagnostics, unread, models };
}

/** What is said of the data; DuckDB is loaded only where they are read. */
async function ofData(checked: Checked, paths: DataPaths, signal: AbortSignal, host: Host): Promise<readonly Diagnostic[]> {
  const { lintDataOf } = await import('../check-data.js');
  const line = progressLine(host);
  const cache = cacheFolder(host.environment);
  try {
    return await lintDataOf(checked, {
      folder: host.folder,
      paths,
      cache,
      signal,
      onProgress: ({ stage, done }) => {
        line.show(`${stage === 'read' ? 'reading' : 'encoding'} ${done.toLocaleString('en-US')} rows`);
      },
    });
  } finally {
    line.clear();
  }
}

const clearScreen = '\u001B[2J\u001B[3J\u001B[H';

/** One result for each change. */
async function watch(request: Request, signal: AbortSignal, host: Host): Promise<ExitStatus> {
  for (let goesOn = true; goesOn;) {
    if (host.terminal && request.format === 'text') host.write(clearScreen);
    const named = await Promise.all(request.files.map((given) => specsNamed(given, host).catch(() => [given])));
    const read = [...new Set(named.flat().flatMap((file) => readBy(file, host)))];
    const stamp = stampOf(read);
    await checkAll(request, signal, host);
    host.writeError('Watching; Ctrl-C ends.\n');
    goesOn = await changed(read, stamp, signal);
  }
  return 130;
}
