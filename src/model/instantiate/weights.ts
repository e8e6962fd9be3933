import type { Argument, Subscript } from '../../language/syntax.js';
import { initializers, isInitializer } from '../initializers.js';
import type { Initializer } from '../model.js';
import { known } from './builtins.js';
import { fail, numbered, userSpan, type Place, type WeightOptions } from './context.js';
import { element } from './evaluate.js';
import { make, sizeOf } from './tensors.js';
import { valueText, type Element, type TensorValue } from './values.js';

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
  let { init, l2 }: WeightOptions = kind === 'weight' ? place.options : {};
  for (const a of given) {
    const name = a.name?.text;
    if (name === 'init') init = toInitializer(place, element(place, a.value));
    else if (name === 'l2') l2 = toL2(place, element(place, a.value));
    else if (name === 'frozen') fail(place, 'not-yet', a.span, { what: '`frozen`' });
    else
      fail(
        place,
        'unknown-argument',
        a.name?.span ?? a.span,
        { name: name ?? 'this', block: `\`${kind}\`` },
        { help: 'it has `init` and `l2`' },
      );
  }
  const { context } = place;
  const isNetworks = place.target !== undefined && !place.frame;
  const name = isNetworks ? place.path.text : numbered(place.path, place.target ?? kind);
  context.weights.set(name, {
    name,
    shape,
    isBias: kind === 'bias',
    span: userSpan(place, head.span),
    initializer: init ?? (kind === 'bias' ? { kind: 'constant', value: 0 } : context.initializer),
    ...(l2 !== undefined && { l2 }),
  });
  return make(place, head.span, 'weight', { weight: name }, { shape, indices: [], rows: false });
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
