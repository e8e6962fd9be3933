import { format, type FormatOptions } from '../../language/format.js';
import type { SyntaxProblem } from '../../language/problems.js';
import type { Source } from '../../language/source.js';
import { createReport } from '../../model/diagnostics.js';
import { counted } from '../../model/formats/text.js';
import { renderDiagnostics } from '../../model/render.js';
import { reportProblem } from '../../model/syntax-report.js';
import { complain } from '../answer.js';
import { command } from '../command.js';
import { complaint, isComplaint, type ExitStatus } from '../errors.js';
import { readSpec } from '../files.js';
import type { Host } from '../host.js';
import { count, text, toggle } from '../options.js';
import { replaceFile } from '../replace-file.js';
import { specsNamed } from '../spec-paths.js';
import { specFromInput } from '../spec-input.js';

type Outcome = 'formatted' | 'unchanged' | 'failed';

export default command({
  description:
    'Writes specs in their canonical form: the same tree, comments where they were, lines of at most 120 characters where they can be broken.\nA file with syntax errors is left as it is. Links and hidden folders in a folder are left out.',
  arguments: [
    {
      name: 'path',
      help: '.rec files, folders, patterns such as "specs/**/*.rec"; - is standard input',
      optional: true,
      many: true,
    },
  ],
  options: {
    check: toggle('--check', 'write nothing, list what would change, and exit with 1 if anything would'),
    stdin: toggle('--stdin', 'read a spec from standard input and write it to standard output'),
    stdinPath: text('--stdin-filepath', 'PATH', 'what messages call standard input'),
    pin: toggle('--pin', 'write the edition into files that name none'),
    width: count('--width', 'COLUMNS', 40, 'characters that a line has room for (default: 120)'),
  },
  examples: [
    { line: 'reccompile fmt movies.rec', says: 'one file, in its place' },
    { line: 'reccompile fmt .', says: 'all .rec files below this folder' },
    { line: 'reccompile fmt --check "specs/**/*.rec"', says: 'for a pipeline: 1 if anything is not formatted' },
    { line: 'reccompile fmt --stdin < movies.rec', says: 'for an editor' },
  ],
  run: async (paths, { check, stdin, stdinPath, pin, width }, host) => {
    const options: FormatOptions = { pin, ...(width !== undefined && { width }) };
    const fromInput = stdin || stdinPath !== undefined || paths.includes('-');
    if (fromInput && paths.some((path) => path !== '-'))
      throw complaint('either files or standard input can be formatted, not both', { exitStatus: 2 });
    if (fromInput) return formatInput(stdinPath ?? 'standard input', options, check, host);
    if (paths.length === 0) {
      throw complaint('there is nothing to format', {
        exitStatus: 2,
        help: 'reccompile fmt . formats all .rec files below this folder; reccompile fmt - formats standard input',
      });
    }
    const outcomes: Outcome[] = [];
    const attempt = async <T>(act: () => Promise<T>): Promise<T | undefined> => {
      try {
        return await act();
      } catch (error) {
        if (!isComplaint(error)) throw error;
        complain(error, host);
        outcomes.push('failed');
        return undefined;
      }
    };
    const files = new Set<string>();
    for (const path of paths) for (const file of (await attempt(() => specsNamed(path, host))) ?? []) files.add(file);
    for (const file of files) {
      const outcome = await attempt(() => formatFile(file, options, check, host));
      if (outcome) outcomes.push(outcome);
    }
    return summary(outcomes, check, host);
  },
});

async function formatFile(file: string, options: FormatOptions, check: boolean, host: Host): Promise<Outcome> {
  const source = readSpec(file, host, { keepsMark: true });
  const formatted = format(source, options);
  if ('problems' in formatted) return refuse(source, formatted.problems, host);
  if (formatted.text === source.text) return 'unchanged';
  if (!check) await replaceFile(file, formatted.text, host);
  host.write(`${check ? 'would change' : 'formatted'}: ${source.path}\n`);
  return 'formatted';
}

async function formatInput(path: string, options: FormatOptions, check: boolean, host: Host): Promise<ExitStatus> {
  const source = await specFromInput(path, host);
  const formatted = format(source, options);
  if ('problems' in formatted) {
    refuse(source, formatted.problems, host);
    return 1;
  }
  if (!check) {
    host.write(formatted.text);
    return 0;
  }
  if (formatted.text === source.text) return 0;
  host.write(`would change: ${path}\n`);
  return 1;
}

function refuse(source: Source, problems: readonly SyntaxProblem[], host: Host): Outcome {
  const { report, diagnostics } = createReport();
  for (const problem of problems) reportProblem(problem, report);
  host.writeError(`${renderDiagnostics(diagnostics(), { colour: host.colour.error })}\n`);
  host.writeError(`${source.path} has ${counted(problems.length, 'error')}, and is left as it is\n`);
  return 'failed';
}

function summary(outcomes: readonly Outcome[], check: boolean, host: Host): ExitStatus {
  const number = (outcome: Outcome): number => outcomes.filter((one) => one === outcome).length;
  const [changed, failed] = [number('formatted'), number('failed')];
  host.writeError(
    [
      `${String(changed)} ${check ? 'would change' : 'formatted'}`,
      `${String(number('unchanged'))} unchanged`,
      ...(failed > 0 ? [`${String(failed)} failed`] : []),
    ].join(', ') + '\n',
  );
  return failed > 0 || (check && changed > 0) ? 1 : 0;
}
