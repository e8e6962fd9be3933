import { encodeArrays, type NamedArray, type StoredArrays } from './safetensors.js';
import type { Checkpoint, Position } from './train.js';

/** A checkpoint as one safetensors file, in parts that follow one another. */
export function encodeCheckpoint({ position, weights, memory, best = [] }: Checkpoint): readonly Uint8Array[] {
  const within = (folder: string, arrays: readonly NamedArray[]): readonly NamedArray[] =>
    arrays.map((array) => ({ ...array, name: `${folder}/${array.name}` }));
  const all = [...within('weights', weights), ...within('memory', memory), ...within('best', best)];
  return encodeArrays(all, JSON.stringify(position));
}

/** The checkpoint that a file holds. Throws where it is none. */
export function decodeCheckpoint({ arrays, note }: StoredArrays): Checkpoint {
  if (note === undefined) throw new Error('the file is no checkpoint');
  const within = (folder: string): readonly NamedArray[] =>
    arrays
      .filter(({ name }) => name.startsWith(`${folder}/`))
      .map((array) => ({ ...array, name: array.name.slice(folder.length + 1) }));
  const position = JSON.parse(note) as Position;
  const best = within('best');
  return { position, weights: within('weights'), memory: within('memory'), ...(best.length > 0 && { best }) };
}
