import { doc, identifier, none, ts, type Code } from './code.js';
import type { Plan, PlannedInput } from './plan.js';

export const hasTables = ({ tables }: Plan): boolean => tables.length > 0;

export const hasSequences = ({ inputs }: Plan): boolean =>
  inputs.some((input) => input.kind === 'rows' && input.site.form === 'sequence');

/** The ids of a feature in terms of `row`. */
export function idsOf({ names }: Plan, { feature, many }: Extract<PlannedInput, { readonly kind: 'rows' }>): Code {
  const row = ts`row.${identifier(names.feature(feature))}`;
  return many ? row : ts`[${row}]`;
}

/** Types of what the network reads of a batch. */
export function inputTypes(plan: Plan): readonly Code[] {
  const { inputs, names, targets } = plan;
  const field = ({ name, shape }: PlannedInput): Code =>
    ts`${doc(`[${['rows', ...shape].join(', ')}]`)}readonly ${identifier(names.input(name))}: tf.Tensor;`;
  const served = inputs.filter(({ inTraining }) => !inTraining).map(field);
  const trained = inputs.filter(({ inTraining }) => inTraining).map(field);
  const targetFields = targets.map((target) => {
    const text =
      target.kind === 'label'
        ? 'Observed, [rows]'
        : `log of the share of the training rows that have the row's \`${target.feature}\`, [rows]`;
    return ts`${doc(text)}readonly ${identifier(names.target(target.name))}: tf.Tensor;`;
  });
  return [
    ts`${doc('What the network reads of a batch.')}export interface Inputs {\n${served}\n}`,
    ...(trained.length === 0
      ? []
      : [ts`${doc('What it reads in training.')}export interface TrainingInputs extends Inputs {\n${trained}\n}`]),
    ...(targetFields.length === 0 ? [] : [ts`${doc('What losses read besides.')}export interface Targets {\n${targetFields}\n}`]),
  ];
}

/** `inputsOf`, and `trainingInputsOf` where training reads more. */
export function inputsCode(plan: Plan): Code {
  const { inputs } = plan;
  const uses = (kind: PlannedInput['kind']): boolean => inputs.some((input) => input.kind === kind);
  const isPooled = inputs.some((input) => input.kind === 'rows' && input.site.form !== 'sequence');
  const row: RowType =
    plan.inTraining.size > 0
      ? { name: ts`Row`, declared: ts`<Row extends EncodedRow>` }
      : { name: ts`EncodedRow`, declared: none };
  const helpers = [
    ...(uses('dense') ? [dense] : []),
    ...(isPooled ? [lookUp] : []),
    ...(hasSequences(plan) ? [lookUpSequence] : []),
    ...(uses('mask') ? [presence] : []),
  ].map((helper) => helper(row));
  const served = inputs.filter(({ inTraining }) => !inTraining);
  const trained = inputs.filter(({ inTraining }) => inTraining);
  const tables = (some: readonly PlannedInput[]): boolean => some.some(({ kind }) => kind === 'rows');
  const rowType = plan.inTraining.size > 0 ? ts`TrainingFeatures` : ts`EncodedRow`;
  const training = ts`

${doc('The same with what only training reads.')}export function trainingInputsOf(${hasTables(plan) ? ts`tables: Tables, ` : none}rows: readonly ${rowType}[]): TrainingInputs {
  return {
    ...inputsOf(${tables(served) ? ts`tables, ` : none}rows),
${trained.map((input) => inputField(plan, input))}
  };
}`;
  return ts`${helpers.map((code) => ts`${code}\n`)}${helpers.length > 0 ? ts`\n` : none}${doc('A batch as tensors, with the rows of tables looked up.')}export function inputsOf(${tables(served) ? ts`tables: Tables, ` : none}rows: readonly EncodedRow[]): Inputs {
  return {
${served.map((input) => inputField(plan, input))}
  };
}${trained.length > 0 ? training : none}`;
}

/** The call that makes the inputs of a step or, with `served`, of a prediction. */
export function inputsCall(plan: Plan, served: boolean): Code {
  const isTraining = !served && plan.inputs.some(({ inTraining }) => inTraining);
  const tables = isTraining ? hasTables(plan) : plan.inputs.some(({ kind, inTraining }) => kind === 'rows' && !inTraining);
  return ts`${isTraining ? ts`trainingInputsOf` : ts`inputsOf`}(${tables ? ts`model.tables, ` : none}rows)`;
}

function inputField(plan: Plan, input: PlannedInput): Code {
  const { names } = plan;
  const name = identifier(names.input(input.name));
  const row = ts`row.${identifier(names.feature(input.feature))}`;
  switch (input.kind) {
    case 'dense': {
      const isNumber = plan.model.features.some((one) => one.name === input.feature && one.kind === 'number');
      return ts`${name}: dense(rows, ${input.shape[0] ?? 1}, (row) => ${isNumber ? ts`[${row}]` : row}),`;
    }
    case 'rows': {
      const { site, table } = input;
      const values = ts`tables.${identifier(names.table(table.name))}`;
      const ids = idsOf(plan, input);
      if (site.form === 'sequence') return ts`${name}: lookUpSequence(${values}, rows, ${site.length ?? 1}, (row) => ${ids}),`;
      return ts`${name}: lookUp(${values}, rows, ${site.form === 'mean' ? 'mean' : 'sum'}, (row) => ${ids}),`;
    }
    case 'mask':
      return ts`${name}: presence(rows, ${input.shape[0] ?? 1}, (row) => ${row}),`;
    case 'code':
      return ts`${name}: tf.tensor1d(rows.map((row) => ${row})),`;
    default:
      return input satisfies never;
  }
}

/** Functions over rows; `row` is their type and what declares it. */
interface RowType {
  readonly name: Code;
  readonly declared: Code;
}

const dense = ({
  name,
  declared,
}: RowType): Code => ts`function dense${declared}(rows: readonly ${name}[], width: number, numbers: (row: ${name}) => readonly number[]): tf.Tensor {
  const values = new Float32Array(rows.length * width);
  rows.forEach((row, i) => values.set(numbers(row), i * width));
  return tf.tensor2d(values, [rows.length, width]);
}
`;

const checkedId = ts`if (id >= table.rows) throw new Error('the table has ' + String(table.rows) + ' rows, but a feature has the id ' + String(id));`;

const lookUp = ({
  name,
  declared,
}: RowType): Code => ts`${doc('Rows of a table, pooled: one vector a row. That of a row without ids is 0.')}function lookUp${declared}(
  table: Table,
  rows: readonly ${name}[],
  pool: 'mean' | 'sum',
  idsOf: (row: ${name}) => readonly number[],
): tf.Tensor {
  const { dim } = table;
  const values = new Float32Array(rows.length * dim);
  rows.forEach((row, i) => {
    const ids = idsOf(row);
    const scale = pool === 'mean' ? 1 / ids.length : 1;
    for (const id of ids) {
      ${checkedId}
      for (let j = 0; j < dim; j++) values[i * dim + j] += scale * table.values[id * dim + j];
    }
  });
  return tf.tensor2d(values, [rows.length, dim]);
}
`;

const lookUpSequence = ({ name, declared }: RowType): Code => ts`${doc(
  'Rows of a table side by side, [rows, length, dim]. Places that a row lacks repeat its last id; what reads them leaves them out.',
)}function lookUpSequence${declared}(
  table: Table,
  rows: readonly ${name}[],
  length: number,
  idsOf: (row: ${name}) => readonly number[],
): tf.Tensor {
  const { dim } = table;
  const values = new Float32Array(rows.length * length * dim);
  rows.forEach((row, i) => {
    const ids = idsOf(row);
    for (let place = 0; place < length; place++) {
      const id = ids[Math.min(place, ids.length - 1)] ?? 0;
      ${checkedId}
      values.set(table.values.subarray(id * dim, (id + 1) * dim), (i * length + place) * dim);
    }
  });
  return tf.tensor3d(values, [rows.length, length, dim]);
}
`;

const presence = ({
  name,
  declared,
}: RowType): Code => ts`${doc('1 for the places of a sequence that a row has, else 0.')}function presence${declared}(rows: readonly ${name}[], length: number, idsOf: (row: ${name}) => readonly number[]): tf.Tensor {
  const values = new Float32Array(rows.length * length);
  rows.forEach((row, i) => values.fill(1, i * length, i * length + idsOf(row).length));
  return tf.tensor2d(values, [rows.length, length]);
}
`;
