import type { InferenceGraph } from './step.js';

const featureInputs = ['dense.', 'mask.', 'code.'];

/** The features that a graph reads of a row, crossed ones without those that they are crossed of. */
export function featuresRead({ graph, sites }: Pick<InferenceGraph, 'graph' | 'sites'>): readonly string[] {
  const inputs = graph.nodes.flatMap((node) => {
    const kind = node.kind === 'input' ? featureInputs.find((prefix) => node.name.startsWith(prefix)) : undefined;
    return node.kind === 'input' && kind !== undefined ? [node.name.slice(kind.length)] : [];
  });
  return [...new Set([...sites.map(({ feature }) => feature), ...inputs])];
}
