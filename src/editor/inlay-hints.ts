import { InlayHintKind, type InlayHint, type Range } from 'vscode-languageserver';
import { lineText } from '../language/source.js';
import type { Body, Section, Statement } from '../language/syntax.js';
import { defaultOf } from '../model/key-tables.js';
import { itemOf, occurrencesOf } from './occurrences.js';
import { offsetAt, positionAt } from './places.js';
import type { ModelNames } from './symbols.js';
import { sizesText } from './words.js';
import type { Analysis } from './workspace.js';

/** Sections whose defaults decide what a model is. */
const shown: ReadonlySet<string> = new Set(['train', 'cross', 'deep']);
/** Beyond this only the tooltip has them. */
const mostDefaults = 4;

/** Sizes after the lines of a network, and after a section's bracket the defaults that it does not say. */
export function inlayHints(analysis: Analysis, { start, end }: Range): InlayHint[] {
  const { source, checked } = analysis;
  const [from, to] = [offsetAt(source, start), offsetAt(source, end)];
  const { names } = occurrencesOf(checked.spec);
  return checked.file.items
    .filter(({ kind, span }) => kind === 'model' && span.start <= to && span.end >= from)
    .flatMap((model) =>
      model.kind === 'model' ? model.items.map((item) => ({ item, own: names.models.get(model.name.text) })) : [],
    )
    .flatMap(({ item, own }): readonly InlayHint[] => {
      if (item.kind === 'network') return ofBody(item.body, analysis);
      const hint = item.kind === 'section' && shown.has(item.name.text) ? ofSection(item, own, analysis) : undefined;
      return hint ? [hint] : [];
    })
    .filter(({ position }) => position.line >= start.line && position.line <= end.line);
}

const ofBody = ({ statements }: Body, analysis: Analysis): readonly InlayHint[] =>
  statements.flatMap((statement) =>
    statement.kind === 'repeat' || statement.kind === 'for' ? ofBody(statement.body, analysis) : ofStatement(statement, analysis),
  );

function ofStatement(statement: Statement, { source, checked }: Analysis): readonly InlayHint[] {
  const target = statement.kind === 'assign' ? statement.targets : statement.kind === 'indexed-assign' ? [statement.target] : [];
  const sizes = target
    .map((name) => checked.valueOf(name))
    .map((value) => (value?.kind === 'tensor' ? sizesText(value.shape) : ''));
  const position = positionAt(source, statement.span.end);
  const isLast = /^\s*(?:\/\/.*)?$/.test(lineText(source, position.line + 1).slice(position.character));
  if (!isLast || sizes.length === 0 || sizes.some((text) => text === '')) return [];
  return [{ position, label: `// ${sizes.join(', ')}`, kind: InlayHintKind.Type, paddingLeft: true }];
}

function ofSection(section: Section, own: ModelNames | undefined, { source }: Analysis): InlayHint | undefined {
  const name = section.name.text;
  const said = new Set<string>();
  for (let at = own; at; at = at.base) {
    for (const item of at.model.items)
      if (item.kind === 'section' && item.name.text === name) for (const entry of item.record.entries) said.add(entry.name.text);
  }
  const missing = Object.entries(itemOf(name)?.keys ?? {}).flatMap(([key, known]) => {
    const given = said.has(key) ? undefined : defaultOf(known);
    return given === undefined || given.includes(' ') ? [] : [{ key, given }];
  });
  const telling = missing.filter(({ given }) => !['none', '0', 'false', 'identity', '1'].includes(given));
  if (telling.length === 0) return undefined;
  const words = telling.slice(0, mostDefaults).map(({ key, given }) => `${key}: ${given}`);
  return {
    position: positionAt(source, section.record.span.start + 1),
    label: `// ${words.join(', ')}${telling.length > mostDefaults ? ', …' : ''}`,
    tooltip: `Defaults: ${missing.map(({ key, given }) => `${key}: ${given}`).join(', ')}`,
    paddingLeft: true,
  };
}
