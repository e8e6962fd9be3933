import { stepGraph } from '../../graph/pipeline.js';
import type { CheckedModel } from '../../model/model.js';

/** A key of `train` that the generated trainer would have to leave out, and what to do. */
export interface Limit {
  readonly key: string;
  readonly why: string;
}

/** What of a model's training this target does not write, if anything: it leaves nothing out in silence. */
export function limitOf(model: CheckedModel): Limit | undefined {
  const { schedule, accumulate, coupled } = model.train;
  if (schedule?.kind === 'plateau')
    return {
      key: 'schedule: plateau',
      why: 'the generated trainer has no validation rows; `--set train.schedule=none` leaves it out',
    };
  if ((accumulate > 1 || coupled === 'shard') && !stepGraph(model).isRowLocal)
    return {
      key: accumulate > 1 ? `accumulate: ${String(accumulate)}` : 'coupled: shard',
      why: 'the rows of a batch depend on each other, and the generated trainer runs each batch as a whole',
    };
  return undefined;
}
