import type { Span } from '../../language/source.js';
import type { Block } from '../../language/syntax.js';
import type { Feature, Initializer } from '../model.js';
import { isSequence, type Index, type NodeId, type Ragged, type Size } from '../network.js';
import type { Builtin } from './given.js';

/** What an expression in a network or block can be while it is compiled. */
export type Value =
  | NumberValue
  | RaggedSize
  | BooleanValue
  | TextValue
  | ListValue
  | TensorValue
  | FeatureValue
  | FunctionValue
  | InitializerValue
  | Poison;

export interface NumberValue {
  readonly kind: 'number';
  readonly value: number;
}

/** A size that differs by row: no number to calculate with. */
export interface RaggedSize {
  readonly kind: 'ragged';
  readonly size: Ragged;
}

export interface BooleanValue {
  readonly kind: 'boolean';
  readonly value: boolean;
}

export interface TextValue {
  readonly kind: 'text';
  readonly value: string;
}

export interface ListValue {
  readonly kind: 'list';
  readonly elements: readonly Element[];
}

/** A value with the place where it was written, for messages. */
export interface Element {
  readonly value: Value;
  readonly span: Span;
}

export interface TensorValue {
  readonly kind: 'tensor';
  readonly node: NodeId;
  readonly shape: readonly Size[];
  readonly indices: readonly Index[];
  /** Whether it differs by row. */
  readonly rows: boolean;
  /** The feature or name that it is, where it is nothing more. */
  readonly name?: string;
}

export interface FeatureValue {
  readonly kind: 'feature';
  readonly feature: Feature;
}

export type FunctionValue = { readonly kind: 'function' } & (
  | { readonly is: 'block'; readonly block: Block; readonly isStd: boolean }
  | { readonly is: 'builtin'; readonly name: string; readonly builtin: Builtin }
  /** A call with holes: its other arguments are evaluated already. */
  | {
      readonly is: 'partial';
      readonly of: FunctionValue;
      readonly depth: number;
      readonly arguments: readonly PartialArgument[];
      readonly span: Span;
    }
  /** Its first call makes the weights within it, later ones find them by the same names. */
  | {
      readonly is: 'shared';
      readonly of: FunctionValue;
      readonly made: SharedWeights;
      readonly depth: number;
      readonly span: Span;
    }
);

/** Where the first call of a shared function stood: the path of its weights, with the names that were taken there. */
export interface SharedWeights {
  first?: { readonly text: string; readonly used: ReadonlyMap<string, number> };
}

export interface PartialArgument {
  readonly name?: string;
  /** Absent: a hole. */
  readonly value?: Value;
  readonly span: Span;
}

export interface InitializerValue {
  readonly kind: 'initializer';
  readonly initializer: Initializer;
}

/** The result of something already reported: whatever uses it stays silent. */
export interface Poison {
  readonly kind: 'poison';
}

export const poison: Poison = { kind: 'poison' };
export const numberValue = (value: number): NumberValue => ({ kind: 'number', value });

export function sizeText(size: Size): string {
  if (typeof size === 'number') return String(size);
  return size.ragged === 'batch' ? 'batch' : `of ${size.feature}`;
}

/** What an index over the axis runs over. */
export function placesText(size: Size): string {
  if (typeof size === 'number') return String(size);
  return size.ragged === 'batch' ? 'the rows of the batch' : `the values of \`${size.feature}\` in a row`;
}

/** `vector[192]`, `scalar`, as blocks write their types. */
export function shapeText(shape: readonly Size[]): string {
  const inner = shape.map(sizeText).join(', ');
  if (isSequence(shape[0])) return `sequence[${inner}]`;
  switch (shape.length) {
    case 0:
      return 'scalar';
    case 1:
      return `vector[${inner}]`;
    case 2:
      return `matrix[${inner}]`;
    default:
      return `tensor[${inner}]`;
  }
}

/** What a reader calls a value. */
export function valueText(value: Value): string {
  switch (value.kind) {
    case 'number':
      return String(value.value);
    case 'ragged':
      return `a size that differs by row (${sizeText(value.size)})`;
    case 'boolean':
      return String(value.value);
    case 'text':
      return JSON.stringify(value.value);
    case 'list':
      return value.elements.length === 0 ? 'an empty list' : `a list of ${String(value.elements.length)}`;
    case 'tensor':
      return value.name === undefined ? shapeText(value.shape) : `\`${value.name}\` (${shapeText(value.shape)})`;
    case 'feature':
      return `feature \`${value.feature.name}\``;
    case 'function':
      return `function ${functionName(value)}`;
    case 'initializer':
      return `initializer \`${value.initializer.kind}\``;
    case 'poison':
      return 'something wrong';
    default:
      return value satisfies never;
  }
}

export function functionName(value: FunctionValue): string {
  switch (value.is) {
    case 'block':
      return `\`${value.block.name.text}\``;
    case 'builtin':
      return `\`${value.name}\``;
    case 'partial':
    case 'shared':
      return functionName(value.of);
    default:
      return value satisfies never;
  }
}
