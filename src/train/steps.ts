import type { EncodedRows } from '../encode/program.js';
import type { Barrier, Control } from './control.js';
import { addStep, beginUpdate } from './control.js';
import type { Plan } from './plan.js';
import type { Batch, Phases, Share } from './step.js';

/** Steps `from` ≤ i < `to` of an epoch; step i of it is step `before` + i + 1 of the run. Past the last batch they begin with the first again. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly before: number;
  /** Which of the orders; the first, unless given. */
  readonly order?: number;
  /** How many of the rows there are, from the first on; all, unless given. */
  readonly rows?: number;
}

/** One worker's part in every step. */
export interface Part {
  readonly phases: Phases;
  readonly share: Share;
  readonly barrier: Barrier;
  readonly control: Control;
  readonly plan: Plan;
  readonly data: EncodedRows;
  /** Orders of the rows; none if they are not shuffled. */
  readonly orders: readonly Int32Array[];
  /** Takes the time, in milliseconds, at the end of each step. */
  readonly clock?: Float64Array;
}

/** Asked after each step, of all workers alike, whether to end here. */
export type Ends = () => boolean | Promise<boolean>;

/** Does a stretch, or less of it: until `ends`, a loss that is not finite, or another worker's failure. */
export const runSteps = async (part: Part, { from, to, before, ...stretch }: Stretch, ends: Ends): Promise<void> => {
  const { phases, share, barrier, control, plan, data, orders, clock } = part;
  const rows = stretch.rows ?? data.rows;
  const order = orders[stretch.order ?? 0];
  const batches = Math.ceil(rows / plan.batch);
  const batchAt = (batch: Batch, i: number): Batch => {
    batch.start = (i % batches) * plan.batch;
    batch.count = Math.min(plan.batch, rows - batch.start);
    batch.step = before + i + 1;
    return batch;
  };
  let batch = batchAt({ order, start: 0, count: 0, step: 0 }, from);
  let next: Batch = { ...batch };
  let loss = 0;
  const finish = (): void => {
    addStep(control, loss, batch.count);
  };
  const meet = (meanwhile?: () => void): boolean => {
    const begin = performance.now();
    const goesOn = barrier(meanwhile);
    phases.milliseconds[5] = (phases.milliseconds[5] ?? 0) + performance.now() - begin;
    return goesOn;
  };
  if (from >= to) return;
  phases.fill(batch, share);
  if (!meet()) return;
  for (let i = from; i < to; i++) {
    await phases.run(batch, share);
    if (!meet()) return;
    loss = phases.loss(batch);
    if (!Number.isFinite(loss)) {
      meet(finish);
      return;
    }
    phases.merge(batch, share);
    if (!meet()) return;
    if (phases.clips) {
      phases.clip(batch, share);
      if (!meet()) return;
    }
    beginUpdate(control);
    phases.update(batch, share, i + 1 < to ? batchAt(next, i + 1) : undefined);
    if (!meet(finish)) return;
    if (clock !== undefined) clock[i - from] = performance.now();
    const over = ends();
    if (over === true || (over !== false && (await over))) return;
    [batch, next] = [next, batch];
  }
};
