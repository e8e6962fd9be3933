/** A power of 2, so that as many quantiles of a feature lie within those of a label. */
const mostBins = 64;
const rowsOfBin = 32;
const mostCounts = 2 ** 24;

/** Values as small whole numbers: categories as they are, numbers by their quantiles. */
export interface Codes {
  readonly codes: Int32Array;
  readonly size: number;
}

/** @returns which of at most `most` quantiles each value is in; equal values are in one */
export function quantiles(values: Float32Array, most = mostBins): Codes {
  const bins = 2 ** Math.floor(Math.log2(Math.max(2, Math.min(most, values.length / rowsOfBin))));
  const sorted = values.toSorted();
  const cuts = Array.from({ length: bins - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / bins)] ?? 0);
  const edges = [...new Set(cuts)];
  const codes = Int32Array.from(values, (value) => {
    let low = 0;
    let high = edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((edges[middle] ?? 0) <= value) low = middle + 1;
      else high = middle;
    }
    return low;
  });
  return { codes, size: edges.length + 1 };
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
