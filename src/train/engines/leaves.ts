import type { Graph, Node, Shape } from '../../graph/graph.js';

export type HostInput = Node<'input' | 'parameter' | 'state' | 'noise'>;

/** What the host fills: inputs, parameters, states and noise. */
export function hostInputs(graph: Graph): readonly HostInput[] {
  return graph.nodes.filter(
    (node): node is HostInput =>
      node.kind === 'input' || node.kind === 'parameter' || node.kind === 'state' || node.kind === 'noise',
  );
}

export function isInt(node: HostInput): boolean {
  return node.kind === 'input' && node.dtype === 'int';
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Shape of each output of a graph, by name. */
export function outputShapes(graph: Graph): readonly (readonly [name: string, shape: Shape])[] {
  return Object.entries(graph.outputs).map(([name, id]) => [name, graph.nodes[id]?.shape ?? []]);
}
