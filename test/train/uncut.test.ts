import { describe, expect, it } from 'vitest';
import type { EncodedRows } from '../../src/encode/program.js';
import type { Graph } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpreter.js';
import { lowerStep } from '../../src/graph/lower.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { alone } from '../../src/train/step.js';
import { prepareTraining } from '../../src/train/prepare.js';
import { copyWeights, viewState } from '../../src/train/weights.js';
import { richModel, richNetworks } from './rich.js';
import { toyData } from './toy.js';

const rows = 10;

/** The ids of a bag, cut to `length` places of which missing ones repeat the last, or are 0. */
const padded = ({ ids, offsets }: EncodedRows['bags'][string], length: number): number[] =>
  Array.from({ length: rows }, (_, r) => {
    const own = [...ids.subarray(offsets[r], offsets[r + 1])];
    return Array.from({ length }, (_unused, t) => own[t] ?? own.at(-1) ?? 0);
  }).flat();

/** Values of the uncut graph's inputs, written out from the rows. */
const inputsOf = (graph: Graph, data: EncodedRows, siteFeature: (site: string) => string): Record<string, ArrayLike<number>> =>
  Object.fromEntries(
    graph.nodes.flatMap((node) => {
      if (node.kind !== 'input') return [];
      const [kind, ...path] = node.name.split('.');
      const name = path.join('.');
      const length = Number(node.shape[1]);
      const values = {
        dense: () => data.dense[name]!.values,
        label: () => data.labels[name]!,
        weight: () => new Array<number>(rows).fill(1),
        total_weight: () => [rows],
        offsets: () => data.bags[name]!.offsets,
        code: () => data.ids[name]!,
        frequency: () => {
          const ids = [...data.ids[name]!];
          return ids.map((id) => Math.log(ids.filter((one) => one === id).length / rows));
        },
        mask: () => {
          const { offsets } = data.bags[name]!;
          return Array.from({ length: rows * length }, (_, i) => {
            const r = Math.floor(i / length);
            return Number(i % length < offsets[r + 1]! - offsets[r]!);
          });
        },
        ids: () =>
          node.shape.length === 2 ? padded(data.bags[siteFeature(name)]!, length) : (data.ids[name] ?? data.bags[name]!.ids),
      }[kind!];
      if (values === undefined) throw new Error(`no values for ${node.name}`);
      return [[node.name, values()]];
    }),
  );

// Vectors of 8 share an input where the network concatenates them, those of 6 do not.
describe.each([6, 8])(
  'a step of SGD with rate 1 subtracts the gradients of the graph that has its tables in it, dim %i',
  (dim) => {
    it.each(Object.entries(richNetworks))('%s', async (title, network) => {
      const model = richModel({ network, dim });
      const data = toyData(model, { train: rows, valid: 0, vocabulary: 9 });
      const { phases, memory, layout, close } = await prepareTraining({ model, data, engine: createReferenceEngine() });
      const joins = dim === 8 && ['attention', 'norm', 'beside', 'towers'].includes(title);
      expect(layout.training?.sites.some(({ place }) => place !== undefined)).toBe(joins);
      const before = copyWeights(viewState(memory, layout, 0, 1));
      const batch = { order: undefined, start: 0, count: rows, step: 1 };
      phases.fill(batch, alone);
      await phases.run(batch, alone);
      for (const phase of [phases.merge, phases.clip, phases.update]) phase(batch, alone);
      const after = copyWeights(viewState(memory, layout, 1, 1));
      await close();

      const graph = lowerStep(model);
      const siteFeature = (name: string): string => model.network.sites.find((site) => site.name === name)!.feature;
      const given = [...before.dense, ...before.states, ...before.tables].map(({ name, values }) => [name, values] as const);
      const wanted = interpret(
        graph,
        { ...inputsOf(graph, data.train, siteFeature), ...Object.fromEntries(given) } as never,
        rows,
      );
      expect(phases.loss(batch)).toBeCloseTo(wanted.loss!.data[0]!, 12);
      expect(Number.isFinite(phases.loss(batch))).toBe(true);

      let moved = 0;
      for (const [w, { name, values }] of [...before.dense, ...before.tables].entries()) {
        const now = [...after.dense, ...after.tables][w]!.values;
        const gradient = wanted[`gradient.${name}`]?.data;
        values.forEach((value, i) => {
          expect(now[i], `${name}[${i}]`).toBeCloseTo(value - (gradient?.[i] ?? 0), 12);
          if (now[i] !== value) moved++;
        });
      }
      expect(moved).toBeGreaterThan(20);
      after.states.forEach(({ name, values }, s) => {
        expect(values).toEqual(wanted[`state.${name}`]!.data);
        expect(values).not.toEqual(before.states[s]!.values);
      });
      const frozen = model.network.weights.filter((weight) => weight.frozen);
      expect(frozen.length > 0).toBe(network === richNetworks.frozen);
      for (const { name } of frozen)
        expect(after.dense.find((one) => one.name === name)).toEqual(before.dense.find((one) => one.name === name));
    });
  },
);
