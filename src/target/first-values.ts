import { fillInitial } from '../graph/random.js';
import { elementsOf } from '../graph/shapes.js';
import type { CheckedModel } from '../model/model.js';
import type { TrainedArray, TrainedParts } from './trained.js';

/** What training would start with, for the spec's seed. Each table has a known number of rows. */
export function firstValues({ network, tables, train: { seed } }: CheckedModel): Omit<TrainedParts, 'encoder'> {
  const drawn = (name: string, shape: readonly number[], initializer: Parameters<typeof fillInitial>[3]): TrainedArray => {
    const values = new Float32Array(elementsOf(shape, 1));
    fillInitial(seed, name, shape, initializer, values);
    return { shape, values };
  };
  return {
    weights: new Map(network.weights.map(({ name, shape, initializer }) => [name, drawn(name, shape, initializer)])),
    states: new Map(
      network.states.map(({ name, shape, initial }) => [
        name,
        { shape, values: new Float32Array(elementsOf(shape, 1)).fill(initial) },
      ]),
    ),
    tables: new Map(
      tables.map(({ name, dim, rows, initializer }) => {
        if (rows.kind !== 'known') throw new Error(`the rows of table ${name} are not known`);
        return [name, drawn(`table.${name}`, [rows.rows, dim], initializer)];
      }),
    ),
  };
}
