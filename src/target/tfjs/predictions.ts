import type { EncodedRows } from '../../encode/program.js';
import type { Graph, Node } from '../../graph/graph.js';
import { inferenceGraph } from '../../graph/pipeline.js';
import type { Cut } from './batch.js';
import { columnInput, type PartSource } from './inputs.js';
import { lookUp } from './lookups.js';
import type { Tensor } from './namespace.js';
import { prepareGraph, type GraphRunner } from './run.js';
import type { OnBackend } from './step.js';

/** Most rows at once. */
const mostRows = 4096;

export interface Predictions {
  /** Outputs of the inference graph of these names, all rows. */
  readonly run: (rows: EncodedRows, names: readonly string[]) => Record<string, Tensor>;
  readonly dispose: () => void;
}

interface Prepared {
  readonly graph: Graph;
  readonly runner: GraphRunner;
  readonly inputs: readonly Node<'input'>[];
  readonly siteOf: ReadonlyMap<string, ReturnType<typeof inferenceGraph>['sites'][number]>;
}

export const createPredictions = ({ tf, ways, model, dense, tables, states, frequenciesOf }: OnBackend): Predictions => {
  const prepared = new Map<string, Prepared>();
  const prepare = (names: readonly string[]): Prepared => {
    const key = names.join('\n');
    const known = prepared.get(key);
    if (known !== undefined) return known;
    const { graph, sites } = inferenceGraph(model, names);
    const inputs = graph.nodes.filter((node): node is Node<'input'> => node.kind === 'input');
    const made = {
      graph,
      runner: prepareGraph(tf, graph),
      inputs,
      siteOf: new Map(sites.map((site) => [`rows.${site.name}`, site])),
    };
    prepared.set(key, made);
    return made;
  };

  const runPart = ({ runner, inputs, siteOf }: Prepared, rows: EncodedRows, cut: Cut, part: number): Record<string, Tensor> => {
    const source: PartSource = { rows, cut, part, frequencies: frequenciesOf };
    const leaves: Record<string, Tensor> = { ...dense.leaves(true) };
    for (const { name, variable } of states) leaves[name] = variable;
    for (const node of inputs) {
      const site = siteOf.get(node.name);
      const table = tables.get(site?.table ?? '');
      const value = site && table ? lookUp(tf, ways, table, site, rows, cut, part, true) : columnInput(tf, node, source);
      if (value === undefined) throw new Error(`no value for ${node.name}`);
      leaves[node.name] = value;
    }
    return runner.run(leaves, cut.partRows);
  };

  return {
    run: (rows, names) =>
      tf.tidy(() => {
        const of = prepare(names);
        if (rows.rows === 0) throw new Error('there are no rows to predict');
        const partRows = Math.min(mostRows, ways.sizeFor(rows.rows));
        const cut: Cut = { count: rows.rows, parts: Math.ceil(rows.rows / partRows), partRows };
        const parts = Array.from({ length: cut.parts }, (_, part) => tf.tidy(() => runPart(of, rows, cut, part)));
        const whole = Object.keys(of.graph.outputs).map((name): [string, Tensor] => {
          const tensors = parts.flatMap((part) => part[name] ?? []);
          const [first] = tensors;
          if (first === undefined) throw new Error(`no output ${name}`);
          const byRow = of.graph.nodes[of.graph.outputs[name] ?? -1]?.shape[0] === 'rows';
          if (!byRow) return [name, first];
          const all = tensors.length === 1 ? first : tf.concat(tensors);
          return [name, cut.count === all.shape[0] ? all : tf.slice(all, 0, cut.count)];
        });
        return Object.fromEntries(whole);
      }),
    dispose: () => {
      for (const { runner } of prepared.values()) runner.dispose();
    },
  };
};
