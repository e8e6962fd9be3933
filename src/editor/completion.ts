import { InsertTextFormat, type CompletionItem, type Position } from 'vscode-languageserver';
import * as t from '../language/tokens.js';
import { expectedAt } from './accepted.js';
import type { Client } from './client.js';
import { blockItems, fileItems, functionItems, importedItems, pathItems } from './complete-files.js';
import { keyItems, sectionItems, valueItems } from './complete-sections.js';
import { contextAt, isAtValue, type Context } from './context.js';
import { columnsOf } from './data.js';
import type { Column } from './host.js';
import { withoutPlaces, type Item } from './items.js';
import { occurrencesOf } from './occurrences.js';
import { offsetAt, positionAt } from './places.js';
import type { ModelNames } from './symbols.js';
import type { Analysis, Workspace } from './workspace.js';

/** All that is known at a place where something is to be completed. */
export interface Asked {
  readonly analysis: Analysis;
  readonly workspace: Workspace;
  readonly context: Context;
  readonly model: ModelNames | undefined;
  /** Reads the data, the first time that it is asked. */
  readonly columns: () => Promise<readonly Column[]>;
}

/** What could stand at a place, the likeliest first. */
export async function completion(
  analysis: Analysis,
  at: Position,
  workspace: Workspace,
  { hasSnippets, suggestCommand }: Client,
): Promise<CompletionItem[]> {
  const { source } = analysis;
  const context = contextAt(analysis.checked.spec, offsetAt(source, at));
  if (!context) return [];
  const name = context.frames.find(({ kind }) => kind === 'model')?.head;
  const model = name === undefined ? undefined : occurrencesOf(analysis.checked.spec).names.models.get(name);
  const columns = (): Promise<readonly Column[]> => columnsOf(analysis, name, workspace);
  const found = await itemsAt({ analysis, workspace, context, model, columns });
  const range = { start: positionAt(source, context.start), end: positionAt(source, context.end) };
  return found.map(({ text, isSnippet, goesOn, ...item }, place) => ({
    ...item,
    sortText: String(place).padStart(4, '0'),
    filterText: context.inString ? item.label : (/^[^\s:({]+/.exec(text)?.[0] ?? item.label),
    textEdit: { range, newText: isSnippet && !hasSnippets ? withoutPlaces(text) : text },
    ...(isSnippet && hasSnippets && { insertTextFormat: InsertTextFormat.Snippet }),
    ...(goesOn && suggestCommand !== undefined && { command: { title: 'Go on', command: suggestCommand } }),
  }));
}

async function itemsAt(asked: Asked): Promise<readonly Item[]> {
  const { context } = asked;
  const top = context.frames.at(-1);
  const before = context.before?.tokenType;
  if (!top) return [];
  if (top.kind === 'import') return importedItems(asked);
  if (top.kind === 'file') return fileItems(asked, before === t.From ? 'from' : before === t.Extends ? 'extends' : undefined);
  if (context.frames.some(({ kind }) => kind === 'body'))
    return context.inString ? [] : [...blockItems(asked), ...functionItems(asked)];
  if (top.kind === 'model' && !isAtValue(context)) return before === t.Label ? keyItems(asked, {}) : sectionItems(asked);
  const expected = expectedAt(context);
  if (!expected) return [];
  if (context.inString && expected.value.names === 'file') return pathItems(asked);
  if (isAtValue(context)) return valueItems(asked, expected);
  if (top.kind === 'call') return [...(await keyItems(asked, expected.keys)), ...(await valueItems(asked, expected))];
  return keyItems(asked, expected.keys);
}
