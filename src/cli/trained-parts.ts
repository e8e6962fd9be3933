import { storedTables, storedWeightsOf, type StoredModel } from '../serve/stored-model.js';
import type { TrainedArray, TrainedParts } from '../target/trained.js';
import type { NamedArray } from '../train/weights.js';

/** All that a run has learned, in memory. */
export async function trainedParts(stored: StoredModel): Promise<TrainedParts> {
  const { dense, states } = await storedWeightsOf(stored);
  const tables = new Map<string, TrainedArray>();
  for await (const [{ name }, array] of storedTables(stored)) tables.set(name, asTrained(array));
  const byName = (arrays: readonly NamedArray[]): ReadonlyMap<string, TrainedArray> =>
    new Map(arrays.map((array) => [array.name, asTrained(array)]));
  return { weights: byName(dense), states: byName(states), tables, encoder: stored.state };
}

const asTrained = ({ shape, values }: NamedArray): TrainedArray => ({
  shape,
  values: values instanceof Float32Array ? values : Float32Array.from(values),
});
