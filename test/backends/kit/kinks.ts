import type { Graph } from '../../../src/graph/graph.js';
import type { Engine } from '../../../src/train/engine.js';
import { createReferenceEngine } from '../../../src/train/engines/reference.js';
import { trainSteps } from './engine-runner.js';
import type { TfjsNamespace } from '../../../src/target/tfjs/namespace.js';
import { projectCode } from './project-code.js';
import type { Subject } from './subject.js';
import { typescriptRunner } from './typescript-runner.js';

/** The first step in which rounding decides whether a gradient passes a relu. */
export interface Kink {
  /** From 1. */
  readonly step: number;
  /** The largest deviation of losses in the steps before it, and where the engine was asked of logits and gradients. */
  readonly before: number;
  readonly lossesAlone?: true;
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

/** The losses of a written project's steps, and the inputs of its relus in the order in which it calls them. */
async function callsOf(tf: TfjsNamespace, subject: Subject) {
  const inputs: Float64Array[] = [];
  const prototype = (tf as unknown as { readonly Tensor: { readonly prototype: { relu: () => unknown } } }).Tensor.prototype;
  const own = prototype.relu;
  prototype.relu = function (this: { readonly dataSync: () => ArrayLike<number> }) {
    inputs.push(Float64Array.from(this.dataSync()));
    return own.call(this);
  };
  try {
    const { losses = [] } = (await typescriptRunner(tf).train?.(subject, await projectCode(subject.model))) ?? {};
    return { losses, inputs };
  } finally {
    prototype.relu = own;
  }
}

const farthest = (a: ArrayLike<number> | undefined, b: ArrayLike<number>): number =>
  a?.length === b.length
    ? Array.from(b).reduce((most, value, i) => Math.max(most, Math.abs((a[i] ?? NaN) - value)), 0)
    : Infinity;

/** The same of what the target `typescript` writes: which of its calls is which relu, the values of the first step say. */
export async function firstKinkOfProject(tf: TfjsNamespace, subject: Subject): Promise<Kink | undefined> {
  const wanted = await traceOf(createReferenceEngine(), subject);
  const { losses, inputs } = await callsOf(tf, subject);
  const names = Object.keys(wanted[0] ?? {}).filter((name) => name.startsWith(probe));
  const calls = names.map((name) => {
    const off = names.map((_, call) => farthest(inputs[call], wanted[0]?.[name] ?? []));
    return [name, off.indexOf(Math.min(...off))] as const;
  });
  let before = 0;
  for (const [i, outputs] of wanted.entries()) {
    for (const [name, call] of calls) {
      const [a, b] = [inputs[i * names.length + call], outputs[name] ?? new Float64Array()];
      const at = b.findIndex((value, j) => value > 0 !== (a?.[j] ?? NaN) > 0);
      if (at < 0) continue;
      const units = b.length / (subject.rows.rows / wanted.length);
      const place = { row: Math.floor(at / units), unit: at % units, units };
      return { step: i + 1, before, lossesAlone: true, ...place, wanted: b[at] ?? NaN, given: a?.[at] ?? NaN };
    }
    before = Math.max(before, Math.abs((losses[i] ?? NaN) - (outputs.loss?.[0] ?? NaN)));
  }
  return undefined;
}
