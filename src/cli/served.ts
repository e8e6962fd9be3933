import { programFor } from '../encode/compile.js';
import type { EncoderProgram } from '../encode/program.js';
import type { InferenceGraph } from '../graph/step.js';
import type { CheckedModel } from '../model/model.js';
import { nearest } from '../model/suggest.js';
import { complaint } from './errors.js';

/** All that a model can give: its labels and what `outputs` lists, each once. */
export const givenBy = ({ labels, outputs }: Pick<CheckedModel, 'labels' | 'outputs'>): readonly string[] => [
  ...new Set([...labels.map(({ name }) => name), ...outputs]),
];

/**
 * The names that the command line asks for, single or with commas between them; without any, the model's own outputs.
 * @throws a complaint where the model gives no such thing
 */
export function pickOutputs(
  model: Pick<CheckedModel, 'name' | 'labels' | 'outputs'>,
  given: readonly string[],
): readonly string[] {
  const all = givenBy(model);
  const names = [...new Set(given.flatMap((text) => text.split(',')).map((name) => name.trim()))];
  for (const name of names) {
    if (all.includes(name)) continue;
    const near = nearest(name, all);
    throw complaint(name === '' ? '--output needs NAME' : `model ${model.name} has no output ${name}`, {
      help: near === undefined ? `It gives ${all.join(', ')}.` : `Did you mean ${near}?`,
      exitStatus: 2,
    });
  }
  return names.length === 0 ? model.outputs : names;
}

const featureInputs = ['dense.', 'mask.', 'code.'];

/** What a graph needs of a row: the features it reads, and those that they are crossed of. */
export function neededBy({ graph, sites }: InferenceGraph, program: EncoderProgram): EncoderProgram {
  const inputs = graph.nodes.flatMap((node) => {
    const kind = node.kind === 'input' ? featureInputs.find((prefix) => node.name.startsWith(prefix)) : undefined;
    return node.kind === 'input' && kind !== undefined ? [node.name.slice(kind.length)] : [];
  });
  return programFor(program, [...sites.map(({ feature }) => feature), ...inputs]);
}

/** The model with the features of a program alone, as `rowSchema` takes it. */
export function withFeaturesOf<M extends Pick<CheckedModel, 'features'>>(model: M, { features }: EncoderProgram): M {
  const names = new Set(features.map(({ name }) => name));
  return { ...model, features: model.features.filter(({ name }) => names.has(name)) };
}
