import type { EncodedRows } from '../encode/program.js';
import type { Label } from '../model/model.js';
import { weightCopies } from './copies.js';
import type { Session } from './engine.js';
import { createFeed } from './feed.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import { createPacer, pause } from './pause.js';

/** Of each label, row-major: [rows], or [rows, classes]. */
export interface Scores {
  readonly logits: Readonly<Record<string, Float64Array>>;
  readonly predictions: Readonly<Record<string, Float64Array>>;
}

/** Runs an inference session over all rows, in their order. Undefined if the signal stopped it. */
export const score = async (
  session: Session,
  memory: Memory,
  layout: Layout,
  labels: readonly Pick<Label, 'name' | 'task'>[],
  data: EncodedRows,
  signal?: AbortSignal,
): Promise<Scores | undefined> => {
  const feed = createFeed({ session, memory, layout, staging: layout.inference, data, noise: [], seed: 0 });
  const pacer = createPacer(50);
  const outputs = (kind: string) =>
    labels.map(({ name, task }) => {
      const width = task.kind === 'class' ? task.classes : 1;
      return { name, width, output: session.outputs[`${kind}.${name}`], all: new Float64Array(data.rows * width) };
    });
  const logits = outputs('logit');
  const predictions = outputs('prediction');
  weightCopies(session, memory, layout).copy();
  for (let start = 0; start < data.rows; start += session.rows) {
    const real = feed.fill(0, undefined, start, Math.min(session.rows, data.rows - start), 0);
    await session.run();
    for (const { width, output, all } of [...logits, ...predictions])
      if (output !== undefined) all.set(real === session.rows ? output : output.subarray(0, real * width), start * width);
    if (pacer.due()) {
      await pause();
      if (signal?.aborted === true) return undefined;
    }
  }
  const named = (of: typeof logits): Record<string, Float64Array> => Object.fromEntries(of.map(({ name, all }) => [name, all]));
  return { logits: named(logits), predictions: named(predictions) };
};
