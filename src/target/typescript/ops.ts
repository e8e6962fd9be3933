import type { Dim, Node, OpName, Shape } from '../../graph/graph.js';
import { sameShape } from '../../graph/shapes.js';
import { identifier, join, list, ts, type Code } from '../code/code.js';
import type { LayerName } from './runtime/layers.js';

/** What stands for a node: a tensor, or a plain number that broadcasts. */
export interface Value {
  readonly code: Code;
  /** The same as truth values, if it is made of those. */
  readonly condition?: Code;
  readonly isNumber: boolean;
  readonly shape: Shape;
  /** Whether a gradient is asked for. */
  readonly isTrained: boolean;
}

export interface OpContext {
  /** The number of rows, as code. */
  readonly rows: () => Code;
  readonly use: (layer: LayerName) => Code;
}

type Printer<K extends OpName> = (node: Node<K>, inputs: readonly Value[], context: OpContext) => Code;

/** Leaves and lookups are the emitter's; `place` comes of gradients only. */
type Computed = Exclude<OpName, 'input' | 'parameter' | 'state' | 'noise' | 'lookup' | 'scatter_rows' | 'place'>;

const at = (inputs: readonly Value[], i: number): Value => {
  const found = inputs[i];
  if (!found) throw new Error(`operand ${String(i)} is missing`);
  return found;
};

/** As something that has methods. */
export const tensor = ({ code, isNumber }: Pick<Value, 'code' | 'isNumber'>): Code => (isNumber ? ts`tf.scalar(${code})` : code);

type UnaryMethod = 'neg' | 'exp' | 'log' | 'sqrt' | 'abs' | 'sign' | 'sigmoid' | 'tanh' | 'relu' | 'softplus';
type BinaryMethod = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | Comparison;
export type Comparison = 'greater' | 'lessEqual' | 'equal' | 'notEqual';

const unary =
  (method: UnaryMethod): Printer<OpName> =>
  (_, inputs) =>
    ts`${tensor(at(inputs, 0))}.${identifier(method)}()`;

const binaryCode = (method: BinaryMethod, commutes: boolean, a: Value, b: Value): Code => {
  if (!a.isNumber) return ts`${a.code}.${identifier(method)}(${b.code})`;
  return commutes && !b.isNumber
    ? ts`${b.code}.${identifier(method)}(${a.code})`
    : ts`tf.${identifier(method)}(${a.code}, ${b.code})`;
};

const binary =
  (method: BinaryMethod, commutes: boolean): Printer<OpName> =>
  (_, inputs) =>
    binaryCode(method, commutes, at(inputs, 0), at(inputs, 1));

/** Truth values. */
export const comparison = (method: Comparison, a: Value, b: Value): Code => binaryCode(method, false, a, b);

/** The gradient of TensorFlow.js knows no broadcast here. */
const extreme =
  (method: 'maximum' | 'minimum'): Printer<'maximum' | 'minimum'> =>
  (node, inputs, context) => {
    const spread = (x: Value): Value =>
      x.isNumber || sameShape(x.shape, node.shape)
        ? x
        : { ...x, code: ts`tf.broadcastTo(${x.code}, ${fullShape(node.shape, context)})` };
    return binaryCode(method, true, spread(at(inputs, 0)), spread(at(inputs, 1)));
  };

export const axesCode = (all: readonly number[]): Code => (all.length === 1 ? ts`${all[0] ?? 0}` : list(all));

const reduction =
  (method: 'sum' | 'max'): Printer<'sum' | 'max'> =>
  (node, inputs) =>
    ts`${tensor(at(inputs, 0))}.${identifier(method)}(${axesCode(node.axes)}${node.keepDims ? ts`, true` : ts``})`;

/** TensorFlow.js knows the last axis only. */
const alongAxis =
  (method: 'softmax' | 'logSoftmax'): Printer<'softmax' | 'log_softmax'> =>
  (node, inputs) => {
    const x = at(inputs, 0);
    const last = node.shape.length - 1;
    if (node.axis === last) return ts`${tensor(x)}.${identifier(method)}()`;
    const swap = list(node.shape.map((_, axis) => (axis === node.axis ? last : axis === last ? node.axis : axis)));
    return ts`${tensor(x)}.transpose(${swap}).${identifier(method)}().transpose(${swap})`;
  };

/** A shape for `reshape`: its one axis that depends on the batch is left to TensorFlow.js. */
function openShape(shape: Shape, context: OpContext): Code {
  return shape.filter((dim) => typeof dim !== 'number').length > 1
    ? fullShape(shape, context)
    : list(shape.map((dim) => (typeof dim === 'number' ? dim : -1)));
}

export function fullShape(shape: Shape, context: OpContext): Code {
  return list(shape.map((dim) => size(dim, context)));
}

function size(dim: Dim, { rows }: OpContext): number | Code {
  if (typeof dim === 'number') return dim;
  if (dim === 'rows') return rows();
  if (dim.startsWith('rows*')) return ts`${rows()} * ${Number(dim.slice('rows*'.length))}`;
  throw new Error(`the size of ${dim} is not known here`);
}

/**
 * The gradient of TensorFlow.js's product knows no broadcast: a batch that only one operand has is folded into its rows, or else
 * the other operand is repeated.
 */
const matmul: Printer<'matmul'> = (node, inputs, context) => {
  const [a, b] = [at(inputs, 0), at(inputs, 1)];
  const flags = node.transposeB ? ts`, ${node.transposeA}, true` : node.transposeA ? ts`, true` : ts``;
  const product = (x: Code, y: Code): Code => ts`${x}.matMul(${y}${flags})`;
  if (a.shape.length === b.shape.length) return product(tensor(a), tensor(b));
  if (a.shape.length > b.shape.length && !node.transposeA) {
    const folded = ts`${tensor(a)}.reshape(${list([-1, size(a.shape.at(-1) ?? 1, context)])})`;
    return ts`${product(folded, tensor(b))}.reshape(${openShape(node.shape, context)})`;
  }
  const repeated = (x: Value, like: Value): Code =>
    ts`tf.broadcastTo(${tensor(x)}, ${fullShape([...like.shape.slice(0, -2), ...x.shape], context)})`;
  return a.shape.length > b.shape.length ? product(tensor(a), repeated(b, a)) : product(repeated(a, b), tensor(b));
};

const alongOneAxis = (rank: number, axis: number, value: Code, other: Code): Code =>
  list(Array.from({ length: rank }, (_, i) => (i === axis ? value : other)));

const printers: { readonly [K in Computed]: Printer<K> } = {
  constant: (node, _, context) => {
    if (typeof node.value !== 'number') return ts`tf.tensor(${list(node.value)}, ${fullShape(node.shape, context)})`;
    return node.shape.length === 0 ? ts`${node.value}` : ts`tf.fill(${fullShape(node.shape, context)}, ${node.value})`;
  },

  add: binary('add', true),
  subtract: binary('sub', false),
  multiply: binary('mul', true),
  divide: binary('div', false),
  maximum: extreme('maximum'),
  minimum: extreme('minimum'),
  // TensorFlow.js stops at a comparison on the way of a gradient, but knows that of a step.
  greater: (_, inputs, { use }) =>
    inputs.some(({ isTrained }) => isTrained)
      ? ts`${binaryCode('sub', false, at(inputs, 0), at(inputs, 1))}.step()`
      : ts`${use('asNumber')}(${comparison('greater', at(inputs, 0), at(inputs, 1))})`,
  select: (_, inputs) => {
    const condition = at(inputs, 0).condition ?? ts`${tensor(at(inputs, 0))}.cast("bool")`;
    return ts`tf.where(${condition}, ${at(inputs, 1).code}, ${at(inputs, 2).code})`;
  },
  negate: unary('neg'),
  exp: unary('exp'),
  log: unary('log'),
  sqrt: unary('sqrt'),
  abs: unary('abs'),
  sign: unary('sign'),
  sigmoid: unary('sigmoid'),
  tanh: unary('tanh'),
  relu: (node, inputs, context) =>
    at(inputs, 0).isTrained ? ts`${context.use('relu')}(${tensor(at(inputs, 0))})` : unary('relu')(node, inputs, context),
  softplus: unary('softplus'),

  sum: reduction('sum'),
  max: (node, inputs, context) => {
    const x = at(inputs, 0);
    if (!x.isTrained || node.keepDims) return reduction('max')(node, inputs, context);
    return ts`${context.use('largest')}(${tensor(x)}, ${list(node.axes)})`;
  },
  softmax: alongAxis('softmax'),
  log_softmax: alongAxis('logSoftmax'),

  matmul,
  transpose: (node, inputs) => ts`${tensor(at(inputs, 0))}.transpose(${list(node.permutation)})`,
  reshape: (node, inputs, context) => ts`${tensor(at(inputs, 0))}.reshape(${openShape(node.shape, context)})`,
  broadcast: (node, inputs, context) => ts`tf.broadcastTo(${tensor(at(inputs, 0))}, ${fullShape(node.shape, context)})`,
  concat: (node, inputs) => ts`tf.concat([${join(inputs.map(tensor))}], ${node.axis})`,
  slice: (node, inputs) => {
    const rank = node.axis + 1;
    return ts`${tensor(at(inputs, 0))}.slice(${alongOneAxis(rank, node.axis, ts`${node.from}`, ts`0`)}, ${alongOneAxis(rank, node.axis, ts`${node.to - node.from}`, ts`-1`)})`;
  },
  take: (node, inputs, { use }) => ts`${use('take')}(${tensor(at(inputs, 0))}, ${list(node.at)}, ${node.axis})`,
  pad: (node, inputs) =>
    ts`tf.pad(${tensor(at(inputs, 0))}, ${alongOneAxis(node.shape.length, node.axis, list([node.before, node.after]), ts`[0, 0]`)})`,
};

/** A node as an expression of TensorFlow.js, given its inputs. */
export function printOp<K extends Computed>(node: Node<K>, inputs: readonly Value[], context: OpContext): Code {
  const table: { readonly [P in Computed]: Printer<P> } = printers;
  return table[node.kind](node, inputs, context);
}

export function isComputed(node: Node): node is Node<Computed> {
  return Object.hasOwn(printers, node.kind);
}
