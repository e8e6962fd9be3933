import type { Span } from '../language/source.js';
import type { Expression, File, Import, Name } from '../language/syntax.js';
import { inside } from '../language/walk.js';
import type { Report } from './diagnostics.js';
import { walkBlock, walkNetwork, type Walk } from './names.js';
import type { FileScope } from './scopes.js';

/** Warns of imported names that nothing in the file reads. */
export function lintImports(file: File, scope: FileScope, report: Report): void {
  const used = new Set<string>();
  const walk: Walk = { isFunction: (name) => scope.functions.has(name), found: ({ name }) => used.add(name.text) };
  const readAll = (e: Expression): void => {
    if (e.kind === 'name') used.add(e.text);
    for (const child of inside(e)) readAll(child);
  };
  for (const item of file.items) {
    if (item.kind === 'block') walkBlock(item, walk);
    if (item.kind !== 'model') continue;
    if (item.extends) used.add(item.extends.text);
    for (const part of item.items) {
      if (part.kind === 'network') walkNetwork(part.body, [], walk);
      else if (part.kind === 'section') readAll(part.record);
      else if (part.kind === 'property') readAll(part.value);
    }
  }
  for (const item of file.items) {
    if (item.kind !== 'import') continue;
    for (const name of item.names) {
      if (used.has(name.text) || scope.broken.has(name.text)) continue;
      report('unused-import', name.span, { name: name.text }, { fix: { span: withoutName(item, name), text: '' } });
    }
  }
}

/** An imported name with the comma that parts it from the others; the whole import where it is the only one. */
function withoutName({ names, span }: Import, name: Name): Span {
  const { source, start, end } = names.length === 1 ? span : name.span;
  const { text } = source;
  if (names.length === 1) return { source, start, end: end + (/^[ \t]*(?:\r\n|\n|\r)?/.exec(text.slice(end))?.[0].length ?? 0) };
  const behind = /^\s*,\s*/.exec(text.slice(end, span.end))?.[0].length ?? 0;
  const before = behind > 0 ? 0 : (/\s*,?\s*$/.exec(text.slice(span.start, start))?.[0].length ?? 0);
  return { source, start: start - before, end: end + behind };
}
