import type { Graph } from '../../../src/graph/graph.js';
import { elementsOf, sizeOf } from '../../../src/graph/shapes.js';
import type { Values } from '../../../src/graph/interpreter.js';
import type { Tensor, TfjsNamespace } from '../../../src/target/tfjs/namespace.js';

/** The values of a graph's leaves on a backend. */
export const leavesOf = (tf: TfjsNamespace, graph: Graph, values: Values, rows: number): Record<string, Tensor> =>
  Object.fromEntries(
    graph.nodes.flatMap((node) => {
      if (!('name' in node)) return [];
      const numbers = values[node.name] ?? [];
      const known = elementsOf(node.shape, rows);
      const shape = node.shape.map((dim) => sizeOf(dim, rows) ?? numbers.length / known);
      const isInt = node.kind === 'input' && node.dtype === 'int';
      const typed = isInt ? Int32Array.from(numbers) : Float32Array.from(numbers);
      return [[node.name, tf.tensor(typed, shape, isInt ? 'int32' : 'float32')]];
    }),
  );
