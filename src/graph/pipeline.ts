import type { CheckedModel } from '../model/model.js';
import type { Site } from '../model/network.js';
import type { Graph } from './graph.js';
import { lower, lowerRows, lowerStep } from './lower.js';
import { cutTables, foldResiduals, joinRows, joinRowsPass, simplifications, type Pass } from './passes/index.js';
import { isRowLocal } from './row-local.js';
import type { DenseParameter, InferenceGraph, StepGraph } from './step.js';

/** A graph on its way, by the name of what made it. */
export interface Stage {
  readonly name: string;
  readonly graph: Graph;
}

const passes: readonly Pass[] = [cutTables, ...simplifications];

/** What suits an engine's kernels better; the last changes the graph's inputs and outputs. */
const engineChoices: readonly Pass[] = [foldResiduals, joinRowsPass];

/** The uncut inference graph: tables are parameters, lookups are nodes. */
export function forwardGraph(model: CheckedModel, names: readonly string[] = model.outputs): Graph {
  return simplifications.reduce((graph, pass) => pass.run(graph), lower(model, 'infer', names));
}

/** Forward, losses and gradients as one graph, tables left to the host. */
export function stepGraph(model: CheckedModel): StepGraph {
  const graph = lastOf(differentiated(model));
  return {
    graph,
    parameters: denseParameters(model, (name) => `gradient.${name}` in graph.outputs),
    states: model.network.states,
    sites: sitesOf(model, graph),
    isRowLocal: isRowLocal(lowerRows(model)),
  };
}

/** Logits and predictions of labels and values of outputs, those named alone; tables left to the host. */
export function inferenceGraph(model: CheckedModel, names: readonly string[] = model.outputs): InferenceGraph {
  const graph = lastOf(inferred(model, names));
  const [parameters, states] = [namesOf(graph, 'parameter'), namesOf(graph, 'state')];
  const trained = new Set(model.network.weights.flatMap(({ name, frozen }) => (frozen ? [] : [name])));
  return {
    graph,
    parameters: denseParameters(model, (name) => trained.has(name)).filter(({ name }) => parameters.has(name)),
    states: model.network.states.filter(({ name }) => states.has(name)),
    sites: sitesOf(model, graph),
  };
}

/** The same, with the passes of `engineChoices`. */
export function forEngine<T extends StepGraph | InferenceGraph>(of: T): T {
  const { graph, places } = joinRows(foldResiduals.run(of.graph));
  const sites = of.sites.map((site) => {
    const place = places.get(site.name);
    return place === undefined ? site : { ...site, place };
  });
  return { ...of, graph, sites };
}

/** The step after `differentiate` and after each pass, those for engines too. */
export function stepStages(model: CheckedModel): Stage[] {
  const lowered = { name: 'lower', graph: lower(model, 'train') };
  return chosen([lowered, ...differentiated(model)]);
}

function differentiated(model: CheckedModel): Stage[] {
  return runPasses({ name: 'differentiate', graph: lowerStep(model) }, passes);
}

/** The inference graph after `lower` and after each pass, those for engines too. */
export function inferenceStages(model: CheckedModel, names: readonly string[] = model.outputs): Stage[] {
  return chosen(inferred(model, names));
}

const chosen = (stages: readonly Stage[]): Stage[] => {
  const [last, ...more] = runPasses({ name: '', graph: lastOf(stages) }, engineChoices);
  return last === undefined ? [...stages] : [...stages, ...more];
};

function inferred(model: CheckedModel, names: readonly string[]): Stage[] {
  return runPasses({ name: 'lower', graph: lower(model, 'infer', names) }, passes);
}

function runPasses(first: Stage, list: readonly Pass[]): Stage[] {
  const stages = [first];
  let { graph } = first;
  for (const pass of list) {
    graph = pass.run(graph);
    stages.push({ name: pass.name, graph });
  }
  return stages;
}

function lastOf(stages: readonly Stage[]): Graph {
  const graph = stages.at(-1)?.graph;
  if (!graph) throw new Error('a pipeline without stages');
  return graph;
}

const namesOf = (graph: Graph, kind: 'parameter' | 'state'): ReadonlySet<string> =>
  new Set(graph.nodes.flatMap((node) => (node.kind === kind ? [node.name] : [])));

/** Weights in the order the network made them; one for which the step gives no gradient keeps its first values. */
function denseParameters({ network, train }: CheckedModel, isTrained: (name: string) => boolean): DenseParameter[] {
  return network.weights.map(({ name, shape, initializer, isBias, l2 }) => {
    const frozen = !isTrained(name);
    return { name, shape, initializer, l2: frozen ? 0 : (l2 ?? (isBias ? 0 : train.l2)), frozen };
  });
}

const SITE = 'rows.';

/** The lookups that the graph takes as inputs or gives gradients for, in the order of the network. */
function sitesOf({ network }: CheckedModel, graph: Graph): Site[] {
  const inputs = graph.nodes.flatMap((node) => (node.kind === 'input' && node.name.startsWith(SITE) ? [node.name] : []));
  const gradients = Object.keys(graph.outputs).flatMap((name) =>
    name.startsWith(`gradient.${SITE}`) ? [name.slice('gradient.'.length)] : [],
  );
  const used = new Set([...inputs, ...gradients]);
  return network.sites.filter(({ name }) => used.has(SITE + name));
}
