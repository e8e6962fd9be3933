import type { Part } from '../../code/parts.js';

export type LookupName = 'checkIds' | 'lookUp' | 'lookUpPooled' | 'lookUpSequences' | 'presence';

/** How rows of tables become tensors. */
export const lookupParts: Readonly<Record<LookupName, Part<LookupName>>> = {
  checkIds: {
    uses: [],
    code: `
function checkIds(table: Table, ids: Int32Array): void {
  const tooLarge = ids.find((id) => id >= table.rows);
  if (tooLarge !== undefined) throw new Error(\`the table has \${table.rows} rows, but a feature has the id \${tooLarge}\`);
}`,
  },
  lookUp: {
    uses: ['checkIds'],
    code: `
/** One row of a table for each id, [rows, dim]. */
function lookUp(table: Table, ids: Int32Array): tf.Tensor {
  checkIds(table, ids);
  const { dim, values } = table;
  const found = new Float32Array(ids.length * dim);
  for (let i = 0; i < ids.length; i++) {
    const [from, to] = [ids[i] * dim, i * dim];
    for (let j = 0; j < dim; j++) found[to + j] = values[from + j];
  }
  return tf.tensor2d(found, [ids.length, dim]);
}`,
  },
  lookUpPooled: {
    uses: ['checkIds'],
    code: `
/** Rows of a table, pooled to one vector a row, [rows, dim]. That of a row without ids is 0. */
function lookUpPooled(table: Table, { ids, offsets }: Bags, pool: 'mean' | 'sum'): tf.Tensor {
  checkIds(table, ids);
  const { dim, values } = table;
  const rows = offsets.length - 1;
  const found = new Float32Array(rows * dim);
  for (let i = 0; i < rows; i++) {
    const scale = pool === 'mean' ? 1 / (offsets[i + 1] - offsets[i]) : 1;
    for (let place = offsets[i]; place < offsets[i + 1]; place++)
      for (let j = 0; j < dim; j++) found[i * dim + j] += scale * values[ids[place] * dim + j];
  }
  return tf.tensor2d(found, [rows, dim]);
}`,
  },
  lookUpSequences: {
    uses: ['checkIds'],
    code: `
/** Rows of a table side by side, [rows, length, dim]. Places that a row lacks repeat its last id; what reads them leaves them out. */
function lookUpSequences(table: Table, { ids, offsets }: Bags, length: number): tf.Tensor {
  checkIds(table, ids);
  const { dim, values } = table;
  const rows = offsets.length - 1;
  const found = new Float32Array(rows * length * dim);
  for (let i = 0; i < rows; i++) {
    const last = offsets[i + 1] - 1;
    for (let place = 0; place < length; place++) {
      const id = last < offsets[i] ? 0 : ids[Math.min(offsets[i] + place, last)];
      found.set(values.subarray(id * dim, (id + 1) * dim), (i * length + place) * dim);
    }
  }
  return tf.tensor3d(found, [rows, length, dim]);
}`,
  },
  presence: {
    uses: [],
    code: `
/** 1 for the places of a sequence that a row has, else 0. */
function presence({ offsets }: Bags, length: number): tf.Tensor {
  const rows = offsets.length - 1;
  const found = new Float32Array(rows * length);
  for (let i = 0; i < rows; i++) found.fill(1, i * length, i * length + offsets[i + 1] - offsets[i]);
  return tf.tensor2d(found, [rows, length]);
}`,
  },
};
