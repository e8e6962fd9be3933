import type { Location, LocationLink, Position, Range, WorkspaceEdit } from 'vscode-languageserver';
import { isColumn } from '../model/reading.js';
import { occurrenceAt, occurrencesOf } from './occurrences.js';
import { besides, linkOf, locationOf, offsetAt, rangeOf, uriOf } from './places.js';
import { identityOf, isDeclared, type Declared, type Occurrence } from './symbols.js';
import type { Analysis, Workspace } from './workspace.js';

const at = (analysis: Analysis, position: Position): Occurrence | undefined =>
  occurrenceAt(occurrencesOf(analysis.checked.spec), offsetAt(analysis.source, position));

/** Where a file is: one of the library only where a reader finds it. */
const placeOf = (path: string, { host, uriOf: uri }: Workspace): string | undefined => {
  const place = path.startsWith('std/') ? host.library?.(path) : path;
  return place === undefined ? undefined : uri(place);
};

/** Where the name at a place is declared. */
export function definition(analysis: Analysis, position: Position, workspace: Workspace): LocationLink[] {
  const found = at(analysis, position);
  if (!found) return [];
  const { symbol, span } = found;
  if (symbol.kind === 'file') {
    const uri = symbol.source ? placeOf(symbol.source.path, workspace) : dataFile(analysis, symbol.name);
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

/** The one file that a path without wildcards means. */
function dataFile({ source }: Analysis, path: string): string | undefined {
  if (/[*?[\]{}]/.test(path) || path === '' || !source.path.includes('/')) return undefined;
  return uriOf(besides(source.path, path));
}

interface Found {
  readonly analysis: Analysis;
  readonly occurrence: Occurrence;
}

/** Every name that stands for the same, in all specs. */
function everywhere(symbol: Declared, workspace: Workspace): readonly Found[] {
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
  const symbol = at(analysis, position)?.symbol;
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
  const symbol = at(analysis, position)?.symbol;
  if (!symbol) return [];
  const isSame = ({ symbol: other }: Occurrence): boolean =>
    isDeclared(symbol)
      ? isDeclared(other) && identityOf(other) === identityOf(symbol)
      : other.kind === symbol.kind && other.name === symbol.name;
  return occurrencesOf(analysis.checked.spec).all.filter(isSame);
}

/** The name that can be renamed at a place. */
export function renamable(
  analysis: Analysis,
  position: Position,
): { readonly range: Range; readonly placeholder: string } | undefined {
  const found = at(analysis, position);
  if (!found || !isDeclared(found.symbol) || (found.symbol.kind === 'block' && found.symbol.isLibrary)) return undefined;
  if (found.symbol.kind === 'parameter' && found.symbol.declaration.span.source.path.startsWith('std/')) return undefined;
  return { range: rangeOf(found.span), placeholder: found.symbol.name };
}

const reserved = new Set(['return', 'repeat', 'for', 'if', 'then', 'else', 'and', 'or', 'not', 'in', 'true', 'false', '_']);

/**
 * Gives another name to what stands at a place, in all specs. A feature or label that is named as its column goes on reading it.
 * @returns the edit, or why there is none
 */
export function rename(
  analysis: Analysis,
  position: Position,
  name: string,
  workspace: Workspace,
): WorkspaceEdit | { readonly problem: string } {
  if (!/^[A-Za-z_]\w*$/.test(name) || reserved.has(name)) return { problem: `\`${name}\` cannot be a name` };
  const symbol = renamable(analysis, position) && at(analysis, position)?.symbol;
  if (!symbol || !isDeclared(symbol)) return { problem: 'this has no name that can be changed' };
  const taken = takenBy(symbol, name, analysis);
  if (taken !== undefined) return { problem: `there is a ${taken} \`${name}\` already` };
  const changes: Record<string, { range: Range; newText: string }[]> = {};
  for (const { analysis: there, occurrence } of everywhere(symbol, workspace)) {
    const edits = (changes[there.uri] ??= []);
    edits.push({ range: rangeOf(occurrence.span), newText: name });
    const keep = occurrence.role === 'declares' ? keepColumn(symbol) : undefined;
    if (keep) edits.push(keep);
  }
  return { changes };
}

/** What the name would be mistaken for. */
function takenBy(symbol: Declared, name: string, { checked }: Analysis): string | undefined {
  const { names, all } = occurrencesOf(checked.spec);
  if (symbol.kind === 'model' || symbol.kind === 'block') {
    if (names.models.has(name)) return 'model';
    return names.function(name) ? 'block or function' : undefined;
  }
  const within = 'model' in symbol ? names.models.get(symbol.model.name.text) : undefined;
  if (within?.features.has(name)) return 'feature';
  if (within?.labels.has(name)) return 'label';
  const near = all.find(
    ({ role, symbol: other }) => role === 'declares' && isDeclared(other) && other.name === name && isBeside(other, symbol),
  );
  return near?.symbol.kind;
}

const isBeside = (a: Declared, b: Declared): boolean =>
  ('within' in a && 'within' in b && a.within === b.within) || ('block' in a && 'block' in b && a.block === b.block);

function keepColumn(symbol: Declared): { range: Range; newText: string } | undefined {
  if (symbol.kind !== 'feature' && symbol.kind !== 'label') return undefined;
  const { value, from } = symbol.entry;
  const isCrossed = value.kind === 'call' && value.arguments.some((given) => given.name?.text === 'cross');
  if (from || isCrossed || !isColumn(symbol.name)) return undefined;
  const end = { ...value.span, start: value.span.end };
  return { range: rangeOf(end), newText: ` = ${symbol.name}` };
}
