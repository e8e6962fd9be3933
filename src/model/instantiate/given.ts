import type { Span } from '../../language/source.js';
import type { Feature } from '../model.js';
import type { Index } from '../network.js';
import { fail, type Place } from './context.js';
import { asTensor, reshape } from './tensors.js';
import { numberValue, valueText, type Element, type NumberValue, type TensorValue, type Value } from './values.js';

export interface BuiltinParameter {
  readonly name: string;
  readonly optional?: boolean;
}

export interface Builtin {
  readonly doc: string;
  readonly parameters: readonly BuiltinParameter[];
  /** The first parameter is a list: positional arguments are its elements. */
  readonly list?: boolean;
  readonly run: (place: Place, given: Given, span: Span, elements: readonly Element[]) => Value;
  /** For `name[i](e)`: what becomes of the free index. */
  readonly indexed?: (place: Place, x: TensorValue, index: Index, span: Span) => TensorValue;
  /** Whether `name[i]` takes an index that exists already, which stays free. */
  readonly keepsIndex?: boolean;
}

export type Given = Readonly<Record<string, Element | undefined>>;

export const x: BuiltinParameter = { name: 'x' };

/** The argument as a tensor. */
export function tensor(place: Place, given: Given, name: string, span: Span, what: string): TensorValue {
  const element = given[name];
  return element
    ? asTensor(place, element.value, element.span, what)
    : fail(place, 'missing-argument', span, { parameter: name, block: what });
}

/** A number known while compiling. */
export function known(place: Place, element: Element | undefined, span: Span, what: string, integer = false): number {
  const value = element?.value;
  if (value?.kind !== 'number') {
    return fail(place, 'wrong-operand', element?.span ?? span, {
      what,
      wanted: integer ? 'a whole number known while compiling' : 'a number known while compiling',
      found: value ? valueText(value) : 'nothing',
    });
  }
  if (integer && !Number.isSafeInteger(value.value))
    fail(place, 'not-whole', element?.span ?? span, { value: String(value.value) });
  return value.value;
}

/** The argument as a vector; a scalar is one of one element. */
export function vectorOf(place: Place, given: Given, span: Span, what: string): TensorValue {
  const value = tensor(place, given, 'x', span, what);
  if (value.shape.length === 0) return reshape(place, span, value, [1]);
  return value.shape.length === 1
    ? value
    : fail(place, 'wrong-operand', span, { what, wanted: 'a vector', found: valueText(value) });
}

/** The result of a calculation while compiling. */
export const finiteNumber = (place: Place, span: Span, value: number): NumberValue =>
  Number.isFinite(value)
    ? numberValue(value)
    : fail(place, 'out-of-range', span, { where: 'this', wanted: 'a finite number', found: String(value) });

/** `true` or `false`. */
export function truth(place: Place, { value, span }: Element, what: string): boolean {
  return value.kind === 'boolean'
    ? value.value
    : fail(place, 'wrong-operand', span, { what, wanted: '`true` or `false`', found: valueText(value) });
}

/** A feature, not its tensor. */
export function featureOf(place: Place, given: Given, span: Span, what: string): Feature {
  const value = given.feature?.value;
  return value?.kind === 'feature'
    ? value.feature
    : fail(place, 'wrong-operand', given.feature?.span ?? span, {
        what,
        wanted: 'a feature',
        found: value ? valueText(value) : 'nothing',
      });
}
