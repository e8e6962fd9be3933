import { damaged } from './errors.js';
import type { RunError } from './errors.js';
import { join } from './files.js';
import type { Files } from './files.js';
import { fileName } from './names.js';
import { places } from './record.js';
import { openTensors } from './safetensors.js';
import type { StoredTensor } from './safetensors.js';

export interface StoredWeights {
  /** Dense weights and running statistics, by their paths. */
  readonly weights: () => Promise<ReadonlyMap<string, StoredTensor>>;
  readonly table: (name: string) => Promise<StoredTensor>;
}

/** @param missing the error of a file that is not there */
export function storedWeights(files: Files, folder: string, missing: (file: string) => RunError): StoredWeights {
  return {
    weights: async () => {
      const found = await openTensors(files, join(folder, places.weights));
      if (!found) throw missing(places.weights);
      return found;
    },
    table: async (name) => {
      const file = `${places.tables}/${fileName(name)}.safetensors`;
      const found = await openTensors(files, join(folder, file));
      if (!found) throw missing(file);
      const table = found.get(name);
      if (!table || found.size !== 1) throw damaged(join(folder, file), `it should have the table ${name} and nothing else`);
      return table;
    },
  };
}
