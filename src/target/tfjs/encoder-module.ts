import { encoderProgram, programFor } from '../../encode/compile.js';
import { neededColumnsOf } from '../../encode/needed-columns.js';
import { rowSchema } from '../../encode/schema.js';
import type { CheckedModel, Feature } from '../../model/model.js';
import { doc, identifier, join, property, ts, type Code } from '../code/code.js';
import { encoderFile } from '../code/encoder-file.js';
import { nameTable } from '../code/names.js';
import { assemble, type Part } from '../code/parts.js';
import type { ModelInput } from './model-inputs.js';

/** The encoder of a graph model as a module of TypeScript: rows become what its inputs are given. Not yet formatted. */
export function encoderModule(model: CheckedModel, inputs: readonly ModelInput[]): string {
  const features = encodedFeatures(model, inputs);
  const namesOf = (all: readonly { readonly name: string }[]): ((name: string) => string) =>
    nameTable(all.map((one) => one.name));
  const name = namesOf(features);
  const fields = { feature: name, label: namesOf(model.labels) };
  const program = programFor(
    encoderProgram(model),
    inputs.map(({ feature }) => feature),
  );
  const needed = neededColumnsOf(program, rowSchema({ ...model, features }));
  const served = encoderFile({ ...model, features }, fields, new Set(), needed);
  const used = new Set<InputPart>(inputs.map(({ kind }) => partOf[kind]));
  const types = inputs.map((input) => ts`${doc(shapeText(input))}readonly ${property(input.name)}: T;`);
  const values = inputs.map((input) => ts`${property(input.name)}: ${inputCode(input, features, name)},`);
  const inputCodes = ts`${doc('What the model is given of a batch, by the names of its inputs; T is the type of its tensors.')}export interface Inputs<T> {
${types}
}

${doc('`tf.tensor` is one.')}export type MakeTensor<T> = (values: Float32Array | Int32Array, shape: number[], dtype: 'float32' | 'int32') => T;

${doc('The inputs of the model for a batch of encoded rows. The caller disposes of the tensors.')}export function inputsOf<T>(rows: readonly EncodedRow[], tensor: MakeTensor<T>): Inputs<T> {
  return { ${values} };
}`;
  return `${join([served, inputCodes, assemble(inputParts, used)], '\n\n').code}\n`;
}

/** The features that the inputs are made of: those themselves, what they are crossed of, stand beside or share a vocabulary with. */
function encodedFeatures({ features }: CheckedModel, inputs: readonly ModelInput[]): readonly Feature[] {
  const needed = new Set(inputs.map(({ feature }) => feature));
  for (const name of needed) {
    const feature = features.find((one) => one.name === name);
    if (feature?.kind !== 'category') continue;
    feature.cross?.forEach((part) => needed.add(part));
    if (feature.many?.parallel !== undefined) needed.add(feature.many.parallel);
    if (feature.codes.kind === 'vocabulary') needed.add(feature.codes.name);
  }
  return features.filter(({ name }) => needed.has(name));
}

function shapeText(input: ModelInput): string {
  switch (input.kind) {
    case 'id':
      return 'int32 [rows]';
    case 'ids':
      return `int32 [rows, ${String(input.places ?? 'places')}]: the ids of each row, then its last one again`;
    case 'mask':
      return `float32 [rows, ${String(input.places ?? 'places')}]: 1 for an id of the row, 0 for what fills it up`;
    case 'numbers':
      return `float32 [rows, ${String(input.width)}]`;
    default:
      return input satisfies never;
  }
}

function inputCode(input: ModelInput, features: readonly Feature[], name: (feature: string) => string): Code {
  const value = ts`row.${identifier(name(input.feature))}`;
  const isNumber = features.some((one) => one.name === input.feature && one.kind === 'number');
  const of = ts`(row) => ${isNumber ? ts`[${value}]` : value}`;
  switch (input.kind) {
    case 'id':
      return ts`idOfEach(rows, ${of}, tensor)`;
    case 'ids':
      return ts`idsOfEach(rows, ${input.places ?? ts`undefined`}, ${of}, tensor)`;
    case 'mask':
      return ts`maskOfEach(rows, ${input.places ?? ts`undefined`}, ${of}, tensor)`;
    case 'numbers':
      return ts`numbersOfEach(rows, ${input.width}, ${of}, tensor)`;
    default:
      return input satisfies never;
  }
}

type InputPart = 'idOfEach' | 'idsOfEach' | 'maskOfEach' | 'placesOf' | 'numbersOfEach';

const partOf = {
  id: 'idOfEach',
  ids: 'idsOfEach',
  mask: 'maskOfEach',
  numbers: 'numbersOfEach',
} as const satisfies Readonly<Record<ModelInput['kind'], InputPart>>;

const inputParts: Readonly<Record<InputPart, Part<InputPart>>> = {
  idOfEach: {
    uses: [],
    code: `
function idOfEach<T>(rows: readonly EncodedRow[], of: (row: EncodedRow) => number, tensor: MakeTensor<T>): T {
  return tensor(Int32Array.from(rows, of), [rows.length], 'int32');
}`,
  },
  idsOfEach: {
    uses: ['placesOf'],
    code: `
function idsOfEach<T>(rows: readonly EncodedRow[], fixed: number | undefined, of: (row: EncodedRow) => readonly number[], tensor: MakeTensor<T>): T {
  const places = fixed ?? placesOf(rows, of);
  const values = new Int32Array(rows.length * places);
  rows.forEach((row, i) => {
    const ids = of(row);
    values.fill(ids.at(-1) ?? 0, i * places, (i + 1) * places);
    values.set(ids, i * places);
  });
  return tensor(values, [rows.length, places], 'int32');
}`,
  },
  maskOfEach: {
    uses: ['placesOf'],
    code: `
function maskOfEach<T>(rows: readonly EncodedRow[], fixed: number | undefined, of: (row: EncodedRow) => readonly number[], tensor: MakeTensor<T>): T {
  const places = fixed ?? placesOf(rows, of);
  const values = new Float32Array(rows.length * places);
  rows.forEach((row, i) => values.fill(1, i * places, i * places + of(row).length));
  return tensor(values, [rows.length, places], 'float32');
}`,
  },
  placesOf: {
    uses: [],
    code: `
/** As many as the longest row has ids, and one at least. */
function placesOf(rows: readonly EncodedRow[], of: (row: EncodedRow) => readonly number[]): number {
  return rows.reduce((most, row) => Math.max(most, of(row).length), 1);
}`,
  },
  numbersOfEach: {
    uses: [],
    code: `
function numbersOfEach<T>(rows: readonly EncodedRow[], width: number, of: (row: EncodedRow) => readonly number[], tensor: MakeTensor<T>): T {
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => values.set(of(row), i * width));
  return tensor(values, [rows.length, width], 'float32');
}`,
  },
};
