import type { CheckedModel } from '../model/model.js';
import type { Graph } from './graph.js';
import { lower, lowerStep } from './lower.js';
import { cutTables, simplifications, type Pass } from './passes/index.js';
import type { DenseParameter, InferenceGraph, Site, StepGraph } from './step.js';

/** A graph on its way, by the name of what made it. */
export interface Stage {
  readonly name: string;
  readonly graph: Graph;
}

const passes: readonly Pass[] = [cutTables, ...simplifications];

/** The uncut inference graph: tables are parameters, lookups are nodes. */
export function forwardGraph(model: CheckedModel): Graph {
  return simplifications.reduce((graph, pass) => pass.run(graph), lower(model, 'infer'));
}

/** Forward, loss and gradients as one graph, tables left to the host. */
export function stepGraph(model: CheckedModel): StepGraph {
  return described(model, stepStages(model));
}

/** Logits and predictions, tables left to the host. */
export function inferenceGraph(model: CheckedModel): InferenceGraph {
  return described(model, inferenceStages(model));
}

/** The step after `differentiate` and after each pass. */
export function stepStages(model: CheckedModel): Stage[] {
  const lowered = { name: 'lower', graph: lower(model, 'train') };
  return [lowered, ...runPasses({ name: 'differentiate', graph: lowerStep(model) }, passes)];
}

/** The inference graph after `lower` and after each pass. */
export function inferenceStages(model: CheckedModel): Stage[] {
  return runPasses({ name: 'lower', graph: lower(model, 'infer') }, passes);
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

function described(model: CheckedModel, stages: readonly Stage[]): StepGraph {
  const graph = stages.at(-1)?.graph;
  if (!graph) throw new Error('a pipeline without stages');
  return { graph, parameters: denseParameters(model, graph), sites: sitesOf(model, graph) };
}

/** The weights that the graph reads, in the order the network made them. */
function denseParameters(model: CheckedModel, graph: Graph): DenseParameter[] {
  const read = new Set(graph.nodes.flatMap((node) => (node.kind === 'parameter' ? [node.name] : [])));
  return model.network.weights
    .filter(({ name }) => read.has(name))
    .map(({ name, shape, initializer, isBias, l2 }) => ({ name, shape, initializer, l2: l2 ?? (isBias ? 0 : model.train.l2) }));
}

const SITE = 'rows.';

/** The lookups that the graph takes as inputs or gives gradients for, in the order of the model's features. */
function sitesOf(model: CheckedModel, graph: Graph): Site[] {
  const inputs = graph.nodes.flatMap((node) => (node.kind === 'input' && node.name.startsWith(SITE) ? [node.name] : []));
  const gradients = Object.keys(graph.outputs).flatMap((name) =>
    name.startsWith(`gradient.${SITE}`) ? [name.slice('gradient.'.length)] : [],
  );
  const used = new Set([...inputs, ...gradients]);
  return model.features.flatMap((feature) => {
    if (feature.kind !== 'category' || !used.has(SITE + feature.name)) return [];
    const dim = model.tables.find(({ name }) => name === feature.table)?.dim;
    if (dim === undefined) throw new Error(`the model has no table ${feature.table}`);
    return [{ name: feature.name, table: feature.table, dim, ...(feature.many && { pool: feature.many.pool }) }];
  });
}
