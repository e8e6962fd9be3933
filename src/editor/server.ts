import {
  CodeActionKind,
  DidChangeWatchedFilesNotification,
  ErrorCodes,
  ResponseError,
  TextDocuments,
  TextDocumentSyncKind,
  DocumentHighlightKind,
  type Connection,
  type InitializeResult,
} from 'vscode-languageserver';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { codeActions, fixAll } from './code-actions.js';
import { clientOf, plainClient } from './client.js';
import { codeLenses } from './code-lens.js';
import { completion } from './completion.js';
import { columnsOf, modelAt } from './data.js';
import { foldingRanges, selectionRanges } from './folding.js';
import { formatting } from './formatting.js';
import type { Host } from './host.js';
import { hover } from './hover.js';
import { inlayHints } from './inlay-hints.js';
import { definition, highlights, references } from './navigation.js';
import { offsetAt, rangeOf, withoutLink } from './places.js';
import { createPublisher } from './publisher.js';
import { renamable, rename } from './rename.js';
import { legend, semanticTokens } from './semantic-tokens.js';
import { signatureHelp } from './signature-help.js';
import { documentSymbols, workspaceSymbols } from './symbols-of-text.js';
import { createWorkspace, type Analysis } from './workspace.js';

const capabilities: InitializeResult['capabilities'] = {
  textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
  hoverProvider: true,
  completionProvider: { triggerCharacters: ['{', '(', '[', ':', ',', '=', '"', '/', ' '] },
  signatureHelpProvider: { triggerCharacters: ['(', ','], retriggerCharacters: [':'] },
  definitionProvider: true,
  referencesProvider: true,
  documentHighlightProvider: true,
  renameProvider: { prepareProvider: true },
  documentSymbolProvider: true,
  workspaceSymbolProvider: true,
  documentFormattingProvider: true,
  foldingRangeProvider: true,
  selectionRangeProvider: true,
  inlayHintProvider: true,
  codeLensProvider: {},
  codeActionProvider: { codeActionKinds: [CodeActionKind.QuickFix, fixAll] },
  semanticTokensProvider: { legend, full: true },
  workspace: { workspaceFolders: { supported: true, changeNotifications: true } },
};

/** Answers an editor. The connection is the caller's to open: over standard input and output, or from a page's worker. */
export function serve(connection: Connection, host: Host, version: string): void {
  const workspace = createWorkspace(host, (message) => {
    connection.console.warn(message);
  });
  let client = plainClient;
  const documents = new TextDocuments(TextDocument);
  const publisher = createPublisher(
    workspace,
    (uri, diagnostics) => void connection.sendDiagnostics({ uri, diagnostics: [...diagnostics] }),
  );
  const at = <T>(uri: string, make: (analysis: Analysis) => T, otherwise: T): T => {
    const analysis = workspace.analysis(uri);
    return analysis ? make(analysis) : otherwise;
  };

  connection.onInitialize((parameters) => {
    const { workspaceFolders } = parameters;
    const { workspace: around } = parameters.capabilities;
    client = clientOf(parameters);
    for (const { uri } of workspaceFolders ?? []) workspace.addFolder(uri);
    connection.onInitialized(() => {
      if (around?.didChangeWatchedFiles?.dynamicRegistration)
        void connection.client
          .register(DidChangeWatchedFilesNotification.type, { watchers: [{ globPattern: '**/*.rec' }] })
          .catch((error: unknown) => {
            connection.console.warn(`the editor does not tell of files that change: ${String(error)}`);
          });
      if (!around?.workspaceFolders) return;
      connection.workspace.onDidChangeWorkspaceFolders(({ added, removed }) => {
        for (const { uri } of added) workspace.addFolder(uri);
        for (const { uri } of removed) workspace.removeFolder(uri);
      });
    });
    return { capabilities, serverInfo: { name: 'reccompile', version } };
  });

  documents.onDidChangeContent(({ document }) => {
    workspace.put(document.uri, document.getText());
    publisher.changed();
  });
  documents.onDidClose(({ document }) => {
    workspace.close(document.uri);
    publisher.changed();
  });
  const lookAgain = (): void => {
    workspace.refresh();
    publisher.changed();
  };
  documents.onDidSave(lookAgain);
  connection.onDidChangeWatchedFiles(lookAgain);
  connection.onShutdown(() => {
    publisher.stop();
  });

  connection.onHover(async ({ textDocument, position }) => {
    const analysis = workspace.analysis(textDocument.uri);
    if (!analysis) return undefined;
    const model = modelAt(analysis, offsetAt(analysis.source, position));
    return hover(analysis, position, await columnsOf(analysis, model, workspace, 250));
  });
  connection.onCompletion(({ textDocument: { uri }, position }) =>
    at(uri, (a) => completion(a, position, workspace, client), Promise.resolve([])),
  );
  connection.onSignatureHelp(({ textDocument: { uri }, position }) => at(uri, (a) => signatureHelp(a, position), undefined));
  connection.onDefinition(({ textDocument: { uri }, position }) => {
    const links = at(uri, (a) => definition(a, position, workspace), []);
    return client.hasLinks ? links : links.map(withoutLink);
  });
  connection.onReferences(({ textDocument: { uri }, position, context }) => {
    workspace.refresh();
    return at(uri, (a) => references(a, position, context.includeDeclaration, workspace), []);
  });
  connection.onDocumentHighlight(({ textDocument: { uri }, position }) =>
    at(
      uri,
      (a) =>
        highlights(a, position).map(({ span, role }) => ({
          range: rangeOf(span),
          kind: role === 'reads' ? DocumentHighlightKind.Read : DocumentHighlightKind.Write,
        })),
      [],
    ),
  );
  connection.onPrepareRename(({ textDocument: { uri }, position }) => at(uri, (a) => renamable(a, position) ?? null, null));
  connection.onRenameRequest(({ textDocument: { uri }, position, newName }) => {
    workspace.refresh();
    const edit = at(uri, (a) => rename(a, position, newName, workspace), { problem: 'this text is not open' });
    return 'problem' in edit ? new ResponseError(ErrorCodes.InvalidRequest, edit.problem) : edit;
  });
  connection.onDocumentSymbol(({ textDocument: { uri } }) => at(uri, documentSymbols, []));
  connection.onWorkspaceSymbol(({ query }) => workspaceSymbols(query, workspace.all()));
  connection.onDocumentFormatting(({ textDocument: { uri } }) => at(uri, formatting, []));
  connection.onFoldingRanges(({ textDocument: { uri } }) => at(uri, foldingRanges, []));
  connection.onSelectionRanges(({ textDocument: { uri }, positions }) => at(uri, (a) => selectionRanges(a, positions), []));
  connection.languages.inlayHint.on(({ textDocument: { uri }, range }) => at(uri, (a) => inlayHints(a, range), []));
  connection.onCodeLens(({ textDocument: { uri } }) => at(uri, codeLenses, []));
  connection.onCodeAction(({ textDocument: { uri }, range, context }) =>
    at(uri, (a) => codeActions(a, range, context.diagnostics, context.only), []),
  );
  connection.languages.semanticTokens.on(({ textDocument: { uri } }) => at(uri, semanticTokens, { data: [] }));

  documents.listen(connection);
  connection.listen();
}
