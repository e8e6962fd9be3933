import type { Crew, PhaseTimes } from './crew.js';
import { crewOfOne } from './crew.js';
import { crewOfWorkers } from './crew-of-workers.js';
import type { EpochRecord, Progress, TrainStatus } from './events.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import { runEpochs } from './loop.js';
import { createOrders } from './orders.js';
import type { Plan } from './plan.js';
import type { PrepareOptions } from './prepare.js';
import { prepareTraining, settle } from './prepare.js';
import type { StateView, Weights } from './weights.js';

export interface TrainOptions extends PrepareOptions {
  /** Stops the run after the step at hand; what was learned so far is kept. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** After each epoch; the view is valid until the promise resolves. */
  readonly onEpoch?: (record: EpochRecord, state: StateView) => void | Promise<void>;
  /** At intervals that leave it less than 2% of the time, and not more often than once in `checkpointSeconds`. */
  readonly onCheckpoint?: (state: StateView) => void | Promise<void>;
  readonly checkpointSeconds?: number;
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
  /** Over all steps, of one worker. */
  readonly milliseconds: PhaseTimes;
  readonly seconds: number;
}

interface Started {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly memory: Memory;
  readonly crew: Crew;
}

/** Workers if there is work for more than one, with first weights; the same bits whoever does the steps. */
export const startCrew = async (options: PrepareOptions): Promise<Started> => {
  const settled = settle(options);
  const { plan, layout, workers } = settled;
  if (workers > 1) return { plan, layout, ...(await crewOfWorkers(options, settled)) };
  const prepared = await prepareTraining(options, settled);
  const { model, data, seed = model.train.seed } = options;
  const orders = createOrders(seed, data.train.rows, model.train.shuffle ? 1 : 0, false);
  return { plan, layout, memory: prepared.memory, crew: crewOfOne(prepared, options.data, orders) };
};

/**
 * Trains a model from its first weights. The same seed, plan and engine give the same bits.
 * @throws TrainError for what a user can mend: no rows, too little memory, a loss that is not a number.
 */
export const train = async (options: TrainOptions): Promise<TrainResult> => {
  const begin = performance.now();
  const seed = options.seed ?? options.model.train.seed;
  const { crew, ...started } = await startCrew(options);
  try {
    const result = await runEpochs({ ...options, ...started, crew, seed });
    return {
      ...result,
      step: result.state.step,
      plan: started.plan,
      seed,
      engine: options.engine.describe(crew.size),
      milliseconds: crew.times(),
      seconds: (performance.now() - begin) / 1000,
    };
  } finally {
    await crew.close();
  }
};
