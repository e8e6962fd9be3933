import type { Graph } from '../../graph/graph.js';
import { prepareInterpreter } from '../../graph/interpreter.js';
import { sizesOf } from '../../graph/shapes.js';
import type { Engine, FloatBuffer, Session } from '../engine.js';
import { elements, hostInputs, isInt, outputShapes } from '../../graph/leaves.js';

/** The float64 interpreter: slow, exact, on every machine. */
export function createReferenceEngine(): Engine {
  return {
    name: 'reference',
    describe: () => 'reference, float64 in JavaScript, 1 thread',
    prepare: ({ graph }, { rows }) => Promise.resolve(session(graph, rows)),
  };
}

function session(graph: Graph, rows: number): Session {
  const inputs: Record<string, FloatBuffer | Int32Array> = {};
  for (const node of hostInputs(graph)) {
    const length = elements(sizesOf(node.shape, rows));
    inputs[node.name] = isInt(node) ? new Int32Array(length) : new Float64Array(length);
  }
  const outputs: Record<string, Float64Array> = {};
  for (const [name, shape] of outputShapes(graph)) outputs[name] = new Float64Array(elements(sizesOf(shape, rows)));
  const interpreter = prepareInterpreter(graph, rows);
  return {
    rows,
    inputs,
    outputs,
    run: () => {
      const results = interpreter(inputs);
      for (const [name, buffer] of Object.entries(outputs)) buffer.set(results[name]?.data ?? []);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
