import type { EncodedRows } from '../../../src/encode/program.js';
import { sliceRows } from '../../../src/encode/row-groups.js';
import { interpret } from '../../../src/graph/interpreter.js';
import { lower, lowerStep } from '../../../src/graph/lower.js';
import { fillNoise, noiseStream } from '../../../src/graph/random.js';
import { rowSlotWidth, scalarUpdate } from '../../../src/graph/update/evaluate.js';
import { initialSlots, scalarValues, updateName, updateRules } from '../../../src/graph/update/rules.js';
import { stepGraph } from '../../../src/graph/pipeline.js';
import type { Graph } from '../../../src/graph/graph.js';
import { elementsOf } from '../../../src/graph/shapes.js';
import type { CheckedModel, Optimizer, Table } from '../../../src/model/model.js';
import { optimizerOfTable, optimizerOfWeight } from '../../../src/model/optimizers.js';

/** Training in float64 with whole tables in the graph: slow, short, and independent of every engine. */
export interface Reference {
  /**
   * Loss of the batch before the step.
   * @param factor what a schedule multiplies learning rates by
   * @param partRows rows that see each other; all, if not given
   */
  readonly step: (batch: EncodedRows, factor?: number, partRows?: number) => number;
  /** By the moving average of the weights if the model has one. */
  readonly predict: (batch: EncodedRows) => Readonly<Record<string, Float64Array>>;
}

export function createReference(
  model: CheckedModel,
  start: ReadonlyMap<string, Float32Array>,
  /** All rows to train on. */
  rows: EncodedRows,
): Reference {
  const graph = lowerStep(model);
  const inference = lower(model, 'infer');
  const { parameters, states } = stepGraph(model);
  const stateNames = new Set(states.map(({ name }) => name));
  const values = new Map([...start].map(([name, given]) => [name, Float64Array.from(given)]));
  const { optimizer } = model.train;
  const optimizerOf = (name: string): Optimizer =>
    isTable(name) ? optimizerOfTable(optimizer, tableOf(name)) : optimizerOfWeight(optimizer, name);
  const slotsOf = (one: Optimizer, size: number): Float64Array[] =>
    initialSlots(updateName(one), one.parameters).map((initial) => new Float64Array(size).fill(initial));
  const slots = new Map([...values].map(([name, { length }]) => [name, slotsOf(optimizerOf(name), length)]));
  const { ema } = model.train;
  /** Of every weight and row at every step, whatever a batch touches; running statistics are no weights. */
  const averages = new Map<string, Float64Array>();
  const average = (momentum: number): void => {
    for (const [name, weights] of values) {
      const before = stateNames.has(name) ? undefined : averages.get(name);
      averages.set(
        name,
        weights.map((w, i) => (before === undefined ? w : momentum * (before[i] ?? NaN) + (1 - momentum) * w)),
      );
    }
  };
  let step = 0;

  return {
    predict: (batch) => {
      const given = { ...Object.fromEntries(ema === undefined ? values : averages), ...inputs(model, inference, batch, rows) };
      const found = interpret(inference, given, batch.rows);
      return Object.fromEntries(
        model.outputs.map((name) => {
          const result = found[`prediction.${name}`] ?? found[`output.${name}`];
          if (!result) throw new Error(`nothing is served as ${name}`);
          return [name, result.data];
        }),
      );
    },
    step: (batch, factor = 1, partRows = batch.rows) => {
      step += 1;
      const results = resultsOfParts(batch.rows, partRows, (from, count) => {
        const part = sliceRows(batch, from, from + count);
        const given = {
          ...Object.fromEntries(values),
          ...noiseOf(model, graph, step, from, count),
          ...inputs(model, graph, part, rows),
          total_weight: [batch.rows],
        };
        return interpret(graph, given, count);
      });
      const trained = [...values.keys()].filter((name) => `gradient.${name}` in results);
      const gradients = new Map(trained.map((name) => [name, Float64Array.from(results[`gradient.${name}`] ?? [])]));
      const touched = touchedRows(model, batch);
      for (const [name, gradient] of gradients) {
        const weights = values.get(name) ?? new Float64Array(0);
        if (!isTable(name)) {
          const l2 = parameters.find((one) => one.name === name)?.l2 ?? 0;
          gradient.forEach((_, i) => (gradient[i] = (gradient[i] ?? 0) + l2 * (weights[i] ?? 0)));
          continue;
        }
        const { dim, l2 } = tableNamed(model, name);
        for (const row of touched.get(name) ?? [])
          for (let j = row * dim; j < (row + 1) * dim; j++) gradient[j] = (gradient[j] ?? 0) + l2 * (weights[j] ?? 0);
      }
      const clip = model.train.clipNorm;
      const squares = (gradient: Float64Array): number => gradient.reduce((sum, g) => sum + g * g, 0);
      const all = [...gradients.values()].reduce((sum, gradient) => sum + squares(gradient), 0);
      for (const [name, gradient] of gradients) {
        const norm = Math.sqrt(clip?.scope === 'each' ? squares(gradient) : all);
        const scale = clip ? Math.min(1, clip.norm / norm) : 1;
        const scaled = gradient.map((g) => g * scale);
        const weights = values.get(name) ?? new Float64Array(0);
        const own = slots.get(name) ?? [];
        const rule = optimizerOf(name);
        if (!isTable(name)) {
          update(rule, weights, own, scaled, step, factor, 0, weights.length);
          continue;
        }
        const { dim } = tableNamed(model, name);
        const sweep = rule.exact && updateRules[updateName(rule)].movesUntouched;
        const moved = sweep ? Array.from({ length: weights.length / dim }, (_, row) => row) : (touched.get(name) ?? []);
        for (const row of moved) update(rule, weights, own, scaled, step, factor, row * dim, dim);
      }
      for (const name of stateNames) {
        const next = results[`state.${name}`];
        if (next) values.set(name, Float64Array.from(next));
      }
      if (ema !== undefined) average(ema);
      return results.loss?.[0] ?? NaN;
    },
  };
}

/** The sum of what parts give, of each whose states are moved by its share of the rows. */
function resultsOfParts(
  rows: number,
  partRows: number,
  run: (from: number, count: number) => Readonly<Record<string, { readonly data: Float64Array }>>,
): Readonly<Record<string, Float64Array>> {
  const sums: Record<string, Float64Array> = {};
  for (let from = 0; from < rows; from += partRows) {
    const count = Math.min(partRows, rows - from);
    for (const [name, { data }] of Object.entries(run(from, count))) {
      const share = name.startsWith('state.') ? count / rows : 1;
      const sum = (sums[name] ??= new Float64Array(data.length));
      data.forEach((value, i) => (sum[i] = (sum[i] ?? 0) + share * value));
    }
  }
  return sums;
}

const isTable = (name: string): boolean => name.startsWith('table.');
const tableOf = (name: string): string => name.slice('table.'.length);

function tableNamed({ tables }: CheckedModel, name: string): Table {
  const found = tables.find((one) => one.name === tableOf(name));
  if (!found) throw new Error(`no ${name}`);
  return found;
}

function noiseOf(
  { train }: CheckedModel,
  { nodes }: Graph,
  step: number,
  from: number,
  rows: number,
): Record<string, Float64Array> {
  return Object.fromEntries(
    nodes.flatMap((node) => {
      if (node.kind !== 'noise') return [];
      const drawn = new Float64Array(elementsOf(node.shape, rows));
      const first = node.shape.includes('rows') ? from : 0;
      fillNoise(noiseStream(train.seed, node.name), step, first, elementsOf(node.shape, 1), drawn);
      return [[node.name, drawn]];
    }),
  );
}

type Numbers = Int32Array | Float32Array | readonly number[];

/** The inputs that a graph reads, of a batch without padding. */
function inputs(model: CheckedModel, { nodes }: Graph, batch: EncodedRows, all: EncodedRows): Record<string, Numbers> {
  const read = nodes.flatMap((node) => (node.kind === 'input' ? [{ name: node.name, places: Number(node.shape[1]) }] : []));
  return Object.fromEntries(read.map(({ name, places }) => [name, inputNamed(model, name, places, batch, all)]));
}

function inputNamed(model: CheckedModel, input: string, places: number, batch: EncodedRows, all: EncodedRows): Numbers {
  const dot = input.indexOf('.');
  const name = input.slice(dot + 1);
  const ids = (rows: EncodedRows): Int32Array => rows.ids[name] ?? new Int32Array(0);
  switch (dot < 0 ? input : input.slice(0, dot)) {
    case 'dense':
      return batch.dense[name]?.values ?? [];
    case 'ids': {
      const site = model.network.sites.find((one) => one.name === name && one.form === 'sequence');
      if (site) return bagsOf(batch, site.feature).flatMap((bag) => padded(bag, places));
      return batch.bags[name]?.ids ?? ids(batch);
    }
    case 'offsets':
      return batch.bags[name]?.offsets ?? [];
    case 'mask':
      return bagsOf(batch, name).flatMap((bag) => Array.from({ length: places }, (_, place) => (place < bag.length ? 1 : 0)));
    case 'code':
      return ids(batch);
    case 'frequency':
      return Array.from(ids(batch), (id) => Math.log(ids(all).filter((one) => one === id).length / all.rows));
    case 'label':
      return batch.labels[name] ?? [];
    case 'weight':
      return new Array<number>(batch.rows).fill(1);
    case 'total_weight':
      return [batch.rows];
    default:
      throw new Error(`no ${input}`);
  }
}

function bagsOf({ bags }: EncodedRows, feature: string): readonly (readonly number[])[] {
  const { ids, offsets } = bags[feature] ?? { ids: new Int32Array(0), offsets: new Int32Array(1) };
  return Array.from({ length: offsets.length - 1 }, (_, row) => [...ids.subarray(offsets[row], offsets[row + 1])]);
}

const padded = (ids: readonly number[], places: number): readonly number[] =>
  Array.from({ length: places }, (_, place) => ids[Math.min(place, ids.length - 1)] ?? 0);

/** The rows of each table that a batch looks up. */
function touchedRows({ network }: CheckedModel, { ids, bags }: EncodedRows): ReadonlyMap<string, ReadonlySet<number>> {
  const touched = new Map<string, Set<number>>();
  for (const { table, feature } of network.sites) {
    const name = `table.${table}`;
    const rows = touched.get(name) ?? new Set();
    for (const id of ids[feature] ?? bags[feature]?.ids ?? []) rows.add(id);
    touched.set(name, rows);
  }
  return touched;
}

/** Elements `from` … of a weight, laid out as `scalarUpdate` wants them and back. */
function update(
  optimizer: Optimizer,
  weights: Float64Array,
  slots: readonly Float64Array[],
  gradient: Float64Array,
  step: number,
  factor: number,
  from: number,
  count: number,
): void {
  const name = updateName(optimizer);
  const arrays = [weights, ...slots];
  const stride = Math.max(count, rowSlotWidth);
  const scalars = scalarValues(name, { ...optimizer.parameters, dim: count }, step, factor);
  const packed = new Float64Array((arrays.length + 1) * stride + scalars.length);
  arrays.forEach((array, i) => packed.set(array.subarray(from, from + count), i * stride));
  packed.set(gradient.subarray(from, from + count), arrays.length * stride);
  packed.set(scalars, (arrays.length + 1) * stride);
  scalarUpdate(name)(packed, 0, stride, arrays.length * stride, count, (arrays.length + 1) * stride);
  arrays.forEach((array, i) => array.set(packed.subarray(i * stride, i * stride + count), from));
}
