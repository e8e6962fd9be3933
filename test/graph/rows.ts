import type { Graph } from '../../src/graph/graph.js';
import type { CheckedModel } from '../../src/model/model.js';
import type { Row } from './meaning.js';
import { generator, randomValues, type Numbers } from './numbers.js';

export interface Batch {
  readonly rows: number;
  readonly values: Numbers;
  /** The same, row by row. */
  readonly given: readonly Row[];
}

interface Choices {
  /** Places present in each row, by feature. */
  readonly lengths?: Readonly<Record<string, readonly number[]>>;
  /** Of each row; 0 for padding. */
  readonly weights: readonly number[];
}

/** Random values for every leaf of these graphs, whose tables are cut; codes are 0, 1 or 2. */
export function batchOf(model: CheckedModel, graphs: readonly Graph[], seed: number, { lengths = {}, weights }: Choices): Batch {
  const rows = weights.length;
  const next = generator(seed + 1);
  const values: Numbers = Object.assign({}, ...graphs.map((graph) => randomValues(graph, rows, seed))) as Numbers;
  values.weight = Float64Array.from(weights);
  values.total_weight = Float64Array.of(weights.reduce((a, b) => a + b, 0));
  for (const { name } of model.network.states) {
    if (values[name]) values[name] = values[name].map(Math.abs);
  }
  for (const name of Object.keys(values)) {
    if (name.startsWith('code.')) values[name] = Float64Array.from({ length: rows }, () => Math.floor((next() + 1) * 1.5));
    if (!name.startsWith('mask.')) continue;
    const own = lengths[name.slice('mask.'.length)] ?? [];
    const places = (values[name]?.length ?? 0) / rows;
    values[name] = Float64Array.from({ length: rows * places }, (_, i) =>
      i % places < (own[Math.floor(i / places)] ?? 0) ? 1 : 0,
    );
  }
  return { rows, values, given: Array.from({ length: rows }, (_, row) => rowOf(values, rows, row, lengths, weights)) };
}

function rowOf(
  values: Numbers,
  rows: number,
  row: number,
  lengths: Readonly<Record<string, readonly number[]>>,
  weights: readonly number[],
): Row {
  const of = (kind: string) =>
    Object.fromEntries(
      Object.entries(values).flatMap(([name, all]) => {
        const size = all.length / rows;
        return name.startsWith(`${kind}.`) ? [[name.slice(kind.length + 1), all.slice(row * size, (row + 1) * size)]] : [];
      }),
    );
  const numbers = (kind: string) => Object.fromEntries(Object.entries(of(kind)).map(([name, [value = NaN]]) => [name, value]));
  return {
    features: of('dense'),
    lookups: of('rows'),
    lengths: Object.fromEntries(Object.entries(lengths).map(([name, all]) => [name, all[row] ?? 0])),
    codes: numbers('code'),
    frequencies: numbers('frequency'),
    targets: numbers('label'),
    weight: weights[row] ?? NaN,
  };
}
