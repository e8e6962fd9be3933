import { stepGraph } from '../../graph/pipeline.js';
import { rowsTogether } from '../../graph/shards.js';
import type { CheckedModel } from '../../model/model.js';
import { doc, none, ts, type Code } from '../code/code.js';

/** `rowsTogether`, undefined where that is all that one update sees. */
export const partRowsOf = (model: CheckedModel): number | undefined => {
  const { batch, accumulate } = model.train;
  const rows = rowsTogether(model.train, () => stepGraph(model));
  return rows < batch * accumulate ? rows : undefined;
};

/** `lossOfParts`: src/train runs the parts one by one, here one gradient is taken of all of them. */
export const lossOfParts = (
  partRows: number,
  hasStates: boolean,
): Code => ts`${doc('Rows of a part of a batch: statistics and losses over the batch see those of one part.')}const partRows = ${partRows};

${doc('The rows of a part, of tensors that have a row of each of the batch.')}type RowsOf = <K extends string>(tensors: Readonly<Record<K, tf.Tensor>>) => Record<K, tf.Tensor>;

${doc(hasStates ? 'The mean loss of a batch, part by part; the running statistics go where the parts move them to in the mean.' : 'The mean loss of a batch, part by part.')}function lossOfParts(batch: TrainingBatch, ${hasStates ? ts`states: States, ` : none}lossOfPart: (part: TrainingBatch, rowsOf: RowsOf) => tf.Tensor): tf.Scalar {
  ${
    hasStates
      ? ts`const running = Object.values<tf.Variable>({ ...states });
  const before = running.map((state) => state.clone());
  let after = running.map((state) => tf.zerosLike(state));
  `
      : none
  }let loss: tf.Tensor = tf.scalar(0);
  for (let from = 0; from < batch.rows; from += partRows) {
    const rows = Math.min(partRows, batch.rows - from);
    const share = rows / batch.rows;
    const part = takeRows(batch, Int32Array.from({ length: rows }, (_, i) => from + i));
    const rowsOf: RowsOf = <K extends string>(tensors: Readonly<Record<K, tf.Tensor>>) =>
      Object.fromEntries(Object.entries<tf.Tensor>(tensors).map(([name, tensor]) => [name, tensor.slice(from, rows)])) as Record<K, tf.Tensor>;
    loss = loss.add(lossOfPart(part, rowsOf).mul(share));
    ${
      hasStates
        ? ts`after = after.map((sum, i) => sum.add(running[i].mul(share)));
    running.forEach((state, i) => {
      state.assign(before[i]);
    });`
        : none
    }
  }
  ${
    hasStates
      ? ts`running.forEach((state, i) => {
    state.assign(after[i]);
  });
  `
      : none
  }return loss.asScalar();
}

`;
