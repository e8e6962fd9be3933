import type { Builder } from '../builder.js';
import { binary, maxOver, sumOver, unary, type Label, type Labelled } from '../labelled.js';
import { coreLabel, dimOfSize, found, indexLabel, type Context, type NodeOf } from './context.js';
import { lowered, masksOf, zeroOfNone } from './masks.js';
import { evaluateProduct } from './products.js';
import { reducedAxes, sumProduct } from './sums.js';

export function lowerReduction(context: Context, node: NodeOf<'reduce'>): Labelled {
  const { b } = context;
  const { reduction } = node;
  if (reduction === 'sum' || reduction === 'mean') return evaluateProduct(b, sumProduct(context, node));
  const axes = reducedAxes(context, node);
  const masks = masksOf(context, axes);
  const value = context.value(node.x);
  const x = lowered(context, reduction === 'min' ? unary(b, 'negate', value) : value, masks);
  const present = new Set(axes.flatMap(({ label }) => (x.labels.includes(label) ? [label] : [])));
  if (reduction === 'log_sum_exp') {
    const copies = axes.reduce((all, { label, size }) => (present.has(label) ? all : all * Number(dimOfSize(size))), 1);
    const result = logSumExp(b, x, present);
    const scaled = copies === 1 ? result : binary(b, 'add', result, { node: b.constant(Math.log(copies)), labels: [] });
    return zeroOfNone(context, scaled, masks);
  }
  const largest = maxOver(b, x, present);
  return zeroOfNone(context, reduction === 'min' ? unary(b, 'negate', largest) : largest, masks);
}

/** m + log Σ exp(x - m), m the maximum. */
function logSumExp(b: Builder, x: Labelled, labels: ReadonlySet<Label>): Labelled {
  if (labels.size === 0) return x;
  const largest = maxOver(b, x, labels);
  const shifted = binary(b, 'subtract', x, largest);
  return binary(b, 'add', unary(b, 'log', sumOver(b, unary(b, 'exp', shifted), labels)), largest);
}

export function lowerSoftmax(context: Context, node: NodeOf<'softmax'>): Labelled {
  const { b } = context;
  const axis =
    node.over === 'vector'
      ? { label: coreLabel(0), size: found(context.node(node.x).shape[0], 'the axis of a softmax') }
      : { label: indexLabel(node.over), size: node.over.size };
  const masks = masksOf(context, [axis]);
  const x = lowered(context, context.value(node.x), masks);
  const at = x.labels.indexOf(axis.label);
  if (at < 0) return { node: b.constant(1 / Number(dimOfSize(axis.size))), labels: [] };
  const shares: Labelled = { node: b.softmax(x.node, at), labels: x.labels };
  return masks.reduce((all, { present }) => binary(b, 'multiply', all, present), shares);
}
