import type { Location, LocationLink, Position, Range } from 'vscode-languageserver';
import { occurrenceAt, occurrencesOf } from './occurrences.js';
import { below, folderOf, linkOf, locationOf, offsetAt, rangeOf, uriOf } from './places.js';
import { identityOf, isDeclared, type Declared, type Occurrence } from './symbols.js';
import type { Analysis, Workspace } from './workspace.js';

/** The name at a place. */
export const nameAt = (analysis: Analysis, position: Position): Occurrence | undefined =>
  occurrenceAt(occurrencesOf(analysis.checked.spec), offsetAt(analysis.source, position));

/** Where a file is: one of the library only where a reader finds it. */
const placeOf = (path: string, { host, uriOf: uri }: Workspace): string | undefined => {
  const place = path.startsWith('std/') ? host.library?.(path) : path;
  return place === undefined ? undefined : uri(place);
};

/** Where the name at a place is declared. */
export function definition(analysis: Analysis, position: Position, workspace: Workspace): LocationLink[] {
  const found = nameAt(analysis, position);
  if (!found) return [];
  const { symbol, span } = found;
  if (symbol.kind === 'file') {
    const uri = symbol.source ? placeOf(symbol.source.path, workspace) : dataFile(analysis, symbol.name, workspace);
    const start = { line: 0, character: 0 };
    const top: Range = { start, end: start };
    return uri === undefined
      ? []
      : [{ originSelectionRange: rangeOf(span), targetUri: uri, targetRange: top, targetSelectionRange: top }];
  }
  if (!isDeclared(symbol)) return [];
  const uri = placeOf(symbol.declaration.span.source.path, workspace);
  return uri === undefined ? [] : [linkOf(span, uri, symbol.whole, symbol.declaration.span)];
}

/** The one file of the spec's folder that a path without wildcards means. */
function dataFile({ source }: Analysis, path: string, { host }: Workspace): string | undefined {
  if (/[*?[\]{}]/.test(path) || !source.path.includes('/')) return undefined;
  const file = below(source.path, path);
  const folder = folderOf(file ?? '');
  const isThere = file !== undefined && host.list?.(folder, folderOf(source.path)).includes(file.slice(folder.length));
  return isThere ? uriOf(file) : undefined;
}

/** A name with the text that it is in. */
export interface Found {
  readonly analysis: Analysis;
  readonly occurrence: Occurrence;
}

/** Every name that stands for the same, in all specs. */
export function everywhere(symbol: Declared, workspace: Workspace): readonly Found[] {
  const identity = identityOf(symbol);
  return workspace
    .all()
    .filter(({ isLibrary }) => !isLibrary)
    .flatMap((analysis) =>
      occurrencesOf(analysis.checked.spec)
        .all.filter(({ symbol: other }) => isDeclared(other) && identityOf(other) === identity)
        .map((occurrence) => ({ analysis, occurrence })),
    );
}

export function references(analysis: Analysis, position: Position, withDeclaration: boolean, workspace: Workspace): Location[] {
  const symbol = nameAt(analysis, position)?.symbol;
  if (!symbol) return [];
  if (!isDeclared(symbol)) {
    return occurrencesOf(analysis.checked.spec)
      .all.filter(({ symbol: other }) => other.kind === symbol.kind && other.name === symbol.name)
      .map(({ span }) => locationOf(span, analysis.uri));
  }
  return everywhere(symbol, workspace)
    .filter(({ occurrence }) => withDeclaration || occurrence.role !== 'declares')
    .map(({ analysis: { uri }, occurrence }) => locationOf(occurrence.span, uri));
}

/** Those of one text, for highlighting. */
export function highlights(analysis: Analysis, position: Position): readonly Occurrence[] {
  const symbol = nameAt(analysis, position)?.symbol;
  if (!symbol) return [];
  const isSame = ({ symbol: other }: Occurrence): boolean =>
    isDeclared(symbol)
      ? isDeclared(other) && identityOf(other) === identityOf(symbol)
      : other.kind === symbol.kind && other.name === symbol.name;
  return occurrencesOf(analysis.checked.spec).all.filter(isSame);
}
