import { PassThrough } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import {
  createConnection,
  createProtocolConnection,
  StreamMessageReader,
  StreamMessageWriter,
  type Diagnostic,
  type InitializeParams,
  type InitializeResult,
  type Position,
  type Range,
  type Registration,
  type RegistrationParams,
  type TextEdit,
} from 'vscode-languageserver/node';
import type { Host } from '../../src/editor/host.js';
import { serve } from '../../src/editor/server.js';

/** What an editor does: it opens texts, changes them and asks. */
export interface Client {
  readonly initialized: InitializeResult;
  readonly open: (uri: string, text: string) => Promise<void>;
  readonly edit: (uri: string, edits: readonly { readonly range: Range; readonly text: string }[]) => Promise<void>;
  readonly replace: (uri: string, text: string) => Promise<void>;
  readonly close: (uri: string) => Promise<void>;
  readonly notify: (method: string, parameters: unknown) => Promise<void>;
  readonly ask: <T>(method: string, uri: string, parameters?: object) => Promise<T>;
  readonly request: <T>(method: string, parameters?: object) => Promise<T>;
  /** What was last said of a text, once something is said that `fits`. */
  readonly diagnostics: (uri: string, fits?: (diagnostics: readonly Diagnostic[]) => boolean) => Promise<readonly Diagnostic[]>;
  /** What was last said of a text, whatever is still to come. */
  readonly said: (uri: string) => readonly Diagnostic[] | undefined;
  /** What the server asked to be told of. */
  readonly registered: () => readonly Registration[];
  readonly end: () => Promise<void>;
}

/** What an editor says of itself. */
export type Editor = Pick<InitializeParams['capabilities'], 'textDocument' | 'workspace'> & {
  readonly initializationOptions?: unknown;
};

export const rich: Editor = {
  textDocument: { completion: { completionItem: { snippetSupport: true } }, definition: { linkSupport: true } },
  initializationOptions: { suggestCommand: 'editor.suggest' },
};

/** Speaks to a server over its streams. */
export async function connect(
  from: Readable,
  to: Writable,
  folders: readonly string[] = [],
  editor: Editor = rich,
): Promise<Client> {
  const connection = createProtocolConnection(new StreamMessageReader(from), new StreamMessageWriter(to));
  const said = new Map<string, readonly Diagnostic[]>();
  const waiting = new Set<() => void>();
  connection.onNotification(
    'textDocument/publishDiagnostics',
    ({ uri, diagnostics }: { uri: string; diagnostics: Diagnostic[] }) => {
      said.set(uri, diagnostics);
      for (const look of waiting) look();
    },
  );
  const registered: Registration[] = [];
  connection.onRequest('client/registerCapability', ({ registrations }: RegistrationParams) => {
    registered.push(...registrations);
  });
  connection.listen();
  const initialized = await connection.sendRequest<InitializeResult>('initialize', {
    processId: null,
    rootUri: null,
    capabilities: { workspace: { workspaceFolders: true, ...editor.workspace }, textDocument: editor.textDocument ?? {} },
    initializationOptions: editor.initializationOptions,
    workspaceFolders: folders.map((uri) => ({ uri, name: uri })),
  });
  await connection.sendNotification('initialized', {});
  const versions = new Map<string, number>();
  const change = async (uri: string, contentChanges: readonly object[]): Promise<void> => {
    const version = (versions.get(uri) ?? 1) + 1;
    versions.set(uri, version);
    await connection.sendNotification('textDocument/didChange', { textDocument: { uri, version }, contentChanges });
  };
  return {
    initialized,
    open: async (uri, text) => {
      versions.set(uri, 1);
      await connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'rec', version: 1, text } });
    },
    edit: change,
    replace: (uri, text) => change(uri, [{ text }]),
    close: (uri) => connection.sendNotification('textDocument/didClose', { textDocument: { uri } }),
    notify: (method, parameters) => connection.sendNotification(method, parameters),
    ask: (method, uri, parameters = {}) =>
      connection.sendRequest(`textDocument/${method}`, { textDocument: { uri }, ...parameters }),
    request: (method, parameters) => connection.sendRequest(method, parameters),
    diagnostics: (uri, fits = () => true) =>
      new Promise((resolve) => {
        const look = (): void => {
          const found = said.get(uri);
          if (!found || !fits(found)) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    said: (uri) => said.get(uri),
    registered: () => registered,
    end: async () => {
      await connection.sendRequest('shutdown');
      connection.dispose();
    },
  };
}

/** A server in this process, and a client of it. */
export function startServer(host: Host = {}, folders: readonly string[] = [], editor: Editor = rich): Promise<Client> {
  const [toServer, toClient] = [new PassThrough(), new PassThrough()];
  serve(createConnection(new StreamMessageReader(toServer), new StreamMessageWriter(toClient)), host, '0');
  return connect(toClient, toServer, folders, editor);
}

/** A host whose disk is a table of texts, by path. */
export function hostOf(files: Readonly<Record<string, string | undefined>>, more: Host = {}): Host {
  const read = (path: string) => {
    const text = files[path];
    return text === undefined ? undefined : { path, text };
  };
  return {
    read,
    version: (path) => files[path],
    load: () => (path) => {
      const source = read(path);
      return source ? { source } : { problem: 'there is no such file or folder' };
    },
    specs: (folder) => ({
      paths: Object.keys(files).filter((path) => path.startsWith(`${folder}/`) && path.endsWith('.rec')),
      isCut: false,
    }),
    list: (folder) =>
      Object.keys(files)
        .filter((path) => path.startsWith(folder))
        .map((path) => path.slice(folder.length).replace(/\/.*/, '/')),
    ...more,
  };
}

/** A text without its `|`, which marks a place in it. */
export function marked(text: string): { readonly text: string; readonly position: Position } {
  const at = text.indexOf('|');
  const before = text.slice(0, at).split('\n');
  return {
    text: text.slice(0, at) + text.slice(at + 1),
    position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 },
  };
}

/** The place of the n-th occurrence of some text. */
export function placeOf(text: string, wanted: string, n = 0): Position {
  let at = -1;
  for (let i = 0; i <= n; i++) at = text.indexOf(wanted, at + 1);
  if (at < 0) throw new Error(`no ${wanted} in the text`);
  const before = text.slice(0, at).split('\n');
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

export function offsetOf(text: string, { line, character }: Position): number {
  const lines = text.split('\n');
  return lines.slice(0, line).reduce((sum, one) => sum + one.length + 1, 0) + character;
}

/** What a text becomes by edits as a server gives them. */
export function edited(text: string, edits: readonly TextEdit[]): string {
  const sorted = edits.toSorted((a, b) => offsetOf(text, b.range.start) - offsetOf(text, a.range.start));
  return sorted.reduce(
    (now, { range, newText }) => now.slice(0, offsetOf(text, range.start)) + newText + now.slice(offsetOf(text, range.end)),
    text,
  );
}
