import type { Builder } from './builder.js';
import type { Node, NodeId, OpName } from './graph.js';
import { opOf } from './ops/index.js';

/**
 * Reverse mode: adds to the builder the gradients of `loss` (one number, shape []) with respect to the nodes `wrt`, and
 * returns them in that order, each of the shape of its node. What `loss` does not depend on has gradient zero.
 */
export function differentiate(builder: Builder, loss: NodeId, wrt: readonly NodeId[]): NodeId[] {
  const depends = dependents(builder, loss, new Set(wrt));
  const gradients = new Map<NodeId, NodeId>([[loss, builder.constant(1)]]);
  for (let id = loss; id >= 0; id--) {
    const upstream = gradients.get(id);
    if (upstream === undefined || !depends.has(id)) continue;
    const node = builder.node(id);
    builder.at(node.span, node.part);
    const wanted = node.inputs.map((input) => depends.has(input));
    gradientsOf(node, upstream, builder, wanted).forEach((gradient, i) => {
      const input = node.inputs[i];
      if (gradient === undefined || input === undefined || !wanted[i]) return;
      const before = gradients.get(input);
      gradients.set(input, before === undefined ? gradient : builder.binary('add', before, gradient));
    });
  }
  builder.at(undefined);
  return wrt.map((id) => gradients.get(id) ?? builder.constant(0, builder.shape(id)));
}

/** The nodes up to `last` whose value depends on one of `sources`, those included. */
function dependents(builder: Builder, last: NodeId, sources: ReadonlySet<NodeId>): Set<NodeId> {
  const found = new Set(sources);
  for (let id = 0; id <= last; id++) {
    if (builder.node(id).inputs.some((input) => found.has(input))) found.add(id);
  }
  return found;
}

function gradientsOf<K extends OpName>(node: Node<K>, upstream: NodeId, builder: Builder, wanted: readonly boolean[]) {
  return opOf<K>(node.kind).gradient(node, upstream, builder, wanted);
}
