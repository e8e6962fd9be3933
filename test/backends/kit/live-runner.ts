import { sliceRows } from '../../../src/encode/row-groups.js';
import { labelNames } from '../../../src/model/model.js';
import { toTfjs, type LiveModel } from '../../../src/target/tfjs/live.js';
import type { TfjsNamespace } from '../../../src/target/tfjs/namespace.js';
import { seed, stepRows, type Logits, type Runner, type Subject } from './subject.js';

const openLive = (tf: TfjsNamespace, { model, state, rows, steps }: Subject): LiveModel =>
  toTfjs(model, tf, { facts: state, seed, trainingRows: rows, length: { steps, epochs: 1 } });

async function logitsOf(tf: TfjsNamespace, live: LiveModel, { model, rows }: Subject): Promise<Logits> {
  const given = live.infer(rows, labelNames(model));
  const logits = await Promise.all(
    labelNames(model).map(async (label) => [label, await given[`logit.${label}`]?.data()] as const),
  );
  tf.dispose(given);
  return Object.fromEntries(logits.map(([label, values]) => [label, values ?? []]));
}

/** The model itself on the caller's TensorFlow.js: `toTfjs`. */
export const liveRunner = (tf: TfjsNamespace): Runner => ({
  predict: async (subject, { dense, states, tables }) => {
    const live = openLive(tf, subject);
    const all = [...dense, ...states, ...tables];
    live.setWeights(
      Object.fromEntries(all.map(({ name, shape, values }) => [name, { shape, values: Float32Array.from(values) }])),
    );
    const logits = await logitsOf(tf, live, subject);
    live.dispose();
    return logits;
  },
  train: async (subject) => {
    const live = openLive(tf, subject);
    const losses: number[] = [];
    for (let i = 0; i < subject.steps; i++) {
      const loss = live.step(sliceRows(subject.rows, i * stepRows, (i + 1) * stepRows));
      losses.push((await loss.data())[0] ?? NaN);
      loss.dispose();
    }
    const logits = await logitsOf(tf, live, subject);
    live.dispose();
    return { losses, logits };
  },
});
