import { asFloat } from './backend-ways.js';
import type { Kernel } from './kernel.js';
import { operandAt } from './kernel.js';
import type { Tensor, TfjsNamespace } from './namespace.js';

/** [rows, ids]: 1 where an id is in a row's bag, less 1 over their number for a mean. */
const membership = (tf: TfjsNamespace, count: number, offsets: Tensor, pool: 'mean' | 'sum'): Tensor => {
  const rows = offsets.size - 1;
  const at = tf.reshape(tf.range(0, count, 1, 'int32'), [1, count]);
  const begin = tf.reshape(tf.slice(offsets, [0], [rows]), [rows, 1]);
  const end = tf.reshape(tf.slice(offsets, [1], [rows]), [rows, 1]);
  const isIn = asFloat(tf, tf.logicalAnd(tf.greaterEqual(at, begin), tf.less(at, end)));
  return pool === 'sum' ? isIn : tf.div(isIn, tf.maximum(tf.sum(isIn, 1, true), 1));
};

/** Bags cost rows · ids: graphs that are trained or served leave tables to who runs them, so that only uncut graphs come here. */
export const lookup: Kernel<'lookup'> = ({ tf }, { pool }, operands) => {
  const [table, ids] = [operandAt(operands, 0), operandAt(operands, 1)];
  return tf.tidy(() => {
    const rows = tf.gather(table, tf.cast(ids, 'int32'));
    return pool === undefined ? rows : tf.matMul(membership(tf, ids.size, operandAt(operands, 2), pool), rows);
  });
};

export const scatterRows: Kernel<'scatter_rows'> = ({ tf }, { pool }, operands) => {
  const [table, ids] = [operandAt(operands, 0), operandAt(operands, 1)];
  const upstream = operandAt(operands, operands.length - 1);
  return tf.tidy(() => {
    const dim = table.shape[1] ?? 1;
    const rows =
      pool === undefined
        ? tf.reshape(upstream, [ids.size, dim])
        : tf.matMul(membership(tf, ids.size, operandAt(operands, 2), pool), upstream, true);
    return tf.scatterND(tf.cast(tf.reshape(ids, [ids.size, 1]), 'int32'), rows, table.shape);
  });
};
