import { printShape } from '../../graph/shapes.js';
import type { Table } from '../../model/model.js';
import { doc, identifier, join, list, member, none, ts, type Code } from '../code/code.js';
import { isLearning } from '../code/encoder-file.js';
import { givesMore, type Functions } from './functions.js';
import { initialValues } from './initial.js';
import { hasTables, inputsCode, inputTypes, readsBags } from './inputs.js';
import type { Plan } from './plan.js';
import { predictCode } from './predict.js';
import type { Result } from './results.js';
import { layerParts } from './runtime/layers.js';
import { assemble } from '../code/parts.js';
import type { RandomName } from './runtime/random.js';

export interface ModelFile {
  readonly code: Code;
  /** The distributions that it draws from. */
  readonly draws: ReadonlySet<RandomName>;
}

/** `model.ts`: the network's weights, and its forward pass. */
export function modelFile(plan: Plan, functions: Functions): ModelFile {
  const draws = new Set<RandomName>();
  const use = (name: RandomName): Code => {
    draws.add(name);
    return identifier(name);
  };
  const create = createModelCode(plan, use);
  const { serve, forward, losses } = functions;
  const network = [...(serve ? [serve] : []), forward, ...losses].map(({ code }) => code);
  const body = [
    typesCode(plan),
    assemble(layerParts, functions.layers),
    ...network,
    inputsCode(plan),
    predictCode(plan, serve ?? forward),
    create,
    pathsCode(plan),
  ];
  const random = draws.size === 0 ? none : ts`\nimport { ${join([...draws].map(identifier))} } from './random.js';`;
  const batchTypes = [
    ts`batchOf`,
    ...(readsBags(plan) ? [ts`type Bags`] : []),
    ts`type Batch`,
    ...(plan.inputs.some(({ inTraining }) => inTraining) ? [ts`type TrainingBatch`] : []),
  ];
  const encoderTypes = ts`EncodedRow${needsState(plan) ? ts`, EncoderState` : none}`;
  const imports = ts`import * as tf from '@tensorflow/tfjs';
import { ${join(batchTypes)} } from './batch.js';
import type { ${encoderTypes} } from './encoder.js';${random}`;
  return { code: join([imports, ...body.filter(({ code }) => code !== '')], '\n\n'), draws };
}

/** Whether the size of a table is only known with a vocabulary. */
export const needsState = ({ tables, learned }: Plan): boolean =>
  isLearning(learned) && tables.some(({ rows }) => rows.kind === 'vocabulary');

function typesCode(plan: Plan): Code {
  const { names, weights, states, tables, stages, results } = plan;
  const weightFields = weights.map(({ name, shape, frozen }) => {
    const text = `\`${name}\` ${printShape(shape)}${frozen ? ', keeps its first values' : ''}`;
    return ts`${doc(text)}readonly ${identifier(names.weight(name))}: tf.Variable;`;
  });
  const stateFields = states.map(
    ({ name, shape }) => ts`${doc(`\`${name}\` ${printShape(shape)}`)}readonly ${identifier(names.state(name))}: tf.Variable;`,
  );
  const tableFields = tables.map(
    (table) =>
      ts`${doc(`${rowsText(table)} rows of ${String(table.dim)}.`)}readonly ${identifier(names.table(table.name))}: Table;`,
  );
  const noiseFields = plan.noise.map(
    ({ name, shape }) => ts`${doc(printShape(shape))}readonly ${identifier(names.noise(name))}: tf.Tensor;`,
  );
  const fields = (some: readonly Result[]): readonly Code[] =>
    some.map((one) => ts`${doc(one.doc)}readonly ${identifier(one.name)}: tf.Tensor;`);
  const given = results.of(stages.forward);
  const all = [
    ts`export interface Weights {\n${weightFields}\n}`,
    states.length > 0
      ? ts`${doc('Running statistics of batch norms: moved by training, used in prediction.')}export interface States {\n${stateFields}\n}`
      : none,
    hasTables(plan)
      ? ts`${doc('An embedding table: `rows` rows of `dim` numbers.')}export interface Table {
  readonly rows: number;
  readonly dim: number;
  readonly values: Float32Array;
}

export interface Tables {
${tableFields}
}`
      : none,
    ts`export interface Model {
  ${[
    ts`readonly weights: Weights;`,
    ...(states.length > 0 ? [ts`readonly states: States;`] : []),
    ...(hasTables(plan) ? [ts`readonly tables: Tables;`] : []),
  ]}
}`,
    ...inputTypes(plan),
    noiseFields.length === 0
      ? none
      : ts`${doc('Numbers of [0, 1) that decide what dropout keeps.')}export interface Noise {\n${noiseFields}\n}`,
    stages.served
      ? ts`${doc('What is served, and what training takes from there.')}export interface Served {\n${fields(results.of(stages.served))}\n}`
      : none,
    ts`export interface Logits {\n${fields(given.filter(({ label }) => label !== undefined))}\n}`,
    givesMore(plan)
      ? ts`${doc('Logits and other tensors of the network.')}export interface Tensors extends Logits {\n${fields(given.filter(({ label }) => label === undefined))}\n}`
      : none,
  ];
  return join(
    all.filter(({ code }) => code !== ''),
    '\n\n',
  );
}

function rowsText({ rows }: Table): string {
  return rows.kind === 'known' ? String(rows.rows) : `V(${rows.name})`;
}

function createModelCode(plan: Plan, use: (name: RandomName) => Code): Code {
  const { names, weights, states, tables } = plan;
  const rowsOf = ({ rows }: Table): Code | number => {
    if (rows.kind === 'known') return rows.rows;
    return ts`(state.vocabularies${member(rows.name)}.length + 1)`;
  };
  const weightFields = weights.map(({ name, shape, initializer }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const fanIn = shape.at(-1) ?? 1;
    const values = initialValues(initializer, { path: name, size, fanIn, fanOut: shape.at(-2) ?? fanIn }, use);
    return ts`${identifier(names.weight(name))}: variable(${values}, ${list(shape)}),`;
  });
  const stateFields = states.map(({ name, shape, initial }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    return ts`${identifier(names.state(name))}: variable(${use('constant')}(${size}, ${initial}), ${list(shape)}),`;
  });
  const tableFields = tables.map((table) => {
    const rows = rowsOf(table);
    const start = { path: `table.${table.name}`, size: ts`${rows} * ${table.dim}`, fanIn: table.dim, fanOut: rows };
    const values = initialValues(table.initializer, start, use);
    return ts`${identifier(names.table(table.name))}: { rows: ${rows}, dim: ${table.dim}, values: ${values} },`;
  });
  const random = weights.length + tables.length > 0;
  const parameters = join([...(random ? [ts`seed: number`] : []), ...(needsState(plan) ? [ts`state: EncoderState`] : [])]);
  return ts`function variable(values: Float32Array, shape: number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.tensor(values, shape)));
}

${doc('A model that has learned nothing yet; its weights are a function of the seed.')}export function createModel(${parameters}): Model {
  return {
    ${[
      ts`weights: {\n${weightFields}\n},`,
      ...(states.length > 0 ? [ts`states: {\n${stateFields}\n},`] : []),
      ...(hasTables(plan) ? [ts`tables: {\n${tableFields}\n},`] : []),
    ]}
  };
}`;
}

/** The names of weights outside of this code. */
function pathsCode({ names, weights, states, tables }: Plan): Code {
  const entries = (all: readonly { readonly name: string }[], name: (path: string) => string, prefix: string): readonly Code[] =>
    all.map((one) => ts`${identifier(name(one.name))}: ${prefix + one.name},`);
  const statePaths = ts`

export const statePaths: { readonly [K in keyof States]: string } = {
${entries(states, names.state, '')}
};`;
  const tablePaths = ts`

export const tablePaths: { readonly [K in keyof Tables]: string } = {
${entries(tables, names.table, 'table.')}
};`;
  return ts`${doc('The path of each weight in the network.')}export const weightPaths: { readonly [K in keyof Weights]: string } = {
${entries(weights, names.weight, '')}
};${states.length > 0 ? statePaths : none}${tables.length > 0 ? tablePaths : none}`;
}
