import { updateName } from '../../graph/update/rules.js';
import { doc, identifier, none, ts, type Code } from './code.js';
import { titles, type WeightGroup } from './groups.js';
import { stepParameters } from './updates.js';

/** The function that updates a weight, and what it remembers. */
export function weightUpdateCode(group: WeightGroup): Code {
  const { update, optimizer } = group;
  const hasSlots = update.slots.length > 0;
  const slotsType = identifier(group.slotsType);
  const fields = update.slots.map(({ name }) => ts`readonly ${identifier(name)}: tf.Variable;`);
  const values = update.slots.map(
    ({ name, initial }) => ts`${identifier(name)}: tf.variable(tf.fill(weight.shape, ${initial})),`,
  );
  const slots = ts`${doc('What the updates remember of a weight.')}interface ${slotsType} {
${fields}
}

function ${identifier(group.slots)}(weight: tf.Variable): ${slotsType} {
  return tf.tidy(() => ({ ${values} }));
}

`;
  const parameters = ts`weight: tf.Variable, gradient: tf.Tensor${hasSlots ? ts`, slots: ${slotsType}` : none}${stepParameters(update)}`;
  return ts`${hasSlots ? slots : none}${doc(`${titles[updateName(optimizer)]}, for a whole weight.`)}function ${identifier(group.function)}(${parameters}): void {
  ${update.scalars}
  tf.tidy(() => {
    ${update.body}
  });
}`;
}
