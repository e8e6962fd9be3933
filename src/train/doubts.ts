import type { StepGraph } from '../graph/step.js';
import { stepsOf, warmupSteps, type RunLength } from '../graph/update/schedule.js';
import type { Duration, TrainSection } from '../model/model.js';
import { stepsOfEpoch, type Plan } from './plan.js';

export interface DoubtRequest {
  readonly train: Pick<TrainSection, 'accumulate' | 'batch' | 'coupled' | 'epochs' | 'schedule'>;
  readonly step: Pick<StepGraph, 'isRowLocal'>;
  readonly plan: Plan;
  /** To train on. */
  readonly rows: number;
}

/** Settings of which only the number of rows, or the network, can tell that they do not do what they say. */
export const doubtsOf = ({ train, step, plan, rows }: DoubtRequest): readonly string[] => {
  const length: RunLength = { steps: stepsOfEpoch(plan, rows), epochs: train.epochs };
  return [...ofSchedule(train, length), ...ofAccumulate(train, rows), ...ofCoupled(train, step)];
};

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;

const ofSchedule = ({ schedule }: DoubtRequest['train'], length: RunLength): readonly string[] => {
  if (schedule === undefined) return [];
  const whole = length.steps * length.epochs;
  const warmup = warmupSteps(schedule, length);
  const run = `all ${String(length.epochs)} epochs have ${counted(whole, 'step')}`;
  if (warmup >= whole)
    return [`\`warmup\` takes ${counted(warmup, 'step')}, but ${run}: the learning rate never gets to its height`];
  const neverFalls = (every: Duration): readonly string[] =>
    warmup + stepsOf(every, length) < whole ? [] : [`\`every\` takes ${counted(stepsOf(every, length), 'step')}, but ${run}`];
  return schedule.kind === 'step' ? neverFalls(schedule.every) : [];
};

const ofAccumulate = ({ accumulate, batch }: DoubtRequest['train'], rows: number): readonly string[] => {
  const batches = Math.ceil(rows / batch);
  return accumulate <= batches
    ? []
    : [`\`accumulate: ${String(accumulate)}\`, but an epoch has ${counted(batches, 'batch', 'batches')}: each makes one update`];
};

const ofCoupled = ({ coupled }: DoubtRequest['train'], { isRowLocal }: DoubtRequest['step']): readonly string[] =>
  coupled === 'shard' && isRowLocal ? ['`coupled: shard` changes nothing: in this network no row depends on another'] : [];
