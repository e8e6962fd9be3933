import type { CheckedModel, Label } from '../model/model.js';
import { createBuilder, type Builder } from './builder.js';
import { differentiate } from './differentiate.js';
import type { Graph, Node, NodeId } from './graph.js';
import { materialize } from './labelled.js';
import { predictionOf, rowLoss, totalLoss } from './lowering/losses.js';
import { lowerNetwork, type Mode } from './lowering/network.js';
import { live } from './passes/pass.js';

/**
 * The model as a graph with its tables in it. Inputs: `dense.<feature>` [rows, width]; `ids.<feature>` int [rows], or the
 * ids of all bags with `offsets.<feature>` int [rows+1]; every parameter.
 * Outputs of `infer`: `logit.<label>` and `prediction.<label>`, [rows] or [rows, classes].
 * Outputs of `train`: `logit.<label>` and `loss` []; its inputs have also `label.<name>`, `weight` [rows], `total_weight` []
 * and `noise.<path>`.
 */
export function lower(model: CheckedModel, mode: Mode): Graph {
  const b = createBuilder();
  const logits = lowerLogits(b, model, mode);
  const others = mode === 'infer' ? predictions(b, logits) : { loss: lossOf(b, logits) };
  return live(b.finish({ ...others, ...outputsOf(logits) }));
}

/**
 * The graph of `lower(model, 'train')` with the gradients of its loss: outputs `gradient.<parameter>` in the shape of the
 * parameter, tables (`gradient.table.<table>`) included.
 */
export function lowerStep(model: CheckedModel): Graph {
  const b = createBuilder();
  const logits = lowerLogits(b, model, 'train');
  const loss = lossOf(b, logits);
  const outputs = { loss, ...outputsOf(logits) };
  const parameters = parametersOf(live(b.finish(outputs)), model);
  const gradients = differentiate(
    b,
    loss,
    parameters.map(({ name, shape }) => b.parameter(name, shape)),
  );
  const named = gradients.map((gradient, i): [string, NodeId] => [`gradient.${parameters[i]?.name ?? ''}`, gradient]);
  return live(b.finish({ ...outputs, ...Object.fromEntries(named) }));
}

/** Weights in the order the network made them, then tables. */
function parametersOf(graph: Graph, { network }: CheckedModel): Node<'parameter'>[] {
  const order = new Map(network.weights.map(({ name }, i) => [name, i]));
  const at = (name: string) => order.get(name) ?? order.size;
  const parameters = graph.nodes.flatMap((node) => (node.kind === 'parameter' ? [node] : []));
  return parameters.sort((p, q) => at(p.name) - at(q.name) || p.id - q.id);
}

interface Logit {
  readonly label: Label;
  /** [rows], or [rows, classes]. */
  readonly node: NodeId;
}

function lowerLogits(b: Builder, model: CheckedModel, mode: Mode): Logit[] {
  const value = lowerNetwork(b, model, mode);
  return model.network.logits.map(({ label: name, node }) => {
    const label = model.labels.find((one) => one.name === name);
    if (!label) throw new Error(`the model has no label ${name}`);
    const classes = label.task.kind === 'class' ? [label.task.classes] : [];
    b.at(label.span, name);
    const order = ['rows', ...classes.map(() => 'c0')];
    return { label, node: materialize(b, value(node), order, (axis) => (axis === 'rows' ? axis : (classes[0] ?? 1))).node };
  });
}

function outputsOf(logits: readonly Logit[]): Record<string, NodeId> {
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

function lossOf(b: Builder, logits: readonly Logit[]): NodeId {
  const losses = logits.map(({ label, node }) => {
    b.at(label.span, 'loss');
    return { loss: rowLoss(b, label, node), weight: label.weight };
  });
  b.at(undefined, 'loss');
  const loss = totalLoss(b, losses);
  b.at(undefined);
  return loss;
}
