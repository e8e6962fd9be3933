// Addresses, strides and `bytes` are multiples of 16.

/** Σ x², summed in float64, over `rows` rows of so many bytes, `stride` apart. */
export function squaredNorm(x: usize, bytes: usize, rows: usize, stride: usize): f64 {
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let r: usize = 0; r < rows; r++) {
    for (let i: usize = 0; i < bytes; i += 16) {
      const values = v128.load(x + i);
      const a = f64x2.promote_low_f32x4(values);
      const b = f64x2.promote_low_f32x4(
        i8x16.shuffle(values, values, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15),
      );
      low = f64x2.add(low, f64x2.mul(a, a));
      high = f64x2.add(high, f64x2.mul(b, b));
    }
    x += stride;
  }
  const sum = f64x2.add(low, high);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** x ← factor · x */
export function scale(x: usize, bytes: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(x + i, f32x4.mul(factors, v128.load(x + i)));
}

/** y ← y + factor · x */
export function addScaled(y: usize, x: usize, bytes: usize, factor: f32): void {
  const factors = f32x4.splat(factor);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(y + i, f32x4.add(v128.load(y + i), f32x4.mul(factors, v128.load(x + i))));
}

/** The first of `count` regions, `stride` apart, becomes the sum of all, added in their order. */
export function sumRegions(first: usize, stride: usize, count: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
    let total = v128.load(first + i);
    for (let region: usize = 1; region < count; region++) total = f32x4.add(total, v128.load(first + region * stride + i));
    v128.store(first + i, total);
  }
}
