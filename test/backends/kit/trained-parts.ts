import type { TrainedArray, TrainedParts } from '../../../src/target/trained.js';
import type { NamedArray, Weights } from '../../../src/train/weights.js';
import type { Subject } from './subject.js';

const trained = ({ name, shape, values }: NamedArray): readonly [string, TrainedArray] => [
  name,
  { shape, values: Float32Array.from(values) },
];

/** Weights as targets take them. */
export const trainedParts = ({ state }: Subject, { dense, states, tables }: Weights): TrainedParts => ({
  weights: new Map(dense.map(trained)),
  states: new Map(states.map(trained)),
  tables: new Map(tables.map((table) => trained({ ...table, name: table.name.replace(/^table\./, '') }))),
  encoder: state,
});
