import { doc, identifier, join, none, ts, type Code } from '../code/code.js';
import type { Plan } from './plan.js';

/** `weights.ts`: the numbers of a model, under the names that they have in a run. */
export function weightsFile({ tables, states }: Plan): Code {
  const hasTables = tables.length > 0;
  const hasStates = states.length > 0;
  const imported = [
    ...(hasStates ? [ts`statePaths`] : []),
    ...(hasTables ? [ts`tablePaths`] : []),
    ts`weightPaths`,
    ts`type Model`,
    ...(hasStates ? [ts`type States`] : []),
    ...(hasTables ? [ts`type Tables`] : []),
    ts`type Weights`,
  ];
  const named = (keys: string, paths: string, part: string): Code =>
    ts`...${identifier(keys)}.map((key) => [${identifier(paths)}[key], ${identifier(part)}[key]] as const),`;
  const values = hasTables
    ? ts`new Map(tableKeys.map((key) => {
      const { rows, dim, values } = tables[key];
      return [tablePaths[key], { shape: [rows, dim], values }] as const;
    }))`
    : ts`new Map()`;
  const parts = [ts`weights`, ...(hasStates ? [ts`states`] : []), ...(hasTables ? [ts`tables`] : [])];
  return ts`import * as tf from '@tensorflow/tfjs';
import { ${join(imported)} } from './model.js';
import type { NamedArray } from './safetensors.js';

${doc('Where numbers are: in variables, or in memory.')}export interface Parts {
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly values: ReadonlyMap<string, Pick<NamedArray, 'shape' | 'values'>>;
}

const weightKeys = Object.keys(weightPaths) as (keyof Weights)[];
${hasStates ? ts`const stateKeys = Object.keys(statePaths) as (keyof States)[];\n` : none}${hasTables ? ts`const tableKeys = Object.keys(tablePaths) as (keyof Tables)[];` : none}

export function partsOf({ ${join(parts)} }: Model): Parts {
  return {
    variables: new Map([
      ${[named('weightKeys', 'weightPaths', 'weights'), ...(hasStates ? [named('stateKeys', 'statePaths', 'states')] : [])]}
    ]),
    values: ${values},
  };
}

${doc('Copies of all numbers.')}export async function readParts({ variables, values }: Parts): Promise<readonly NamedArray[]> {
  const read = [...variables].map(async ([name, variable]) => {
    return { name, shape: variable.shape, values: Float32Array.from(await variable.data()) };
  });
  const kept = [...values].map(([name, { shape, values }]) => ({ name, shape, values: values.slice() }));
  return [...(await Promise.all(read)), ...kept];
}

${doc('Puts numbers in their places. Throws where some are missing or have another shape.')}export function writeParts({ variables, values }: Parts, arrays: readonly NamedArray[]): void {
  const given = new Map(arrays.map((array) => [array.name, array]));
  const find = (name: string, shape: readonly number[]): Float32Array => {
    const found = given.get(name);
    if (found === undefined) throw new Error(\`there is no weight \${name}\`);
    if (found.shape.join() === shape.join()) return found.values;
    throw new Error(\`the weight \${name} has the shape \${found.shape.join()}, not \${shape.join()}\`);
  };
  for (const [name, variable] of variables)
    tf.tidy(() => {
      variable.assign(tf.tensor(find(name, variable.shape).slice(), variable.shape));
    });
  for (const [name, { shape, values: to }] of values) to.set(find(name, shape));
}

${doc('All numbers of a model.')}export const arraysOf = (model: Model): Promise<readonly NamedArray[]> => readParts(partsOf(model));

${doc('Puts numbers into a model. Throws where some are missing or have another shape.')}export const setArrays = (model: Model, arrays: readonly NamedArray[]): void => {
  writeParts(partsOf(model), arrays);
};`;
}
