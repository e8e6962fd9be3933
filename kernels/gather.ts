// Addresses and strides are in bytes. A table's row begins at a multiple of 16 and holds `width` floats, the rest of its 16 zero.
// Gathered rows lie `outStride` apart; four floats are written at a time, so that a region needs 12 bytes more than its rows, and rows of
// several tables that stand side by side need widths that are multiples of 4.

// Rows are read ahead of their use, some at once: reads that wait for memory then overlap. What was read is returned, so that no
// compiler drops the reads.
const ahead: usize = 32;

/** out[r] = table[ids[r]] */
export function gather(
  table: usize,
  rowStride: usize,
  width: usize,
  ids: usize,
  count: usize,
  out: usize,
  outStride: usize,
): u32 {
  const bytes = width << 2;
  let seen: u32 = 0;
  for (let from: usize = 0; from < count; from += ahead) {
    const to = min(count, from + ahead);
    for (let r = from; r < to; r++) {
      const row = table + <usize>load<u32>(ids + (r << 2)) * rowStride;
      for (let i: usize = 0; i < bytes; i += 64) seen ^= load<u32>(row + i);
    }
    for (let r = from; r < to; r++) {
      const row = table + <usize>load<u32>(ids + (r << 2)) * rowStride;
      for (let i: usize = 0; i < bytes; i += 16) v128.store(out + i, v128.load(row + i));
      out += outStride;
    }
  }
  return seen;
}

/** out[r] = Σ table[ids[b]] over the bag offsets[r] ≤ b < offsets[r + 1], divided by its size if `mean`; an empty bag is zeros. */
export function gatherBags(
  table: usize,
  rowStride: usize,
  width: usize,
  ids: usize,
  offsets: usize,
  count: usize,
  mean: bool,
  out: usize,
  outStride: usize,
): void {
  const bytes = width << 2;
  for (let r: usize = 0; r < count; r++) {
    const from = <usize>load<u32>(offsets + (r << 2));
    const to = <usize>load<u32>(offsets + (r << 2) + 4);
    const share = f32x4.splat(mean && to > from ? <f32>1 / <f32>(to - from) : 1);
    for (let i: usize = 0; i < bytes; i += 16) {
      let total = f32x4.splat(0);
      for (let b = from; b < to; b++) {
        const row = table + <usize>load<u32>(ids + (b << 2)) * rowStride;
        total = f32x4.add(total, v128.load(row + i));
      }
      v128.store(out + i, f32x4.mul(total, share));
    }
    out += outStride;
  }
}
