import type { EncodedRows } from '../../../src/encode/program.js';
import { interpret } from '../../../src/graph/interpreter.js';
import { lower, lowerStep } from '../../../src/graph/lower.js';
import { fillNoise, noiseStream } from '../../../src/graph/random.js';
import { scalarUpdate } from '../../../src/graph/update/evaluate.js';
import { initialSlots, scalarValues, updateName, updateRules } from '../../../src/graph/update/rules.js';
import { stepGraph } from '../../../src/graph/pipeline.js';
import type { CheckedModel, Optimizer } from '../../../src/model/model.js';

/** Training in float64 with whole tables in the graph: slow, short, and independent of every engine. */
export interface Reference {
  /** Loss of the batch before the step. */
  readonly step: (batch: EncodedRows) => number;
  readonly predict: (batch: EncodedRows) => Readonly<Record<string, Float64Array>>;
}

export function createReference(model: CheckedModel, start: ReadonlyMap<string, Float32Array>): Reference {
  const graph = lowerStep(model);
  const inference = lower(model, 'infer');
  const { parameters } = stepGraph(model);
  const values = new Map([...start].map(([name, given]) => [name, Float64Array.from(given)]));
  const { embeddings, rest } = model.train.optimizer;
  const slotsOf = (optimizer: Optimizer, size: number): Float64Array[] =>
    initialSlots(updateName(optimizer), optimizer.parameters).map((initial) => new Float64Array(size).fill(initial));
  const slots = new Map([...values].map(([name, { length }]) => [name, slotsOf(isTable(name) ? embeddings : rest, length)]));
  let step = 0;

  return {
    predict: (batch) => {
      const found = interpret(inference, { ...Object.fromEntries(values), ...inputs(batch) }, batch.rows);
      return Object.fromEntries(model.labels.map(({ name }) => [name, found[`prediction.${name}`]?.data ?? new Float64Array(0)]));
    },
    step: (batch) => {
      step += 1;
      const noise = Object.fromEntries(
        graph.nodes.flatMap((node) => {
          if (node.kind !== 'noise') return [];
          const width = Number(node.shape[1]);
          const drawn = new Float64Array(batch.rows * width);
          fillNoise(noiseStream(model.train.seed, node.name), step, 0, width, drawn);
          return [[node.name, drawn]];
        }),
      );
      const given = { ...Object.fromEntries(values), ...inputs(batch), ...noise, ...labels(batch) };
      const results = interpret(graph, given, batch.rows);
      const gradients = new Map(
        [...values.keys()].map((name) => [name, Float64Array.from(results[`gradient.${name}`]?.data ?? [])]),
      );
      const touched = touchedRows(model, batch);
      for (const [name, gradient] of gradients) {
        const weights = values.get(name) ?? new Float64Array(0);
        if (!isTable(name)) {
          const l2 = parameters.find((one) => one.name === name)?.l2 ?? 0;
          gradient.forEach((_, i) => (gradient[i] = (gradient[i] ?? 0) + l2 * (weights[i] ?? 0)));
          continue;
        }
        const table = model.tables.find((one) => `table.${one.name}` === name);
        for (const row of touched.get(name) ?? [])
          for (let j = row * (table?.dim ?? 0); j < (row + 1) * (table?.dim ?? 0); j++)
            gradient[j] = (gradient[j] ?? 0) + (table?.l2 ?? 0) * (weights[j] ?? 0);
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
        if (!isTable(name)) {
          update(rest, weights, own, scaled, step, 0, weights.length);
          continue;
        }
        const dim = model.tables.find((one) => `table.${one.name}` === name)?.dim ?? 0;
        const sweep = embeddings.exact && updateRules[updateName(embeddings)].movesUntouched;
        const rows = sweep ? Array.from({ length: weights.length / dim }, (_, row) => row) : (touched.get(name) ?? []);
        for (const row of rows) update(embeddings, weights, own, scaled, step, row * dim, dim);
      }
      return results.loss?.data[0] ?? NaN;
    },
  };
}

const isTable = (name: string): boolean => name.startsWith('table.');

function inputs({ ids, bags, dense }: EncodedRows): Record<string, Int32Array | Float32Array> {
  return Object.fromEntries([
    ...Object.entries(ids).map(([name, column]) => [`ids.${name}`, column]),
    ...Object.entries(bags).flatMap(([name, bag]) => [
      [`ids.${name}`, bag.ids],
      [`offsets.${name}`, bag.offsets],
    ]),
    ...Object.entries(dense).map(([name, { values }]) => [`dense.${name}`, values]),
  ]) as Record<string, Int32Array | Float32Array>;
}

function labels(batch: EncodedRows): Record<string, number[] | Float32Array> {
  const columns = Object.entries(batch.labels).map(([name, column]): [string, Float32Array] => [`label.${name}`, column]);
  return { ...Object.fromEntries(columns), weight: new Array<number>(batch.rows).fill(1), total_weight: [batch.rows] };
}

function touchedRows(model: CheckedModel, { ids, bags }: EncodedRows): ReadonlyMap<string, ReadonlySet<number>> {
  const touched = new Map<string, Set<number>>();
  for (const feature of model.features) {
    if (feature.kind !== 'category') continue;
    const name = `table.${feature.table}`;
    const rows = touched.get(name) ?? new Set();
    for (const id of ids[feature.name] ?? bags[feature.name]?.ids ?? []) rows.add(id);
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
  from: number,
  count: number,
): void {
  const name = updateName(optimizer);
  const arrays = [weights, ...slots];
  const scalars = scalarValues(name, optimizer.parameters, step);
  const packed = new Float64Array((arrays.length + 1) * count + scalars.length);
  arrays.forEach((array, i) => packed.set(array.subarray(from, from + count), i * count));
  packed.set(gradient.subarray(from, from + count), arrays.length * count);
  packed.set(scalars, (arrays.length + 1) * count);
  scalarUpdate(name)(packed, 0, count, arrays.length * count, count, (arrays.length + 1) * count);
  arrays.forEach((array, i) => array.set(packed.subarray(i * count, (i + 1) * count), from));
}
