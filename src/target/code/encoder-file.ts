import { columnReads } from '../../encode/expressions/columns.js';
import { encoderProgram } from '../../encode/compile.js';
import { featuresText, type NeededColumn } from '../../encode/needed-columns.js';
import type { CategoryEncoder, FeatureEncoder } from '../../encode/program.js';
import { standardizedWidth } from '../../encode/statistics.js';
import type { CheckedModel } from '../../model/model.js';
import { doc, identifier, join, list, member, none, property, ts, type Code } from './code.js';
import { exampleTypes } from './examples.js';
import { featureCode, labelCode, valueCode, type FeatureCode } from './features.js';
import { createNames, nameTable, type Names } from './names.js';
import { encoderParts, type EncoderName } from './encoder-parts.js';
import { assemble } from './parts.js';

/** Names of features and labels in the generated code. */
export interface FieldNames {
  readonly feature: (name: string) => string;
  readonly label: (name: string) => string;
}

/** What the encoder takes from `encoder.json`. */
export interface Learned {
  /** Vocabularies, each with the features that it is learned from. */
  readonly vocabularies: readonly { readonly name: string; readonly minCount: number; readonly sources: readonly string[] }[];
  /** Standardized features, with how many numbers they have. */
  readonly statistics: readonly { readonly feature: string; readonly width: number }[];
}

export function learnedBy(model: Pick<CheckedModel, 'features' | 'labels'>): Learned {
  const { features } = encoderProgram(model);
  const users = features.flatMap((feature) =>
    feature.kind === 'category' && feature.codes.kind === 'vocabulary' ? [{ feature: feature.name, ...feature.codes }] : [],
  );
  const names = [...new Set(users.map(({ name }) => name))];
  return {
    vocabularies: names.map((name) => {
      const all = users.filter((user) => user.name === name);
      const owner = all.filter(({ feature }) => feature === name);
      const sources = owner.length > 0 ? owner : all;
      return { name, minCount: sources[0]?.minCount ?? 1, sources: sources.map(({ feature }) => feature) };
    }),
    statistics: features.flatMap((feature) => {
      const width = standardizedWidth(feature);
      return width === 0 ? [] : [{ feature: feature.name, width }];
    }),
  };
}

export const isLearning = ({ vocabularies, statistics }: Learned): boolean => vocabularies.length + statistics.length > 0;

/**
 * `encoder.ts`: a row becomes what the network reads, exactly as rows do in training; `inTraining` are features of training alone.
 * One that only serves, given the columns that its rows `need`, knows no labels and learns nothing.
 */
export function encoderFile(
  model: CheckedModel,
  fields: FieldNames,
  inTraining: ReadonlySet<string>,
  need?: readonly NeededColumn[],
): Code {
  const isServed = need !== undefined;
  const program = encoderProgram(model);
  const learned = learnedBy(model);
  const used = new Set<EncoderName>(['named']);
  const use = (name: EncoderName): Code => {
    used.add(name);
    return identifier(name);
  };
  const names = createNames([...Object.keys(encoderParts), ...declared]);
  const keys = (of: readonly { readonly name: string }[]): string[] => of.map(({ name }) => name);
  const reader = nameTable(keys(program.features), names, (name) => `read ${name}`);
  const labelName = nameTable(keys(program.labels), names, (name) => `read ${name} label`);
  const placed = program.features.filter((feature) => feature.kind === 'category' && feature.keepsPlaces);
  const places = nameTable(keys(placed), names, (name) => `${name} places`);
  const indices = listedIndices(program.features, names);
  if (indices.code.length > 0) use('rowIndex');
  const context = { program, use, names: { reader, places, index: indices.name } };
  const features = program.features.map((feature) => ({ feature, code: featureCode(feature, context) }));
  const labels = isServed ? [] : program.labels.map((one) => labelCode(one, labelName(one.name), context));
  const docs = new Map([...model.features, ...model.labels].map(({ name, doc: text }) => [name, text]));

  const fieldType = ({ feature, code }: Feature): Code =>
    ts`${doc([docs.get(feature.name), note(feature)].filter((text) => text !== undefined).join('\n'))}readonly ${identifier(fields.feature(feature.name))}: ${code.type};`;
  const [served, inTrainingOnly] = [false, true].map((only) =>
    features.filter(({ feature }) => inTraining.has(feature.name) === only),
  ) as [Feature[], Feature[]];
  const labelTypes = model.labels.map(
    ({ name, doc: text }) => ts`${doc(text)}readonly ${identifier(fields.label(name))}: number;`,
  );
  const trainingFeatures = ts`${doc("A row's features as training takes them.")}export interface TrainingFeatures extends EncodedRow {
${inTrainingOnly.map(fieldType)}
}

`;
  const rowTypes = ts`${exampleTypes(model, inTraining, need)}

${doc("A row's features as the network takes them.")}export interface EncodedRow {
${served.map(fieldType)}
}`;
  const trainingTypes = ts`${inTrainingOnly.length > 0 ? trainingFeatures : none}export interface Labels {
${labelTypes}
}

export interface TrainingRow {
  readonly features: ${inTrainingOnly.length > 0 ? ts`TrainingFeatures` : ts`EncodedRow`};
  readonly labels: Labels;
}`;
  const readers = features.map(({ code }) => code.reader);
  const state = isLearning(learned) ? stateCode(learned, use) : none;
  const fit = isLearning(learned) && !isServed ? fitCode(learned, features, use) : none;
  const keep = isServed ? none : keepCode(model, context);
  const encoder = createEncoderCode({
    fields,
    served,
    inTrainingOnly,
    learned,
    indices: indices.code,
    program,
    labelName,
    need: need && { columns: need, check: use('requireColumns') },
  });
  const parts = assemble(encoderParts, used);
  const all = [rowTypes, isServed ? none : trainingTypes, state, fit, ...readers, ...labels, keep, encoder, parts];
  return join(
    all.filter(({ code }) => code !== ''),
    '\n\n',
  );
}

/** What the file declares besides its parts, and parameters. */
const declared = ['createEncoder', 'fitEncoder', 'isKept', 'parseEncoderState', 'encode', 'example', 'examples', 'state', 'text'];

function note(feature: FeatureEncoder): string | undefined {
  switch (feature.kind) {
    case 'category':
      return `${feature.many ? 'Rows' : 'Row'} of the table \`${feature.table}\`.`;
    case 'vector':
      return `${String(feature.size)} numbers.`;
    case 'time':
      return `sin and cos for each of: ${feature.cycles.join(', ')}.`;
    case 'number':
      return undefined;
    default:
      return feature satisfies never;
  }
}

/** The row indices that the encoder keeps: one for each vocabulary, one for each feature with listed values. */
function listedIndices(
  features: readonly FeatureEncoder[],
  newName: Names,
): {
  readonly name: (feature: CategoryEncoder) => string;
  readonly code: readonly Code[];
} {
  const keyOf = (feature: CategoryEncoder): string => (feature.codes.kind === 'vocabulary' ? feature.codes.name : feature.name);
  const listed = features.flatMap((feature) =>
    feature.kind === 'category' && (feature.codes.kind === 'vocabulary' || feature.codes.kind === 'values') ? [feature] : [],
  );
  const byKey = new Map(listed.map((feature) => [keyOf(feature), feature]));
  const names = nameTable(byKey.keys(), newName, (key) => `${key} rows`);
  return {
    name: (feature) => names(keyOf(feature)),
    code: [...byKey].map(([key, { codes }]) => {
      const values = codes.kind === 'values' ? list(codes.values) : ts`state.vocabularies${member(key)}`;
      return ts`const ${identifier(names(key))} = rowIndex(${values});`;
    }),
  };
}

interface Feature {
  readonly feature: FeatureEncoder;
  readonly code: FeatureCode;
}

/** Type and file of the encoder's state. */
function stateCode({ vocabularies, statistics }: Learned, use: (name: EncoderName) => Code): Code {
  const checks = [
    ...(vocabularies.length > 0
      ? [
          ts`  for (const name of ${list(vocabularies.map(({ name }) => name))})
    if (!${use('isVocabulary')}(state.vocabularies?.[name])) throw new Error('encoder.json lacks vocabularies of ' + name);`,
        ]
      : []),
    ...(statistics.length > 0
      ? [
          ts`  const widths: readonly (readonly [string, number])[] = ${list(statistics.map(({ feature, width }) => list([feature, width])))};
  for (const [name, width] of widths)
    if (!${use('isStatistics')}(state.statistics?.[name], width)) throw new Error('encoder.json lacks statistics of ' + name);`,
        ]
      : []),
  ];
  return ts`export interface Statistic {
  readonly mean: number;
  readonly deviation: number;
}

${doc('What training rows teach the encoder: the content of encoder.json.')}export interface EncoderState {
  ${doc('Values of each vocabulary, in row order after row 0.')}readonly vocabularies: ${objectType(vocabularies.map(({ name }) => ts`readonly ${property(name)}: readonly string[];`))};
  readonly statistics: ${objectType(statistics.map(({ feature }) => ts`readonly ${property(feature)}: readonly Statistic[];`))};
}

${doc('Reads encoder.json. Throws where it lacks something, or a deviation is not above 0.')}export function parseEncoderState(text: string): EncoderState {
  const state = JSON.parse(text) as { readonly [Part in keyof EncoderState]?: Readonly<Record<string, unknown>> };
${checks}
  return state as unknown as EncoderState;
}`;
}

function fitCode({ vocabularies, statistics }: Learned, features: readonly Feature[], use: (name: EncoderName) => Code): Code {
  const readerOf = (name: string): FeatureCode | undefined => features.find(({ feature }) => feature.name === name)?.code;
  const texts = (sources: readonly string[]): Code => {
    const all = sources.flatMap((source) => {
      const found = readerOf(source);
      return found ? [ts`examples.${found.gives === 'texts' ? ts`flatMap` : ts`map`}(${found.name})`] : [];
    });
    const [only] = all;
    return all.length === 1 && only ? only : ts`[${join(all.map((one) => ts`...${one}`))}]`;
  };
  const learnedVocabularies = vocabularies.map(
    ({ name, minCount, sources }) => ts`${property(name)}: ${use('learnVocabulary')}(${texts(sources)}, ${minCount}),`,
  );
  const learnedStatistics = statistics.map(({ feature, width }) => {
    const name = readerOf(feature)?.name ?? none;
    const values =
      width === 1
        ? ts`[${use('statisticOf')}(examples.map(${name}))]`
        : ts`${list(Array.from({ length: width }, (_, i) => i))}.map((i) => ${use('statisticOf')}(examples.map((example) => ${name}(example)[i] ?? 0)))`;
    return ts`${property(feature)}: ${values},`;
  });
  return ts`${doc('Learns vocabularies and statistics from the rows to train on.')}export function fitEncoder(examples: readonly Example[]): EncoderState {
  return {
    vocabularies: { ${learnedVocabularies} },
    statistics: { ${learnedStatistics} },
  };
}`;
}

const objectType = (fields: readonly Code[]): Code =>
  fields.length > 0 ? ts`{ ${fields} }` : ts`Readonly<Record<string, never>>`;

/** `isKept`, if the spec leaves rows out. */
function keepCode(model: CheckedModel, context: Parameters<typeof valueCode>[1]): Code {
  const keep = model.data?.keep;
  if (!keep) return none;
  const example = columnReads(keep).length === 0 ? ts`_example` : ts`example`;
  const { prelude, code } = valueCode(keep, context);
  return ts`${doc('Whether a row is one to train on.')}export function isKept(${example}: LabelledExample): boolean {
${prelude}return (${code}) === true;
}`;
}

interface EncoderRequest {
  readonly fields: FieldNames;
  readonly served: readonly Feature[];
  readonly inTrainingOnly: readonly Feature[];
  readonly learned: Learned;
  readonly indices: readonly Code[];
  readonly program: ReturnType<typeof encoderProgram>;
  readonly labelName: (label: string) => string;
  /** Of an encoder that only serves. */
  readonly need: Need | undefined;
}

/** The columns that rows are looked through for, and what does it. */
interface Need {
  readonly columns: readonly NeededColumn[];
  readonly check: Code;
}

function createEncoderCode(request: EncoderRequest): Code {
  const { fields, served, inTrainingOnly, learned, indices, program, labelName, need } = request;
  const encodedField = ({ feature, code }: Feature): Code =>
    ts`${identifier(fields.feature(feature.name))}: named(${feature.name}, () => ${code.encoded}),`;
  const features =
    inTrainingOnly.length > 0 ? ts`{ ...encode(example), ${inTrainingOnly.map(encodedField)} }` : ts`encode(example)`;
  const labels = program.labels.map(
    ({ name }) => ts`${identifier(fields.label(name))}: named(${name}, () => ${identifier(labelName(name))}(example)),`,
  );
  const encodeLabelled = ts`
    encodeLabelled: (example) => ({ features: ${features}, labels: { ${labels} } }),`;
  const encodedRow = ts`(example: Example): EncodedRow => ({ ${served.map(encodedField)} })`;
  const throws = `Throws an error that names the feature if a value is missing or cannot be read${need ? ', or the column that a row lacks' : ''}.`;
  const many =
    'The same of several rows, an error naming the row by its number from 1: a column that a row lacks and another has is missing there, as null is.';
  const types = need
    ? ts`${doc(many)}readonly encodeRows: (examples: readonly Example[]) => EncodedRow[];`
    : ts`readonly encodeLabelled: (example: LabelledExample) => TrainingRow;`;
  return ts`export interface Encoder {
  ${doc(throws)}readonly encode: (example: Example) => EncodedRow;
  ${types}
}

export function createEncoder(${isLearning(learned) ? ts`state: EncoderState` : none}): Encoder {
  ${indices}
${need ? encodersOfAll(need, encodedRow) : ts`  const encode = ${encodedRow};\n  return {\n    encode,${encodeLabelled}\n  };`}
}`;
}

const encodersOfAll = ({ columns, check }: Need, encodedRow: Code): Code => ts`
  const needed = ${list(columns.map(({ column, features, required }) => list([column, featuresText(features), ts`${!required}`])))} as const;
  const encodeRow = ${encodedRow};
  const encodeRows = (examples: readonly Example[]): EncodedRow[] => {
    ${check}(examples, needed);
    return examples.map((example, i) => named('row ' + String(i + 1), () => encodeRow(example)));
  };
  const encode = (example: Example): EncodedRow => {
    ${check}([example], needed);
    return encodeRow(example);
  };
  return { encode, encodeRows };`;
