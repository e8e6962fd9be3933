import { decodeSafetensors } from '../encode/safetensors.js';

/** Numbers by path, as the run folder names them: `cross.2.W`, `table.movies` [rows, dim]; row-major float32. */
export type NamedWeights = Readonly<Record<string, { readonly shape: readonly number[]; readonly values: Float32Array }>>;

/** What training rows add to a model: vocabularies in row order after the reserved row 0, and means and deviations, by feature. */
export interface Facts {
  readonly vocabularies: Readonly<Record<string, readonly string[]>>;
  readonly statistics: Readonly<Record<string, readonly { readonly mean: number; readonly deviation: number }[]>>;
}

/**
 * The weights of safetensors files, all together: the one that `export --target typescript` writes, or a run's own and those of its tables.
 * @param files whole files, from wherever they were fetched
 * @throws Error where one is none, or cut off, or two have the same weight
 */
export function readWeights(...files: readonly (Uint8Array | ArrayBuffer)[]): NamedWeights {
  const all = files.flatMap((file) => decodeSafetensors(file instanceof Uint8Array ? file : new Uint8Array(file)));
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name)) throw new Error(`two files have the weight ${name}`);
    names.add(name);
  }
  return Object.fromEntries(all.map(({ name, shape, values }) => [name, { shape, values }]));
}

/**
 * The facts of an `encoder.json` that `export` writes. One that a run folder holds has its vocabularies in files of their own.
 * @throws Error that says what it lacks
 */
export function readFacts(text: string): Facts {
  const read: unknown = JSON.parse(text);
  const { vocabularies, statistics } = isRecord(read) ? read : {};
  if (Array.isArray(vocabularies))
    throw new Error('this encoder.json has only the names of its vocabularies: take the one that reccompile export writes');
  if (!isRecord(vocabularies) || !isRecord(statistics))
    throw new Error('this is no encoder.json: it has no vocabularies or no statistics');
  for (const [name, values] of Object.entries(vocabularies))
    if (!Array.isArray(values) || !values.every((value) => typeof value === 'string'))
      throw new Error(`the vocabulary ${name} is not a list of texts`);
  for (const [name, values] of Object.entries(statistics))
    if (!Array.isArray(values) || !values.every(isStatistic))
      throw new Error(`the statistics of ${name} are not means with deviations above 0`);
  return { vocabularies, statistics } as Facts;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isStatistic = (value: unknown): boolean =>
  isRecord(value) && Number.isFinite(value.mean) && Number.isFinite(value.deviation) && Number(value.deviation) > 0;
