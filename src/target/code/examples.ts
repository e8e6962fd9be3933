import { columnReads, type ColumnRead } from '../../encode/expressions/columns.js';
import { encoderProgram } from '../../encode/compile.js';
import type { NeededColumn } from '../../encode/needed-columns.js';
import { rowSchema, type JsonSchema } from '../../encode/schema.js';
import type { CheckedModel } from '../../model/model.js';
import { doc, join, none, property, ts, type Code } from './code.js';

/**
 * The types of one row: `Example` to predict for, `LabelledExample` to train on, which has the columns of labels and of the features
 * `inTraining` as well, unless rows are only served: then those that they `need` are there, if only as null.
 */
export function exampleTypes(
  model: CheckedModel,
  inTraining: ReadonlySet<string> = new Set(),
  need?: readonly NeededColumn[],
): Code {
  const whole = rowSchema(model);
  const schema = rowSchema({ ...model, features: model.features.filter(({ name }) => !inTraining.has(name)) });
  const columns = Object.entries(schema.properties ?? {});
  const field = ({ required = [] }: JsonSchema, [name, type]: readonly [string, JsonSchema]): Code => {
    const optional = required.includes(name) || need?.some(({ column }) => column === name) ? none : ts`?`;
    return ts`${doc(type.description)}readonly ${property(name)}${optional}: ${typeOf(type)};`;
  };
  const served = new Set(columns.map(([name]) => name));
  const trained = Object.entries(whole.properties ?? {}).filter(([name]) => !served.has(name));
  const known = new Set(Object.keys(whole.properties ?? {}));
  const others = trainingColumns(model).filter(({ name }) => !known.has(name));
  const labels = others
    .filter(({ name }, i) => others.findIndex((other) => other.name === name) === i)
    .map(
      (read) =>
        ts`${doc(labelDoc(model, read.name))}readonly ${property(read.name)}${read.optional ? ts`?` : none}: ${columnTypes[read.type]};`,
    );
  const body = model.doc === undefined ? 'One row.' : `${model.doc}\n\nOne row.`;
  const example = ts`${doc(body)}export interface Example {
${columns.map((column) => field(schema, column))}
}`;
  if (need) return example;
  return ts`${example}

${doc('A row to learn from: it has what the labels are made of as well.')}export interface LabelledExample extends Example {
${[...trained.map((column) => field(whole, column)), ...labels]}
}`;
}

interface TrainingColumn extends ColumnRead {
  readonly optional: boolean;
}

/** Columns of labels, which are needed, and of `keep`, for which missing is an answer. */
function trainingColumns(model: CheckedModel): readonly TrainingColumn[] {
  const keep = model.data?.keep;
  return [
    ...encoderProgram(model).labels.flatMap(({ value }) => columnReads(value).map((read) => ({ ...read, optional: false }))),
    ...(keep ? columnReads(keep).map((read) => ({ ...read, optional: true })) : []),
  ];
}

function labelDoc({ labels }: CheckedModel, column: string): string | undefined {
  return labels.find((label) => label.value.kind === 'column' && label.value.name === column)?.doc;
}

const columnTypes: Readonly<Record<ColumnRead['type'], Code>> = {
  text: ts`string | number | boolean | null`,
  number: ts`number | string | null`,
  boolean: ts`boolean | number | string | null`,
  time: ts`string | null`,
};

const typeNames: Readonly<Record<string, Code>> = {
  string: ts`string`,
  integer: ts`number`,
  number: ts`number`,
  boolean: ts`boolean`,
  null: ts`null`,
};

/** The type of what a schema of encode/schema.ts allows. */
function typeOf(schema: JsonSchema): Code {
  if (schema.allOf)
    return join(
      schema.allOf.map((one) => ts`(${typeOf(one)})`),
      ' & ',
    );
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  const codes = types.map((type) =>
    type === 'array' ? ts`readonly (${typeOf(schema.items ?? {})})[]` : (typeNames[type] ?? ts`unknown`),
  );
  const distinct = [...new Map(codes.map((code) => [code.code, code])).values()];
  return distinct.length === 0 ? ts`unknown` : join(distinct, ' | ');
}
