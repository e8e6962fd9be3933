import path from 'node:path';
import { complain } from '../answer.js';
import { command } from '../command.js';
import { complaint, isComplaint, refusal, type ExitStatus } from '../errors.js';
import { shownPath } from '../files.js';
import type { Host } from '../host.js';
import { interruptible } from '../interruption.js';
import { optionWords, text, toggle } from '../options.js';
import type { TargetedFile } from '../output-folder.js';
import { shellLine, shellWord } from '../shell.js';
import { checkSpec, pickModels, specOptions } from '../spec.js';
import { targetFiles, targetOptions, type TargetRequest } from '../target-files.js';
import { changed, readBy, stampOf } from '../watch.js';
import { checkFolder, writeFolder } from '../written.js';

/** Options that say what is written, and where. */
const written = {
  ...specOptions,
  ...targetOptions,
  out: text('-o, --out', 'FOLDER', 'where to; without it generated/<name of the spec>'),
};

export default command({
  description:
    'Writes models, a folder for each: `typescript`, a project with a typed encoder, the forward pass and a trainer on TensorFlow.js; `tfjs`, a model.json that TensorFlow.js loads; `onnx`, a model.onnx. --target may be given several times.\nNo data are read: what a run has learned is written by `export`. Files are written all or none, unchanged ones are not touched, what a former build wrote for the same targets and no longer would is removed, and a file that somebody has changed is never overwritten.',
  arguments: [{ name: 'file', help: 'the .rec file' }],
  options: {
    ...written,
    check: toggle('--check', 'write nothing; say what is stale, and exit with 1 if anything is'),
    watch: toggle('--watch', 'build again whenever the spec or what it imports changes, until Ctrl-C'),
  },
  examples: [
    { line: 'reccompile build movies.rec', says: 'every model of the file, in generated/movies' },
    { line: 'reccompile build movies.rec --model Cross --out src/model', says: 'one of them, elsewhere' },
    { line: 'reccompile build movies.rec --watch', says: 'while you write it' },
    { line: 'reccompile build ads.rec --target onnx --train-step', says: 'for ONNX, where no vocabulary is learned' },
    { line: 'reccompile build movies.rec --check', says: 'in CI' },
  ],
  run: async ([file = ''], options, host): Promise<ExitStatus> => {
    const folder = path.resolve(host.folder, options.out ?? path.join('generated', path.basename(file, '.rec')));
    const request = { ...options, file };
    if (options.watch) {
      if (options.check) throw complaint('--check writes nothing, and --watch does: choose one', { exitStatus: 2 });
      return await watch(request, folder, host);
    }
    const files = await filesOf(request, host);
    if (options.check)
      return await checkFolder(folder, files, shellLine(['reccompile', 'build', file, ...optionWords(written, options)]), host);
    await writeFolder(folder, files, host);
    host.writeError(`next: ${nextStep(request, folder, files, host)}\n`);
    return 0;
  },
});

/** A project is installed and trained where it lies; a file of weights is written again by `export`, after training. */
function nextStep(request: Request, folder: string, files: readonly TargetedFile[], host: Host): string {
  const names = new Set(files.map((one) => one.path.slice(0, one.path.indexOf('/'))));
  const [first = ''] = names;
  if (request.target.includes('typescript'))
    return `cd ${shellWord(shownPath(path.join(folder, first), host.folder))} && npm ci && npm start -- --help`;
  const model = request.model ?? (names.size > 1 ? first : undefined);
  const words = optionWords(specOptions, { model, settings: request.settings });
  return shellLine(['reccompile', 'train', request.file, ...words]);
}

interface Request extends TargetRequest {
  readonly file: string;
  readonly model: string | undefined;
  readonly settings: readonly string[];
}

async function filesOf(request: Request, host: Host): Promise<readonly TargetedFile[]> {
  const { file, settings } = request;
  const models = pickModels(checkSpec(file, { settings }, host), request.model, file);
  const names = models.map((m) => m.name.toLowerCase());
  const twin = models.find((_, i) => names.indexOf(names[i] ?? '') !== i);
  if (twin)
    throw complaint(`two models are called ${twin.name} but for upper and lower case`, {
      help: 'Some disks take them for one: rename one.',
    });
  const files = await targetFiles(
    models.map((model) => ({ model })),
    request,
  );
  return models.flatMap(({ name }, i) => (files[i] ?? []).map((one) => ({ ...one, path: `${name}/${one.path}` })));
}

async function watch(request: Request, folder: string, host: Host): Promise<ExitStatus> {
  const { signal, release } = interruptible(host, () => undefined);
  try {
    for (let goesOn = true; goesOn;) {
      const read = readBy(request.file, host);
      const stamp = stampOf(read);
      await tryBuild(request, folder, host);
      host.writeError(`Watching ${request.file}${read.length > 1 ? ' and what it imports' : ''}; Ctrl-C ends.\n`);
      goesOn = await changed(read, stamp, signal);
    }
  } finally {
    release();
  }
  return 130;
}

/** An error of the spec or of the disk is shown: the next change may mend it. */
async function tryBuild(request: Request, folder: string, host: Host): Promise<void> {
  try {
    await writeFolder(folder, await filesOf(request, host), host);
  } catch (error) {
    if (isComplaint(error)) complain(error, host);
    else {
      const message = refusal(error);
      if (message === undefined) throw error;
      complain({ message }, host);
    }
  }
}
