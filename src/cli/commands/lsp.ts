import { createConnection } from 'vscode-languageserver/node';
import { serve } from '../../editor/server.js';
import { command } from '../command.js';
import { editorHost } from '../editor-host.js';
import { toggle } from '../options.js';
import { version } from '../version.js';

export default command({
  description:
    'Answers an editor in the Language Server Protocol over standard input and output: errors while you type, hovers, completion, renaming and more.',
  arguments: [],
  options: { stdio: toggle('--stdio', 'over standard input and output, which it does anyway') },
  examples: [{ line: 'reccompile lsp', says: 'what an editor starts' }],
  run: async () => {
    const connection = createConnection(process.stdin, process.stdout);
    const closed = new Promise<void>((resolve) => {
      process.stdin.once('close', resolve);
    });
    serve(connection, editorHost(), version);
    await closed;
    return 0 as const;
  },
});
