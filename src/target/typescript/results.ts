import type { NodeId } from '../../graph/graph.js';
import { printShape } from '../../graph/shapes.js';
import type { CheckedModel } from '../../model/model.js';
import { createNames } from '../code/names.js';
import type { NamedGraph } from './network.js';
import type { Stage, Stages } from './stages.js';

/** A tensor that a function of the network gives. */
export interface Result {
  readonly name: string;
  readonly node: NodeId;
  /** Of a label, its logit. */
  readonly label?: string;
  /** What the code says of it. */
  readonly doc: string;
}

export interface Results {
  /** What `forward` gives beyond logits comes last. */
  readonly of: (stage: Stage) => readonly Result[];
  readonly nameOf: (node: NodeId) => string;
  readonly nameOfOutput: (name: string) => string;
}

/** Logits have their labels' names, outputs their own, and what is handed on the name of the network's tensor. */
export function resultsOf(
  model: CheckedModel,
  named: NamedGraph,
  { served, forward }: Stages,
  labelName: (label: string) => string,
): Results {
  const newName = createNames(named.logits.map(({ label }) => labelName(label)));
  const shapeOf = (node: NodeId): string => printShape(named.graph.nodes[node]?.shape ?? []);
  const docs = new Map(model.labels.map(({ name, doc }) => [name, doc]));
  const logits = named.logits.map(({ label, node }): Result => {
    const text = docs.get(label);
    return { name: labelName(label), node, label, doc: text === undefined ? shapeOf(node) : `${text}\n${shapeOf(node)}` };
  });
  const outputNames = new Map(named.outputs.map(({ name }) => [name, newName(name)]));
  const outputs = named.outputs.map(({ name, node }): Result => {
    return { name: outputNames.get(name) ?? name, node, doc: shapeOf(node) };
  });
  const ends = [...logits, ...outputs];
  const handedOn = [...new Set([...(served?.results ?? []), ...forward.results])]
    .filter((id) => ends.every(({ node }) => node !== id))
    .map((node): Result => {
      const name = newName(named.names.get(node) ?? named.graph.nodes[node]?.part ?? 'x');
      return { name, node, doc: shapeOf(node) };
    });
  const all = [...ends, ...handedOn];
  return {
    of: ({ results }) => all.filter(({ node }) => results.includes(node)),
    nameOf: (node) => {
      const found = all.find((one) => one.node === node);
      if (!found) throw new Error(`node ${String(node)} is handed on by nothing`);
      return found.name;
    },
    nameOfOutput: (name) => outputNames.get(name) ?? name,
  };
}
