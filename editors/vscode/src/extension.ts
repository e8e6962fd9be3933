import { commands, window, workspace, type ExtensionContext } from 'vscode';
import { LanguageClient, type LanguageClientOptions } from 'vscode-languageclient/node';
import { serverOptions } from './server.js';

let client: LanguageClient | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const output = window.createOutputChannel('rec', { log: true });
  const options: LanguageClientOptions = {
    documentSelector: [
      { scheme: 'file', language: 'rec' },
      { scheme: 'untitled', language: 'rec' },
    ],
    synchronize: { fileEvents: workspace.createFileSystemWatcher('**/*.rec') },
    initializationOptions: { suggestCommand: 'editor.action.triggerSuggest' },
    outputChannel: output,
  };
  /** Each start looks for the server anew: it may have been installed, or the setting changed. */
  const start = async (): Promise<void> => {
    const { options: server, says } = serverOptions(context);
    output.info(says);
    client = new LanguageClient('rec', 'rec', server, options);
    try {
      await client.start();
    } catch (error) {
      output.error(error instanceof Error ? error : String(error));
      void window.showErrorMessage(`rec: the server did not start (${says}).`, 'Show Output').then((chosen) => {
        if (chosen !== undefined) output.show();
      });
    }
  };
  const restart = async (): Promise<void> => {
    await deactivate();
    await start();
  };
  context.subscriptions.push(
    output,
    commands.registerCommand('rec.restartServer', restart),
    commands.registerCommand('rec.showOutput', () => output.show()),
    workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration('rec.server.path')) void restart();
    }),
    workspace.onDidGrantWorkspaceTrust(() => void restart()),
  );
  await start();
}

export async function deactivate(): Promise<void> {
  const ended = client;
  client = undefined;
  if (ended?.isRunning() === true) await ended.stop();
}
