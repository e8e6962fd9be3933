import { metrics as known } from '../../model/metrics.js';
import type { Label, Metric, MetricName } from '../../model/model.js';
import { doc, identifier, join, member, none, property, ts, type Code } from '../code/code.js';
import { argumentsOf, type Functions } from './functions.js';
import { inputsCall } from './inputs.js';
import type { Plan } from './plan.js';
import { metricParts, type MetricPart } from './runtime/metrics.js';
import { assemble } from '../code/parts.js';

type Task = Label['task']['kind'];

const measures: Readonly<Record<MetricName, Partial<Readonly<Record<Task, MetricPart>>>>> = {
  rmse: { number: 'rmse' },
  mae: { number: 'mae' },
  auc: { binary: 'auc' },
  log_loss: { binary: 'binaryLogLoss', class: 'classLogLoss' },
  accuracy: { binary: 'binaryAccuracy', class: 'classAccuracy' },
};

const lossMeasures: Readonly<Record<Task, MetricPart>> = {
  number: 'squaredError',
  binary: 'binaryLogLoss',
  class: 'classLogLoss',
};

/** The metrics of the spec, and what picks the best epoch where it is none of them. */
function measured({ model }: Plan): readonly Metric[] {
  const { metrics, labels, train } = model;
  if (train.monitor === 'loss' || metrics.some(({ key }) => key === train.monitor)) return metrics;
  const dot = train.monitor.lastIndexOf('.');
  const label = dot < 0 ? labels[0]?.name : train.monitor.slice(0, dot);
  const name = (Object.keys(known) as MetricName[]).find((one) => one === train.monitor.slice(dot + 1));
  return label === undefined || name === undefined ? metrics : [...metrics, { label, name, key: train.monitor }];
}

/** Whether rows that are not trained on have a loss: not where the network says how a label's is made. */
const hasLoss = ({ graph }: Plan): boolean => graph.losses.length === 0;

/** `metrics.ts`: how good a model is on rows, and which of two epochs is better. */
export function metricsFile(plan: Plan, { forward }: Functions): Code {
  const { model, names, graph } = plan;
  const used = new Set<MetricPart>();
  const labelOf = (name: string): Label | undefined => model.labels.find((label) => label.name === name);
  const call = (part: MetricPart, { name, task }: Label): Code => {
    used.add(part);
    const key = identifier(names.label(name));
    return ts`${identifier(part)}(logits.${key}, labels.${key}${task.kind === 'class' ? ts`, ${task.classes}` : none})`;
  };
  const all = measured(plan);
  const fields = all.flatMap(({ label: name, name: metric, key }) => {
    const label = labelOf(name);
    const part = label && measures[metric][label.task.kind];
    return label && part ? [ts`${property(key)}: ${call(part, label)},`] : [];
  });
  const losses = model.labels.map((label) => {
    const loss = call(lossMeasures[label.task.kind], label);
    return label.weight === 1 ? loss : ts`${label.weight} * ${loss}`;
  });
  const types = all.map(({ key }) => ts`readonly ${property(key)}: number;`);
  const labels = graph.logits.flatMap(({ label }) => labelOf(label) ?? []);
  const classesOf = ({ task }: Label): number => (task.kind === 'class' ? task.classes : 1);
  const sizes = labels.map((label) => {
    const rows = classesOf(label) === 1 ? ts`data.rows` : ts`data.rows * ${classesOf(label)}`;
    return ts`${identifier(names.label(label.name))}: new Float32Array(${rows}),`;
  });
  const filled = labels.map((label) => {
    const key = identifier(names.label(label.name));
    const at = classesOf(label) === 1 ? ts`at` : ts`at * ${classesOf(label)}`;
    return ts`logits.${key}.set(await given.${key}.data<'float32'>(), ${at});`;
  });
  const given = argumentsOf(
    { parameters: forward.parameters.filter(({ name }) => name !== 'noise' && name !== 'isTraining') },
    { weights: ts`model.weights`, states: ts`model.states` },
  );
  const inputs = plan.inputs.some(({ inTraining }) => inTraining) ? ts`trainingInputsOf` : ts`inputsOf`;
  const { monitor } = model.train;
  const value = monitor !== 'loss' ? ts`metrics${member(monitor)}` : hasLoss(plan) ? ts`loss` : ts`undefined`;
  const from = monitor !== 'loss' ? ts`{ metrics }: Evaluation` : hasLoss(plan) ? ts`{ loss }: Evaluation` : ts`_: Evaluation`;
  const name = (Object.keys(known) as MetricName[]).find((one) => one === monitor.slice(monitor.lastIndexOf('.') + 1));
  const isHigher = name !== undefined && known[name].better === 'higher';
  const parts = assemble(metricParts, hasLoss(plan) ? used : new Set(all.flatMap((metric) => partOf(metric, labelOf))));
  return join(
    [
      ts`import * as tf from '@tensorflow/tfjs';
import { takeRows, type TrainingBatch } from './batch.js';
import { forward, ${inputs}, type Model } from './model.js';`,
      ts`export interface Evaluation {
  readonly rows: number;
  ${hasLoss(plan) ? ts`readonly loss: number;` : none}
  readonly metrics: { ${types} };
}`,
      ts`${doc('The metrics of a model on rows.')}export async function evaluate(model: Model, data: TrainingBatch): Promise<Evaluation> {
  const { labels } = data;
  const logits = { ${sizes} };
  const size = 8192;
  const order = Int32Array.from({ length: data.rows }, (_, row) => row);
  for (let at = 0; at < data.rows; at += size) {
    const batch = takeRows(data, order.subarray(at, at + size));
    const inputs = ${inputsCall(plan, false)};
    const given = forward(${given});
    ${filled}
    tf.dispose([{ ...inputs }, { ...given }]);
  }
  return {
    rows: data.rows,
    ${hasLoss(plan) ? ts`loss: ${join(losses, ' + ')},` : none}
    metrics: { ${fields} },
  };
}`,
      ts`${doc(`What decides which epoch is best: ${monitor}.`)}export const monitored = (${from}): number | undefined => ${value};`,
      ts`export const improves = (value: number, best: number | undefined): boolean =>
  best === undefined ? !Number.isNaN(value) : value ${isHigher ? ts`>` : ts`<`} best;`,
      parts,
    ].filter(({ code }) => code !== ''),
    '\n\n',
  );
}

function partOf({ label: name, name: metric }: Metric, labelOf: (name: string) => Label | undefined): readonly MetricPart[] {
  const label = labelOf(name);
  const part = label && measures[metric][label.task.kind];
  return part ? [part] : [];
}
