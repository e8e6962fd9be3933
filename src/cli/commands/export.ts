import path from 'node:path';
import { openStoredModel } from '../../serve/stored-model.js';
import { command } from '../command.js';
import { complaint, type ExitStatus } from '../errors.js';
import { optionWords, text, toggle } from '../options.js';
import { shellLine } from '../shell.js';
import { targetFiles, targetOptions } from '../target-files.js';
import { trainedParts } from '../trained-parts.js';
import { checkFolder, writeFolder } from '../written.js';

/** Options that say what is written, and where. */
const written = {
  ...targetOptions,
  out: text('-o, --out', 'FOLDER', 'where to; without it exported/<name of the run>'),
};

export default command({
  description:
    'Writes the model of a run with what it has learned: its weights, vocabularies and statistics. `typescript` is a project that predicts, and trains on, from there; `tfjs` a model.json that TensorFlow.js loads; `onnx` a model.onnx. --target may be given several times.\nFiles are written as `build` writes them: all or none, and never over a file that somebody has changed.',
  arguments: [{ name: 'run', help: 'the folder that train wrote' }],
  options: {
    ...written,
    check: toggle('--check', 'write nothing; say what is stale, and exit with 1 if anything is'),
  },
  examples: [
    { line: 'reccompile export runs/Cross-1', says: 'a project in TypeScript, in exported/Cross-1' },
    { line: 'reccompile export runs/Cross-1 --target onnx --raw', says: 'a model.onnx that takes the columns of the data' },
    { line: 'reccompile export runs/Cross-1 --target onnx --target tfjs --out web/model', says: 'two targets, in one folder' },
  ],
  run: async ([given = ''], options, host): Promise<ExitStatus> => {
    const run = path.resolve(host.folder, given);
    const folder = path.resolve(host.folder, options.out ?? path.join('exported', path.basename(run)));
    if (folder === run || run.startsWith(folder + path.sep) || folder.startsWith(run + path.sep))
      throw complaint('a run is not exported into its own folder', { help: 'Choose another folder with --out.', exitStatus: 2 });
    const stored = await openStoredModel(run);
    const [files = []] = await targetFiles([{ model: stored.model, trained: await trainedParts(stored) }], options);
    if (options.check)
      return await checkFolder(folder, files, shellLine(['reccompile', 'export', given, ...optionWords(written, options)]), host);
    await writeFolder(folder, files, host);
    return 0;
  },
});
