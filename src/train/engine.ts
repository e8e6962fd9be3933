import type { InferenceGraph, StepGraph } from '../graph/step.js';
import type { TfjsNamespace } from '../target/tfjs/namespace.js';

export type FloatBuffer = Float32Array | Float64Array;

/**
 * A graph made ready for a fixed number of rows. The host fills `inputs` in place, awaits `run`, and reads `outputs` in place:
 * nothing is allocated for a step. Names are those of the graph's inputs, parameters and outputs.
 */
export interface Session {
  readonly rows: number;
  readonly inputs: Readonly<Record<string, FloatBuffer | Int32Array>>;
  readonly outputs: Readonly<Record<string, FloatBuffer>>;
  readonly run: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** Where tables can live beside the step, so that a step copies neither rows in nor gradients out. */
export interface TableDevice {
  /** With a backend at work. */
  readonly tf: TfjsNamespace;
  /** Bytes that one array may have. */
  readonly largestArray: number;
  /** Where ids pass through float32: it has no other whole numbers above 2^24 than even ones. */
  readonly mostRows?: number;
  /** Whether it can hold arrays of so many bytes beside each other, which it tries. */
  readonly hasRoomFor?: (arrays: readonly number[]) => Promise<boolean>;
  /** What has gone wrong on it, which nothing that was asked of it has thrown. */
  readonly fault?: () => string | undefined;
}

/** Something that can run a step graph: onnxruntime, the float64 interpreter, TensorFlow.js. */
export interface Engine {
  readonly name: string;
  /** Every thread that loads an engine of this name has one that gives the same bits, in float32. */
  readonly inWorkers?: boolean;
  readonly device?: TableDevice;
  /** e.g. `onnxruntime-node 1.30.0, CPU, 2 threads`; without a number, with the threads of the session prepared last. */
  readonly describe: (threads?: number) => string;
  readonly prepare: (
    graph: StepGraph | InferenceGraph,
    options: { readonly rows: number; readonly threads: number },
  ) => Promise<Session>;
}
