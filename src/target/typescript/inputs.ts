import { doc, identifier, none, ts, type Code } from '../code/code.js';
import type { Plan, PlannedInput } from './plan.js';
import { lookupParts, type LookupName } from './runtime/lookups.js';
import { assemble } from '../code/parts.js';

export const hasTables = ({ tables }: Plan): boolean => tables.length > 0;

/** Whether the network reads features of any number of ids. */
export const readsBags = ({ inputs }: Plan): boolean =>
  inputs.some((input) => input.kind === 'mask' || (input.kind === 'rows' && input.many));

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
  const used = new Set<LookupName>();
  const use = (name: LookupName): Code => {
    used.add(name);
    return identifier(name);
  };
  const field = (input: PlannedInput): Code => inputField(plan, input, use);
  const served = inputs.filter(({ inTraining }) => !inTraining);
  const trained = inputs.filter(({ inTraining }) => inTraining);
  const tables = (some: readonly PlannedInput[]): boolean => some.some(({ kind }) => kind === 'rows');
  const servedFields = served.map(field);
  const training = ts`

${doc('The same with what only training reads.')}export function trainingInputsOf(${hasTables(plan) ? ts`tables: Tables, ` : none}batch: TrainingBatch): TrainingInputs {
  return {
    ...inputsOf(${tables(served) ? ts`tables, ` : none}batch),
${trained.map(field)}
  };
}`;
  const code = ts`${doc('A batch as tensors, with the rows of tables looked up.')}export function inputsOf(${tables(served) ? ts`tables: Tables, ` : none}batch: Batch): Inputs {
  return {
${servedFields}
  };
}${trained.length > 0 ? training : none}`;
  const parts = assemble(lookupParts, used);
  return parts.code === '' ? code : ts`${parts}\n\n${code}`;
}

/** The call that makes the inputs of a step or, with `served`, of a prediction. */
export function inputsCall(plan: Plan, served: boolean): Code {
  const isTraining = !served && plan.inputs.some(({ inTraining }) => inTraining);
  const tables = isTraining ? hasTables(plan) : plan.inputs.some(({ kind, inTraining }) => kind === 'rows' && !inTraining);
  return ts`${isTraining ? ts`trainingInputsOf` : ts`inputsOf`}(${tables ? ts`model.tables, ` : none}batch)`;
}

function inputField(plan: Plan, input: PlannedInput, use: (name: LookupName) => Code): Code {
  const { names } = plan;
  const name = identifier(names.input(input.name));
  const column = ts`batch.${identifier(names.feature(input.feature))}`;
  switch (input.kind) {
    case 'dense':
      return ts`${name}: tf.tensor2d(${column}, [batch.rows, ${input.shape[0] ?? 1}]),`;
    case 'rows': {
      const { site, table, many } = input;
      const values = ts`tables.${identifier(names.table(table.name))}`;
      if (site.form === 'sequence') return ts`${name}: ${use('lookUpSequences')}(${values}, ${column}, ${site.length ?? 1}),`;
      if (!many) return ts`${name}: ${use('lookUp')}(${values}, ${column}),`;
      return ts`${name}: ${use('lookUpPooled')}(${values}, ${column}, ${site.form === 'mean' ? 'mean' : 'sum'}),`;
    }
    case 'mask':
      return ts`${name}: ${use('presence')}(${column}, ${input.shape[0] ?? 1}),`;
    case 'code':
      return ts`${name}: tf.tensor1d(${column}, 'float32'),`;
    default:
      return input satisfies never;
  }
}
