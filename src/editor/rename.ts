import type { Position, Range, WorkspaceEdit } from 'vscode-languageserver';
import type { Source, Span } from '../language/source.js';
import type { Block, Network } from '../language/syntax.js';
import { isName } from '../language/tokens.js';
import type { Checked } from '../model/check.js';
import type { Marked } from '../model/diagnostics.js';
import { replaced } from '../model/fixes.js';
import { isColumn } from '../model/reading.js';
import { everywhere, nameAt, type Found } from './navigation.js';
import { occurrencesOf, tensorsOf } from './occurrences.js';
import { positionAt, rangeOf } from './places.js';
import { isDeclared, type Declared, type ModelNames } from './symbols.js';
import type { Analysis, Workspace } from './workspace.js';

/** The name that can be renamed at a place. */
export function renamable(
  analysis: Analysis,
  position: Position,
): { readonly range: Range; readonly placeholder: string } | undefined {
  const found = nameAt(analysis, position);
  if (!found || !isDeclared(found.symbol) || (found.symbol.kind === 'block' && found.symbol.isLibrary)) return undefined;
  if (found.symbol.kind === 'parameter' && found.symbol.declaration.span.source.path.startsWith('std/')) return undefined;
  return { range: rangeOf(found.span), placeholder: found.symbol.name };
}

/**
 * Gives another name to what stands at a place, in all specs. A feature or label that is named as its column goes on reading it.
 * @returns the edit, or why there is none: the name is no name, is taken, or would change what a spec means
 */
export function rename(
  analysis: Analysis,
  position: Position,
  name: string,
  workspace: Workspace,
): WorkspaceEdit | { readonly problem: string } {
  if (!isName(name)) return { problem: `\`${name}\` cannot be a name` };
  const symbol = renamable(analysis, position) && nameAt(analysis, position)?.symbol;
  if (!symbol || !isDeclared(symbol)) return { problem: 'this has no name that can be changed' };
  if (symbol.name === name) return { changes: {} };
  const found = everywhere(symbol, workspace);
  const taken = takenBy(symbol, name, found, workspace);
  if (taken !== undefined) return { problem: `there is a ${taken} \`${name}\` already` };
  const edits = new Map<string, readonly Marked[]>();
  for (const { analysis: there, occurrence } of found) {
    const keep = occurrence.role === 'declares' ? keepColumn(symbol) : undefined;
    const own = edits.get(there.source.path) ?? [];
    edits.set(there.source.path, [...own, { span: occurrence.span, text: name }, ...(keep ? [keep] : [])]);
  }
  const problem = problemOf(edits, name, workspace);
  if (problem !== undefined) return { problem };
  const changes = [...edits].map(([path, marked]) => [
    workspace.uriOf(path),
    marked.map(({ span, text }) => ({ range: rangeOf(span), newText: text })),
  ]);
  return { changes: Object.fromEntries(changes) as NonNullable<WorkspaceEdit['changes']> };
}

/** What has the name where the symbol is named, or in a model that inherits it. */
function takenBy(symbol: Declared, name: string, found: readonly Found[], workspace: Workspace): string | undefined {
  const isGlobal = symbol.kind === 'model' || symbol.kind === 'block';
  const isCallable = isGlobal || symbol.kind === 'tensor' || symbol.kind === 'parameter';
  for (const { checked } of new Set(found.map(({ analysis }) => analysis))) {
    const { names, all } = occurrencesOf(checked.spec);
    if (isGlobal && names.models.has(name)) return 'model';
    if (isCallable && names.function(name)) return 'block or function';
    const near = all.find(
      ({ role, symbol: other }) => role === 'declares' && isDeclared(other) && other.name === name && isBeside(other, symbol),
    );
    if (near) return near.symbol.kind;
  }
  for (const { checked } of workspace.all()) {
    for (const model of occurrencesOf(checked.spec).names.models.values()) {
      if (!sharesNames(symbol, model)) continue;
      const other = ownNames(symbol, model)
        .find((names) => names.has(name))
        ?.get(name);
      if (other) return other.kind;
    }
  }
  return undefined;
}

const isBeside = (a: Declared, b: Declared): boolean => scopeOf(a) !== undefined && scopeOf(a) === scopeOf(b);

function scopeOf(symbol: Declared): Network | Block | undefined {
  if (symbol.kind === 'parameter') return symbol.block;
  return 'within' in symbol ? symbol.within : undefined;
}

/** Whether what a model declares or inherits includes a symbol. */
function sharesNames(symbol: Declared, model: ModelNames): boolean {
  const isOf = ({ model: { items, name } }: ModelNames): boolean =>
    'model' in symbol && symbol.kind !== 'model'
      ? isSame(symbol.model.name.span, name.span)
      : 'within' in symbol &&
        items.some(({ kind, span }) => kind === 'network' && symbol.within && isSame(symbol.within.span, span));
  return isOf(model) || (model.base !== undefined && sharesNames(symbol, model.base));
}

const isSame = (a: Span, b: Span): boolean => a.source.path === b.source.path && a.start === b.start;

/** The names of a model among which one that is like the symbol must be the only one. */
function ownNames({ kind }: Declared, model: ModelNames): readonly ReadonlyMap<string, { readonly kind: string }>[] {
  if (kind === 'join') return [model.joins];
  const declared = [model.features, model.labels];
  return kind === 'table'
    ? [...declared, model.tables]
    : [...declared, tensorsOf(model), ...(kind === 'feature' ? [model.tables] : [])];
}

function keepColumn(symbol: Declared): Marked | undefined {
  if (symbol.kind !== 'feature' && symbol.kind !== 'label') return undefined;
  const { value, from } = symbol.entry;
  const isCrossed = value.kind === 'call' && value.arguments.some((given) => given.name?.text === 'cross');
  if (from || isCrossed || !isColumn(symbol.name)) return undefined;
  return { span: { ...value.span, start: value.span.end }, text: ` = ${symbol.name}` };
}

/** Why the texts would not mean, with edits, what they mean now. */
function problemOf(edits: ReadonlyMap<string, readonly Marked[]>, name: string, workspace: Workspace): string | undefined {
  const texts = new Map<string, string>();
  for (const [path, marked] of edits) {
    const { source } = marked[0]?.span ?? {};
    if (source) texts.set(path, replaced(source.text, marked));
  }
  const moved = (path: string, offset: number): number =>
    (edits.get(path) ?? [])
      .filter(({ span }) => span.start < offset)
      .reduce((sum, { span, text }) => sum + text.length - (span.end - span.start), offset);
  for (const { now, then } of workspace.supposing(texts)) {
    const error = newError(now.checked, then);
    if (error) return `with the name \`${name}\` there is an error: ${error.message}, in ${lineOf(error.span)}`;
    const before = new Set(meanings(now.checked, moved));
    const after = meanings(then, (_, offset) => offset);
    const other = after.findIndex((meaning) => !before.has(meaning));
    if (other >= 0 || before.size !== after.length)
      return `with the name \`${name}\` a name in ${now.source.path} would mean something else`;
  }
  return undefined;
}

const lineOf = ({ source, start }: { readonly source: Source; readonly start: number }): string =>
  `${source.path}:${String(positionAt(source, start).line + 1)}`;

/** The first error of a kind of which there were fewer. */
function newError(before: Checked, after: Checked): Checked['diagnostics'][number] | undefined {
  const counts = new Map<string, number>();
  for (const { code } of before.diagnostics) counts.set(code, (counts.get(code) ?? 0) + 1);
  return after.diagnostics.find(({ code, severity }) => {
    const left = (counts.get(code) ?? 0) - 1;
    counts.set(code, left);
    return severity === 'error' && left < 0;
  });
}

/** Each name of a text, with its place and that of its declaration. */
function meanings({ spec }: Checked, moved: (path: string, offset: number) => number): readonly string[] {
  return occurrencesOf(spec).all.flatMap(({ span, role, symbol }) => {
    if (!isDeclared(symbol)) return [];
    const { source, start } = symbol.declaration.span;
    return [[role, symbol.kind, moved(span.source.path, span.start), source.path, moved(source.path, start)].join(' ')];
  });
}
