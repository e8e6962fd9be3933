import type { Graph } from '../../../src/graph/graph.js';
import type { Tensor, TfjsNamespace } from '../../../src/target/tfjs/namespace.js';
import { prepareGraph, type Leaves } from '../../../src/target/tfjs/run.js';

/** Runs a graph once, as `prepareGraph` does. */
export const runGraph = (tf: TfjsNamespace, graph: Graph, leaves: Leaves, rows?: number): Record<string, Tensor> => {
  const runner = prepareGraph(tf, graph);
  try {
    return runner.run(leaves, rows);
  } finally {
    runner.dispose();
  }
};
