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

/** The dense weights, into the session. A graph for inference may lack some. */
export const weightCopies = (session: Session, { floats }: Memory, { dense }: Layout): Copies =>
  copies(
    dense.parameters.flatMap(({ name, at, size }): readonly Pair[] => {
      const input = session.inputs[name];
      if (input instanceof Int32Array) throw missing(`float input ${name}`);
      return input === undefined ? [] : [[floats.subarray(dense.at + at, dense.at + at + size), input]];
    }),
  );

/** The gradients of one shard, out of the session. */
export const gradientCopies = (
  session: Session,
  { floats }: Memory,
  { dense }: Layout,
  staging: Staging,
  shard: number,
): Copies => {
  const pair = (name: string, at: number, size: number): Pair => {
    const output = session.outputs[name];
    if (output === undefined) throw missing(`output ${name}`);
    return [output, floats.subarray(at, at + size)];
  };
  const sites = staging.sites.filter(({ name }) => session.outputs[`gradient.rows.${name}`] !== undefined);
  return copies([
    ...dense.parameters.map(({ name, at, size }) => pair(`gradient.${name}`, dense.gradients + shard * dense.size + at, size)),
    ...sites.map((site) => pair(`gradient.rows.${site.name}`, site.gradients + shard * site.stride, staging.rows * site.dim)),
  ]);
};
