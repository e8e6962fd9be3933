import { parseExpression } from '../language/parser.js';
import type { Source, Span } from '../language/source.js';
import type { Name } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { modelItems } from './key-tables.js';
import type { Setting } from './merge.js';
import { nearest } from './suggest.js';
import { reportProblem } from './syntax-report.js';
import { synonymAmong } from './synonyms.js';

/** What messages call the text of a `--set`. */
export const settingPath = '--set';

/** Reads a `--set`, `train.epochs=3`; undefined after an error. */
export function readSetting(text: string, report: Report): Setting | undefined {
  const whole: Source = { path: settingPath, text };
  const equals = text.indexOf('=');
  const left = equals < 0 ? text : text.slice(0, equals);
  const path = left.split('.').map((part): Name => {
    const start = left.indexOf(part);
    return { kind: 'name', text: part.trim(), span: { source: whole, start, end: start + part.length } };
  });
  const all: Span = { source: whole, start: 0, end: text.length };
  if (equals < 0 || path.some((n) => !/^[A-Za-z_]\w*$/.test(n.text))) {
    report('wrong-value', all, { where: '`--set`', wanted: 'of the form `train.epochs=3`', found: JSON.stringify(text) });
    return undefined;
  }
  const value = text.slice(equals + 1);
  if (/^[\w.-]+(?:\s*,\s*[\w.-]+)+$/.test(value)) {
    const list = `[${value.split(/\s*,\s*/).join(', ')}]`;
    report(
      'wrong-value',
      { source: whole, start: equals + 1, end: text.length },
      { where: `\`${left}\``, wanted: 'one value', found: `\`${value}\`` },
      { help: `a list stands in [ ]: --set '${left}=${list}'` },
    );
    return undefined;
  }
  const { expression, problems } = parseExpression({ path: settingPath, text: value });
  for (const p of problems) reportProblem(p, report);
  return expression && problems.length === 0 ? { path, value: expression } : undefined;
}

/** Sections whose keys one changes from one run to the next. */
const tried = ['train', 'deep', 'cross', 'embeddings'] as const;

/**
 * What to give `--set` for a key without its section: `train.epochs=3` for `epochs` and 3.
 * @param value as it was written
 */
export function settingFor(key: string, value = '…'): string | undefined {
  const name = key.replaceAll('-', '_');
  if (name === 'lr' || name === 'learning_rate') return `'train.optimizer=adam(${value})'`;
  for (const section of tried) {
    const { keys } = modelItems[section];
    const meant = Object.hasOwn(keys, name) ? name : synonymAmong(name, (known) => Object.hasOwn(keys, known))?.key;
    if (meant !== undefined) return `${section}.${meant}=${value}`;
  }
  const near = nearest(name, Object.keys(modelItems.train.keys));
  return near && `train.${near}=${value}`;
}
