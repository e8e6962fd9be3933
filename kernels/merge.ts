// Merging sums the gradients of equal rows of one table, site after site, row after row, so that each row is updated once.
// `slotOf` has an entry for each row of the table: 1 + its place among the merged rows, or 0. Place p has its row's number in
// `touched[p]` and its summed gradient in `merged`, a multiple of 16 bytes a row, `width` floats used, the rest zero.

// `slotOf` is read ahead of its use, some entries at once: reads that wait for memory then overlap. What was read is kept, so that no
// compiler drops the reads.
const ahead: usize = 32;
let seen: u32 = 0;

export function lastSeen(): u32 {
  return seen;
}

function readAhead(ids: usize, count: usize, slotOf: usize): u32 {
  let seen: u32 = 0;
  for (let r: usize = 0; r < count; r++) seen ^= load<u32>(slotOf + ((<usize>load<u32>(ids + (r << 2))) << 2));
  return seen;
}

function place(row: u32, slotOf: usize, touched: usize, count: usize): usize {
  const slot = slotOf + ((<usize>row) << 2);
  const known = <usize>load<u32>(slot);
  if (known != 0) return known - 1;
  store<u32>(slot, <u32>(count + 1));
  store<u32>(touched + (count << 2), row);
  return count;
}

function put(from: usize, to: usize, width: usize, share: v128, isNew: bool): void {
  const whole = (width >> 2) << 4;
  const bytes = width << 2;
  if (isNew) {
    for (let i: usize = 0; i < whole; i += 16) v128.store(to + i, f32x4.mul(share, v128.load(from + i)));
    if (bytes > whole) v128.store(to + whole, f32x4.splat(0));
  } else {
    for (let i: usize = 0; i < whole; i += 16)
      v128.store(to + i, f32x4.add(v128.load(to + i), f32x4.mul(share, v128.load(from + i))));
  }
  const factor = f32x4.extract_lane(share, 0);
  for (let i = whole; i < bytes; i += 4) store<f32>(to + i, load<f32>(to + i) + factor * load<f32>(from + i));
}

/** Merges one site with one id a row; `count` rows were merged before. Returns how many there are now. */
export function mergeRows(
  ids: usize,
  rows: usize,
  gradient: usize,
  width: usize,
  mergedStride: usize,
  slotOf: usize,
  touched: usize,
  merged: usize,
  count: usize,
): usize {
  const one = f32x4.splat(1);
  for (let r: usize = 0; r < rows; r++) {
    if (r % ahead == 0) seen ^= readAhead(ids + (r << 2), min(ahead, rows - r), slotOf);
    const p = place(load<u32>(ids + (r << 2)), slotOf, touched, count);
    const isNew = p == count;
    put(gradient, merged + p * mergedStride, width, one, isNew);
    if (isNew) count++;
    gradient += width << 2;
  }
  return count;
}

/** The same for a bag: each of its ids gets the row's gradient, divided by the bag's size if `mean`. */
export function mergeBags(
  ids: usize,
  offsets: usize,
  rows: usize,
  gradient: usize,
  width: usize,
  mean: bool,
  mergedStride: usize,
  slotOf: usize,
  touched: usize,
  merged: usize,
  count: usize,
): usize {
  for (let r: usize = 0; r < rows; r++) {
    const from = <usize>load<u32>(offsets + (r << 2));
    const to = <usize>load<u32>(offsets + (r << 2) + 4);
    const share = f32x4.splat(mean && to > from ? <f32>1 / <f32>(to - from) : 1);
    for (let b = from; b < to; b++) {
      const p = place(load<u32>(ids + (b << 2)), slotOf, touched, count);
      const isNew = p == count;
      put(gradient, merged + p * mergedStride, width, share, isNew);
      if (isNew) count++;
    }
    gradient += width << 2;
  }
  return count;
}

/** The same for sequences of `places` ids a row, of which each row has the first `lengths[r]`: every id has a gradient of its own. */
export function mergeSequences(
  ids: usize,
  lengths: usize,
  rows: usize,
  places: usize,
  gradient: usize,
  width: usize,
  mergedStride: usize,
  slotOf: usize,
  touched: usize,
  merged: usize,
  count: usize,
): usize {
  const one = f32x4.splat(1);
  for (let r: usize = 0; r < rows; r++) {
    const length = <usize>load<u32>(lengths + (r << 2));
    for (let t: usize = 0; t < length; t++) {
      const p = place(load<u32>(ids + (t << 2)), slotOf, touched, count);
      const isNew = p == count;
      put(gradient + ((t * width) << 2), merged + p * mergedStride, width, one, isNew);
      if (isNew) count++;
    }
    ids += places << 2;
    gradient += (places * width) << 2;
  }
  return count;
}

/** merged[p] += factor · table[touched[p]] */
export function addRows(
  merged: usize,
  mergedStride: usize,
  touched: usize,
  count: usize,
  table: usize,
  rowStride: usize,
  factor: f32,
): void {
  const factors = f32x4.splat(factor);
  for (let p: usize = 0; p < count; p++) {
    const row = table + <usize>load<u32>(touched + (p << 2)) * rowStride;
    const to = merged + p * mergedStride;
    for (let i: usize = 0; i < mergedStride; i += 16)
      v128.store(to + i, f32x4.add(v128.load(to + i), f32x4.mul(factors, v128.load(row + i))));
  }
}

/** Makes `slotOf` all zeros again. */
export function forgetRows(slotOf: usize, touched: usize, count: usize): void {
  for (let p: usize = 0; p < count; p++) store<u32>(slotOf + ((<usize>load<u32>(touched + (p << 2))) << 2), 0);
}
