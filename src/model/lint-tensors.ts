import type { Body, Expression, File, Name, Statement } from '../language/syntax.js';
import { inside } from '../language/walk.js';
import type { Report } from './diagnostics.js';
import type { CheckedModel } from './model.js';

/** What one statement makes of what. */
interface Step {
  readonly targets: readonly Name[];
  readonly reads: ReadonlySet<string>;
}

/**
 * Warns of statements, of networks and blocks of the file, on which no label, output, loss or result depends. Of several that only
 * need one another the last is told. A name that begins with `_` is left so on purpose.
 * @param models those of the file, without errors: their labels and outputs are what networks are for
 */
export function lintTensors(file: File, models: readonly CheckedModel[], report: Report): void {
  const wanted = models.flatMap(({ labels, network }) => [...labels, ...network.outputs].map(({ name }) => name));
  for (const item of file.items) {
    if (item.kind === 'block') lintBody(item.body, [], 'the result does not depend on it', report);
    if (item.kind !== 'model') continue;
    for (const part of item.items)
      if (part.kind === 'network') lintBody(part.body, wanted, 'no label and no output depends on it', report);
  }
}

function lintBody({ statements }: Body, wanted: readonly string[], help: string, report: Report): void {
  const steps = statements.flatMap(stepsOf);
  const live = new Set(wanted);
  for (let before = -1; before < live.size;) {
    before = live.size;
    for (const { targets, reads } of steps)
      if (targets.length === 0 || targets.some(({ text }) => live.has(text))) for (const name of reads) live.add(name);
  }
  const told = new Set<string>();
  for (const { targets } of steps.toReversed()) {
    const [first] = targets;
    if (!first || told.has(first.text) || targets.some(({ text }) => text.startsWith('_') || live.has(text))) continue;
    told.add(first.text);
    const own = new Set(targets.map(({ text }) => text));
    const isRead = steps.some((s) => s.targets.every(({ text }) => !own.has(text)) && [...own].some((name) => s.reads.has(name)));
    if (!isRead) report('unused-tensor', first.span, { name: first.text }, { help });
  }
}

function stepsOf(s: Statement): readonly Step[] {
  switch (s.kind) {
    case 'assign':
      return [{ targets: s.targets, reads: namesIn(s.value) }];
    case 'indexed-assign':
      return [{ targets: [s.target], reads: namesIn(s.value) }];
    case 'member-assign':
    case 'return':
      return [{ targets: [], reads: namesIn(s.value) }];
    case 'repeat':
      return [{ targets: [], reads: namesIn(s.count) }, ...s.body.statements.flatMap(stepsOf)];
    case 'for':
      return [{ targets: [], reads: namesIn(s.over) }, ...s.body.statements.flatMap(stepsOf)];
    default:
      return s satisfies never;
  }
}

function namesIn(expression: Expression): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (e: Expression): void => {
    if (e.kind === 'name') names.add(e.text);
    for (const child of inside(e)) visit(child);
  };
  visit(expression);
  return names;
}
