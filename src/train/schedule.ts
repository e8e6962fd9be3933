import type { Schedule } from '../model/model.js';
import type { EpochRecord } from './events.js';
import { improves, monitored } from './metrics.js';

/** What a plateau has made of the learning rate after so many epochs; 1 for every other schedule. */
export const plateauFactor = (schedule: Schedule | undefined, history: readonly EpochRecord[], monitor: string): number => {
  if (schedule?.kind !== 'plateau') return 1;
  let factor = 1;
  let waited = 0;
  let best: number | undefined;
  for (const { validation } of history) {
    const value = validation && monitored(validation, monitor);
    if (value === undefined) continue;
    if (improves(value, best, monitor)) {
      best = value;
      waited = 0;
    } else if (++waited >= schedule.patience) {
      factor = Math.max(schedule.to, factor * schedule.factor);
      waited = 0;
    }
  }
  return factor;
};
