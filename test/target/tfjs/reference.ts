import type { EncodedRows } from '../../../src/encode/program.js';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret, type Values } from '../../../src/graph/interpreter.js';
import { forwardGraph } from '../../../src/graph/pipeline.js';
import { logFrequencies } from '../../../src/train/feed.js';
import type { CheckedModel } from '../../../src/model/model.js';
import type { Weights } from '../../../src/train/weights.js';

type Bag = EncodedRows['bags'][string];

/** The ids of a bag, cut to `length` places, of which missing ones repeat the last, or are 0. */
const padded = ({ ids, offsets }: Bag, rows: number, length: number): number[] =>
  Array.from({ length: rows }, (_, r) => {
    const own = [...ids.subarray(offsets[r], offsets[r + 1])];
    return Array.from({ length }, (_unused, t) => own[t] ?? own.at(-1) ?? 0);
  }).flat();

const inputsOf = (graph: Graph, data: EncodedRows, model: CheckedModel): Values =>
  Object.fromEntries(
    graph.nodes.flatMap((node) => {
      if (node.kind !== 'input') return [];
      const [kind, ...path] = node.name.split('.');
      const name = path.join('.');
      const length = Number(node.shape[1]);
      const featureOf = (site: string): string => model.network.sites.find((one) => one.name === site)?.feature ?? site;
      const values = {
        dense: () => data.dense[name]!.values,
        offsets: () => data.bags[name]!.offsets,
        code: () => Float64Array.from(data.ids[name]!),
        frequency: () => {
          const of = logFrequencies(data.ids[name]!);
          return Float64Array.from(data.ids[name]!, (id) => of[id]!);
        },
        mask: () => {
          const { offsets } = data.bags[name]!;
          return Array.from({ length: data.rows * length }, (_, i) => {
            const r = Math.floor(i / length);
            return Number(i % length < offsets[r + 1]! - offsets[r]!);
          });
        },
        ids: () =>
          node.shape.length === 2
            ? padded(data.bags[featureOf(name)]!, data.rows, length)
            : (data.ids[name] ?? data.bags[name]!.ids),
      }[kind!];
      if (values === undefined) throw new Error(`no values for ${node.name}`);
      return [[node.name, values()]];
    }),
  );

/** What the uncut graph gives in float64 for rows, tables and all. */
export const referenceOutputs = (model: CheckedModel, weights: Weights, data: EncodedRows): ReturnType<typeof interpret> => {
  const graph = forwardGraph(model);
  const given = [...weights.dense, ...weights.states, ...weights.tables].map(({ name, values }) => [name, values] as const);
  return interpret(graph, { ...Object.fromEntries(given), ...inputsOf(graph, data, model) }, data.rows);
};
