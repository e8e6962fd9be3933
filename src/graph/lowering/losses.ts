import type { Label } from '../../model/model.js';
import type { Builder } from '../builder.js';
import type { NodeId } from '../graph.js';

/** What a task predicts from its logits [rows] or [rows, classes]. */
export function predictionOf(b: Builder, task: Label['task'], logit: NodeId): NodeId {
  switch (task.kind) {
    case 'binary':
      return b.unary('sigmoid', logit);
    case 'number':
      return logit;
    case 'class':
      return b.softmax(logit, 1);
    default:
      throw new Error(`unknown task ${JSON.stringify(task satisfies never)}`);
  }
}

/** What was observed: the input `label.<name>` [rows]. */
export function targetOf(b: Builder, { name, task }: Pick<Label, 'name' | 'task'>): NodeId {
  return b.input(`label.${name}`, ['rows'], task.kind === 'class' ? 'int' : 'float');
}

/** Loss of each row [rows], from logits in stable form. */
export function rowLoss(b: Builder, { name, task }: Pick<Label, 'name' | 'task'>, logit: NodeId): NodeId {
  const label = targetOf(b, { name, task });
  switch (task.kind) {
    case 'binary':
      // -y log σ(z) - (1 - y) log(1 - σ(z)) = softplus(z) - y z
      return b.binary('subtract', b.unary('softplus', logit), b.binary('multiply', label, logit));
    case 'number': {
      const error = b.binary('subtract', logit, label);
      return b.binary('multiply', error, error);
    }
    case 'class': {
      const likelihood = b.binary('multiply', oneHot(b, label, task.classes), b.logSoftmax(logit, 1));
      return b.unary('negate', b.sum(likelihood, [1]));
    }
    default:
      throw new Error(`unknown task ${JSON.stringify(task satisfies never)}`);
  }
}

/** [rows, classes]: 1 where the class is the row's, else 0. */
function oneHot(b: Builder, ids: NodeId, classes: number): NodeId {
  const every = b.constant(
    Array.from({ length: classes }, (_, i) => i),
    [classes],
  );
  const distance = b.unary('abs', b.binary('subtract', b.reshape(ids, ['rows', 1]), every));
  return b.binary('greater', b.constant(0.5), distance);
}

/** Σ_r weight_r Σ_l w_l loss_l,r / total_weight: one number, this shard's share of the batch's mean loss. */
export function totalLoss(b: Builder, losses: readonly { readonly loss: NodeId; readonly weight: number }[]): NodeId {
  const weighted = losses.map(({ loss, weight }) => (weight === 1 ? loss : b.binary('multiply', loss, b.constant(weight))));
  const [first = b.constant(0, ['rows']), ...others] = weighted;
  const ofRow = others.reduce((sum, loss) => b.binary('add', sum, loss), first);
  const ofRows = b.sum(b.binary('multiply', ofRow, b.input('weight', ['rows'])), [0]);
  return b.binary('divide', ofRows, b.input('total_weight', []));
}
