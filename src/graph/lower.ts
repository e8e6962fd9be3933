import type { CheckedModel, Label } from '../model/model.js';
import type { NodeId as NetworkNode } from '../model/network.js';
import { createBuilder, type Builder } from './builder.js';
import { differentiate } from './differentiate.js';
import type { Graph, Node, NodeId } from './graph.js';
import { materialize } from './labelled.js';
import { coreLabels, dimOfLabel, found } from './lowering/context.js';
import { predictionOf, rowLoss, totalLoss } from './lowering/losses.js';
import { lowerNetwork, type LoweredNetwork, type Mode } from './lowering/network.js';
import { live } from './passes/pass.js';

/**
 * The model as a graph with its tables in it. Inputs: `dense.<feature>` [rows, width]; `ids.<feature>` int [rows], or the ids of all
 * bags with `offsets.<feature>` int [rows+1]; `ids.<site>` int [rows, length] of a sequence; `mask.<feature>` [rows, length];
 * `code.<feature>` [rows]; every parameter and state.
 * Outputs of `infer`, of the labels and outputs named: `prediction.<label>` and `logit.<label>`, [rows] or [rows, classes];
 * `output.<name>` [rows, …].
 * Outputs of `train`: `loss` [], `logit.<label>`, `state.<state>`; its inputs have also `label.<name>`, `frequency.<feature>`,
 * `weight` [rows], `total_weight` [] and `noise.<path>`.
 */
export function lower(model: CheckedModel, mode: Mode, names: readonly string[] = model.outputs): Graph {
  return mode === 'infer' ? lowerInference(model, names) : lowerTraining(model);
}

function lowerInference(model: CheckedModel, names: readonly string[]): Graph {
  const b = createBuilder();
  const wanted = new Set(names);
  const logits = model.network.logits.filter(({ label }) => wanted.has(label));
  const outputs = model.network.outputs.filter(({ name }) => wanted.has(name));
  const ends = [...logits, ...outputs].map(({ node }) => node);
  const network = lowerNetwork(b, model, 'infer', ends);
  const results = logits.map(({ label, node }) => logitOf(b, model, network, label, node));
  const given = outputs.map(({ name, node }): [string, NodeId] => [`output.${name}`, valueOf(b, model, network, node)]);
  return live(b.finish({ ...predictions(b, results), ...logitOutputs(results), ...Object.fromEntries(given) }));
}

function lowerTraining(model: CheckedModel): Graph {
  const b = createBuilder();
  const { loss, outputs } = forward(b, model);
  return live(b.finish({ loss, ...outputs }));
}

/** The logits, the loss of every row and the next states: what decides whether rows are computed apart. */
export function lowerRows(model: CheckedModel): Graph {
  const b = createBuilder();
  const { losses, outputs } = forward(b, model);
  return live(b.finish({ ...outputs, ...Object.fromEntries(losses.map(({ loss }, i) => [`loss ${String(i)}`, loss])) }));
}

/**
 * The graph of `lower(model, 'train')` with the gradients of its loss: outputs `gradient.<parameter>` in the shape of the parameter,
 * tables (`gradient.table.<table>`) included, frozen weights and tables not.
 */
export function lowerStep(model: CheckedModel): Graph {
  const b = createBuilder();
  const { loss, outputs } = forward(b, model);
  const parameters = trainedParameters(live(b.finish({ loss, ...outputs })), model);
  const gradients = differentiate(
    b,
    loss,
    parameters.map(({ name, shape }) => b.parameter(name, shape)),
  );
  const named = gradients.map((gradient, i): [string, NodeId] => [`gradient.${parameters[i]?.name ?? ''}`, gradient]);
  return live(b.finish({ loss, ...outputs, ...Object.fromEntries(named) }));
}

/** Weights in the order the network made them, then tables. */
function trainedParameters(graph: Graph, { network, tables }: CheckedModel): Node<'parameter'>[] {
  const order = new Map(network.weights.map(({ name }, i) => [name, i]));
  const frozen = new Set([
    ...network.weights.flatMap(({ name, frozen: isFrozen }) => (isFrozen ? [name] : [])),
    ...tables.flatMap(({ name, frozen: isFrozen }) => (isFrozen ? [`table.${name}`] : [])),
  ]);
  const at = (name: string) => order.get(name) ?? order.size;
  const parameters = graph.nodes.flatMap((node) => (node.kind === 'parameter' && !frozen.has(node.name) ? [node] : []));
  return parameters.sort((p, q) => at(p.name) - at(q.name) || p.id - q.id);
}

interface Logit {
  readonly label: Label;
  /** [rows], or [rows, classes]. */
  readonly node: NodeId;
}

interface RowLoss {
  /** [rows] */
  readonly loss: NodeId;
  /** Of the label in the sum. */
  readonly weight: number;
}

interface Forward {
  readonly loss: NodeId;
  readonly losses: readonly RowLoss[];
  /** `logit.<label>` and `state.<state>`. */
  readonly outputs: Readonly<Record<string, NodeId>>;
}

function forward(b: Builder, model: CheckedModel): Forward {
  const { logits: ends } = model.network;
  const network = lowerNetwork(
    b,
    model,
    'train',
    ends.flatMap(({ node, loss }) => (loss === undefined ? [node] : [node, loss])),
  );
  const logits = ends.map(({ label, node }) => logitOf(b, model, network, label, node));
  const losses = logits.map(({ label, node }, i): RowLoss => {
    const own = ends[i]?.loss;
    b.at(label.span, 'loss');
    const loss = own === undefined ? rowLoss(b, label, node) : valueOf(b, model, network, own);
    return { loss, weight: label.weight };
  });
  b.at(undefined, 'loss');
  const loss = totalLoss(b, losses);
  b.at(undefined);
  const states = [...network.nextStates].map(([name, node]): [string, NodeId] => [`state.${name}`, node]);
  return { loss, losses, outputs: { ...logitOutputs(logits), ...Object.fromEntries(states) } };
}

/** [rows, ...shape of the node] */
function valueOf(b: Builder, { network }: CheckedModel, { value }: LoweredNetwork, id: NetworkNode): NodeId {
  const node = found(network.nodes[id], `node ${String(id)}`);
  return materialize(b, value(id), ['rows', ...coreLabels(node.shape)], (label) => dimOfLabel(node, label)).node;
}

function logitOf(b: Builder, model: CheckedModel, network: LoweredNetwork, name: string, node: NetworkNode): Logit {
  const label = found(
    model.labels.find((one) => one.name === name),
    `the label ${name}`,
  );
  b.at(label.span, name);
  return { label, node: valueOf(b, model, network, node) };
}

function logitOutputs(logits: readonly Logit[]): Record<string, NodeId> {
  return Object.fromEntries(logits.map(({ label, node }): [string, NodeId] => [`logit.${label.name}`, node]));
}

function predictions(b: Builder, logits: readonly Logit[]): Record<string, NodeId> {
  return Object.fromEntries(
    logits.map(({ label, node }): [string, NodeId] => {
      b.at(label.span, label.name);
      return [`prediction.${label.name}`, predictionOf(b, label.task, node)];
    }),
  );
}
