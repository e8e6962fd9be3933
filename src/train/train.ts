import type { EncodedData } from '../encode/program.js';
import { inferenceGraph, stepGraph } from '../graph/pipeline.js';
import type { InferenceGraph, StepGraph } from '../graph/step.js';
import type { CheckedModel, Table } from '../model/model.js';
import { labelNames } from '../model/model.js';
import type { Engine } from './engine.js';
import { trainError } from './errors.js';
import type { EpochRecord, Progress, TrainStatus } from './events.js';
import { createFeed, noiseOf } from './feed.js';
import { runEpochs } from './loop.js';
import type { Memory } from './kernels.js';
import type { Layout, SizedTable } from './layout.js';
import { planLayout } from './layout.js';
import { checkIds } from './lookups.js';
import { reserve } from './memory.js';
import type { Plan } from './plan.js';
import { makePlan } from './plan.js';
import type { Scorer } from './score.js';
import type { Phases } from './step.js';
import { createPhases } from './step.js';
import type { StateView, Weights } from './weights.js';
import { initialise } from './weights.js';

export interface TrainOptions {
  readonly model: CheckedModel;
  readonly data: EncodedData;
  readonly engine: Engine;
  /** Threads of the engine. */
  readonly threads?: number;
  /** Instead of the spec's. */
  readonly seed?: number;
  /** Stops the run after the step at hand; what was learned so far is kept. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** After each epoch; the view is valid until the promise resolves. */
  readonly onEpoch?: (record: EpochRecord, state: StateView) => void | Promise<void>;
  /** At intervals that leave it less than 2% of the time, and not more often than once in `checkpointSeconds`. */
  readonly onCheckpoint?: (state: StateView) => void | Promise<void>;
  readonly checkpointSeconds?: number;
  /** Of the run that this one repeats; by default the batch and the graph decide. */
  readonly plan?: Plan;
  /** Made already, by whoever has inspected them; inference of all labels. */
  readonly graphs?: { readonly step: StepGraph; readonly inference: InferenceGraph };
}

export interface TrainResult {
  readonly status: TrainStatus;
  /** Of the best epoch by the monitored metric; without validation rows, the last. */
  readonly weights: Weights;
  /** The last step's weights and optimizer state. */
  readonly state: StateView;
  readonly history: readonly EpochRecord[];
  readonly bestEpoch?: number;
  /** Steps done. */
  readonly step: number;
  readonly plan: Plan;
  readonly seed: number;
  readonly engine: string;
  /** Over all steps. */
  readonly milliseconds: PhaseTimes;
  readonly seconds: number;
}

/** Tables with the rows that the training data's vocabularies give them. */
export const sizeTables = (
  tables: readonly Table[],
  vocabularies: Readonly<Record<string, readonly string[]>>,
): readonly SizedTable[] =>
  tables.map(({ name, rows, dim, l2, initializer }) => ({
    name,
    // Row 0 is the reserved one.
    rows: rows.kind === 'known' ? rows.rows : (vocabularies[rows.name]?.length ?? 0) + 1,
    dim,
    l2,
    initializer,
  }));

/** What a run needs before its first step. */
interface Prepared {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly memory: Memory;
  readonly phases: Phases;
  /** Scores the validation rows, if there are any. */
  readonly scoring?: Scorer;
  readonly close: () => Promise<void>;
}

export type PrepareOptions = Pick<TrainOptions, 'model' | 'data' | 'engine' | 'threads' | 'seed' | 'plan' | 'graphs'>;

/** Sessions, memory and first weights. */
export const prepareTraining = async (options: PrepareOptions): Promise<Prepared> => {
  const { model, data, engine, threads = 1, seed = model.train.seed } = options;
  if (data.train.rows === 0) throw trainError('no-training-rows', 'there are no training rows');
  const { step, inference } = options.graphs ?? { step: stepGraph(model), inference: inferenceGraph(model, labelNames(model)) };
  const plan = options.plan ?? makePlan(Math.min(model.train.batch, data.train.rows), step, inference);
  if (!step.isRowLocal && plan.shards > 1) throw new Error('a step whose rows depend on each other cannot be cut into shards');
  const layout = planLayout({
    parameters: step.parameters,
    states: step.states,
    tables: sizeTables(model.tables, data.state.vocabularies),
    sites: step.sites,
    plan,
    rows: [data.train, data.valid],
    optimizer: model.train.optimizer,
  });
  const { training: staging } = layout;
  if (staging === undefined) throw new Error('a layout without room for training');
  for (const rows of [data.train, data.valid]) checkIds(rows, staging, layout);
  const session = await engine.prepare(step, { rows: plan.shardRows, threads });
  const scoring =
    data.valid.rows > 0
      ? { graph: inference, session: await engine.prepare(inference, { rows: plan.inferenceRows, threads }) }
      : undefined;
  const close = async (): Promise<void> => {
    await session.close();
    await scoring?.session.close();
  };
  try {
    const memory = reserve(layout, session);
    initialise(memory, layout, seed);
    const feed = createFeed({ session, memory, layout, staging, data: data.train, noise: noiseOf(step), seed });
    const phases = createPhases({ session, feed, memory, layout, staging, train: model.train });
    return { plan, layout, memory, phases, close, ...(scoring === undefined ? {} : { scoring }) };
  } catch (error) {
    await close();
    throw error;
  }
};

/**
 * Trains a model from its first weights. The same seed, plan and engine give the same bits.
 * @throws TrainError for what a user can mend: no rows, too little memory, a loss that is not a number.
 */
export const train = async (options: TrainOptions): Promise<TrainResult> => {
  const begin = performance.now();
  const seed = options.seed ?? options.model.train.seed;
  const prepared = await prepareTraining(options);
  try {
    const result = await runEpochs({ ...options, ...prepared, seed });
    return {
      ...result,
      step: result.state.step,
      plan: prepared.plan,
      seed,
      engine: options.engine.describe(),
      milliseconds: phaseTimes(prepared.phases),
      seconds: (performance.now() - begin) / 1000,
    };
  } finally {
    await prepared.close();
  }
};

/** Milliseconds by phase. */
export type PhaseTimes = Readonly<Record<'gather' | 'run' | 'merge' | 'clip' | 'update', number>>;

export const phaseTimes = ({ milliseconds }: Phases): PhaseTimes => {
  const [gather = 0, run = 0, merge = 0, clip = 0, update = 0] = milliseconds;
  return { gather, run, merge, clip, update };
};
