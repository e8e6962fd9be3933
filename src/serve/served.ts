import { programFor } from '../encode/compile.js';
import type { EncoderProgram } from '../encode/program.js';
import { featuresRead } from '../graph/features-read.js';
import type { InferenceGraph } from '../graph/step.js';
import type { CheckedModel } from '../model/model.js';

/** All that a model can give: its labels and what `outputs` lists, each once. */
export const givenBy = ({ labels, outputs }: Pick<CheckedModel, 'labels' | 'outputs'>): readonly string[] => [
  ...new Set([...labels.map(({ name }) => name), ...outputs]),
];

/** What a graph needs of a row: the features it reads, and those that they are crossed of. */
export const neededBy = (graph: InferenceGraph, program: EncoderProgram): EncoderProgram =>
  programFor(program, featuresRead(graph));

/** The model with the features of a program alone, as `rowSchema` takes it. */
export function withFeaturesOf<M extends Pick<CheckedModel, 'features'>>(model: M, { features }: EncoderProgram): M {
  const names = new Set(features.map(({ name }) => name));
  return { ...model, features: model.features.filter(({ name }) => names.has(name)) };
}
