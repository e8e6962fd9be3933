import { averagesCode } from './averages.js';
import { doc, identifier, join, none, ts, type Code } from './code.js';
import { givesMore, inputsType, type Functions } from './functions.js';
import { tableGroups, weightGroups } from './groups.js';
import { frequenciesOf, lossCode } from './losses.js';
import type { Plan } from './plan.js';
import type { RandomName } from './runtime/random.js';
import { scheduleCode, usesRun } from './schedule.js';
import { tableUpdatesCode } from './table-updates.js';
import { trainerCode } from './trainer.js';
import { weightUpdateCode } from './weight-updates.js';

export interface TrainFile {
  readonly code: Code;
  readonly draws: ReadonlySet<RandomName>;
}

/** `train.ts`: losses, updates, and the loop over epochs. */
export function trainFile(plan: Plan, functions: Functions): TrainFile {
  const { model, tables, noise } = plan;
  const draws = new Set<RandomName>([
    ...(model.train.shuffle ? (['shuffledOrder'] as const) : []),
    ...(noise.length > 0 ? (['noiseOf'] as const) : []),
  ]);
  const weights = weightGroups(plan);
  const groups = tables.length > 0 ? tableGroups(plan) : [];
  const loss = lossCode(plan, functions);
  const body = [
    optionsCode(plan),
    parseCode,
    trainCode(plan),
    loss.code,
    ...scheduleCode(plan),
    ...weights.map(weightUpdateCode),
    ...(tables.length > 0 ? tableUpdatesCode(plan, groups) : []),
    ...averagesCode(plan, tables.length > 0),
    trainerCode(plan, functions, loss, weights, groups),
  ];
  return { code: join([importsCode(plan, functions, draws), ...body], '\n\n'), draws };
}

function importsCode(plan: Plan, { losses }: Functions, draws: ReadonlySet<RandomName>): Code {
  const hasTables = plan.tables.length > 0;
  const rowType = plan.inTraining.size > 0 ? ts`TrainingFeatures` : ts`EncodedRow`;
  const encoder = [...(hasTables && plan.inTraining.size === 0 ? [rowType] : []), ts`LabelledExample`];
  const rows = hasTables && plan.inTraining.size > 0 ? [rowType] : [];
  const needed = new Set(losses.flatMap(({ parameters }) => parameters.map(({ name }) => name)));
  const inputs = plan.inputs.some(({ inTraining }) => inTraining) ? ts`trainingInputsOf` : ts`inputsOf`;
  const hasOwn = losses.length > 0;
  const tensors = hasOwn && givesMore(plan) ? ts`type Tensors` : ts`type Logits`;
  const types = [
    ...(hasTables ? [ts`type Table`] : []),
    tensors,
    ts`type Model`,
    ...(needed.has('weights') ? [ts`type Weights`] : []),
    ...(needed.has('states') ? [ts`type States`] : []),
    ...(needed.has('inputs') ? [ts`type ${inputsType(plan)}`] : []),
    ...(needed.has('noise') ? [ts`type Noise`] : []),
  ];
  const functions = [ts`forward`, inputs, ...losses.map(({ name }) => identifier(name))];
  const random = draws.size === 0 ? none : ts`\nimport { ${join([...draws].map(identifier))} } from './random.js';`;
  return ts`import * as tf from '@tensorflow/tfjs';
import type { ${join([...encoder, ...rows, ts`TrainingRow`])} } from './encoder.js';
import { ${join([...functions, ...types])} } from './model.js';${random}`;
}

function optionsCode({ model, noise }: Plan): Code {
  const { epochs, batch, accumulate, shuffle } = model.train;
  const rows = accumulate === 1 ? 'Rows of a step.' : `Rows of a step: ${String(accumulate)} batches of ${String(batch)}.`;
  const seeded = [...(shuffle ? ['the order of rows'] : []), ...(noise.length > 0 ? ['dropout'] : [])].join(' and of ');
  const seed = seeded === '' ? 'Of first weights.' : `Of ${seeded}.`;
  return ts`export interface TrainOptions {
  readonly epochs: number;
  ${doc(rows)}readonly batch: number;
  ${doc(seed)}readonly seed: number;
}

export const defaults: TrainOptions = { epochs: ${epochs}, batch: ${batch * accumulate}, seed: ${model.train.seed} };`;
}

const parseCode = ts`${doc('Rows of a file with one JSON object a line.')}export function parseExamples(jsonl: string): LabelledExample[] {
  return jsonl
    .split('\\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as LabelledExample);
}`;

function trainCode(plan: Plan): Code {
  const order = plan.model.train.shuffle ? ts`shuffledOrder(seed, epoch, rows.length)` : ts`Int32Array.from(rows, (_, i) => i)`;
  const given = frequenciesOf(plan).length > 0 ? ts`, rows` : none;
  const seed = plan.noise.length > 0 ? ts`, seed` : none;
  const run = usesRun(plan) ? ts`, { steps: Math.ceil(rows.length / batch), epochs }` : none;
  const finish = plan.model.train.ema === undefined ? none : ts`\n    trainer.useAverages();`;
  const options = plan.model.train.shuffle || plan.noise.length > 0 ? ts`epochs, batch, seed` : ts`epochs, batch`;
  return ts`${doc('Trains the model in place; `onEpoch` hears the mean loss of each epoch.')}export async function train(
  model: Model,
  rows: readonly TrainingRow[],
  options: Partial<TrainOptions> = {},
  onEpoch?: (epoch: number, loss: number) => void,
): Promise<void> {
  const { ${options} } = { ...defaults, ...options };
  const trainer = createTrainer(model${given}${run}${seed});
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      const order = ${order};
      let total = 0;
      for (let at = 0; at < rows.length; at += batch) {
        const taken = Array.from(order.subarray(at, at + batch), (i) => rows[i]);
        total += (await trainer.step(taken)) * taken.length;
      }
      onEpoch?.(epoch, total / rows.length);
    }${finish}
  } finally {
    trainer.dispose();
  }
}`;
}
