import { print } from '../../language/printer.js';
import { expand } from '../../model/expand.js';
import { command } from '../command.js';
import { toggle } from '../options.js';
import { checkSpec, pickModels, specOptions } from '../spec.js';

export default command({
  description:
    'Prints a spec in its general form, alone in one file: inheritance merged, imports written out, `cross` and `deep` as a network, training with every default.\nThe result is a spec again, and compiles to the same graph.',
  arguments: [{ name: 'file', help: 'the .rec file' }],
  options: {
    ...specOptions,
    library: toggle('--library', 'with the blocks of the library that it uses, as a run keeps it'),
  },
  examples: [
    { line: 'reccompile expand movies.rec', says: 'all models of the file' },
    { line: 'reccompile expand movies.rec --model Cross', says: 'one of them' },
  ],
  run: ([file = ''], { model, settings, library }, host) => {
    const checked = checkSpec(file, { settings }, host);
    pickModels(checked, model, file);
    host.write(print(expand(checked, { ...(model !== undefined && { only: model }), whole: library })));
    return 0;
  },
});
