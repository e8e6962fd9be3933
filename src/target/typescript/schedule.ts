import type { Duration, Schedule } from '../../model/model.js';
import { join, none, ts, doc, type Code } from '../code/code.js';
import type { Plan } from './plan.js';

/** Whether the factor of a step depends on how long the run is. */
export function usesRun({ model }: Plan): boolean {
  const { schedule } = model.train;
  if (schedule === undefined) return false;
  const inEpochs = [schedule.warmup, ...durationsOf(schedule)].some((duration) => duration?.unit === 'epochs');
  return inEpochs || (schedule.kind === 'cosine' && schedule.over === undefined);
}

/** Whether epochs without a better value lower learning rates. */
export const hasPlateau = ({ model }: Plan): boolean => model.train.schedule?.kind === 'plateau';

const durationsOf = (schedule: Schedule): readonly (Duration | undefined)[] => {
  if (schedule.kind === 'step' || schedule.kind === 'exponential') return [schedule.every];
  return schedule.kind === 'cosine' ? [schedule.over] : [];
};

/** A number of steps, where `steps` are those of an epoch. */
const stepsCode = ({ unit, count }: Duration): Code => {
  if (unit === 'steps') return ts`${count}`;
  if (count === 1) return ts`steps`;
  return Number.isInteger(count) ? ts`${count} * steps` : ts`Math.max(1, Math.round(${count} * steps))`;
};

/** The functions and types of the schedule, if there is one. */
export function scheduleCode(plan: Plan): readonly Code[] {
  const { schedule } = plan.model.train;
  if (schedule === undefined) return [];
  const { warmup } = schedule;
  const usesEpochs = schedule.kind === 'cosine' && schedule.over === undefined;
  const usesSteps = usesRun(plan);
  const run = usesSteps ? ts`, { ${join([ts`steps`, ...(usesEpochs ? [ts`epochs`] : [])])} }: RunLength` : none;
  const plateau = hasPlateau(plan);
  const ramp = warmup
    ? ts`const warmup = ${stepsCode(warmup)};
  if (step < warmup) return ${plateau ? ts`(plateau * step)` : ts`step`} / warmup;
`
    : none;
  const isConstant = schedule.kind === 'constant' || schedule.kind === 'plateau';
  const since = isConstant ? none : ts`const t = ${warmup ? ts`Math.max(0, step - 1 - warmup)` : ts`step - 1`};\n`;
  return [
    ...(usesSteps
      ? [
          ts`export interface RunLength {
  ${doc('Steps of an epoch.')}readonly steps: number;
  readonly epochs: number;
}`,
        ]
      : []),
    ts`${doc('What learning rates are multiplied by in a step, from 1.')}export function learningRateFactor(step: number${run}${plateau ? ts`, plateau: number` : none}): number {
  ${ramp}${since}return ${factorCode(schedule)};
}`,
  ];
}

function factorCode(schedule: Schedule): Code {
  switch (schedule.kind) {
    case 'constant':
      return ts`1`;
    case 'plateau':
      return ts`plateau`;
    case 'step':
      return ts`${schedule.factor} ** Math.floor(t / (${stepsCode(schedule.every)}))`;
    case 'exponential':
      return ts`${schedule.factor} ** (t / (${stepsCode(schedule.every)}))`;
    case 'cosine': {
      const { to, over, warmup } = schedule;
      const whole = warmup ? ts`Math.max(1, epochs * steps - warmup)` : ts`(epochs * steps)`;
      const cosine = ts`0.5 * (1 + Math.cos(Math.PI * Math.min(1, t / ${over ? ts`(${stepsCode(over)})` : whole})))`;
      return to === 0 ? cosine : ts`${to} + (1 - ${to}) * ${cosine}`;
    }
    default:
      return schedule satisfies never;
  }
}

/** `plateauFactor`, by the rule of src/train/schedule.ts. */
export function plateauCode({ model }: Plan): Code {
  const { schedule } = model.train;
  if (schedule?.kind !== 'plateau') return none;
  const { factor, patience, to } = schedule;
  const epochs = patience === 1 ? 'each epoch' : `each ${String(patience)} epochs`;
  const lower = ts`factor * ${factor}`;
  return ts`${doc(`What learning rates are multiplied by: ${epochs} without a better validation lower it.`)}function plateauFactor(history: readonly EpochRecord[]): number {
  let factor = 1;
  let waited = 0;
  let best: number | undefined;
  for (const { validation } of history) {
    const value = validation && monitored(validation);
    if (value === undefined) continue;
    if (improves(value, best)) {
      best = value;
      waited = 0;
    } else {
      waited += 1;
      if (waited < ${patience}) continue;
      factor = ${to === 0 ? lower : ts`Math.max(${to}, ${lower})`};
      waited = 0;
    }
  }
  return factor;
}`;
}
