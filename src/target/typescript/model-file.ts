import { printShape } from '../../graph/shapes.js';
import type { Table } from '../../model/model.js';
import { doc, identifier, join, list, member, none, ts, type Code } from './code.js';
import { isLearning } from './encoder-file.js';
import { printForward } from './forward.js';
import { initialValues } from './initial.js';
import type { Plan } from './plan.js';
import type { RandomName } from './runtime/random.js';

export interface ModelFile {
  readonly code: Code;
  /** The distributions that it draws from. */
  readonly draws: ReadonlySet<RandomName>;
}

/** `model.ts`: the network's weights, and its forward pass. */
export function modelFile(plan: Plan): ModelFile {
  const draws = new Set<RandomName>();
  const use = (name: RandomName): Code => {
    draws.add(name);
    return identifier(name);
  };
  const create = createModelCode(plan, use);
  const body = [typesCode(plan), forwardCode(plan), inputsCode(plan), predictCode(plan), create, pathsCode(plan)];
  const random = draws.size === 0 ? none : ts`\nimport { ${join([...draws].map(identifier))} } from './random.js';`;
  const encoderTypes = ts`EncodedRow${needsState(plan) ? ts`, EncoderState` : none}`;
  const imports = ts`import * as tf from '@tensorflow/tfjs';
import type { ${encoderTypes} } from './encoder.js';${random}`;
  return { code: join([imports, ...body.filter(({ code }) => code !== '')], '\n\n'), draws };
}

const hasTables = ({ tables }: Plan): boolean => tables.length > 0;

/** Whether the size of a table is only known with a vocabulary. */
export const needsState = ({ tables, learned }: Plan): boolean =>
  isLearning(learned) && tables.some(({ rows }) => rows.kind === 'vocabulary');

function typesCode(plan: Plan): Code {
  const { names, weights, tables, inputs, model, graph } = plan;
  const weightFields = weights.map(
    ({ name, shape }) => ts`${doc(`\`${name}\` ${printShape(shape)}`)}readonly ${identifier(names.weight(name))}: tf.Variable;`,
  );
  const tableFields = tables.map(
    (table) =>
      ts`${doc(`${rowsText(table)} rows of ${String(table.dim)}.`)}readonly ${identifier(names.table(table.name))}: Table;`,
  );
  const docs = new Map([...model.features, ...model.labels].map((one) => [one.name, one.doc]));
  const inputFields = inputs.map((input) => {
    const text = `[rows, ${String(input.kind === 'dense' ? input.width : input.table.dim)}]`;
    return ts`${doc(text)}readonly ${identifier(names.feature(input.feature))}: tf.Tensor;`;
  });
  const noiseFields = plan.noise.map(
    ({ name, shape }) => ts`${doc(printShape(shape))}readonly ${identifier(names.noise(name))}: tf.Tensor;`,
  );
  const logitFields = graph.logits.map(({ label }) => {
    const task = model.labels.find(({ name }) => name === label)?.task;
    const shape = task?.kind === 'class' ? `[rows, ${String(task.classes)}]` : '[rows]';
    const text = docs.get(label);
    return ts`${doc(text === undefined ? shape : `${text}\n${shape}`)}readonly ${identifier(names.label(label))}: tf.Tensor;`;
  });
  const all = [
    ts`export interface Weights {\n${weightFields}\n}`,
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
  readonly weights: Weights;
${hasTables(plan) ? ts`readonly tables: Tables;` : none}
}`,
    ts`${doc('What the network reads of a batch.')}export interface Inputs {\n${inputFields}\n}`,
    noiseFields.length === 0
      ? none
      : ts`${doc('Numbers of [0, 1) that decide what dropout keeps.')}export interface Noise {\n${noiseFields}\n}`,
    ts`export interface Logits {\n${logitFields}\n}`,
  ];
  return join(
    all.filter(({ code }) => code !== ''),
    '\n\n',
  );
}

function rowsText({ rows }: Table): string {
  return rows.kind === 'known' ? String(rows.rows) : `V(${rows.name})`;
}

function forwardCode(plan: Plan): Code {
  const { names, graph, model, inputs } = plan;
  const { body, usesRows, dropsOut, keepsMasks } = printForward(graph, { ...names, logit: names.label });
  const [first] = inputs;
  const rows = usesRows
    ? ts`const rows = ${first ? ts`inputs.${identifier(names.feature(first.feature))}.shape[0] ?? 0` : ts`1`};\n`
    : none;
  const noise = plan.noise.length > 0 ? ts`, noise?: Noise` : none;
  const dropout = ts`${doc('x / (1 - rate) where the noise is at least `rate`, else 0; without noise x itself.')}function dropout(x: tf.Tensor, rate: number, noise: tf.Tensor | undefined): tf.Tensor {
  return noise === undefined ? x : x.mul(noise.greaterEqual(rate).cast('float32')).div(1 - rate);
}

`;
  const kept = ts`${doc('What dropout multiplies by; 1 without noise.')}function kept(noise: tf.Tensor | undefined, rate: number, shape: number[]): tf.Tensor {
  return dropout(tf.ones(shape), rate, noise);
}

`;
  const about = `${model.doc === undefined ? '' : `${model.doc}\n\n`}The forward pass${plan.noise.length > 0 ? '; without noise nothing is dropped' : ''}.`;
  return ts`${dropsOut ? dropout : none}${keepsMasks ? kept : none}${doc(about)}export function forward(weights: Weights, inputs: Inputs${noise}): Logits {
  return tf.tidy(() => {
    ${rows}${body}
  });
}`;
}

function inputsCode(plan: Plan): Code {
  const { names, inputs } = plan;
  const fields = inputs.map((input) => {
    const name = identifier(names.feature(input.feature));
    if (input.kind === 'dense') {
      const row = input.width === 1 ? ts`[row.${name}]` : ts`row.${name}`;
      return ts`${name}: dense(rows, ${input.width}, (row) => ${row}),`;
    }
    const ids = input.many ? ts`row.${name}` : ts`[row.${name}]`;
    return ts`${name}: lookUp(tables.${identifier(names.table(input.table.name))}, rows, ${input.pool}, (row) => ${ids}),`;
  });
  const hasDense = inputs.some(({ kind }) => kind === 'dense');
  const dense = ts`function dense(rows: readonly EncodedRow[], width: number, numbers: (row: EncodedRow) => readonly number[]): tf.Tensor {
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => values.set(numbers(row), i * width));
  return tf.tensor2d(values, [rows.length, width]);
}

`;
  const lookUp = ts`${doc('Rows of a table, pooled: one vector a row. That of a row without ids is 0.')}function lookUp(
  table: Table,
  rows: readonly EncodedRow[],
  pool: 'mean' | 'sum',
  idsOf: (row: EncodedRow) => readonly number[],
): tf.Tensor {
  const { dim } = table;
  const values = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => {
    const ids = idsOf(row);
    const scale = pool === 'mean' ? 1 / ids.length : 1;
    for (const id of ids) {
      if (id >= table.rows) throw new Error('the table has ' + String(table.rows) + ' rows, but a feature has the id ' + String(id));
      for (let j = 0; j < dim; j++) values[i * dim + j] += scale * table.values[id * dim + j];
    }
  });
  return tf.tensor2d(values, [rows.length, dim]);
}

`;
  const tables = hasTables(plan) ? ts`tables: Tables, ` : none;
  return ts`${hasDense ? dense : none}${hasTables(plan) ? lookUp : none}${doc('A batch as tensors, with the rows of tables looked up.')}export function inputsOf(${tables}rows: readonly EncodedRow[]): Inputs {
  return {
${fields}
  };
}`;
}

const tablesArgument = (plan: Plan): Code => (hasTables(plan) ? ts`model.tables, ` : none);

function predictCode(plan: Plan): Code {
  const { names, graph, model } = plan;
  const labels = graph.logits.flatMap(({ label }) => model.labels.filter(({ name }) => name === label));
  const fields = labels.map(({ name, task }) => {
    const what = { binary: 'Probability of yes.', number: undefined, class: 'Probability of each class.' }[task.kind];
    return ts`${doc(what)}readonly ${identifier(names.label(name))}: ${task.kind === 'class' ? ts`readonly number[]` : ts`number`};`;
  });
  const activations = { binary: ts`.sigmoid()`, number: none, class: ts`.softmax()` };
  const tensors = labels.map(({ name, task }) => {
    const key = identifier(names.label(name));
    return ts`${key}: logits.${key}${activations[task.kind]},`;
  });
  const data = labels.map(
    ({ name }) => ts`${identifier(names.label(name))}: await tensors.${identifier(names.label(name))}.data(),`,
  );
  const results = labels.map(({ name, task }) => {
    const key = identifier(names.label(name));
    if (task.kind !== 'class') return ts`${key}: data.${key}[i],`;
    return ts`${key}: Array.from(data.${key}.subarray(i * ${task.classes}, (i + 1) * ${task.classes})),`;
  });
  return ts`export interface Prediction {
${fields}
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const tensors = tf.tidy(() => {
    const logits = forward(model.weights, inputsOf(${tablesArgument(plan)}rows));
    return { ${tensors} };
  });
  const data = { ${data} };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ ${results} }));
}`;
}

function createModelCode(plan: Plan, use: (name: RandomName) => Code): Code {
  const { names, weights, tables } = plan;
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
    weights: {
${weightFields}
    },
${hasTables(plan) ? ts`tables: {\n${tableFields}\n},` : none}
  };
}`;
}

/** The names of weights outside of this code. */
function pathsCode({ names, weights, tables }: Plan): Code {
  const entries = (all: readonly { readonly name: string }[], name: (path: string) => string, prefix: string): readonly Code[] =>
    all.map((one) => ts`${identifier(name(one.name))}: ${prefix + one.name},`);
  const tablePaths = ts`

export const tablePaths: { readonly [K in keyof Tables]: string } = {
${entries(tables, names.table, 'table.')}
};`;
  return ts`${doc('The path of each weight in the network.')}export const weightPaths: { readonly [K in keyof Weights]: string } = {
${entries(weights, names.weight, '')}
};${tables.length > 0 ? tablePaths : none}`;
}
