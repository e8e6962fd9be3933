import type { Tensor, TfjsNamespace } from './namespace.js';

/** Sums of rows, planned on the host: [rows, width] → [sums, width]. A sum of no rows is zeros. */
export type SumPlan = (tf: TfjsNamespace, x: Tensor) => Tensor;

/** By a kernel that adds each row where it belongs. */
export const sumByScatter = (of: Int32Array, sums: number): SumPlan => {
  const leavesOut = of.includes(-1);
  const to = leavesOut ? of.map((sum) => (sum === -1 ? sums : sum)) : of;
  return (tf, x) => {
    const width = x.shape[1] ?? 1;
    const indices = tf.tensor2d(to, [to.length, 1], 'int32');
    const all = tf.scatterND(indices, x, [leavesOut ? sums + 1 : sums, width]);
    return leavesOut ? tf.slice(all, [0, 0], [sums, width]) : all;
  };
};

/**
 * By look-ups alone: rows are put in the order of their sums, and then each round adds to a row the one 1, 2, 4, … places behind it, as
 * far as that belongs to the same sum, so that the first of each has them all. It gives the same bits wherever it runs.
 */
export const sumByTree = (of: Int32Array, sums: number, sizeFor: (count: number) => number): SumPlan => {
  const starts = new Int32Array(sums + 1);
  for (const sum of of) if (sum >= 0) starts[sum + 1]! += 1;
  let most = 0;
  for (let sum = 0; sum < sums; sum++) {
    most = Math.max(most, starts[sum + 1] ?? 0);
    starts[sum + 1]! += starts[sum] ?? 0;
  }
  const count = starts[sums] ?? 0;
  const size = sizeFor(count + 1);
  // A row of zeros stands behind those given, and behind those in order.
  const none = size - 1;
  const order = new Int32Array(size).fill(of.length);
  const next = starts.slice();
  of.forEach((sum, row) => {
    if (sum >= 0) order[next[sum]!++] = row;
  });
  const first = Int32Array.from({ length: sums }, (_, sum) => (starts[sum] === starts[sum + 1] ? none : (starts[sum] ?? none)));
  const rounds: Int32Array[] = [];
  for (let reach = 1; reach < most; reach *= 2) {
    const behind = new Int32Array(size).fill(none);
    for (let sum = 0; sum < sums; sum++) {
      const end = starts[sum + 1] ?? 0;
      for (let at = starts[sum] ?? 0; at + reach < end; at += 2 * reach) behind[at] = at + reach;
    }
    rounds.push(behind);
  }
  return (tf, x) => {
    const ints = (values: Int32Array) => tf.tensor1d(values, 'int32');
    const padded = tf.concat([x, tf.zeros([1, x.shape[1] ?? 1])]);
    let sorted = tf.gather(padded, ints(order));
    for (const behind of rounds) sorted = tf.add(sorted, tf.gather(sorted, ints(behind)));
    return tf.gather(sorted, ints(first));
  };
};
