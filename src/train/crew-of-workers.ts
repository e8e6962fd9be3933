import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Control } from './control.js';
import {
  askToPause,
  beginEpoch,
  createControl,
  fail,
  isUpdating,
  millisecondsOf,
  prepare,
  readReached,
  sharedShare,
} from './control.js';
import type { Crew } from './crew.js';
import { phaseTimes, watchMilliseconds } from './crew.js';
import { received, trainError } from './errors.js';
import { initialise } from './initialise.js';
import type { Memory } from './kernels.js';
import { reserve } from './memory.js';
import { createOrders } from './orders.js';
import type { PrepareOptions, Settled } from './prepare.js';
import { lengthOf } from './prepare.js';
import { emptyColumns, scoresOf } from './score.js';
import { shareRows } from './shared-rows.js';
import type { Answer, Command, WorkerSetup } from './worker.js';

/** The worker's program lies beside the bundle, above its chunks, or where the build leaves it in a clone. */
const places = ['./train-worker.js', '../train-worker.js', '../../build/train-worker.mjs'];

const workerProgram = (): string => {
  const found = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((path) => existsSync(path));
  if (found === undefined)
    throw trainError('worker-missing', 'train-worker.js is missing; in a clone, run: node scripts/build-worker.mjs');
  return found;
};

/** A few hundredths of a millisecond, about as long as it takes to wake a worker: with more of them a loaded machine loses more than a quiet one gains. */
const spins = 4000;

/** One worker a thread. None is ever ended from outside, for the engine would then end the process: `close` asks them to leave, and waits. */
export const crewOfWorkers = async (
  options: PrepareOptions,
  settled: Settled,
): Promise<{ readonly crew: Crew; readonly memory: Memory }> => {
  const { model, data, engine, seed = model.train.seed } = options;
  const { step, inference, plan, layout, workers } = settled;
  const program = workerProgram();
  const memory = reserve(layout, false, [data.train, data.valid]);
  if (memory.shared === undefined) throw new Error('a memory that workers cannot share');
  const control = createControl(workers);
  const orders = options.windows?.orders ?? createOrders(seed, data.train.rows, model.train.shuffle ? 2 : 0, true);
  let order = 0;
  const columns = data.valid.rows > 0 ? emptyColumns(inference, data.valid.rows, true) : undefined;
  const setup: WorkerSetup = {
    workers,
    spins: workers <= availableParallelism() ? spins : 0,
    engine: engine.name,
    step,
    inference,
    plan,
    layout,
    train: model.train,
    length: lengthOf(plan, options),
    seed,
    memory: memory.shared,
    control,
    rows: shareRows(data.train),
    orders: orders.buffers,
    ...(columns && { valid: { rows: shareRows(data.valid), columns } }),
  };
  const hands = startWorkers(program, setup);
  /** While all do as they are told, `look` is called now and then; true, or the signal, asks them to pause. */
  const tell = async (command: Command, signal: AbortSignal | undefined, look: () => boolean): Promise<void> => {
    const problems: unknown[] = [];
    const pause = (): void => {
      askToPause(control);
    };
    const timer = setInterval(() => {
      try {
        if (look()) pause();
      } catch (error) {
        problems.push(error);
        pause();
      }
    }, watchMilliseconds);
    signal?.addEventListener('abort', pause);
    try {
      prepare(control);
      if (signal?.aborted === true) pause();
      await hands.tell(command);
    } finally {
      clearInterval(timer);
      signal?.removeEventListener('abort', pause);
    }
    if (problems.length > 0) throw problems[0];
  };
  const crew: Crew = {
    size: workers,
    beginEpoch: (epoch, reached) => {
      order = orders.take(epoch);
      beginEpoch(control, reached);
    },
    reached: () => (isUpdating(control) ? undefined : readReached(control)),
    run: async (stretch, watch, signal, clock) => {
      const times = clock && new Float64Array(new SharedArrayBuffer(clock.byteLength));
      setImmediate(orders.makeNext);
      await tell({ kind: 'run', stretch: { order, ...stretch }, clock: times }, signal, () => watch(readReached(control)));
      if (times !== undefined) clock?.set(times);
      return readReached(control);
    },
    score: async (signal) => {
      if (columns === undefined) return undefined;
      await tell({ kind: 'score' }, signal, () => false);
      return signal?.aborted === true ? undefined : scoresOf(inference, columns);
    },
    times: () => phaseTimes(millisecondsOf(control, 0)),
    close: hands.end,
  };
  try {
    // The thread at hand begins while workers start, and those that are ready help.
    initialise(memory, layout, seed, sharedShare(control));
    await hands.ready;
    return { crew, memory };
  } catch (error) {
    await hands.end();
    throw error;
  }
};

interface Hands {
  readonly ready: Promise<void>;
  /** Resolves when all have done it; rejects, when all have stopped, with the first error of any of them. */
  readonly tell: (command: Command) => Promise<void>;
  readonly end: () => Promise<void>;
}

const startWorkers = (program: string, setup: WorkerSetup): Hands => {
  const { control } = setup;
  const all: Hand[] = [];
  let refused: { readonly error: unknown } | undefined;
  try {
    for (let index = 0; index < setup.workers; index++) all.push(startWorker(program, setup, control, index));
  } catch (error) {
    // Those that have started wait for all others, until they are told.
    fail(control);
    refused = { error };
  }
  const answers = async (ask: (worker: Hand) => Promise<void>): Promise<void> => {
    const failures = (await Promise.allSettled(all.map(ask))).flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    );
    if (failures.length > 0) throw failures[0];
  };
  const start = async (): Promise<void> => {
    if (refused !== undefined) throw refused.error;
    await answers((worker) => worker.answer());
  };
  const ready = start();
  ready.catch(() => undefined);
  return {
    ready,
    tell: (command) =>
      answers((worker) => {
        const answer = worker.answer();
        worker.post(command);
        return answer;
      }),
    end: async () => {
      for (const worker of all) worker.post({ kind: 'end' });
      await Promise.all(all.map(({ gone }) => gone));
    },
  };
};

interface Hand {
  readonly post: (command: Command) => void;
  /** The next answer. Rejects if the worker has failed, now or before. */
  readonly answer: () => Promise<void>;
  readonly gone: Promise<void>;
}

const startWorker = (program: string, setup: WorkerSetup, control: Control, index: number): Hand => {
  const worker = new Worker(program, { workerData: { setup, index }, execArgv: [] });
  let failure: Error | undefined;
  let settle: { readonly resolve: () => void; readonly reject: (error: Error) => void } | undefined;
  const lose = (error: Error): void => {
    failure ??= error;
    fail(control);
    settle?.reject(failure);
  };
  worker.on('message', (answer: Answer) => {
    if (answer.kind === 'failed') lose(received(answer.error));
    else settle?.resolve();
  });
  worker.on('error', lose);
  const gone = new Promise<void>((resolve) => {
    worker.on('exit', (status) => {
      lose(new Error(`a worker has ended, with status ${status}`));
      resolve();
    });
  });
  return {
    post: (command) => {
      worker.postMessage(command);
    },
    answer: () =>
      new Promise((resolve, reject) => {
        if (failure !== undefined) reject(failure);
        settle = { resolve, reject };
      }),
    gone,
  };
};
