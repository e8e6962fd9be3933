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

/** Terms that a line has room for. */
const mostTerms = 3;

/** Known numbers of tables, and a term for each vocabulary of which the size is not known yet. */
function tablesText(tables: readonly Table[], known: number): string {
  const dims = new Map<string, number>();
  let sum = known;
  for (const { rows, dim } of tables) {
    if (rows.kind === 'known') sum += rows.rows * dim;
    else dims.set(rows.name, (dims.get(rows.name) ?? 0) + dim);
  }
  const terms = [...dims].map(([name, dim]) => `${String(dim)}·V(${name})`);
  const more = terms.length - mostTerms;
  const told = more > 1 ? [...terms.slice(0, mostTerms), `${String(more)} more tables`] : terms;
  return [...(sum > 0 || terms.length === 0 ? [grouped(sum)] : []), ...told].join(' + ');
}

/** `20,641 + 32·V(user_id)`: how many numbers a model learns. */
export const parametersOfModel = (model: CheckedModel): string => tablesText(model.tables, ownWeights(model, undefined));

/** Numbers of tables: `32·V(movie_id)` where its vocabulary comes from the data. */
export const parametersOfTables = (tables: readonly Table[]): string => tablesText(tables, 0);

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
