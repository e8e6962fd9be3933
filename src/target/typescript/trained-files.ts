import { encodeSafetensors } from '../../encode/safetensors.js';
import type { ProjectFile } from '../files.js';
import type { TrainedParts } from '../trained.js';
import { trainedFolder } from './main-file.js';

/** What a run has learned, as the files that a training of the project writes. */
export function trainedFiles(trained: TrainedParts, learns: boolean): readonly ProjectFile[] {
  const { vocabularies, statistics } = trained.encoder;
  const tables = [...trained.tables].map(([name, array]) => [`table.${name}`, array] as const);
  const arrays = [...trained.weights, ...trained.states, ...tables].map(([name, array]) => ({ name, ...array }));
  return [
    { path: `${trainedFolder}/weights.safetensors`, bytes: encodeSafetensors(arrays) },
    ...(learns ? [{ path: `${trainedFolder}/encoder.json`, text: `${JSON.stringify({ vocabularies, statistics })}\n` }] : []),
  ];
}
