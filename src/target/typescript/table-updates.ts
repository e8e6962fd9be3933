import { updateName } from '../../graph/update/rules.js';
import { doc, identifier, join, none, ts, type Code } from '../code/code.js';
import type { Table } from '../../model/model.js';
import { titles, type TableGroup } from './groups.js';
import type { Plan, PlannedInput } from './plan.js';
import { stepParameters } from './updates.js';

type Rows = Extract<PlannedInput, { readonly kind: 'rows' }>;

export const hasTableL2 = ({ tables }: Plan): boolean => tables.some(({ l2 }) => l2 !== 0);

/** What is remembered of tables, the merging of their gradients, and their updates. */
export function tableUpdatesCode(plan: Plan, groups: readonly TableGroup[]): readonly Code[] {
  return [...groups.flatMap((group) => slotsCode(group)), mergeCode(plan), ...groups.map(updateCode)];
}

function slotsCode(group: TableGroup): readonly Code[] {
  const { slots } = group.update;
  if (slots.length === 0) return [];
  const keys = join(
    slots.map(({ name }) => ts`${name}`),
    ' | ',
  );
  const size = group.update.row ? ts`rows` : ts`values.length`;
  const values = slots.map(({ name, initial }) => {
    const made = ts`new Float32Array(${size})`;
    return ts`${identifier(name)}: ${made}${initial === 0 ? none : ts`.fill(${initial})`},`;
  });
  const type = identifier(group.slotsType);
  return [
    ts`${doc('What the updates remember of a table.')}export type ${type} = Readonly<Record<${keys}, Float32Array>>;

export function ${identifier(group.slots)}({ ${group.update.row ? ts`rows` : ts`values`} }: Table): ${type} {
  return { ${values} };
}`,
  ];
}

/** How a step looks rows of a table up. */
type LookupForm = 'one' | 'pooled' | 'sequence';

const lookupForm = ({ site, many }: Rows): LookupForm => {
  if (site.form === 'sequence') return 'sequence';
  return many ? 'pooled' : 'one';
};

/** Adds the gradient of one lookup to those of its rows. */
const adders: Readonly<Record<LookupForm, { readonly name: string; readonly code: Code }>> = {
  one: {
    name: 'addRows',
    code: ts`${doc('Adds the gradient of what was looked up by one id a row, [rows, dim].')}export function addRows({ dim, places, gradients }: RowGradients, ids: Int32Array, gradient: Float32Array): void {
  for (let i = 0; i < ids.length; i++) {
    const [from, to] = [i * dim, places[ids[i]] * dim];
    for (let j = 0; j < dim; j++) gradients[to + j] += gradient[from + j];
  }
}`,
  },
  pooled: {
    name: 'addPooled',
    code: ts`${doc('Adds the gradient of what was looked up and pooled, [rows, dim].')}export function addPooled({ dim, places, gradients }: RowGradients, { ids, offsets }: Bags, pool: 'mean' | 'sum', gradient: Float32Array): void {
  for (let i = 0; i < offsets.length - 1; i++) {
    const scale = pool === 'mean' ? 1 / (offsets[i + 1] - offsets[i]) : 1;
    for (let place = offsets[i]; place < offsets[i + 1]; place++) {
      const to = places[ids[place]] * dim;
      for (let j = 0; j < dim; j++) gradients[to + j] += scale * gradient[i * dim + j];
    }
  }
}`,
  },
  sequence: {
    name: 'addSequences',
    code: ts`${doc('Adds the gradient of sequences that were looked up, [rows, length, dim].')}export function addSequences({ dim, places, gradients }: RowGradients, { ids, offsets }: Bags, length: number, gradient: Float32Array): void {
  for (let i = 0; i < offsets.length - 1; i++)
    for (let place = offsets[i]; place < offsets[i + 1]; place++) {
      const [from, to] = [(i * length + place - offsets[i]) * dim, places[ids[place]] * dim];
      for (let j = 0; j < dim; j++) gradients[to + j] += gradient[from + j];
    }
}`,
  },
};

/** Which forms the lookups of losses have. */
const formsOf = ({ inputs }: Plan): readonly LookupForm[] => {
  const used = inputs.flatMap((input) => (input.kind === 'rows' && input.isReached ? [lookupForm(input)] : []));
  return (['one', 'pooled', 'sequence'] as const).filter((form) => used.includes(form));
};

/** Statements that merge the gradients of a table from those of its lookups, `looked.<input>`. */
export function mergeStatements(
  plan: Plan,
  { name, l2 }: Table,
  lookups: readonly Rows[],
  use: (name: string) => Code,
): readonly Code[] {
  const { names } = plan;
  const merged = ts`merged.${identifier(names.table(name))}`;
  const own = lookups.filter(({ table }) => table.name === name);
  const columnOf = ({ feature }: Rows): Code => ts`batch.${identifier(names.feature(feature))}`;
  const ids = own.map((lookup) => (lookupForm(lookup) === 'one' ? columnOf(lookup) : ts`${columnOf(lookup)}.ids`));
  const added = own.map((lookup) => {
    const form = lookupForm(lookup);
    const more = {
      one: none,
      pooled: ts`, ${lookup.site.form === 'mean' ? 'mean' : 'sum'}`,
      sequence: ts`, ${lookup.site.length ?? 1}`,
    };
    return ts`${use(adders[form].name)}(${merged}, ${columnOf(lookup)}${more[form]}, looked.${identifier(names.input(lookup.name))});`;
  });
  const decay = l2 === 0 ? [] : [ts`${use('addDecay')}(model.tables.${identifier(names.table(name))}, ${merged}, ${l2});`];
  return [ts`${use('touch')}(${merged}, ${join([...new Map(ids.map((one) => [one.code, one])).values()])});`, ...added, ...decay];
}

function mergeCode(plan: Plan): Code {
  const decay = ts`${doc('Adds the gradient of L2 over the touched rows.')}export function addDecay({ dim, values }: Table, { touched, gradients }: RowGradients, l2: number): void {
  touched.forEach((row, place) => {
    for (let j = 0; j < dim; j++) gradients[place * dim + j] += l2 * values[row * dim + j];
  });
}`;
  const all = [
    ts`${doc('The gradients of the rows of a table that a batch has touched.')}export interface RowGradients {
  readonly dim: number;
  ${doc('Of each row of the table, which of `touched` it is; -1 if it is none.')}readonly places: Int32Array;
  ${doc('Distinct rows, in the order of the batch.')}touched: readonly number[];
  ${doc('[touched, dim]')}gradients: Float64Array;
}

export function rowGradients({ rows, dim }: Table): RowGradients {
  return { dim, places: new Int32Array(rows).fill(-1), touched: [], gradients: new Float64Array(0) };
}

${doc('Begins with gradients of 0 for the rows of these ids.')}export function touch(merged: RowGradients, ...lookups: readonly Int32Array[]): void {
  const { places, dim } = merged;
  for (const row of merged.touched) places[row] = -1;
  const touched: number[] = [];
  for (const ids of lookups) for (const id of ids) if (places[id] < 0) places[id] = touched.push(id) - 1;
  merged.touched = touched;
  merged.gradients = new Float64Array(touched.length * dim);
}`,
    ...formsOf(plan).map((form) => adders[form].code),
    ...(hasTableL2(plan) ? [decay] : []),
  ];
  return join(all, '\n\n');
}

function updateCode(group: TableGroup): Code {
  const { update, optimizer, isSweep } = group;
  const hasSlots = update.slots.length > 0;
  const slots = hasSlots ? ts`, slots: ${identifier(group.slotsType)}` : none;
  const parameters = ts`{ dim, values${isSweep ? ts`, rows` : none} }: Table, { ${isSweep ? ts`places` : ts`touched`}, gradients }: RowGradients${slots}${stepParameters(update)}`;
  const each = isSweep
    ? ts`for (let row = 0; row < rows; row++) {
    const place = places[row];`
    : ts`for (const [place, row] of touched.entries()) {`;
  const gradient = isSweep ? ts`place < 0 ? 0 : gradients[place * dim + j]` : ts`gradients[place * dim + j]`;
  const about = `${titles[updateName(optimizer)]}, for ${isSweep ? 'all rows' : 'the rows that a batch has touched'}.`;
  return ts`${doc(about)}export function ${identifier(group.function)}(${parameters}): void {
  ${update.scalars}
  ${each}
    ${update.row ? ts`let squares = 0;\nfor (let j = 0; j < dim; j++) squares += gradients[place * dim + j] ** 2;\n${update.row}\n` : none}for (let j = 0; j < dim; j++) {
      const at = row * dim + j;
      const gradient = ${gradient};
      ${update.body}
    }
  }
}`;
}
