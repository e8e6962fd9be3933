import type { EncoderProgram, FeatureEncoder } from '../../encode/program.js';
import { columnReads } from '../../encode/expressions/columns.js';
import type { DenseParameter, PlacedSite } from '../../graph/step.js';
import type { CheckedModel, Codes } from '../../model/model.js';
import type { InputInfo } from './model.js';
import { ElementType } from './proto.js';

/** What each input of the inference model is, by its name. */
export function inputDocs(
  model: CheckedModel,
  program: EncoderProgram,
  inputs: readonly InputInfo[],
  raw: boolean,
): ReadonlyMap<string, string> {
  const docs = new Map(model.features.map(({ name, doc }) => [name, doc === undefined ? '' : ` ${doc}`]));
  if (raw)
    return new Map(
      inputs.map(({ name, type, shape }) => {
        const readers = program.features.filter(({ value }) => value && columnReads(value).some((read) => read.name === name));
        const users = readers.map((feature) => feature.name);
        return [
          name,
          `Column of the data, for ${users.join(', ')}; ${missingText(type, shape.length)}.${textOfDocs(users, docs)}`,
        ];
      }),
    );
  const features = new Map(program.features.map((feature) => [feature.name, feature]));
  return new Map(
    inputs.map(({ name }) => {
      const dot = name.indexOf('.');
      const feature = features.get(name.slice(dot + 1));
      return [name, feature ? `${encodedText(name.slice(0, dot), feature)}${docs.get(feature.name) ?? ''}` : name];
    }),
  );
}

const textOfDocs = (features: readonly string[], docs: ReadonlyMap<string, string>): string =>
  features.map((name) => docs.get(name) ?? '').join('');

function missingText(type: ElementType, axes: number): string {
  if (type === ElementType.string) return axes > 1 ? "rows are filled up with ''" : "'' is missing";
  return type === ElementType.double ? 'NaN is missing' : 'no number may be missing';
}

function encodedText(prefix: string, feature: FeatureEncoder): string {
  if (prefix === 'offsets') return `Row r has the ids from offsets[r] to offsets[r + 1] of ids.${feature.name}.`;
  switch (feature.kind) {
    case 'category':
      return `${feature.many ? 'Ids of all rows, one after the other' : 'Id of each row'}: ${codesText(feature.codes)}.`;
    case 'number':
      return feature.transforms.length > 0 ? `The number after ${feature.transforms.join(' and ')}.` : 'The number.';
    case 'vector':
      return 'The numbers.';
    case 'time':
      return `sin and cos of each cycle: ${feature.cycles.join(', ')}${feature.standardize ? '; standardized' : ''}.`;
    default:
      return feature satisfies never;
  }
}

function codesText(codes: Codes): string {
  switch (codes.kind) {
    case 'vocabulary':
      return `1 + the place in the vocabulary ${codes.name} of encoder.json, 0 of what it lacks`;
    case 'values':
      return `1 + the place among the spec's ${String(codes.values.length)} values, 0 of any other`;
    case 'hash':
      return `MurmurHash3 (32 bits, seed 0) of the UTF-8 text modulo ${String(codes.buckets)}`;
    case 'size':
      return `a whole number from 0 to ${String(codes.size - 1)}`;
    case 'buckets':
      return `how many of ${codes.boundaries.join(', ')} are at or below the number`;
    default:
      return codes satisfies never;
  }
}

/** What each output of the inference model is, by its name. */
export function outputDocs({ labels, network }: CheckedModel): ReadonlyMap<string, string> {
  const predicted = { binary: 'Probability', class: 'Probability of each class', number: 'Predicted number' } as const;
  return new Map([
    ...labels.flatMap(({ name, task, doc }): [string, string][] => [
      [`logit.${name}`, `What the network computes for ${name}.`],
      [`prediction.${name}`, `${predicted[task.kind]}.${doc === undefined ? '' : ` ${doc}`}`],
    ]),
    ...network.outputs.map(({ name }): [string, string] => [`output.${name}`, `The network's ${name}.`]),
  ]);
}

/** What each input and output of the training step is, by its name. */
export function stepDocs(
  { labels, features, network }: CheckedModel,
  sites: readonly PlacedSite[],
  parameters: readonly DenseParameter[],
): ReadonlyMap<string, string> {
  return new Map<string, string>([
    ['weight', 'Weight of each row; 0 for padding.'],
    ['total_weight', 'Sum of the weights of the whole batch.'],
    ['loss', 'Σ weight·loss / total_weight.'],
    ...labels.flatMap(({ name }): [string, string][] => [
      [`label.${name}`, 'The observed value.'],
      [`logit.${name}`, `What the network computes for ${name}.`],
    ]),
    ...features.flatMap(({ name }): [string, string][] => [
      [`dense.${name}`, 'The encoded numbers.'],
      [`mask.${name}`, '1 where a row has that place of its sequence, else 0.'],
      [`code.${name}`, "The row's id, as a float."],
      [`frequency.${name}`, 'Logarithm of the share of the training rows that have this id.'],
    ]),
    ...sites.flatMap(({ name, table, form }): [string, string][] => [
      [`rows.${name}`, `Rows of table.${table}${form === 'mean' || form === 'sum' ? `, the ${form} of each bag` : ''}.`],
      [`gradient.rows.${name}`, `Gradient with respect to rows.${name}.`],
    ]),
    ...parameters.flatMap(({ name }): [string, string][] => [
      [name, 'Weight.'],
      [`gradient.${name}`, `Gradient with respect to ${name}.`],
    ]),
    ...network.states.flatMap(({ name }): [string, string][] => [
      [name, 'Running statistic.'],
      [`state.${name}`, `Next value of ${name}.`],
    ]),
  ]);
}
