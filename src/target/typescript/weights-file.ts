import { doc, identifier, join, none, ts, type Code } from './code.js';
import type { Plan } from './plan.js';

/** `weights.ts`: a model's numbers as safetensors, under the names that they have in a run. */
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

export interface NamedArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

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
};

interface Header {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [from: number, to: number];
}

${doc('Arrays as a safetensors file, with a text beside them.')}export function encodeArrays(arrays: readonly NamedArray[], note?: string): Uint8Array {
  let end = 0;
  const header: Record<string, unknown> = note === undefined ? {} : { __metadata__: { note } };
  for (const { name, shape, values } of arrays)
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += values.byteLength)] } satisfies Header;
  const json = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + 8 * Math.ceil(json.length / 8);
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  new DataView(bytes.buffer).setUint32(0, start - 8, true);
  bytes.set(json, 8);
  let at = start;
  for (const { values } of arrays) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes;
}

${doc('The arrays of a safetensors file of float32. Throws where it is none.')}export function decodeArrays(bytes: Uint8Array): readonly NamedArray[] {
  const { start, header } = headerOf(bytes);
  return Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, { dtype, shape, data_offsets: [from, to] }]) => {
    if (dtype !== 'F32') throw new Error(\`\${name} has numbers of type \${dtype}, not F32\`);
    if (start + to > bytes.length) throw new Error(\`the file ends before the numbers of \${name}\`);
    return { name, shape, values: new Float32Array(new Uint8Array(bytes.subarray(start + from, start + to)).buffer) };
  });
}

${doc('The text that stands beside the arrays of a file.')}export function noteOf(bytes: Uint8Array): string | undefined {
  const { __metadata__ } = headerOf(bytes).header as { readonly __metadata__?: { readonly note?: string } };
  return __metadata__?.note;
}

function headerOf(bytes: Uint8Array): { readonly start: number; readonly header: Readonly<Record<string, Header>> } {
  if (bytes.length < 8) throw new Error('this is no safetensors file');
  const start = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return { start, header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Readonly<Record<string, Header>> };
}`;
}
