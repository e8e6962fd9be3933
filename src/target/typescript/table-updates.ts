import { updateName } from '../../graph/update/rules.js';
import { doc, identifier, none, ts, type Code } from './code.js';
import { titles, type TableGroup } from './groups.js';
import { hasSequences } from './inputs.js';
import type { Plan } from './plan.js';
import { stepParameters } from './updates.js';

export const hasTableL2 = ({ tables }: Plan): boolean => tables.some(({ l2 }) => l2 !== 0);

/** What is remembered of tables, the merging of their gradients, and their updates. */
export function tableUpdatesCode(plan: Plan, groups: readonly TableGroup[]): readonly Code[] {
  return [...groups.flatMap((group) => slotsCode(group)), mergeCode(plan), ...groups.map(updateCode)];
}

function slotsCode(group: TableGroup): readonly Code[] {
  const { slots } = group.update;
  if (slots.length === 0) return [];
  const fields = slots.map(({ name }) => ts`readonly ${identifier(name)}: Float32Array;`);
  const size = group.update.row ? ts`rows` : ts`values.length`;
  const values = slots.map(({ name, initial }) => {
    const made = ts`new Float32Array(${size})`;
    return ts`${identifier(name)}: ${made}${initial === 0 ? none : ts`.fill(${initial})`},`;
  });
  const type = identifier(group.slotsType);
  return [
    ts`${doc('What the updates remember of a table.')}interface ${type} {
${fields}
}

function ${identifier(group.slots)}({ ${group.update.row ? ts`rows` : ts`values`} }: Table): ${type} {
  return { ${values} };
}`,
  ];
}

function mergeCode(plan: Plan): Code {
  const l2 = hasTableL2(plan);
  const sequences = hasSequences(plan);
  const row = plan.inTraining.size > 0 ? ts`TrainingFeatures` : ts`EncodedRow`;
  const length = ts`  ${doc('Places of a sequence; absent where ids are pooled.')}readonly length?: number;\n`;
  const about = sequences
    ? 'Of what was looked up, [rows, dim], or [rows, length, dim] of a sequence.'
    : 'Of what was looked up, [rows, dim].';
  const add = sequences
    ? ts`ids.forEach((id, place) => {
        const from = (length === undefined ? i : i * length + place) * dim;
        const to = (places.get(id) ?? 0) * dim;
        for (let j = 0; j < dim; j++) gradients[to + j] += scale * gradient[from + j];
      });`
    : ts`for (const id of ids) {
        const to = (places.get(id) ?? 0) * dim;
        for (let j = 0; j < dim; j++) gradients[to + j] += scale * gradient[i * dim + j];
      }`;
  return ts`interface Lookup {
  readonly idsOf: (row: ${row}) => readonly number[];
  readonly pool: 'mean' | 'sum';
${sequences ? length : none}  ${doc(about)}readonly gradient: ArrayLike<number>;
}

${doc('The gradients of the rows of a table that a batch has touched.')}interface Merged {
  ${doc('Where the gradient of a row of the table is: at `dim` times this in `gradients`.')}readonly places: ReadonlyMap<number, number>;
  readonly gradients: Float64Array;
}

${doc(`Adds up the gradients of each row over all its lookups${l2 ? ', and L2' : ''}.`)}function mergeRows(${l2 ? ts`{ dim, values }: Table, l2: number` : ts`{ dim }: Table`}, rows: readonly ${row}[], lookups: readonly Lookup[]): Merged {
  const places = new Map<number, number>();
  for (const { idsOf } of lookups)
    for (const row of rows) for (const id of idsOf(row)) if (!places.has(id)) places.set(id, places.size);
  const gradients = new Float64Array(places.size * dim);
  for (const { idsOf, pool, ${sequences ? ts`length, ` : none}gradient } of lookups)
    rows.forEach((row, i) => {
      const ids = idsOf(row);
      const scale = pool === 'mean' ? 1 / ids.length : 1;
      ${add}
    });
${
  l2
    ? ts`  if (l2 !== 0)
    for (const [id, place] of places) for (let j = 0; j < dim; j++) gradients[place * dim + j] += l2 * values[id * dim + j];
`
    : none
}  return { places, gradients };
}`;
}

function updateCode(group: TableGroup): Code {
  const { update, optimizer, isSweep } = group;
  const hasSlots = update.slots.length > 0;
  const slots = hasSlots ? ts`, slots: ${identifier(group.slotsType)}` : none;
  const parameters = ts`{ dim, values${isSweep ? ts`, rows` : none} }: Table, { places, gradients }: Merged${slots}${stepParameters(update)}`;
  const each = isSweep
    ? ts`for (let row = 0; row < rows; row++) {
    const place = places.get(row);`
    : ts`for (const [row, place] of places) {`;
  const gradient = isSweep ? ts`place === undefined ? 0 : gradients[place * dim + j]` : ts`gradients[place * dim + j]`;
  const about = `${titles[updateName(optimizer)]}, for ${isSweep ? 'all rows' : 'the rows that a batch has touched'}.`;
  return ts`${doc(about)}function ${identifier(group.function)}(${parameters}): void {
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
