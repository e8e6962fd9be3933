import type { ProjectFile } from '../files.js';
import type { TrainedArray, TrainedParts } from '../trained.js';
import { trainedFolder } from './main-file.js';

/** What a run has learned, as the files that a training of the project writes. */
export function trainedFiles(trained: TrainedParts, learns: boolean): readonly ProjectFile[] {
  const { vocabularies, statistics } = trained.encoder;
  const tables = [...trained.tables].map(([name, array]) => [`table.${name}`, array] as const);
  const bytes = safetensors([...trained.weights, ...trained.states, ...tables]);
  return [
    { path: `${trainedFolder}/weights.safetensors`, bytes },
    ...(learns ? [{ path: `${trainedFolder}/encoder.json`, text: `${JSON.stringify({ vocabularies, statistics })}\n` }] : []),
  ];
}

/** Arrays as a safetensors file: the length of a header, the header in JSON, padded to 8 bytes, and the numbers, little-endian. */
function safetensors(arrays: readonly (readonly [name: string, array: TrainedArray])[]): Uint8Array {
  let end = 0;
  const entries = arrays.map(([name, { shape, values }]) => {
    const from = end;
    end += 4 * values.length;
    return [name, { dtype: 'F32', shape, data_offsets: [from, end] }] as const;
  });
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const start = 8 + 8 * Math.ceil(header.length / 8);
  const bytes = new Uint8Array(start + end).fill(0x20, 8, start);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, start - 8, true);
  bytes.set(header, 8);
  let at = start;
  for (const [, { values }] of arrays)
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  return bytes;
}
