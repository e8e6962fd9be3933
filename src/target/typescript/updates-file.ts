import { averagesCode } from './averages.js';
import { join, ts, type Code } from '../code/code.js';
import type { TableGroup, WeightGroup } from './groups.js';
import type { Plan } from './plan.js';
import { scheduleCode } from './schedule.js';
import { tableUpdatesCode } from './table-updates.js';
import { clipCode } from './clip.js';
import { weightUpdateCode } from './weight-updates.js';

/** `updates.ts`: how a step changes weights and tables, printed from the update rules. */
export function updatesFile(plan: Plan, weights: readonly WeightGroup[], groups: readonly TableGroup[]): Code {
  const hasTables = plan.tables.length > 0;
  const body = [
    ...scheduleCode(plan),
    ...weights.map(weightUpdateCode),
    ...(hasTables ? tableUpdatesCode(plan, groups) : []),
    ...clipCode(plan),
    ...averagesCode(plan, hasTables),
  ];
  const hasBags = plan.inputs.some((input) => input.kind === 'rows' && input.isReached && input.many);
  const imports = [
    ...(weights.length > 0 ? [ts`import * as tf from '@tensorflow/tfjs';`] : []),
    ...(hasBags ? [ts`import type { Bags } from './batch.js';`] : []),
    ...(hasTables ? [ts`import type { Table } from './model.js';`] : []),
  ];
  const code = join(body, '\n\n');
  return ts`${imports}\n\n${code.code === '' ? ts`export {};` : code}`;
}
