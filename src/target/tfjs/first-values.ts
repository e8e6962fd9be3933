import { fillInitial } from '../../graph/random.js';
import type { CheckedModel } from '../../model/model.js';
import type { TrainedArray } from '../trained.js';
import type { ModelValues } from './graph-model.js';

/** What training starts from: every weight, state and table by the seed of the spec, which says how many rows each table has. */
export function firstValues({ network, tables, train }: CheckedModel): ModelValues {
  const drawn = (name: string, shape: readonly number[], initializer: CheckedModel['train']['initializer']): TrainedArray => {
    const values = new Float32Array(sizeOf(shape));
    fillInitial(train.seed, name, shape, initializer, values);
    return { shape, values };
  };
  return {
    weights: new Map(network.weights.map(({ name, shape, initializer }) => [name, drawn(name, shape, initializer)])),
    states: new Map(
      network.states.map(({ name, shape, initial }) => [name, { shape, values: new Float32Array(sizeOf(shape)).fill(initial) }]),
    ),
    tables: new Map(
      tables.map(({ name, rows, dim, initializer }) => {
        if (rows.kind !== 'known') throw new Error(`the rows of the table ${name} are not known`);
        return [name, drawn(`table.${name}`, [rows.rows, dim], initializer)];
      }),
    ),
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
