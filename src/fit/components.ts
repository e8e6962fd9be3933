import { EigenvalueDecomposition } from 'ml-matrix';

/** Rows of a table, row-major [rows, dim]. */
export interface TableValues {
  readonly rows: number;
  readonly dim: number;
  readonly values: ArrayLike<number>;
}

/**
 * Principal component analysis: the variances of rows along their principal axes, largest first, which are the eigenvalues of their
 * covariance. Each row counts once, and their mean is taken off first.
 *
 * @param chosen positions of the rows, at least one
 * @returns `dim` numbers, none below 0
 */
export function principalVariances({ dim, values }: TableValues, chosen: Int32Array): Float64Array {
  const mean = new Float64Array(dim);
  const at = (row: number, i: number): number => values[row * dim + i] ?? 0;
  for (const row of chosen) for (let i = 0; i < dim; i++) mean[i] = (mean[i] ?? 0) + at(row, i) / chosen.length;
  const covariance = Array.from({ length: dim }, () => new Float64Array(dim));
  const centred = new Float64Array(dim);
  for (const row of chosen) {
    for (let i = 0; i < dim; i++) centred[i] = at(row, i) - (mean[i] ?? 0);
    covariance.forEach((line, i) => {
      const x = centred[i] ?? 0;
      for (let j = 0; j <= i; j++) line[j] = (line[j] ?? 0) + (x * (centred[j] ?? 0)) / chosen.length;
    });
  }
  const symmetric = covariance.map((_, i) => covariance.map((_, j) => covariance[Math.max(i, j)]?.[Math.min(i, j)] ?? 0));
  const { realEigenvalues } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  // Rounding may leave the smallest a little below 0.
  return Float64Array.from(realEigenvalues, (value) => Math.max(0, value))
    .sort()
    .reverse();
}

/** A size, and the share of the variance that its components explain. */
export interface Explained {
  readonly size: number;
  readonly share: number;
}

/** Float32 values leave this much of a variance that is none. */
const rounding = 1e-9;

/**
 * The smallest number of components that explains this ratio of the variance: at least 1, which explains all where there is none.
 *
 * @param variances as `principalVariances` gives them
 * @param ratio above 0, at most 1
 */
export function smallestSize(variances: Float64Array, ratio: number): Explained {
  const total = variances.reduce((sum, variance) => sum + variance, 0);
  if (total === 0) return { size: 1, share: 1 };
  let sum = 0;
  for (const [i, variance] of variances.entries()) {
    sum += variance;
    if (sum / total >= ratio - rounding) return { size: i + 1, share: Math.min(1, sum / total) };
  }
  return { size: variances.length, share: 1 };
}
