import { existsSync } from 'node:fs';
import path from 'node:path';
import { workspace, type ExtensionContext } from 'vscode';
import { TransportKind, type ServerOptions } from 'vscode-languageclient/node';

/** How a server starts, and where it comes from in words. */
export interface Server {
  readonly options: ServerOptions;
  readonly says: string;
}

const program = 'node_modules/reccompile/dist/reccompile.js';

/** A file of JavaScript runs in the editor's own Node.js, so that none need be installed. */
const ofModule = (module: string, says: string): Server => ({
  options: { module, args: ['lsp'], transport: TransportKind.stdio },
  says: `${says}: ${module}`,
});

/** The one of the settings; else the workspace's, which may have data and blocks of its own version; else the one that comes along. */
export function serverOptions(context: ExtensionContext): Server {
  const folders = (workspace.workspaceFolders ?? []).flatMap(({ uri }) => (uri.scheme === 'file' ? [uri.fsPath] : []));
  if (workspace.isTrusted) {
    const set = workspace.getConfiguration('rec').get('server.path', '').trim();
    if (set !== '') return ofSetting(set, folders);
    const installed = folders.map((folder) => path.join(folder, program)).find((file) => existsSync(file));
    if (installed !== undefined) return ofModule(installed, 'the server of the workspace');
  }
  return ofModule(context.asAbsolutePath('dist/server.mjs'), 'the server of the extension');
}

function ofSetting(set: string, folders: readonly string[]): Server {
  const says = 'the server of the setting rec.server.path';
  const isName = !set.includes('/') && !set.includes('\\');
  if (isName && !/\.[cm]?js$/.test(set))
    return { options: { command: set, args: ['lsp', '--stdio'] }, says: `${says}: ${set} on PATH` };
  const file = [...folders.map((folder) => path.resolve(folder, set)), path.resolve(set)].find((one) => existsSync(one)) ?? set;
  if (/\.[cm]?js$/.test(file)) return ofModule(file, says);
  return { options: { command: file, args: ['lsp', '--stdio'] }, says: `${says}: ${file}` };
}
