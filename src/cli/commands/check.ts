import { check } from '../../model/check.js';
import type { Diagnostic } from '../../model/diagnostics.js';
import { diagnosticJson, renderDiagnostics } from '../../model/render.js';
import { complain } from '../answer.js';
import { command } from '../command.js';
import { isComplaint } from '../errors.js';
import { importer, readSpec } from '../files.js';
import { choice, texts } from '../options.js';

const counted = (number: number, noun: string): string => `${String(number)} ${noun}${number === 1 ? '' : 's'}`;

export default command({
  description:
    'Finds every error of a spec: names, types, dimensions, keys and values. No data are read.\nExits with 1 when there is an error; warnings alone leave it at 0.',
  arguments: [{ name: 'file', help: 'the .rec files', many: true }],
  options: {
    format: choice('--format', ['text', 'json'], 'how diagnostics are written'),
    settings: texts('--set', 'KEY=VALUE', 'check with another value, such as train.epochs=3'),
  },
  examples: [
    { line: 'reccompile check movies.rec', says: 'all errors of a spec' },
    { line: 'reccompile check specs/*.rec --format json', says: 'for another program to read' },
    { line: 'reccompile check movies.rec --set embeddings.dim=64', says: 'would this value do?' },
  ],
  run: (files, { format, settings }, host) => {
    const diagnostics: Diagnostic[] = [];
    const unread: string[] = [];
    const seen = new Set<string>();
    /** Several files may import one that has errors. */
    const isNew = ({ code, span }: Diagnostic): boolean => {
      const place = `${code} ${String(span.start)} ${span.source.path}`;
      return !seen.has(place) && seen.add(place).has(place);
    };
    let models = 0;
    for (const file of files) {
      try {
        const source = readSpec(file, host);
        const checked = check(source, { settings, load: importer(source, host) });
        for (const d of checked.diagnostics) if (isNew(d)) diagnostics.push(d);
        models += checked.models.length;
      } catch (error) {
        if (!isComplaint(error)) throw error;
        unread.push(error.message);
        complain(error, host);
      }
    }
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    const warnings = diagnostics.length - errors;
    if (format === 'json') {
      host.write(`${JSON.stringify({ diagnostics: diagnostics.map(diagnosticJson), errors, warnings, unread }, undefined, 2)}\n`);
    } else {
      host.write(renderDiagnostics(diagnostics, { colour: host.colour.out }));
      const found = [...(errors > 0 ? [counted(errors, 'error')] : []), ...(warnings > 0 ? [counted(warnings, 'warning')] : [])];
      if (found.length > 0) host.write(`${diagnostics.length > 0 ? '\n' : ''}${found.join(', ')}\n`);
      else if (unread.length === 0)
        host.write(models > 0 ? `${counted(models, 'model')}: no errors\n` : 'no errors, and no model to train\n');
    }
    return errors > 0 || unread.length > 0 ? 1 : 0;
  },
});
