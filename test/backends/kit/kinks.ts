import type { Graph } from '../../../src/graph/graph.js';
import type { Engine } from '../../../src/train/engine.js';
import { createReferenceEngine } from '../../../src/train/engines/reference.js';
import { trainSteps } from './engine-runner.js';
import type { Subject } from './subject.js';

/** The first step in which rounding decides whether a gradient passes a relu. */
export interface Kink {
  /** From 1. */
  readonly step: number;
  /** The largest deviation of losses, logits and gradients in the steps before it. */
  readonly before: number;
  readonly row: number;
  readonly unit: number;
  /** Of the relu's input for one row. */
  readonly units: number;
  /** The relu's input in float64, and by the engine. */
  readonly wanted: number;
  readonly given: number;
}

/** Outputs of the steps, inputs of relus among them. */
type Trace = readonly Readonly<Record<string, Float64Array>>[];

const probe = 'relu of node ';

const withProbes = ({ nodes, outputs }: Graph): Graph => {
  const relus = nodes.flatMap(({ kind, id, inputs: [input] }) =>
    kind === 'relu' && input !== undefined ? [[`${probe}${String(id)}`, input] as const] : [],
  );
  return { nodes, outputs: { ...outputs, ...Object.fromEntries(relus) } };
};

async function traceOf(engine: Engine, subject: Subject): Promise<Trace> {
  const trace: Record<string, Float64Array>[] = [];
  await trainSteps(
    {
      name: engine.name,
      describe: engine.describe,
      prepare: async (graph, options) => {
        const session = await engine.prepare({ ...graph, graph: withProbes(graph.graph) }, options);
        const run = async (): Promise<void> => {
          await session.run();
          const outputs = Object.entries(session.outputs);
          trace.push(Object.fromEntries(outputs.map(([name, values]) => [name, Float64Array.from(values)])));
        };
        return { ...session, run };
      },
    },
    subject,
  );
  return trace;
}

/** What is given by the engine, beside what is wanted of it, of each output of a step. */
const pairsOf = (given: Trace[number] | undefined, wanted: Trace[number]): (readonly [string, Float64Array, Float64Array])[] =>
  Object.entries(wanted).map(([name, values]) => [name, given?.[name] ?? new Float64Array(0), values]);

/**
 * Where an engine and the float64 interpreter part, if they do so at a relu: undefined if they are already apart by more than
 * `tolerance` before any relu's input differs in sign, or if none does.
 */
export async function firstKink(engine: Engine, subject: Subject, tolerance: number): Promise<Kink | undefined> {
  const wanted = await traceOf(createReferenceEngine(), subject);
  const given = await traceOf(engine, subject);
  let before = 0;
  for (const [i, outputs] of wanted.entries()) {
    const pairs = pairsOf(given[i], outputs);
    for (const [name, a, b] of pairs) {
      const at = name.startsWith(probe) ? b.findIndex((value, j) => value > 0 !== (a[j] ?? NaN) > 0) : -1;
      if (at < 0) continue;
      const units = b.length / (subject.rows.rows / wanted.length);
      const [row, unit] = [Math.floor(at / units), at % units];
      return { step: i + 1, before, row, unit, units, wanted: b[at] ?? NaN, given: a[at] ?? NaN };
    }
    for (const [name, a, b] of pairs) {
      if (name.startsWith(probe)) continue;
      for (const [j, value] of b.entries())
        before = Math.max(before, Math.abs((a[j] ?? NaN) - value) / Math.max(1, Math.abs(value)));
    }
    if (!(before <= tolerance)) return undefined;
  }
  return undefined;
}
