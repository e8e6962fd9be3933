import type { Graph, Node, Shape } from './graph.js';

/** What the host fills: inputs, parameters, states and noise. */
export type HostInput = Node<'input' | 'parameter' | 'state' | 'noise'>;

export function isHostInput(node: Node): node is HostInput {
  return node.kind === 'input' || node.kind === 'parameter' || node.kind === 'state' || node.kind === 'noise';
}

export function hostInputs(graph: Graph): readonly HostInput[] {
  return graph.nodes.filter(isHostInput);
}

export function isInt(node: Node): boolean {
  return node.kind === 'input' && node.dtype === 'int';
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}

/** Shape of each output of a graph, by name. */
export function outputShapes(graph: Graph): readonly (readonly [name: string, shape: Shape])[] {
  return Object.entries(graph.outputs).map(([name, id]) => [name, graph.nodes[id]?.shape ?? []]);
}
