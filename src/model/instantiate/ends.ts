import type { Span } from '../../language/source.js';
import type { Network as NetworkSyntax } from '../../language/syntax.js';
import type { Label } from '../model.js';
import type { Network, NodeId, TensorNode } from '../network.js';
import { meant, nearest } from '../suggest.js';
import { assignedNames } from './body.js';
import { fail, Stop, type Place } from './context.js';
import { reached } from './prune.js';
import { asScalar, asTensor, raggedText } from './tensors.js';
import { shapeText, valueText } from './values.js';

/** A name that `outputs` lists. */
export interface Output {
  readonly name: string;
  readonly span: Span;
}

/** The statement that says a name last. */
const lastStatement = (syntax: NetworkSyntax, name: string): Span | undefined =>
  syntax.body.statements.findLast((s) => assignedNames(s).includes(name))?.span;

/** A label's logit, and its own loss if the network says one. */
export function logitOf(
  place: Place,
  label: Label,
  syntax: NetworkSyntax,
): { readonly label: string; readonly node: NodeId; readonly loss?: NodeId } {
  const { report, losses } = place.context;
  const labelNote = { span: label.span, text: 'the label is here' };
  const bound = place.scope.values.get(label.name);
  if (!bound) {
    const near = nearest(label.name, place.scope.values.keys());
    report(
      'label-not-computed',
      syntax.keyword,
      { label: label.name },
      {
        notes: [labelNote],
        help: near ? `did you mean it by \`${near}\`?` : `end the network with \`${label.name} = …\`, its logit`,
      },
    );
    throw new Stop();
  }
  if (bound.value.kind === 'poison') throw new Stop();
  const span = lastStatement(syntax, label.name) ?? syntax.keyword;
  const x = asTensor(place, bound.value, span, `\`${label.name}\``);
  const wanted = label.task.kind === 'class' ? [label.task.classes] : [];
  const fitted = wanted.length === 0 ? asScalar(place, span, x) : x;
  if (fitted.shape.length !== wanted.length || fitted.shape.some((s, i) => s !== wanted[i])) {
    return fail(
      place,
      'label-shape',
      span,
      { label: label.name, wanted: `a ${shapeText(wanted)}`, found: valueText(x) },
      { notes: [labelNote], help: `linear(…, ${String(wanted[0] ?? 1)}) makes a ${shapeText(wanted)} of a vector` },
    );
  }
  if (!fitted.rows) {
    return fail(place, 'label-shape', span, {
      label: label.name,
      wanted: 'computed from features',
      found: 'the same for every row',
    });
  }
  const own = losses.get(label.name);
  if (!own) return { label: label.name, node: fitted.node };
  const loss = asScalar(place, own.span, asTensor(place, own.value, own.span, `\`${label.name}.loss\``));
  if (loss.shape.length > 0 || !loss.rows) {
    return fail(place, 'label-shape', own.span, {
      label: `${label.name}.loss`,
      wanted: 'a scalar for each row',
      found: loss.rows ? valueText(loss) : 'the same for every row',
    });
  }
  return { label: label.name, node: fitted.node, loss: loss.node };
}

/** A name of the network that `outputs` lists. */
export function outputOf(place: Place, { name, span }: Output): { readonly name: string; readonly node: NodeId } {
  const bound = place.scope.values.get(name);
  if (bound?.value.kind === 'poison') throw new Stop();
  if (!bound && place.context.features.some((f) => f.name === name))
    return fail(
      place,
      'wrong-operand',
      span,
      { what: '`outputs`', wanted: 'labels and names of the network', found: `feature \`${name}\`` },
      { help: `give its vector a name: \`${name}_vector = 1 * ${name}\`` },
    );
  if (!bound) {
    return fail(
      place,
      'unknown-name',
      span,
      { name },
      meant(span, place.scope.values.keys(), '`outputs` lists labels and names of the network'),
    );
  }
  const x = asScalar(place, span, asTensor(place, bound.value, span, '`outputs`'));
  if (!x.rows)
    return fail(place, 'wrong-operand', span, { what: '`outputs`', wanted: 'what differs by row', found: valueText(x) });
  if (x.shape.some((size) => typeof size !== 'number'))
    return fail(place, 'ragged-axis', span, { what: '`outputs`', found: valueText(x), why: raggedText(x.shape[0]) });
  return { name, node: x.node };
}

const lossOnly: Partial<Record<TensorNode['kind'], string>> = {
  target: '`target`',
  batch: '`batch`',
  log_frequency: '`log_frequency`',
};

/** What is served depends on the row alone: not on the answer, on other rows or on how often a value was seen. */
export function checkLossOnly(place: Place, { nodes, logits, outputs }: Network): true {
  const ends = [...logits.map(({ label, node }) => ({ name: label, node })), ...outputs];
  for (const { name, node } of ends) {
    const used = reached(nodes, [node]);
    const found = nodes.find((n) => used[n.id] === 1 && lossOnly[n.kind] !== undefined);
    if (found) {
      const span = place.context.isStd(found.span) ? undefined : found.span;
      return fail(
        place,
        'loss-only',
        span ?? place.context.labels.find((l) => l.name === name)?.span ?? found.span,
        { what: lossOnly[found.kind] ?? '', where: `\`${name}\`` },
        { help: `say a loss of its own: \`${name}.loss = …\`` },
      );
    }
  }
  return true;
}
