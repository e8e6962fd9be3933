import { fillInitial } from '../graph/random.js';
import type { Table } from '../model/model.js';
import { principalVariances, smallestSize, type TableValues } from './components.js';

/** What a trained table needs. */
export interface FittedTable {
  readonly name: string;
  readonly features: readonly string[];
  readonly rows: number;
  /** Rows that training has moved: those that are analysed. */
  readonly trained: number;
  readonly before: number;
  /** The smallest size that explains the ratio; that of before where there is too little to analyse. */
  readonly after: number;
  /** Share of the variance that it explains, 0 … 1. */
  readonly explained: number;
  /** Why a size cannot be written into the embeddings section, or means little. */
  readonly fixed?: 'made-in-network' | 'too-few-rows';
}

/** A number that the embeddings section lists: it has one vector, which has no components to look at. */
export interface FittedNumber {
  readonly name: string;
  readonly before: number;
  readonly after: number;
}

/** What a run needs of its embeddings. */
export interface FittedSizes {
  readonly tables: readonly FittedTable[];
  readonly numbers: readonly FittedNumber[];
}

/**
 * Field-level dimension optimization: principal components of each table's trained rows, and the smallest size that explains a ratio
 * of their variance [Wang et al. 2023, "Towards Deeper, Lighter and Interpretable Cross Network for CTR Prediction", §4; as in the
 * authors' code, which takes scikit-learn's PCA, rows are centred and count alike]. Rows that still are as they were drawn have learned
 * nothing, and are left out.
 *
 * @param path of the table as its first values were drawn for
 * @param ratio above 0, at most 1
 */
export function fitTable(table: Table, path: string, values: TableValues, seed: number, ratio: number): FittedTable {
  const trained = trainedRows(table, path, values, seed);
  const base = {
    name: table.name,
    features: table.features,
    rows: values.rows,
    trained: trained.length,
    before: values.dim,
  };
  if (trained.length < 2) return { ...base, after: values.dim, explained: 1, fixed: 'too-few-rows' };
  const { size, share } = smallestSize(principalVariances(values, trained), ratio);
  return { ...base, after: size, explained: share, ...(table.name.includes('.') && { fixed: 'made-in-network' as const }) };
}

/** Rows that are drawn at once: an even number, as `fillInitial` asks. */
const rowsAtOnce = 4096;

function trainedRows({ initializer }: Table, path: string, { rows, dim, values }: TableValues, seed: number): Int32Array {
  const moved = new Int32Array(rows);
  let count = 0;
  const drawn = new Float32Array(rowsAtOnce * dim);
  for (let from = 0; from < rows; from += rowsAtOnce) {
    const to = Math.min(rows, from + rowsAtOnce);
    fillInitial(seed, path, [rows, dim], initializer, drawn.subarray(0, (to - from) * dim), from * dim);
    for (let row = from; row < to; row++) {
      let i = 0;
      while (i < dim && drawn[(row - from) * dim + i] === values[row * dim + i]) i++;
      if (i < dim) moved[count++] = row;
    }
  }
  return moved.subarray(0, count);
}

/** The same with one size for all whose size can be written: the largest that one of the tables needs. */
export function withEqualSizes({ tables, numbers }: FittedSizes): FittedSizes {
  const written = tables.filter(isWritten);
  if (written.length === 0) return { tables, numbers };
  const largest = Math.max(...written.map(({ after }) => after));
  return {
    tables: tables.map((table) => (isWritten(table) ? { ...table, after: largest } : table)),
    numbers: numbers.map((number) => ({ ...number, after: largest })),
  };
}

/** Whether its size can be written into the embeddings section. */
export const isWritten = ({ fixed }: FittedTable): boolean => fixed === undefined;

/** Weights of the table that the new size does without. */
export const savedParameters = (table: FittedTable): number => (isWritten(table) ? table.rows * (table.before - table.after) : 0);
