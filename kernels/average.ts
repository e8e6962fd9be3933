// Addresses and strides are in bytes, multiples of 16. Without `touched`, which is 0 then, rows 0 ≤ r < `count` are meant.

function rowOf(table: usize, rowStride: usize, touched: usize, i: usize): usize {
  return table + (touched == 0 ? i : <usize>load<u32>(touched + (i << 2))) * rowStride;
}

/** Towards every weight w goes what lies `average` behind it: a ← a + share · (w − a) */
export function average(
  table: usize,
  rowStride: usize,
  bytes: usize,
  average: usize,
  touched: usize,
  count: usize,
  share: f32,
): void {
  const shares = f32x4.splat(share);
  for (let r: usize = 0; r < count; r++) {
    const row = rowOf(table, rowStride, touched, r);
    for (let i: usize = 0; i < bytes; i += 16) {
      const a = v128.load(row + average + i);
      v128.store(row + average + i, f32x4.add(a, f32x4.mul(shares, f32x4.sub(v128.load(row + i), a))));
    }
  }
}

/** momentum^n by squares. */
function powerOf(momentum: f64, n: u64): f64 {
  let result: f64 = 1;
  for (let base = momentum; n > 0; n >>= 1) {
    if ((n & 1) != 0) result *= base;
    base *= base;
  }
  return result;
}

/**
 * What the average of each row is after step `step`, if its weights have not moved since the step that stands `averagedAt` behind it, in
 * two floats: 2²⁰ times the first, and the second. Puts down step `next` there.
 */
export function catchUp(
  table: usize,
  rowStride: usize,
  bytes: usize,
  average: usize,
  averagedAt: usize,
  touched: usize,
  count: usize,
  step: f64,
  next: f64,
  momentum: f64,
): void {
  const high = <f32>Math.floor(next / 1048576);
  const low = <f32>(next - 1048576 * <f64>high);
  for (let r: usize = 0; r < count; r++) {
    const row = rowOf(table, rowStride, touched, r);
    const before = 1048576 * <f64>load<f32>(row + averagedAt) + <f64>load<f32>(row + averagedAt, 4);
    if (step > before) {
      const left = f32x4.splat(<f32>powerOf(momentum, <u64>(step - before)));
      for (let i: usize = 0; i < bytes; i += 16) {
        const w = v128.load(row + i);
        v128.store(row + average + i, f32x4.add(w, f32x4.mul(left, f32x4.sub(v128.load(row + average + i), w))));
      }
    }
    store<f32>(row + averagedAt, high);
    store<f32>(row + averagedAt, low, 4);
  }
}
