import { createColors } from 'picocolors';
import type { Explanation } from '../../model/explanations/explanation.js';
import { explanations } from '../../model/explanations.js';
import { messages, type Code } from '../../model/messages.js';
import { nearest } from '../../model/suggest.js';
import { command } from '../command.js';
import { complaint } from '../errors.js';
import type { Host } from '../host.js';

const codes = Object.keys(messages) as Code[];
const width = 80;

export default command({
  description: 'Says what a diagnostic means and what to do, with a spec that has it and the same spec mended.',
  arguments: [{ name: 'code', help: 'what stands behind `error` or `warning`; without it, all are listed', optional: true }],
  options: {},
  examples: [
    { line: 'reccompile explain unequal-embedding-dims', says: 'one diagnostic' },
    { line: 'reccompile explain', says: 'a list of all' },
  ],
  run: ([code], _, host) => {
    if (code === undefined) {
      const widest = Math.max(...codes.map((known) => known.length));
      host.write(codes.map((known) => `${known.padEnd(widest)}  ${messages[known].severity}\n`).join(''));
      return 0;
    }
    const found = codes.find((known) => known === code);
    if (found === undefined) {
      const meant = nearest(code, codes);
      throw complaint(`there is no diagnostic ${code}`, {
        exitStatus: 2,
        help: meant === undefined ? 'Run `reccompile explain` for a list.' : `Did you mean ${meant}?`,
      });
    }
    host.write(explained(found, host));
    return 0;
  },
});

function explained(code: Code, host: Host): string {
  const { bold, red, yellow } = createColors(host.colour.out);
  const { severity } = messages[code];
  const { explain, wrong, right, options, data }: Explanation = explanations[code];
  const settings = (options?.settings ?? []).map((setting) => ` --set ${setting}`).join('');
  const given = data ? ` with --data, of ${data.says}` : settings;
  return [
    `${(severity === 'error' ? red : yellow)(severity)} ${bold(code)}`,
    wrapped(explain),
    `${bold('Wrong:')}${given}\n${indented(wrong)}`,
    `${bold('Right:')}${given}\n${indented(right)}`,
  ].join('\n\n');
}

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '    ');

/** Breaks lines between words. */
function wrapped(text: string): string {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.join('\n');
}
