import { CompletionItemKind, InsertTextFormat, MarkupKind, type CompletionItem } from 'vscode-languageserver';

/** Something to complete with, before it has a place. */
export interface Item extends Pick<CompletionItem, 'kind' | 'detail' | 'documentation' | 'insertTextFormat' | 'command'> {
  readonly label: string;
  readonly text: string;
}

interface More {
  readonly detail?: string | undefined;
  /** In Markdown. */
  readonly doc?: string | undefined;
  readonly text?: string;
  /** Its text has `$1` and the like. */
  readonly isSnippet?: boolean;
  /** Asks for what comes next at once. */
  readonly goesOn?: boolean;
}

export function item(label: string, kind: CompletionItemKind, { detail, doc, text = label, isSnippet, goesOn }: More = {}): Item {
  return {
    label,
    kind,
    text,
    ...(detail !== undefined && detail !== '' && { detail }),
    ...(doc !== undefined && doc !== '' && { documentation: { kind: MarkupKind.Markdown, value: doc } }),
    ...(isSnippet === true && { insertTextFormat: InsertTextFormat.Snippet }),
    ...(goesOn === true && { command: { title: 'Go on', command: 'editor.action.triggerSuggest' } }),
  };
}

export { CompletionItemKind };
