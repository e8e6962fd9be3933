import type { Diagnostic } from '../diagnostics.js';
import { placeJson } from './json.js';
import type { Format } from './report.js';

/** The escapes of workflow commands: a message may be any text, a property has no `:` and `,` either. */
const escapes: Readonly<Record<string, string>> = { '%': '%25', '\r': '%0D', '\n': '%0A', ':': '%3A', ',': '%2C' };
const escaped = (text: string, special: RegExp): string => text.replaceAll(special, (sign) => escapes[sign] ?? sign);
const message = (text: string): string => escaped(text, /[%\r\n]/g);
const property = (text: string): string => escaped(text, /[%\r\n:,]/g);

/**
 * Workflow commands, which GitHub Actions shows beside the lines of a change.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export const github: Format = ({ diagnostics, unread }) =>
  [...diagnostics.map(command), ...unread.map((text) => `::error::${message(text)}\n`)].join('');

function command(d: Diagnostic): string {
  const { file, line, column, endLine, endColumn } = placeJson(d.span);
  const end = endLine === line ? { endColumn } : { endLine };
  const properties = Object.entries({ file, line, col: column, ...end, title: d.code })
    .map(([name, value]) => `${name}=${property(String(value))}`)
    .join(',');
  const help = d.help === undefined ? '' : `\nhelp: ${d.help}`;
  return `::${d.severity} ${properties}::${message(d.message + help)}\n`;
}
