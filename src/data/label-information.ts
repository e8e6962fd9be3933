/** A power of 2, so that as many quantiles of a feature lie within those of a label. */
const mostBins = 64;
const rowsOfBin = 32;
const mostCounts = 2 ** 24;

/** Values as small whole numbers: categories as they are, numbers by their quantiles. */
export interface Codes {
  readonly codes: Int32Array;
  readonly size: number;
}

/**
 * Which of at most `most` quantiles, of `rows` values or more, each value is in; equal values are in one, and NaN in one of its own. So is a
 * value that fills a whole quantile: where amounts are 0 but for a few rows, being above 0 may be all that tells the label.
 */
export function quantiles(values: Float32Array | Float64Array, most = mostBins, rows = rowsOfBin): Codes {
  const bins = 2 ** Math.floor(Math.log2(Math.max(2, Math.min(most, values.length / rows))));
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const cuts = Array.from({ length: bins - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / bins)] ?? 0);
  const full = cuts.filter((cut, i) => cut === (i === 0 ? sorted[0] : cuts[i - 1]));
  const above = full.flatMap((cut) => sorted[countUpTo(sorted, cut)] ?? []);
  const edges = Float64Array.from(new Set([...cuts, ...above])).sort();
  const missing = edges.length + 1;
  const codes = Int32Array.from(values, (value) => (Number.isNaN(value) ? missing : countUpTo(edges, value)));
  return { codes, size: missing + (sorted.length < values.length ? 1 : 0) };
}

/** How many of some numbers, in ascending order, are at most `value`. */
function countUpTo(numbers: Float32Array | Float64Array, value: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The share of the entropy of `y` that `x` takes away: their mutual information over the entropy of y (Theil's uncertainty coefficient). It is
 * learned of one half of the rows and measured on the other, and so again the other way round; otherwise a category of which
 * each row has its own value would tell all. 0: nothing, 1: all; 0 too for a y that never changes.
 */
export function toldShare(x: Codes, y: Codes): number {
  if (x.size * y.size > mostCounts) return 0;
  const folds = [halfOf(x, y, 0), halfOf(x, y, 1)] as const;
  const shares = [measured(x, y, folds[0], 1), measured(x, y, folds[1], 0)];
  return Math.max(0, (shares[0] ?? 0) / 2 + (shares[1] ?? 0) / 2);
}

interface Counts {
  readonly pairs: Int32Array;
  readonly ofX: Int32Array;
  readonly ofY: Int32Array;
  readonly rows: number;
}

/** Which half a row is in, whatever pattern rows have. */
function foldOf(row: number): number {
  const spread = Math.imul(row + 1, 0x9e3779b1);
  return Math.imul(spread ^ (spread >>> 15), 0x85ebca6b) >>> 31;
}

function halfOf(x: Codes, y: Codes, fold: number): Counts {
  const pairs = new Int32Array(x.size * y.size);
  const ofX = new Int32Array(x.size);
  const ofY = new Int32Array(y.size);
  let rows = 0;
  x.codes.forEach((a, row) => {
    if (foldOf(row) !== fold) return;
    const b = y.codes[row] ?? 0;
    pairs[a * y.size + b] = (pairs[a * y.size + b] ?? 0) + 1;
    ofX[a] = (ofX[a] ?? 0) + 1;
    ofY[b] = (ofY[b] ?? 0) + 1;
    rows += 1;
  });
  return { pairs, ofX, ofY, rows };
}

function measured(x: Codes, y: Codes, { pairs, ofX, ofY, rows }: Counts, fold: number): number {
  let entropy = 0;
  let left = 0;
  x.codes.forEach((a, row) => {
    if (foldOf(row) !== fold) return;
    const b = y.codes[row] ?? 0;
    const usual = ((ofY[b] ?? 0) + 0.5) / (rows + 0.5 * y.size);
    entropy -= Math.log(usual);
    left -= Math.log(((pairs[a * y.size + b] ?? 0) + usual) / ((ofX[a] ?? 0) + 1));
  });
  const changes = ofY.filter((count) => count > 0).length > 1;
  return changes && entropy > 0 ? 1 - left / entropy : 0;
}
