import { doc, identifier, none, ts, type Code } from '../code/code.js';
import { argumentsOf, type NetworkFunction } from './functions.js';
import { inputsCall } from './inputs.js';
import type { Plan, Served } from './plan.js';

const activations = { binary: ts`.sigmoid()`, number: none, class: ts`.softmax()` };
const meanings = { binary: 'Probability of yes.', number: undefined, class: 'Probability of each class.' };

/** `predict`: what is served for each row, as plain numbers. */
export function predictCode(plan: Plan, run: NetworkFunction): Code {
  const { results } = plan;
  const nameOf = (one: Served): Code =>
    identifier(one.kind === 'label' ? plan.names.label(one.name) : results.nameOfOutput(one.name));
  const given = identifier(run.results.every(({ label }) => label !== undefined) ? 'logits' : 'given');
  const fields = plan.served.map((one) => {
    const text = one.kind === 'label' ? meanings[one.label.task.kind] : undefined;
    return ts`${doc(text)}readonly ${nameOf(one)}: ${typeOf(shapeOf(one))};`;
  });
  const tensors = plan.served.map((one) => {
    const name = nameOf(one);
    return ts`${name}: ${given}.${name}${one.kind === 'label' ? activations[one.label.task.kind] : none},`;
  });
  const data = plan.served.map((one) => ts`${nameOf(one)}: await tensors.${nameOf(one)}.data(),`);
  const rows = plan.served.map((one) => ts`${nameOf(one)}: ${nested(ts`data.${nameOf(one)}`, shapeOf(one), ts`i`)},`);
  const call = argumentsOf(
    { parameters: run.parameters.filter(({ name }) => name !== 'noise' && name !== 'isTraining') },
    { weights: ts`model.weights`, states: ts`model.states`, inputs: inputsCall(plan, true) },
  );
  return ts`export interface Prediction {
${fields}
}

export async function predict(model: Model, rows: readonly EncodedRow[]): Promise<readonly Prediction[]> {
  const batch = batchOf(rows);
  const tensors = tf.tidy(() => {
    const ${given} = ${identifier(run.name)}(${call});
    return { ${tensors} };
  });
  const data = { ${data} };
  tf.dispose(tensors);
  return rows.map((_, i) => ({ ${rows} }));
}`;
}

/** Of what one row gives. */
function shapeOf(one: Served): readonly number[] {
  if (one.kind === 'output') return one.shape;
  return one.label.task.kind === 'class' ? [one.label.task.classes] : [];
}

const typeOf = (shape: readonly number[]): Code =>
  shape.reduce((type, _, axis) => (axis === 0 ? ts`readonly ${type}[]` : ts`readonly (${type})[]`), ts`number`);

/** The element `at` of a list of values of one shape. */
function nested(values: Code, [size, ...inner]: readonly number[], at: Code): Code {
  if (size === undefined) return ts`${values}[${at}]`;
  if (inner.length === 0) return ts`Array.from(${values}.subarray(${at} * ${size}, (${at} + 1) * ${size}))`;
  const index = ts`i${inner.length}`;
  return ts`Array.from({ length: ${size} }, (_, ${index}) => ${nested(values, inner, ts`(${at} * ${size} + ${index})`)})`;
}
