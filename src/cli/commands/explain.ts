import { messages, type Code } from '../../model/messages.js';
import { nearest } from '../../model/suggest.js';
import { command } from '../command.js';
import { complaint } from '../errors.js';

const codes = Object.keys(messages) as Code[];

export default command({
  description: 'Says what a diagnostic means. Without a code, lists them all.',
  arguments: [{ name: 'code', help: 'what stands behind `error` or `warning` in the output of check', optional: true }],
  options: {},
  examples: [
    { line: 'reccompile explain unequal-embedding-dims', says: 'one diagnostic' },
    { line: 'reccompile explain', says: 'all of them' },
  ],
  run: ([code], _, host) => {
    if (code === undefined) {
      const width = Math.max(...codes.map((known) => known.length));
      host.write(codes.map((known) => `${known.padEnd(width)}  ${messages[known].severity}\n`).join(''));
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
    host.write(`${found}: ${messages[found].severity}\n`);
    return 0;
  },
});
