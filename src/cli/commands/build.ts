import path from 'node:path';
import { formatFiles } from '../../target/typescript/format.js';
import { limitOf } from '../../target/typescript/limits.js';
import { typescriptProject } from '../../target/typescript/project.js';
import { command } from '../command.js';
import { complaint, type ExitStatus } from '../errors.js';
import { shownPath } from '../files.js';
import { choice, text, toggle } from '../options.js';
import { applyChanges, compareFolder } from '../output-folder.js';
import { shellWord } from '../shell.js';
import { checkSpec, pickModels, specOptions } from '../spec.js';

export default command({
  description:
    'Writes models as code: a folder for each, with a typed encoder, the forward pass and a trainer on TensorFlow.js.\nNo data are read. Files are written all or none, unchanged ones are not touched, and what a former build wrote and no longer would is removed.',
  arguments: [{ name: 'file', help: 'the .rec file' }],
  options: {
    ...specOptions,
    target: choice('--target', ['typescript'], 'what to write'),
    out: text('-o, --out', 'FOLDER', 'where to; without it generated/<name of the spec>'),
    check: toggle('--check', 'write nothing; say what is stale, and exit with 1 if anything is'),
  },
  examples: [
    { line: 'reccompile build movies.rec', says: 'every model of the file, in generated/movies' },
    { line: 'reccompile build movies.rec --model Cross --out src/model', says: 'one of them, elsewhere' },
    { line: 'reccompile build movies.rec --check', says: 'in CI' },
  ],
  run: async ([file = ''], options, host): Promise<ExitStatus> => {
    const checked = checkSpec(file, { settings: options.settings }, host);
    const models = pickModels(checked, options.model, file);
    const names = models.map((m) => m.name.toLowerCase());
    const twin = models.find((_, i) => names.indexOf(names[i] ?? '') !== i);
    if (twin)
      throw complaint(`two models are called ${twin.name} but for upper and lower case`, {
        help: 'Some disks take them for one: rename one.',
      });
    const folder = path.resolve(host.folder, options.out ?? path.join('generated', path.basename(file, '.rec')));
    const files = [];
    for (const model of models) {
      const limit = limitOf(model);
      if (limit) throw complaint(`${model.name} has \`${limit.key}\`, which is not in the target typescript: ${limit.why}`);
      for (const f of await formatFiles(typescriptProject(model))) files.push({ path: `${model.name}/${f.path}`, text: f.text });
    }
    const changes = await compareFolder(folder, files);
    const shown = shownPath(folder, host.folder);
    if (options.check) {
      for (const f of changes.write) host.write(`stale: ${shown}/${f.path}\n`);
      for (const f of changes.remove) host.write(`left over: ${shown}/${f}\n`);
      if (changes.write.length + changes.remove.length === 0) return 0;
      host.writeError(`Run \`reccompile build ${shellWord(file)}\` to bring ${shown} up to date.\n`);
      return 1;
    }
    await applyChanges(folder, changes);
    host.writeError(
      `${shown}: ${String(changes.write.length)} written, ${String(changes.unchanged)} unchanged${changes.remove.length > 0 ? `, ${String(changes.remove.length)} removed` : ''}\n`,
    );
    return 0;
  },
});
