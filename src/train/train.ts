import type { Crew, PhaseTimes } from './crew.js';
import { crewOfOne } from './crew.js';
import { crewOfWorkers } from './crew-of-workers.js';
import { crewOnDevice, whyInMemory } from './crew-on-device.js';
import type { EpochRecord, TrainStatus } from './events.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import type { Kept, Resumption, RunCallbacks } from './loop.js';
import { runEpochs } from './loop.js';
import { createOrders } from './orders.js';
import type { Plan } from './plan.js';
import type { Position } from './position.js';
import type { PrepareOptions } from './prepare.js';
import { lengthOf, prepareTraining, settle } from './prepare.js';
import type { LiveState, Weights } from './weights.js';
import { copyWeights } from './weights.js';

export interface TrainOptions extends PrepareOptions, RunCallbacks {
  /** Goes on from a checkpoint of a run with the same model, data, seed, plan and engine, to the same bits as if it had not ended there. */
  readonly resume?: Resumption;
}

export interface TrainResult {
  readonly status: TrainStatus;
  /** A copy of the weights of the best epoch by the monitored metric; without validation rows, of the last. */
  readonly weights: Weights;
  /** Where these weights are, so that large ones need not be copied. */
  readonly kept: Kept;
  /** The last step's weights and optimizer state. */
  readonly state: LiveState;
  /** Where the run ended. */
  readonly position: Position;
  readonly history: readonly EpochRecord[];
  readonly bestEpoch?: number;
  /** Steps done. */
  readonly step: number;
  readonly plan: Plan;
  readonly seed: number;
  readonly engine: string;
  /** Over all steps of this process, of one worker. */
  readonly milliseconds: PhaseTimes;
  /** With those of the processes before that it goes on from. */
  readonly seconds: number;
  readonly memory: Memory;
  readonly layout: Layout;
}

interface Started {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly memory: Memory;
  readonly crew: Crew;
}

/** Workers if there is work for more than one, with first weights; the same bits whoever does the steps. */
export const startCrew = async (options: PrepareOptions): Promise<Started> => {
  const started = await openCrew(options);
  return options.windows === undefined ? started : { ...started, crew: options.windows.lead(started.crew) };
};

const openCrew = async (options: PrepareOptions): Promise<Started> => {
  const settled = settle(options);
  const { plan, layout, workers } = settled;
  if (workers > 1) return { plan, layout, ...(await crewOfWorkers(options, settled)) };
  const prepared = await prepareTraining(options, settled);
  const { model, data, engine, seed = model.train.seed } = options;
  const orders = options.windows?.orders ?? createOrders(seed, data.train.rows, model.train.shuffle ? 1 : 0, false);
  const { device } = engine;
  const isOnDevice =
    device !== undefined && (await whyInMemory({ engine, tables: layout.tables, train: model.train })) === undefined;
  const crew = isOnDevice
    ? crewOnDevice({ model, data, device, prepared, orders, seed, length: lengthOf(plan, options) })
    : crewOfOne(prepared, data, orders);
  return { plan, layout, memory: prepared.memory, crew };
};

/**
 * Trains a model from its first weights, or from a checkpoint. The same seed, plan and engine give the same bits.
 * @throws TrainError for what a user can mend: no rows, too little memory, a loss that is not a number.
 */
export const train = async (options: TrainOptions): Promise<TrainResult> => {
  const begin = performance.now();
  const seed = options.seed ?? options.model.train.seed;
  const { crew, ...started } = await startCrew(options);
  try {
    const data = options.windows?.measured ?? options.data;
    const result = await runEpochs({ ...options, ...started, data, crew, seed });
    const { memory, layout, plan } = started;
    return {
      ...result,
      get weights() {
        return weightsOf(result.kept);
      },
      step: result.state.step,
      plan,
      memory,
      layout,
      seed,
      engine: options.engine.describe(crew.size),
      milliseconds: crew.times(),
      seconds: (options.resume?.position.seconds ?? 0) + (performance.now() - begin) / 1000,
    };
  } finally {
    await crew.close();
  }
};

const weightsOf = (kept: Kept): Weights => {
  switch (kept.kind) {
    case 'live':
      return copyWeights(kept.state);
    case 'copy':
      return kept.weights;
    case 'stored':
      throw new Error('the weights are where onBest has put them');
    default:
      return kept satisfies never;
  }
};
