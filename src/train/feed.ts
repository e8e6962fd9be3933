import type { EncodedRows } from '../encode/program.js';
import { fillNoise, noiseStream } from '../graph/random.js';
import { elementsOf, isOfRows } from '../graph/shapes.js';
import type { StepGraph } from '../graph/step.js';
import type { FloatBuffer } from './engine.js';
import { trainError } from './errors.js';
import type { LookupRequest } from './lookups.js';
import { bagsOf, createIdFill, createLookups, idsOf } from './lookups.js';
import type { FillRows } from './rows.js';
import { repeatLast } from './rows.js';

/** Fills a session's inputs with the rows of a shard. */
export interface Feed {
  /**
   * Rows `order[start]` … `order[start + count - 1]` are the batch (without `order`: rows `start` …); shard s takes its share of them.
   * Returns how many there were: the rest of the session's rows repeat the last one, with weight 0.
   */
  readonly fill: (shard: number, order: Int32Array | undefined, start: number, count: number, step: number) => number;
}

export interface FeedRequest extends LookupRequest {
  /** Noise inputs, with the width of a row, or all of it where rows share it; and the run's seed. */
  readonly noise: readonly { readonly name: string; readonly width: number; readonly byRow: boolean }[];
  readonly seed: number;
  /** The ids of every batch are in their places already. */
  readonly idsAhead?: boolean;
}

/** The noise inputs of a step. */
export const noiseOf = ({ graph }: Pick<StepGraph, 'graph'>): FeedRequest['noise'] =>
  graph.nodes.flatMap((node) =>
    node.kind === 'noise' ? [{ name: node.name, width: elementsOf(node.shape, 1), byRow: isOfRows(node.shape) }] : [],
  );

export const createFeed = (request: FeedRequest): Feed => {
  const { session, seed } = request;
  const fillIds = request.idsAhead === true ? undefined : createIdFill(request);
  const lookups = createLookups(request);
  const columns = Object.entries(session.inputs).flatMap(([name, input]) => columnFeed(request, name, input) ?? []);
  const weight = session.inputs.weight;
  const totalWeight = session.inputs.total_weight;
  const noise = request.noise.flatMap(({ name, width, byRow }) => {
    const input = session.inputs[name];
    return input instanceof Int32Array || input === undefined ? [] : [{ input, width, byRow, stream: noiseStream(seed, name) }];
  });
  return {
    fill: (shard, order, start, count, step) => {
      const rows = session.rows;
      const first = shard * rows;
      const real = Math.min(rows, count - first);
      const from = start + first;
      fillIds?.(shard, order, from, real);
      lookups(shard, real);
      for (const fill of columns) fill(shard, order, from, real);
      for (const { input, width, byRow, stream } of noise) fillNoise(stream, step, byRow ? first : 0, width, input);
      if (weight !== undefined) weight.fill(1, 0, real).fill(0, real);
      if (totalWeight !== undefined) totalWeight[0] = count;
      return real;
    },
  };
};

type Input = FloatBuffer | Int32Array;

/** What an input that takes a column of the rows is filled from; undefined for every other input. */
const columnFeed = ({ session: { rows }, data }: FeedRequest, name: string, input: Input): FillRows | undefined => {
  const dot = name.indexOf('.');
  const column = name.slice(dot + 1);
  switch (name.slice(0, dot)) {
    case 'dense': {
      const { width, values } = data.dense[column] ?? missing(column);
      return copyRows(input, rows, width, values);
    }
    case 'label':
      return copyRows(input, rows, 1, data.labels[column] ?? missing(column));
    case 'code':
      return copyRows(input, rows, 1, idsOf(data, column));
    case 'frequency': {
      const ids = idsOf(data, column);
      return copyOfIds(input, rows, ids, logFrequencies(ids));
    }
    case 'mask':
      return copyMask(input, rows, bagsOf(data, column));
    default:
      return undefined;
  }
};

const missing = (column: string): never => {
  throw trainError('column-missing', `the rows have no column for ${column}`);
};

const copyRows =
  (input: Input, rows: number, width: number, values: Float32Array | Int32Array): FillRows =>
  (_, order, from, real) => {
    if (width === 1)
      for (let r = 0; r < real; r++) input[r] = values[order === undefined ? from + r : (order[from + r] ?? 0)] ?? NaN;
    else
      for (let r = 0; r < real; r++) {
        const row = order === undefined ? from + r : (order[from + r] ?? 0);
        for (let i = 0; i < width; i++) input[r * width + i] = values[row * width + i] ?? NaN;
      }
    repeatLast(input, real, rows, width);
  };

const copyOfIds =
  (input: Input, rows: number, ids: Int32Array, ofId: Float64Array): FillRows =>
  (_, order, from, real) => {
    for (let r = 0; r < real; r++) input[r] = ofId[ids[order === undefined ? from + r : (order[from + r] ?? 0)] ?? 0] ?? NaN;
    repeatLast(input, real, rows, 1);
  };

/** 1 where a row has that place of its sequence, else 0. */
const copyMask = (input: Input, rows: number, { offsets }: EncodedRows['bags'][string]): FillRows => {
  const places = input.length / rows;
  return (_, order, from, real) => {
    for (let r = 0; r < real; r++) {
      const row = order === undefined ? from + r : (order[from + r] ?? 0);
      const length = (offsets[row + 1] ?? 0) - (offsets[row] ?? 0);
      for (let t = 0; t < places; t++) input[r * places + t] = t < length ? 1 : 0;
    }
    repeatLast(input, real, rows, places);
  };
};

/** log of each id's share of the rows; -∞ for an id that none has. Only losses ask for it, so that the rows are the training rows. */
export const logFrequencies = (ids: Int32Array): Float64Array => {
  let largest = 0;
  for (const id of ids) largest = Math.max(largest, id);
  const counts = new Float64Array(largest + 1);
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
  return counts.map((count) => Math.log(count / ids.length));
};
