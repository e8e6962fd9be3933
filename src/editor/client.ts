import type { InitializeParams } from 'vscode-languageserver';

/** What an editor can do with an answer. */
export interface Client {
  /** Texts to insert may have places to fill in. */
  readonly hasSnippets: boolean;
  /** Definitions may say from where to where they lead. */
  readonly hasLinks: boolean;
  /** The editor's own command that asks for completions again. */
  readonly suggestCommand: string | undefined;
}

export const plainClient: Client = { hasSnippets: false, hasLinks: false, suggestCommand: undefined };

/** Its own command an editor names in its `initializationOptions`, as `suggestCommand`: the protocol has none. */
export function clientOf({ capabilities, initializationOptions }: InitializeParams): Client {
  const { completion, definition } = capabilities.textDocument ?? {};
  const said: unknown = initializationOptions;
  const command = typeof said === 'object' && said !== null && 'suggestCommand' in said ? said.suggestCommand : undefined;
  return {
    hasSnippets: completion?.completionItem?.snippetSupport === true,
    hasLinks: definition?.linkSupport === true,
    suggestCommand: typeof command === 'string' ? command : undefined,
  };
}
