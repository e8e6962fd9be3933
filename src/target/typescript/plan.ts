import type { Node, NodeId, Shape } from '../../graph/graph.js';
import type { DenseParameter } from '../../graph/step.js';
import type { CheckedModel, Label, Table } from '../../model/model.js';
import type { Site, State } from '../../model/network.js';
import { learnedBy, type FieldNames, type Learned } from '../code/encoder-file.js';
import { createNames, nameTable } from '../code/names.js';
import { namedGraph, type NamedGraph } from './network.js';
import { resultsOf, type Results } from './results.js';
import { reach, stagesOf, type Stage, type Stages } from './stages.js';

/** What the files of a project agree on. */
export interface Plan {
  readonly model: CheckedModel;
  readonly graph: NamedGraph;
  readonly stages: Stages;
  /** The weights, running statistics and tables that the network reads, and the noise of its dropout. */
  readonly weights: readonly PlannedWeight[];
  readonly states: readonly State[];
  readonly tables: readonly Table[];
  readonly noise: readonly Node<'noise'>[];
  /** What it reads of rows, in the order of the spec. */
  readonly inputs: readonly PlannedInput[];
  /** What own losses read besides. */
  readonly targets: readonly PlannedTarget[];
  /** What `predict` gives, in order. */
  readonly served: readonly Served[];
  readonly results: Results;
  /** Features that are read in training alone. */
  readonly inTraining: ReadonlySet<string>;
  readonly learned: Learned;
  readonly names: FieldNames & {
    readonly weight: (path: string) => string;
    readonly state: (path: string) => string;
    readonly table: (name: string) => string;
    readonly noise: (name: string) => string;
    /** Of an input or a target, by its name in the graph. */
    readonly input: (name: string) => string;
    readonly target: (name: string) => string;
  };
}

export interface PlannedWeight extends DenseParameter {
  /** Whether a loss depends on it; the step of another only decays it. */
  readonly isReached: boolean;
}

export type PlannedInput = {
  /** In the graph. */
  readonly name: string;
  readonly feature: string;
  /** Of one row. */
  readonly shape: readonly number[];
  /** Read in training alone. */
  readonly inTraining: boolean;
} & (
  | { readonly kind: 'dense' }
  | {
      readonly kind: 'rows';
      readonly site: Site;
      readonly table: Table;
      readonly many: boolean;
      /** Whether a loss depends on it. */
      readonly isReached: boolean;
    }
  | { readonly kind: 'mask' }
  | { readonly kind: 'code' }
);

/** Observed values of a label, or the log of the share of the training rows that have a row's category: [rows]. */
export type PlannedTarget =
  | { readonly kind: 'label'; readonly name: string; readonly label: string }
  | { readonly kind: 'frequency'; readonly name: string; readonly feature: string };

export type Served = { readonly name: string; readonly node: NodeId } & (
  { readonly kind: 'label'; readonly label: Label } | { readonly kind: 'output'; readonly shape: readonly number[] }
);

export function planProject(model: CheckedModel): Plan {
  const graph = namedGraph(model);
  const { nodes } = graph.graph;
  const stages = stagesOf(graph, model.outputs);
  const read = { parameter: namesOf(nodes, 'parameter'), state: namesOf(nodes, 'state') };
  const reached = new Set([...reach(graph, lossEnds(graph)).nodes].flatMap((id) => nameOf(nodes[id]) ?? []));
  const trained = new Set([...reach(graph, trainingEnds(graph)).nodes].flatMap((id) => nameOf(nodes[id]) ?? []));

  const weights = model.network.weights
    .filter(({ name }) => read.parameter.has(name))
    .map(({ name, shape, initializer, isBias, l2, frozen }): PlannedWeight => {
      const isFrozen = frozen === true || !trained.has(name);
      const own = isFrozen ? 0 : (l2 ?? (isBias ? 0 : model.train.l2));
      return { name, shape, initializer, l2: own, frozen: isFrozen, isReached: reached.has(name) };
    });
  const atServing = stages.served ?? stages.forward;
  const inputs = plannedInputs(model, nodes, namesAmong(nodes, atServing), reached);
  const used = new Set(inputs.flatMap((input) => (input.kind === 'rows' ? [input.table.name] : [])));
  const tables = model.tables.filter(({ name }) => used.has(name));
  const targets = plannedTargets(nodes, namesAmong(nodes, ...stages.losses.map(({ stage }) => stage)));
  const noise = nodes.flatMap((node) => (node.kind === 'noise' ? [node] : []));
  const label = namesTable(model.labels);
  const states = model.network.states.filter(({ name }) => read.state.has(name));
  return {
    model,
    graph,
    stages,
    weights,
    states,
    tables,
    noise,
    inputs,
    targets,
    served: servedOf(model, graph),
    results: resultsOf(model, graph, stages, label),
    inTraining: featuresInTraining(model, inputs, targets),
    learned: learnedBy(model),
    names: {
      feature: nameTable(
        model.features.map(({ name }) => name),
        createNames(['rows', 'labels']),
      ),
      label,
      weight: namesTable(weights),
      state: namesTable(states),
      table: namesTable(tables),
      noise: namesTable(noise),
      input: inputNames(inputs),
      target: nameTable(
        targets.map(({ name }) => name),
        createNames(),
        (name) => {
          const of = name.slice(name.indexOf('.') + 1);
          return name.startsWith('frequency.') ? `${of} log share` : of;
        },
      ),
    },
  };
}

const namesTable = (all: readonly { readonly name: string }[]): ((name: string) => string) =>
  nameTable(
    all.map(({ name }) => name),
    createNames(),
  );

const nameOf = (node: Node | undefined): string | undefined =>
  node?.kind === 'parameter' || node?.kind === 'state' || node?.kind === 'input' ? node.name : undefined;

const namesOf = (nodes: readonly Node[], kind: 'parameter' | 'state'): ReadonlySet<string> =>
  new Set(nodes.flatMap((node) => (node.kind === kind ? [node.name] : [])));

const namesAmong = (nodes: readonly Node[], ...stages: readonly Stage[]): ReadonlySet<string> =>
  new Set(stages.flatMap((stage) => [...stage.nodes].flatMap((id) => nameOf(nodes[id]) ?? [])));

/** What losses are made of: an own loss, or else the logit. */
function lossEnds({ logits, losses }: NamedGraph): readonly NodeId[] {
  const own = new Set(losses.map(({ label }) => label));
  return [...losses.map(({ node }) => node), ...logits.filter(({ label }) => !own.has(label)).map(({ node }) => node)];
}

const trainingEnds = (graph: NamedGraph): readonly NodeId[] => [...lossEnds(graph), ...graph.logits.map(({ node }) => node)];

function plannedInputs(
  model: CheckedModel,
  nodes: readonly Node[],
  served: ReadonlySet<string>,
  reached: ReadonlySet<string>,
): readonly PlannedInput[] {
  const inputs = new Map(nodes.flatMap((node): [string, Shape][] => (node.kind === 'input' ? [[node.name, node.shape]] : [])));
  return model.features.flatMap((feature): readonly PlannedInput[] => {
    const common = (name: string) => {
      const shape = inputs.get(name);
      if (!shape) return undefined;
      return { name, feature: feature.name, shape: shape.slice(1).map(Number), inTraining: !served.has(name) };
    };
    const [dense, mask, code] = ['dense', 'mask', 'code'].map((kind) => common(`${kind}.${feature.name}`));
    const rows = model.network.sites
      .filter((site) => site.feature === feature.name)
      .flatMap((site): readonly PlannedInput[] => {
        const table = model.tables.find(({ name }) => name === site.table);
        const found = common(`rows.${site.name}`);
        if (!found || !table) return [];
        const many = feature.kind === 'category' && feature.many !== undefined;
        return [{ ...found, kind: 'rows', site, table, many, isReached: reached.has(found.name) }];
      });
    return [
      ...(dense ? [{ ...dense, kind: 'dense' as const }] : []),
      ...rows,
      ...(mask ? [{ ...mask, kind: 'mask' as const }] : []),
      ...(code ? [{ ...code, kind: 'code' as const }] : []),
    ];
  });
}

function plannedTargets(nodes: readonly Node[], read: ReadonlySet<string>): readonly PlannedTarget[] {
  return nodes.flatMap((node): readonly PlannedTarget[] => {
    if (node.kind !== 'input' || !read.has(node.name)) return [];
    const { name } = node;
    const of = name.slice(name.indexOf('.') + 1);
    if (name.startsWith('label.')) return [{ kind: 'label', name, label: of }];
    return name.startsWith('frequency.') ? [{ kind: 'frequency', name, feature: of }] : [];
  });
}

function servedOf(model: CheckedModel, { logits, outputs }: NamedGraph): readonly Served[] {
  return model.outputs.flatMap((name): readonly Served[] => {
    const logit = logits.find(({ label }) => label === name);
    const label = model.labels.find((one) => one.name === name);
    if (logit && label) return [{ kind: 'label', name, node: logit.node, label }];
    const output = outputs.find((one) => one.name === name);
    const node = model.network.outputs.find((one) => one.name === name)?.node;
    const shape = node === undefined ? undefined : model.network.nodes[node]?.shape;
    return output && shape ? [{ kind: 'output', name, node: output.node, shape: shape.map(Number) }] : [];
  });
}

/** Features that only inputs and targets of training read, with those that these are crossed of or have their vocabulary from. */
function featuresInTraining(
  { features }: CheckedModel,
  inputs: readonly PlannedInput[],
  targets: readonly PlannedTarget[],
): ReadonlySet<string> {
  const withSources = (names: readonly string[]): Set<string> => {
    const all = new Set(names);
    for (const name of all) {
      const feature = features.find((one) => one.name === name);
      if (feature?.kind !== 'category') continue;
      feature.cross?.forEach((part) => all.add(part));
      if (feature.many?.parallel !== undefined) all.add(feature.many.parallel);
      if (feature.codes.kind === 'vocabulary') all.add(feature.codes.name);
    }
    return all;
  };
  const served = withSources(inputs.filter(({ inTraining }) => !inTraining).map(({ feature }) => feature));
  const frequencies = targets.flatMap((target) => (target.kind === 'frequency' ? [target.feature] : []));
  const training = withSources([...inputs.map(({ feature }) => feature), ...frequencies]);
  return new Set([...training].filter((name) => !served.has(name)));
}

const inputSuffixes: Readonly<Record<PlannedInput['kind'], string>> = { dense: '', rows: '', mask: ' mask', code: ' code' };

function inputNames(inputs: readonly PlannedInput[]): (name: string) => string {
  const wanted = new Map(inputs.map(({ name, kind }) => [name, name.slice(name.indexOf('.') + 1) + inputSuffixes[kind]]));
  return nameTable(wanted.keys(), createNames(), (name) => wanted.get(name) ?? name);
}
