import type { FloatBuffer, Session } from './engine.js';
import type { Memory } from './kernels.js';
import type { Layout, Staging } from './layout.js';

/** Copies between the shared memory and a session's own buffers, in full: engines refuse arrays on shared memory. */
export interface Copies {
  readonly copy: () => void;
}

type Pair = readonly [from: FloatBuffer, to: FloatBuffer];

const copies = (pairs: readonly Pair[]): Copies => ({
  copy: () => {
    for (const [from, to] of pairs) to.set(from);
  },
});

const missing = (name: string): Error => new Error(`the graph has no ${name}`);

/** The dense weights and the states, into the session. A graph for inference may lack some. */
export const weightCopies = (session: Session, { floats }: Memory, { dense, states }: Layout): Copies =>
  copies(
    [...dense.parameters, ...states].flatMap(({ name, at, size }): readonly Pair[] => {
      const input = session.inputs[name];
      if (input instanceof Int32Array) throw missing(`float input ${name}`);
      return input === undefined ? [] : [[floats.subarray(at, at + size), input]];
    }),
  );

const fromOutput = (session: Session, { floats }: Memory, name: string, at: number, size: number): Pair => {
  const output = session.outputs[name];
  if (output === undefined) throw missing(`output ${name}`);
  return [output, floats.subarray(at, at + size)];
};

/** The gradients of one shard, out of the session. */
export const gradientCopies = (session: Session, memory: Memory, { dense }: Layout, staging: Staging, shard: number): Copies => {
  const region = dense.gradients + shard * dense.gradientStride;
  const inputs = staging.inputs.filter(({ name }) => session.outputs[`gradient.rows.${name}`] !== undefined);
  return copies([
    ...dense.parameters.flatMap(({ name, size, training }) =>
      training === undefined ? [] : [fromOutput(session, memory, `gradient.${name}`, region + training.gradient, size)],
    ),
    ...inputs.map(({ name, gradients, stride, width }) =>
      fromOutput(session, memory, `gradient.rows.${name}`, gradients + shard * stride, staging.rows * width),
    ),
  ]);
};

/** What one shard makes of the states that the step moves, out of the session. */
export const stateCopies = (session: Session, memory: Memory, { states }: Layout, shard: number): Copies =>
  copies(
    states.flatMap(({ name, size, next, nextStride }) =>
      next === undefined ? [] : [fromOutput(session, memory, `state.${name}`, next + shard * nextStride, size)],
    ),
  );
