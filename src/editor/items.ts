import { CompletionItemKind, MarkupKind, type CompletionItem } from 'vscode-languageserver';

/** Something to complete with, before it has a place. */
export interface Item extends Pick<CompletionItem, 'kind' | 'detail' | 'documentation'> {
  readonly label: string;
  readonly text: string;
  /** Its text has `$1` and the like. */
  readonly isSnippet: boolean;
  /** What comes next is to be asked for at once. */
  readonly goesOn: boolean;
}

interface More {
  readonly detail?: string | undefined;
  /** In Markdown. */
  readonly doc?: string | undefined;
  readonly text?: string;
  readonly isSnippet?: boolean;
  readonly goesOn?: boolean;
}

export function item(
  label: string,
  kind: CompletionItemKind,
  { detail, doc, text = label, isSnippet = false, goesOn = false }: More = {},
): Item {
  return {
    label,
    kind,
    text,
    isSnippet,
    goesOn,
    ...(detail !== undefined && detail !== '' && { detail }),
    ...(doc !== undefined && doc !== '' && { documentation: { kind: MarkupKind.Markdown, value: doc } }),
  };
}

/** A snippet's text with its proposals, and without its places. */
export const withoutPlaces = (snippet: string): string => snippet.replace(/\$\{\d+(?::([^}]*))?\}|\$\d+/g, '$1');

export { CompletionItemKind };
