import { costs } from '../graph/cost.js';
import { inferenceGraph } from '../graph/pipeline.js';
import type { CheckedModel, Table } from '../model/model.js';
import { partOf } from '../model/optimizers.js';
import { grouped } from './words.js';

const numbers = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

const ownWeights = (model: CheckedModel, name: string | undefined): number =>
  model.network.weights
    .filter((weight) => name === undefined || partOf(weight.name, (part) => part === name) === name)
    .reduce((sum, { shape }) => sum + numbers(shape), 0);

/** Known numbers of tables, and a term for each vocabulary of which the size is not known yet. */
function tablesText(tables: readonly Table[], known: number): string {
  const dims = new Map<string, number>();
  let sum = known;
  for (const { rows, dim } of tables) {
    if (rows.kind === 'known') sum += rows.rows * dim;
    else dims.set(rows.name, (dims.get(rows.name) ?? 0) + dim);
  }
  const terms = [...dims].map(([name, dim]) => `${String(dim)}·V(${name})`);
  return [...(sum > 0 || terms.length === 0 ? [grouped(sum)] : []), ...terms].join(' + ');
}

/** `20,641 parameters + 32·V(user_id)`: what a model learns. */
export const parametersOfModel = (model: CheckedModel): string => tablesText(model.tables, ownWeights(model, undefined));

/** Numbers of a table: `32·V(movie_id)` where its vocabulary comes from the data. */
export const parametersOfTable = (table: Table): string => tablesText([table], 0);

export interface PartSize {
  readonly parameters: number;
  /** For one row. */
  readonly multiplyAdds: number;
}

const computed = new WeakMap<CheckedModel, ReadonlyMap<string, number>>();

/** What a name of the network holds and costs. */
export function sizeOfPart(model: CheckedModel, name: string): PartSize {
  const known = computed.get(model) ?? multiplyAdds(model);
  computed.set(model, known);
  return { parameters: ownWeights(model, name), multiplyAdds: known.get(name) ?? 0 };
}

function multiplyAdds(model: CheckedModel): ReadonlyMap<string, number> {
  const { parts } = costs(inferenceGraph(model).graph, 1);
  return new Map(parts.map((part) => [part.name, part.multiplyAdds]));
}
