// Merging sums the gradients of equal rows of one table, site after site, row after row, so that each row is updated once.
// First every distinct row gets a place, in order of first use: `touched[p]` is the row of place p, and `places` lies beside the
// ids, a place for each. Then gradients are summed by place, `merged` having a multiple of 16 bytes for each, `width` floats used,
// the rest zero; `pieces`, a power of two, share the places out: piece k sums those that are k modulo `pieces`.

/** 2³²/φ: ids that follow each other come to lie far apart [Knuth, The art of computer programming, 6.4]. */
const spread: u32 = 2654435769;

/**
 * Gives places to `count` ids, `found` rows having some already; returns how many have now. `slots` are 1 << bits entries, more than
 * there are distinct rows, a place + 1 each or 0: small enough to stay in cache, where an entry for each row of the table would not.
 */
export function indexRows(ids: usize, count: usize, places: usize, slots: usize, bits: u32, touched: usize, found: usize): usize {
  const mask: u32 = (1 << bits) - 1;
  const shift: u32 = 32 - bits;
  for (let r: usize = 0; r < count; r++) {
    const row = load<u32>(ids + (r << 2));
    let at: u32 = (row * spread) >> shift;
    let place: usize;
    for (;;) {
      const slot = slots + ((<usize>at) << 2);
      const known = <usize>load<u32>(slot);
      if (known == 0) {
        place = found++;
        store<u32>(slot, <u32>found);
        store<u32>(touched + (place << 2), row);
        break;
      }
      place = known - 1;
      if (load<u32>(touched + (place << 2)) == row) break;
      at = (at + 1) & mask;
    }
    store<u32>(places + (r << 2), <u32>place);
  }
  return found;
}

/** The same for sequences of `steps` ids a row, of which each row has the first `lengths[r]`. */
export function indexSequences(
  ids: usize,
  lengths: usize,
  rows: usize,
  steps: usize,
  places: usize,
  slots: usize,
  bits: u32,
  touched: usize,
  found: usize,
): usize {
  for (let r: usize = 0; r < rows; r++) {
    found = indexRows(ids, <usize>load<u32>(lengths + (r << 2)), places, slots, bits, touched, found);
    ids += steps << 2;
    places += steps << 2;
  }
  return found;
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

/**
 * Merges one site with one id a row, whose gradients lie `gradientStride` apart. Places come up in order, so that one at or behind `known` is met for the first time;
 * returns what it is for the next site.
 */
export function mergeRows(
  places: usize,
  rows: usize,
  gradient: usize,
  gradientStride: usize,
  width: usize,
  mergedStride: usize,
  merged: usize,
  pieces: u32,
  piece: u32,
  known: usize,
): usize {
  const one = f32x4.splat(1);
  for (let r: usize = 0; r < rows; r++) {
    const p = load<u32>(places + (r << 2));
    if ((p & (pieces - 1)) == piece) {
      put(gradient, merged + <usize>p * mergedStride, width, one, <usize>p >= known);
      known = max(known, <usize>p + 1);
    }
    gradient += gradientStride;
  }
  return known;
}

/** The same for a bag: each of its ids gets the row's gradient, divided by the bag's size if `mean`. */
export function mergeBags(
  places: usize,
  offsets: usize,
  rows: usize,
  gradient: usize,
  gradientStride: usize,
  width: usize,
  mean: bool,
  mergedStride: usize,
  merged: usize,
  pieces: u32,
  piece: u32,
  known: usize,
): usize {
  for (let r: usize = 0; r < rows; r++) {
    const from = <usize>load<u32>(offsets + (r << 2));
    const to = <usize>load<u32>(offsets + (r << 2) + 4);
    const share = f32x4.splat(mean && to > from ? <f32>1 / <f32>(to - from) : 1);
    for (let b = from; b < to; b++) {
      const p = load<u32>(places + (b << 2));
      if ((p & (pieces - 1)) != piece) continue;
      put(gradient, merged + <usize>p * mergedStride, width, share, <usize>p >= known);
      known = max(known, <usize>p + 1);
    }
    gradient += gradientStride;
  }
  return known;
}

/** The same for sequences of `steps` ids a row: every id has a gradient of its own. */
export function mergeSequences(
  places: usize,
  lengths: usize,
  rows: usize,
  steps: usize,
  gradient: usize,
  width: usize,
  mergedStride: usize,
  merged: usize,
  pieces: u32,
  piece: u32,
  known: usize,
): usize {
  for (let r: usize = 0; r < rows; r++) {
    const length = <usize>load<u32>(lengths + (r << 2));
    known = mergeRows(places, length, gradient, width << 2, width, mergedStride, merged, pieces, piece, known);
    places += steps << 2;
    gradient += (steps * width) << 2;
  }
  return known;
}

/** merged[p] += factor · table[touched[p]], for places `piece`, `piece + pieces` … below `count`. */
export function addRows(
  merged: usize,
  mergedStride: usize,
  touched: usize,
  count: usize,
  pieces: usize,
  piece: usize,
  table: usize,
  rowStride: usize,
  factor: f32,
): void {
  const factors = f32x4.splat(factor);
  for (let p = piece; p < count; p += pieces) {
    const row = table + <usize>load<u32>(touched + (p << 2)) * rowStride;
    const to = merged + p * mergedStride;
    for (let i: usize = 0; i < mergedStride; i += 16)
      v128.store(to + i, f32x4.add(v128.load(to + i), f32x4.mul(factors, v128.load(row + i))));
  }
}
