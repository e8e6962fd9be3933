import type { Span } from '../../language/source.js';
import type { Argument, Subscript } from '../../language/syntax.js';
import { initializers, isInitializer } from '../initializers.js';
import { oneOf } from '../messages.js';
import type { Initializer } from '../model.js';
import { weightOptionNames } from './arguments.js';
import { fail, numbered, userSpan, type Place, type WeightOptions } from './context.js';
import { element } from './evaluate.js';
import { known, truth } from './given.js';
import { make, sizeOf } from './tensors.js';
import { shapeText, valueText, type Element, type TensorValue } from './values.js';

/** `weight[a, b](init: …)` and `bias[d]`. */
export function evaluateWeight(place: Place, head: Subscript, kind: 'weight' | 'bias', given: readonly Argument[]): TensorValue {
  const shape = head.subscripts.map((s) => {
    if (s.kind === 'range')
      return fail(place, 'wrong-operand', s.span, { what: `a size of \`${kind}\``, wanted: 'a whole number', found: 'a range' });
    const size = known(place, element(place, s), s.span, `a size of \`${kind}\``, true);
    if (size < 1)
      fail(place, 'out-of-range', s.span, { where: `a size of \`${kind}\``, wanted: 'a whole number ≥ 1', found: String(size) });
    return size;
  });
  if (sizeOf(shape) >= 2 ** 31)
    fail(place, 'too-large', head.span, { what: `\`${kind}[${shape.join(', ')}]\``, limit: 'two thousand million numbers' });
  let own: WeightOptions = {};
  for (const a of given) {
    const name = a.name?.text;
    if (name === 'init') own = { ...own, init: toInitializer(place, element(place, a.value)) };
    else if (name === 'l2') own = { ...own, l2: toL2(place, element(place, a.value)) };
    else if (name === 'frozen') own = { ...own, frozen: truth(place, element(place, a.value), '`frozen`') };
    else
      fail(
        place,
        'unknown-argument',
        a.name?.span ?? a.span,
        { name: name ?? 'this', block: `\`${kind}\`` },
        { help: `it has ${oneOf(weightOptionNames.map((option) => `\`${option}\``))}` },
      );
  }
  return makeWeight(place, head.span, { name: kind, shape, isBias: kind === 'bias', ...own });
}

interface NewWeight extends WeightOptions {
  /** Its own name, unless one is being assigned. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly isBias: boolean;
}

/** A weight, with the options of the calls around it; within a later call of a shared function the one that the first call made. */
export function makeWeight(place: Place, span: Span, { name: own, shape, isBias, ...options }: NewWeight): TensorValue {
  const { context } = place;
  const handed: WeightOptions = isBias
    ? { ...(place.options.frozen !== undefined && { frozen: place.options.frozen }) }
    : place.options;
  const { init, l2, frozen } = { ...handed, ...options };
  const isNetworks = place.target !== undefined && !place.frame;
  const isFree = isNetworks && !context.weights.has(place.path.text);
  const name = isFree ? place.path.text : numbered(place.path, isNetworks ? own : (place.target ?? own));
  const before = place.reuse === true ? context.weights.get(name) : undefined;
  if (before && before.shape.join() !== shape.join())
    fail(
      place,
      'size-mismatch',
      span,
      { what: 'a weight that is shared', wanted: shapeText(before.shape), found: shapeText(shape) },
      { notes: [{ span: before.span, text: 'its first call made it here' }] },
    );
  if (!before)
    context.weights.set(name, {
      name,
      shape,
      isBias,
      span: userSpan(place, span),
      initializer: init ?? (isBias ? { kind: 'constant', value: 0 } : context.initializer),
      ...(l2 !== undefined && { l2 }),
      ...(frozen === true && { frozen }),
    });
  return make(place, span, 'weight', { weight: name }, { shape, indices: [], rows: false });
}

export function toInitializer(place: Place, { value, span }: Element): Initializer {
  if (value.kind === 'number') return { kind: 'constant', value: value.value };
  if (value.kind === 'initializer') return value.initializer;
  if (value.kind === 'function' && value.is === 'builtin' && isInitializer(value.name)) return initializers[value.name];
  return fail(place, 'wrong-operand', span, {
    what: '`init`',
    wanted: `a number or an initializer (${Object.keys(initializers).join(', ')})`,
    found: valueText(value),
  });
}

export function toL2(place: Place, given: Element): number {
  const l2 = known(place, given, given.span, '`l2`');
  return l2 >= 0 ? l2 : fail(place, 'out-of-range', given.span, { where: '`l2`', wanted: 'a number ≥ 0', found: String(l2) });
}
