import type { Node } from '../../graph/graph.js';
import type { DenseParameter } from '../../graph/step.js';
import type { CheckedModel, Table } from '../../model/model.js';
import { learnedBy, type FieldNames, type Learned } from './encoder-file.js';
import { createNames, nameTable } from './names.js';
import { namedGraph, type NamedGraph } from './network.js';

/** What the files of a project agree on. */
export interface Plan {
  readonly model: CheckedModel;
  readonly graph: NamedGraph;
  /** The weights and tables that the network reads, and the noise of its dropout. */
  readonly weights: readonly DenseParameter[];
  readonly tables: readonly Table[];
  readonly noise: readonly Node<'noise'>[];
  /** The features that it reads, in the order of the spec. */
  readonly inputs: readonly PlannedInput[];
  readonly learned: Learned;
  readonly names: FieldNames & {
    readonly weight: (path: string) => string;
    readonly table: (name: string) => string;
    readonly noise: (name: string) => string;
  };
}

export type PlannedInput =
  | { readonly kind: 'dense'; readonly feature: string; readonly width: number }
  | {
      readonly kind: 'rows';
      readonly feature: string;
      readonly table: Table;
      readonly many: boolean;
      readonly pool: 'mean' | 'sum';
    };

export function planProject(model: CheckedModel): Plan {
  const graph = namedGraph(model);
  const { nodes } = graph.graph;
  const parameters = new Set(nodes.flatMap((node) => (node.kind === 'parameter' ? [node.name] : [])));
  const weights = model.network.weights
    .filter(({ name }) => parameters.has(name))
    .map(({ name, shape, initializer, isBias, l2 }) => ({ name, shape, initializer, l2: l2 ?? (isBias ? 0 : model.train.l2) }));
  const read = new Set(nodes.flatMap((node) => (node.kind === 'input' ? [node.name] : [])));
  const inputs = model.features.flatMap((feature): readonly PlannedInput[] => {
    const { name } = feature;
    if (feature.kind !== 'category') {
      const node = nodes.find((one) => one.kind === 'input' && one.name === `dense.${name}`);
      const width = node?.shape[1];
      return typeof width === 'number' ? [{ kind: 'dense', feature: name, width }] : [];
    }
    const table = model.tables.find((one) => one.name === feature.table);
    if (!table || !read.has(`rows.${name}`)) return [];
    return [{ kind: 'rows', feature: name, table, many: feature.many !== undefined, pool: feature.many?.pool ?? 'sum' }];
  });
  const used = new Set(inputs.flatMap((input) => (input.kind === 'rows' ? [input.table.name] : [])));
  const tables = model.tables.filter(({ name }) => used.has(name));
  const noise = nodes.flatMap((node) => (node.kind === 'noise' ? [node] : []));
  const namesOf = (all: readonly { readonly name: string }[]): ((name: string) => string) =>
    nameTable(
      all.map(({ name }) => name),
      createNames(),
    );
  return {
    model,
    graph,
    weights,
    tables,
    noise,
    inputs,
    learned: learnedBy(model),
    names: {
      feature: namesOf(model.features),
      label: namesOf(model.labels),
      weight: namesOf(weights),
      table: namesOf(tables),
      noise: namesOf(noise),
    },
  };
}
