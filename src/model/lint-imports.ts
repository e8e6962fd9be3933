import type { Expression, File } from '../language/syntax.js';
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
    for (const name of item.kind === 'import' ? item.names : []) {
      if (!used.has(name.text) && !scope.broken.has(name.text)) report('unused-import', name.span, { name: name.text });
    }
  }
}
