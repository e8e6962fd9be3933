import * as tf from '@tensorflow/tfjs';
import { tablePaths, weightPaths, type Model, type Tables, type Weights } from './model.js';
import type { NamedArray } from './safetensors.js';

/** Where numbers are: in variables, or in memory. */
export interface Parts {
  readonly variables: ReadonlyMap<string, tf.Variable>;
  readonly values: ReadonlyMap<string, Pick<NamedArray, 'shape' | 'values'>>;
}

const weightKeys = Object.keys(weightPaths) as (keyof Weights)[];
const tableKeys = Object.keys(tablePaths) as (keyof Tables)[];

export function partsOf({ weights, tables }: Model): Parts {
  return {
    variables: new Map([...weightKeys.map((key) => [weightPaths[key], weights[key]] as const)]),
    values: new Map(
      tableKeys.map((key) => {
        const { rows, dim, values } = tables[key];
        return [tablePaths[key], { shape: [rows, dim], values }] as const;
      }),
    ),
  };
}

/** Copies of all numbers. */
export async function readParts({ variables, values }: Parts): Promise<readonly NamedArray[]> {
  const read = [...variables].map(async ([name, variable]) => {
    return { name, shape: variable.shape, values: Float32Array.from(await variable.data()) };
  });
  const kept = [...values].map(([name, { shape, values }]) => ({ name, shape, values: values.slice() }));
  return [...(await Promise.all(read)), ...kept];
}

/** Puts numbers in their places. Throws where some are missing or have another shape. */
export function writeParts({ variables, values }: Parts, arrays: readonly NamedArray[]): void {
  const given = new Map(arrays.map((array) => [array.name, array]));
  const find = (name: string, shape: readonly number[]): Float32Array => {
    const found = given.get(name);
    if (found === undefined) throw new Error(`there is no weight ${name}`);
    if (found.shape.join() === shape.join()) return found.values;
    throw new Error(`the weight ${name} has the shape ${found.shape.join()}, not ${shape.join()}`);
  };
  for (const [name, variable] of variables)
    tf.tidy(() => {
      variable.assign(tf.tensor(find(name, variable.shape).slice(), variable.shape));
    });
  for (const [name, { shape, values: to }] of values) to.set(find(name, shape));
}

/** All numbers of a model. */
export const arraysOf = (model: Model): Promise<readonly NamedArray[]> => readParts(partsOf(model));

/** Puts numbers into a model. Throws where some are missing or have another shape. */
export const setArrays = (model: Model, arrays: readonly NamedArray[]): void => {
  writeParts(partsOf(model), arrays);
};
