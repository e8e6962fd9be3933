import type { TensorNode } from '../../model/network.js';
import type { Builder } from '../builder.js';
import { commonOrder, dimOf, materialize, rename, type Labelled } from '../labelled.js';
import { coreAxis, coreLabel, coreLabels, dimOfLabel, dimOfSize, onCore, type Context, type NodeOf } from './context.js';

/** Ops that move elements of the value's own shape. */
export function lowerLayout(
  context: Context,
  node: NodeOf<'pick' | 'slice' | 'take' | 'concat' | 'stack' | 'reshape'>,
): Labelled {
  const { b, value } = context;
  switch (node.kind) {
    case 'pick': {
      const slice = sliceLeading(b, value(node.x), node.at, node.at + 1);
      const labels = slice.labels.filter((label) => label !== coreLabel(0));
      const shape = labels.map((label) => dimOf(b, slice, label));
      return rename(
        { node: b.reshape(slice.node, shape), labels },
        onCore((axis) => coreLabel(axis - 1)),
      );
    }
    case 'slice':
      return sliceLeading(b, value(node.x), node.from, node.to);
    case 'take': {
      const x = value(node.x);
      const axis = x.labels.indexOf(coreLabel(0));
      return axis < 0 ? x : { node: b.take(x.node, axis, node.at), labels: x.labels };
    }
    case 'concat':
      return concatLeading(context, node, node.xs.map(value), (i) => Number(context.node(node.xs[i] ?? -1).shape[0] ?? 1));
    case 'stack': {
      const below = node.xs.map((x) =>
        rename(
          value(x),
          onCore((axis) => coreLabel(axis + 1)),
        ),
      );
      return concatLeading(context, node, below, () => 1);
    }
    case 'reshape':
      return lowerReshape(context, node);
    default:
      throw new Error(`unknown layout ${JSON.stringify(node satisfies never)}`);
  }
}

function sliceLeading(b: Builder, x: Labelled, from: number, to: number): Labelled {
  const axis = x.labels.indexOf(coreLabel(0));
  return axis < 0 ? x : { node: b.slice(x.node, axis, from, to), labels: x.labels };
}

function concatLeading({ b }: Context, node: TensorNode, xs: readonly Labelled[], sizeAt: (i: number) => number): Labelled {
  const common = commonOrder(b, xs);
  const lead = coreLabel(0);
  const at = common.findIndex((label) => coreAxis(label) !== undefined);
  const order = common.includes(lead) ? common : common.toSpliced(at < 0 ? common.length : at, 0, lead);
  const pieces = xs.map((x, i) => {
    return materialize(b, x, order, (label) => (label === lead ? sizeAt(i) : dimOfLabel(node, label))).node;
  });
  return { node: b.concat(pieces, order.indexOf(lead)), labels: order };
}

function lowerReshape({ b, value, node: nodeAt }: Context, node: NodeOf<'reshape'>): Labelled {
  const x = value(node.x);
  const core = coreLabels(nodeAt(node.x).shape);
  if (!core.some((label) => x.labels.includes(label)) && core.length > 0) return x;
  const others = x.labels.filter((label) => coreAxis(label) === undefined);
  const full = materialize(b, x, [...others, ...core], (label) => dimOfLabel(nodeAt(node.x), label));
  const shape = [...others.map((label) => dimOf(b, full, label)), ...node.shape.map(dimOfSize)];
  return { node: b.reshape(full.node, shape), labels: [...others, ...coreLabels(node.shape)] };
}
