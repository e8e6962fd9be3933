import type { Span } from '../../language/source.js';
import type { Expression, Range, Subscript } from '../../language/syntax.js';
import { sameSize, type Index } from '../network.js';
import { known } from './given.js';
import { fail, findBinding, findIndex, inner, type Place } from './context.js';
import { element, evaluate, findFunction } from './evaluate.js';
import { countSteps } from './limits.js';
import { asTensor, bind, lift, pick, raggedText, slice } from './tensors.js';
import { placesText, valueText, type Element, type TensorValue, type Value } from './values.js';
import { evaluateWeight } from './weights.js';

export function evaluateSubscript(place: Place, e: Subscript): Value {
  if (e.target.kind === 'name') {
    const name = e.target.text;
    if (!findBinding(place.scope, name)) {
      if (name === 'weight' || name === 'bias') return evaluateWeight(place, e, name, []);
      if (findFunction(place, e.target)) {
        return fail(place, 'wrong-operand', e.span, {
          what: `\`${name}[…]\``,
          wanted: 'called: an expression in ( ) after it',
          found: 'not',
        });
      }
    }
  }
  const target = evaluate(inner(place), e.target);
  if (target.kind === 'list') return subscriptList(place, target.elements, e);
  let x = asTensor(place, target, e.target.span, 'a subscript');
  const slices: Index[] = [];
  for (const [i, s] of e.subscripts.entries()) {
    const size = x.shape[0];
    if (size === undefined) return fail(place, 'out-of-bounds', s.span, { at: 'this subscript', size: valueText(target) });
    if (s.kind === 'range') {
      if (typeof size !== 'number') return differs(place, s.span, x);
      const [from, to] = range(place, s, size);
      x = slice(place, e.span, x, from, to);
      if (i + 1 === e.subscripts.length) continue;
      // What follows is for the next axes: this one stands aside meanwhile.
      const { context } = place;
      const aside = context.indexOf({ id: context.nextIndex++, name: 'slice', span: s.span, size: to - from, from: s.span });
      slices.unshift(aside);
      x = lift(place, e.span, x, aside);
      continue;
    }
    const open = s.kind === 'name' && !findBinding(place.scope, s.text) ? findIndex(place.scope, s.text) : undefined;
    if (open) {
      if (open.size !== undefined && !sameSize(open.size, size)) {
        return fail(
          place,
          'index-sizes-differ',
          s.span,
          { name: open.name, a: placesText(size), b: placesText(open.size) },
          {
            ...(open.from && { notes: [{ span: open.from, text: `here it runs over ${placesText(open.size)}` }] }),
          },
        );
      }
      open.size ??= size;
      open.from ??= s.span;
      x = lift(place, e.span, x, place.context.indexOf(open));
      continue;
    }
    if (s.kind === 'name' && !findBinding(place.scope, s.text)) {
      return fail(place, 'not-an-index', s.span, { name: s.text }, { help: `bind it around this: \`sum[${s.text}](…)\`` });
    }
    const at = known(place, element(place, s), s.span, 'a subscript', true);
    if (typeof size !== 'number') return differs(place, s.span, x);
    if (at < 0 || at >= size) return fail(place, 'out-of-bounds', s.span, { at: String(at), size: `0 … ${String(size - 1)}` });
    x = pick(place, e.span, x, at);
  }
  return slices.reduce((tensor, aside) => bind(place, e.span, tensor, aside), x);
}

const differs = (place: Place, span: Span, x: TensorValue): never =>
  fail(place, 'ragged-axis', span, { what: 'a subscript that is no index', found: valueText(x), why: raggedText(x.shape[0]) });

function range(place: Place, s: Range, size: number, mayBeEmpty = false): readonly [number, number] {
  const bound = (b: Expression | undefined, otherwise: number): number =>
    b ? known(place, element(place, b), b.span, 'a slice', true) : otherwise;
  const [from, to] = [bound(s.from, 0), bound(s.to, size)];
  if (from < 0 || to > size || from > to || (from === to && !mayBeEmpty))
    return fail(place, 'out-of-bounds', s.span, { at: `${String(from)}..${String(to)}`, size: `0..${String(size)}` });
  return [from, to];
}

function subscriptList(place: Place, elements: readonly Element[], e: Subscript): Value {
  const [s, ...more] = e.subscripts;
  if (!s || more.length > 0)
    return fail(place, 'wrong-operand', e.span, { what: 'a list', wanted: 'one subscript', found: String(e.subscripts.length) });
  if (s.kind === 'range') {
    countSteps(place, e.span, elements.length);
    return { kind: 'list', elements: elements.slice(...range(place, s, elements.length, true)) };
  }
  if (s.kind === 'name' && !findBinding(place.scope, s.text) && findIndex(place.scope, s.text)) {
    return fail(
      place,
      'wrong-operand',
      e.target.span,
      { what: `index \`${s.text}\``, wanted: 'to run over a tensor', found: `over a list of ${String(elements.length)}` },
      { help: 'stack(…) makes one tensor of a list of equal ones' },
    );
  }
  const at = known(place, element(place, s), s.span, 'a subscript', true);
  return (
    elements[at]?.value ?? fail(place, 'out-of-bounds', s.span, { at: String(at), size: `a list of ${String(elements.length)}` })
  );
}
