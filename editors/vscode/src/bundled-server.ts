import { processHost } from '../../../src/cli/host.js';
import lsp from '../../../src/cli/commands/lsp.js';

process.exitCode = await lsp.run([], {}, processHost());
