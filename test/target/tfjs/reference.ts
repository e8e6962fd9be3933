import type { EncodedData, EncodedRows } from '../../../src/encode/program.js';
import type { Graph } from '../../../src/graph/graph.js';
import { interpret, type Values } from '../../../src/graph/interpreter.js';
import { forwardGraph, stepGraph } from '../../../src/graph/pipeline.js';
import { cutIntoShards } from '../../../src/graph/shards.js';
import { copyAverages } from '../../../src/train/average.js';
import { createReferenceEngine } from '../../../src/train/engines/reference.js';
import { logFrequencies } from '../../../src/train/feed.js';
import { prepareTraining } from '../../../src/train/prepare.js';
import { alone } from '../../../src/train/step.js';
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

/** Rows `from` ≤ r < `to`. */
export const someRows = (data: EncodedRows, from: number, to: number): EncodedRows => {
  const mapped = <T, U>(columns: Readonly<Record<string, T>>, map: (column: T) => U): Record<string, U> =>
    Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, map(column)]));
  return {
    rows: to - from,
    ids: mapped(data.ids, (ids) => ids.slice(from, to)),
    bags: mapped(data.bags, ({ ids, offsets }) => ({
      ids: ids.slice(offsets[from], offsets[to]),
      offsets: offsets.slice(from, to + 1).map((offset) => offset - offsets[from]!),
    })),
    dense: mapped(data.dense, ({ width, values }) => ({ width, values: values.slice(from * width, to * width) })),
    labels: mapped(data.labels, (labels) => labels.slice(from, to)),
  };
};

export interface Trained {
  readonly losses: readonly number[];
  /** Those that training is after: averages where there are any. */
  readonly weights: Weights;
}

/** Epochs in the order of the rows, in float64, each part of a batch by itself. */
export const trainReference = async (model: CheckedModel, data: EncodedData, batches: readonly Batch[]): Promise<Trained> => {
  const { batch, accumulate } = model.train;
  const shards =
    model.train.coupled === 'shard'
      ? cutIntoShards(batch, stepGraph(model), model.train)
      : { shards: accumulate, shardRows: batch };
  const plan = { batch: batch * accumulate, ...shards, inferenceRows: batch };
  const { phases, memory, layout, close } = await prepareTraining({ model, data, engine: createReferenceEngine(), plan });
  const losses: number[] = [];
  for (const [i, { from, to }] of batches.entries()) {
    const at = { order: undefined, start: from, count: to - from, step: i + 1 };
    phases.fill(at, alone);
    await phases.run(at, alone);
    losses.push(phases.loss(at));
    for (const phase of [phases.merge, phases.clip, phases.update]) phase(at, alone);
  }
  await close();
  return { losses, weights: copyAverages(memory, layout, batches.length) };
};

export interface Batch {
  readonly from: number;
  readonly to: number;
}

/** Epoch after epoch, the last batch of each with what is left. */
export const batchesOf = (rows: number, size: number, steps: number): readonly Batch[] => {
  const inEpoch = Math.ceil(rows / size);
  return Array.from({ length: steps }, (_, i) => {
    const from = (i % inEpoch) * size;
    return { from, to: Math.min(rows, from + size) };
  });
};
