import { updateName } from '../../graph/update/rules.js';
import { doc, identifier, join, none, ts, type Code } from '../code/code.js';
import { titles, type WeightGroup } from './groups.js';
import { stepParameters } from './updates.js';

/** The function that updates a weight, and what it remembers. */
export function weightUpdateCode(group: WeightGroup): Code {
  const { update, optimizer } = group;
  const hasSlots = update.slots.length > 0;
  const slotsType = identifier(group.slotsType);
  const keys = join(
    update.slots.map(({ name }) => ts`${name}`),
    ' | ',
  );
  const values = update.slots.map(
    ({ name, initial }) => ts`${identifier(name)}: tf.variable(tf.fill(weight.shape, ${initial})),`,
  );
  const slots = ts`${doc('What the updates remember of a weight.')}export type ${slotsType} = Readonly<Record<${keys}, tf.Variable>>;

export function ${identifier(group.slots)}(weight: tf.Variable): ${slotsType} {
  return tf.tidy(() => ({ ${values} }));
}

`;
  const parameters = ts`weight: tf.Variable, gradient: tf.Tensor${hasSlots ? ts`, slots: ${slotsType}` : none}${stepParameters(update)}`;
  return ts`${hasSlots ? slots : none}${doc(`${titles[updateName(optimizer)]}, for a whole weight.`)}export function ${identifier(group.function)}(${parameters}): void {
  ${update.scalars}
  tf.tidy(() => {
    ${update.body}
  });
}`;
}
