import { SymbolKind, type DocumentSymbol, type WorkspaceSymbol } from 'vscode-languageserver';
import type { Span } from '../language/source.js';
import { isMissing, type Declaration, type Item, type Name, type Statement } from '../language/syntax.js';
import { locationOf, rangeOf } from './places.js';
import { oneLine, signatureOf } from './words.js';
import type { Analysis } from './workspace.js';

const symbol = (
  name: Name | string,
  kind: SymbolKind,
  whole: Span,
  own: Span,
  detail = '',
  children: DocumentSymbol[] = [],
): DocumentSymbol => ({
  name: typeof name === 'string' ? name : name.text,
  kind,
  range: rangeOf(whole),
  selectionRange: rangeOf(own),
  ...(detail !== '' && { detail }),
  ...(children.length > 0 && { children }),
});

/** The outline of a text. */
export const documentSymbols = ({ checked }: Analysis): DocumentSymbol[] => checked.file.items.flatMap(ofDeclaration);

function ofDeclaration(item: Declaration): readonly DocumentSymbol[] {
  switch (item.kind) {
    case 'import':
      return [];
    case 'model':
      if (isMissing(item.name)) return [];
      return [symbol(item.name, SymbolKind.Class, item.span, item.name.span, item.extends?.text, item.items.flatMap(ofItem))];
    case 'block':
      return isMissing(item.name)
        ? []
        : [symbol(item.name, SymbolKind.Function, item.span, item.name.span, signatureOf(item).slice(item.name.text.length))];
    default:
      return item satisfies never;
  }
}

function ofItem(item: Item): readonly DocumentSymbol[] {
  switch (item.kind) {
    case 'label': {
      const { name, value } = item.entry;
      return isMissing(name) ? [] : [symbol(name, SymbolKind.Event, item.span, name.span, oneLine(value))];
    }
    case 'network':
      return [symbol('network', SymbolKind.Module, item.span, item.keyword, '', item.body.statements.flatMap(ofStatement))];
    case 'section': {
      const isFeatures = item.name.text === 'features';
      const kind = isFeatures ? SymbolKind.Field : SymbolKind.Property;
      const entries = item.record.entries.filter(({ name }) => !isMissing(name));
      const children = entries.map((entry) => symbol(entry.name, kind, entry.span, entry.name.span, oneLine(entry.value)));
      return [symbol(item.name, SymbolKind.Namespace, item.span, item.name.span, '', children)];
    }
    case 'property':
      return [symbol(item.name, SymbolKind.Property, item.span, item.name.span, oneLine(item.value))];
    default:
      return item satisfies never;
  }
}

function ofStatement(statement: Statement): readonly DocumentSymbol[] {
  const names = statement.kind === 'assign' ? statement.targets : statement.kind === 'indexed-assign' ? [statement.target] : [];
  return names.filter((name) => !isMissing(name)).map((name) => symbol(name, SymbolKind.Variable, statement.span, name.span));
}

/** Models, blocks, features and labels whose names have the letters of a query, in their order. */
export function workspaceSymbols(query: string, analyses: readonly Analysis[]): WorkspaceSymbol[] {
  const wanted = query.toLowerCase();
  const has = (name: string): boolean => {
    let from = 0;
    return [...wanted].every((letter) => (from = name.toLowerCase().indexOf(letter, from) + 1) > 0);
  };
  return analyses.flatMap(({ uri, checked }) =>
    checked.file.items.flatMap((item): WorkspaceSymbol[] => {
      if (item.kind === 'import') return [];
      const own = {
        name: item.name.text,
        kind: item.kind === 'model' ? SymbolKind.Class : SymbolKind.Function,
        location: locationOf(item.name.span, uri),
      };
      const inner = item.kind === 'model' ? item.items.flatMap((one) => entriesOf(one)) : [];
      return [
        own,
        ...inner.map((name) => ({
          name: name.text,
          kind: SymbolKind.Field,
          location: locationOf(name.span, uri),
          containerName: item.name.text,
        })),
      ].filter(({ name }) => name !== '' && has(name));
    }),
  );
}

function entriesOf(item: Item): readonly Name[] {
  if (item.kind === 'label') return [item.entry.name];
  return item.kind === 'section' && item.name.text === 'features' ? item.record.entries.map(({ name }) => name) : [];
}
