import type { EncodedRows } from '../../encode/program.js';
import type { Node } from '../../graph/graph.js';
import { noiseStream } from '../../graph/random.js';
import { rowsTogether } from '../../graph/shards.js';
import type { PlacedSite, StepGraph } from '../../graph/step.js';
import type { CheckedModel } from '../../model/model.js';
import type { BackendWays } from './backend-ways.js';
import { realRows, type Cut } from './batch.js';
import type { DenseWeights } from './dense-weights.js';
import { clipGradients, sumOf } from './gradients.js';
import { columnInput, noiseInput, type LogFrequencies, type PartSource } from './inputs.js';
import { planTable, type TableBatch } from './lookups.js';
import type { Tensor, TfjsNamespace, Variable } from './namespace.js';
import { prepareGraph } from './run.js';
import type { TableWeights } from './table-weights.js';

/** All of a model that is on a backend. */
export interface OnBackend {
  readonly tf: TfjsNamespace;
  readonly ways: BackendWays;
  readonly model: CheckedModel;
  readonly dense: DenseWeights;
  readonly tables: ReadonlyMap<string, TableWeights>;
  readonly states: readonly { readonly name: string; readonly variable: Variable }[];
  readonly seed: number;
  readonly frequenciesOf: LogFrequencies;
}

export interface LiveStep {
  /** One update of everything; returns the loss, []. */
  readonly run: (batch: EncodedRows, step: number, factor: number) => Tensor;
  readonly dispose: () => void;
}

const ROWS = 'rows.';

/** Rows that depend on each other stay together: a batch of the spec, or a shard of it, in one part. */
const cutting = ({ train }: CheckedModel, graph: StepGraph, ways: BackendWays): ((count: number) => Cut) => {
  const whole = train.batch * train.accumulate;
  const largest = rowsTogether(train, () => graph);
  return (count) => {
    const partOf = Math.min(count, largest);
    const partRows = partOf === largest || partOf === whole || partOf === train.batch ? partOf : ways.sizeFor(partOf);
    return { count, parts: Math.ceil(count / partRows), partRows };
  };
};

export const createStep = (on: OnBackend, graph: StepGraph): LiveStep => {
  const { tf, ways, model, dense, tables, states, seed, frequenciesOf } = on;
  const runner = prepareGraph(tf, graph.graph);
  const cutOf = cutting(model, graph, ways);
  const inputs = graph.graph.nodes.filter((node): node is Node<'input'> => node.kind === 'input');
  const noise = graph.graph.nodes
    .filter((node): node is Node<'noise'> => node.kind === 'noise')
    .map((node) => ({ node, stream: noiseStream(seed, node.name) }));
  const sites = new Map(graph.sites.map((site) => [site.name, site]));
  const sitesOf = new Map<TableWeights, readonly PlacedSite[]>(
    [...tables.values()].flatMap((table) => {
      const own = graph.sites.filter((site) => site.table === table.name);
      return own.length === 0 ? [] : [[table, own] as const];
    }),
  );

  /** The outputs of every part of the batch. */
  const runParts = (batch: EncodedRows, cut: Cut, plans: readonly TableBatch[], step: number) => {
    const found = new Map(
      plans.map((plan) => [
        plan.table.name,
        { plan, rows: tf.gather(plan.table.values(false), tf.tensor1d(plan.touched.rows, 'int32')) },
      ]),
    );
    const kept = {
      ...dense.leaves(false),
      ...Object.fromEntries(states.map(({ name, variable }) => [name, variable as Tensor])),
    };
    const rowsInput = (name: string, part: number): Tensor => {
      const site = sites.get(name.slice(ROWS.length));
      const table = found.get(site?.table ?? '');
      if (site === undefined || table === undefined) throw new Error(`no value for ${name}`);
      return table.plan.rowsOf(site, part, table.rows);
    };
    const outputs = Array.from({ length: cut.parts }, (_, part) => {
      const source: PartSource = { rows: batch, cut, part, frequencies: frequenciesOf };
      const leaves = { ...kept };
      for (const node of inputs) leaves[node.name] = columnInput(tf, node, source) ?? rowsInput(node.name, part);
      for (const { node, stream } of noise) leaves[node.name] = noiseInput(tf, node, stream, step, source);
      return runner.run(leaves, cut.partRows);
    });
    return { outputs, found };
  };

  const sumOfParts = (tensors: readonly (Tensor | undefined)[]): Tensor | undefined => {
    const there = tensors.filter((tensor) => tensor !== undefined);
    return there.length === 0 ? undefined : sumOf(tf, there);
  };

  return {
    run: (batch, step, factor) =>
      tf.tidy(() => {
        const cut = cutOf(batch.rows);
        const plans = [...sitesOf].map(([table, own]) => planTable(tf, ways, table, own, batch, cut));
        const { outputs, found } = runParts(batch, cut, plans, step);
        const ofWeights = new Map<string, Tensor>();
        for (const { name, frozen } of graph.parameters) {
          const gradient = frozen ? undefined : sumOfParts(outputs.map((part) => part[`gradient.${name}`]));
          if (gradient !== undefined) ofWeights.set(name, gradient);
        }
        const ofTables = plans.map((plan) => {
          const merged = plan.merge((site, part) => outputs[part]?.[`gradient.${ROWS}${site.name}`]);
          const rows = found.get(plan.table.name)?.rows;
          const hasL2 = plan.table.l2 !== 0 && plan.touched.count > 0 && rows !== undefined;
          return hasL2 ? tf.add(merged, tf.mul(rows, plan.table.l2)) : merged;
        });
        const clipped = clipGradients(tf, { dense: dense.withL2(ofWeights), tables: ofTables }, model.train.clipNorm);
        dense.update(clipped.dense, step, factor);
        plans.forEach((plan, t) => {
          const gradients = clipped.tables[t];
          if (gradients !== undefined) plan.table.update(plan.touched, gradients, step, factor);
        });
        for (const { name, variable } of states) {
          const moved = sumOfParts(
            outputs.flatMap((part, p) => {
              const next = part[`state.${name}`];
              return next === undefined ? [] : [cut.parts === 1 ? next : tf.mul(next, realRows(cut, p) / cut.count)];
            }),
          );
          if (moved !== undefined) variable.assign(tf.reshape(moved, variable.shape));
        }
        return sumOfParts(outputs.map(({ loss }) => loss)) ?? tf.scalar(0);
      }),
    dispose: runner.dispose,
  };
};
