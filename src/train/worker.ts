import { parentPort, workerData } from 'node:worker_threads';
import type { EncodedRows } from '../encode/program.js';
import type { InferenceGraph, StepGraph } from '../graph/step.js';
import { averagedLayout } from './average.js';
import type { Control } from './control.js';
import { createBarrier, fail, isAskedToPause, isHeld, millisecondsOf, sharedShare } from './control.js';
import type { Session } from './engine.js';
import { loadEngine } from './engines/index.js';
import type { SentError } from './errors.js';
import { sendable } from './errors.js';
import { createFeed, noiseOf } from './feed.js';
import { initialise } from './initialise.js';
import type { SharedMemory } from './kernels.js';
import type { Layout } from './layout.js';
import type { Plan } from './plan.js';
import type { Columns } from './score.js';
import { createScoring } from './score.js';
import type { RunLength } from '../graph/update/schedule.js';
import type { StepSettings } from './step.js';
import { createPhases } from './step.js';
import type { Part, Stretch } from './steps.js';
import { runSteps } from './steps.js';
import { attach } from './wasm-kernels.js';

/** What all workers are given; memory, control, rows, orders and columns are the same for all of them. */
export interface WorkerSetup {
  readonly workers: number;
  readonly spins: number;
  readonly engine: string;
  readonly step: StepGraph;
  readonly inference: InferenceGraph;
  readonly plan: Plan;
  readonly layout: Layout;
  readonly train: StepSettings;
  readonly length: RunLength;
  readonly seed: number;
  readonly memory: SharedMemory;
  readonly control: Control;
  readonly rows: EncodedRows;
  readonly orders: readonly Int32Array[];
  readonly valid?: { readonly rows: EncodedRows; readonly columns: Columns };
}

export type Command =
  | { readonly kind: 'run'; readonly stretch: Stretch; readonly clock?: Float64Array | undefined }
  | { readonly kind: 'score' }
  | { readonly kind: 'end' };

/** `done` answers each command but the last, and the first one tells that the worker is ready. */
export type Answer = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: SentError };

interface Hands {
  readonly run: (stretch: Stretch, clock: Float64Array | undefined) => Promise<void>;
  readonly score: () => Promise<void>;
}

/** Sessions of one worker, of its own thread each. */
const prepareHands = async (setup: WorkerSetup, index: number, sessions: Session[]): Promise<Hands> => {
  const { workers, spins, step, inference, plan, layout, train, length, seed, control, rows, orders, valid } = setup;
  const memory = attach(setup.memory);
  const engine = await loadEngine(setup.engine);
  const open = async (graph: StepGraph | InferenceGraph, at: number): Promise<Session> => {
    const session = await engine.prepare(graph, { rows: at, threads: 1 });
    sessions.push(session);
    return session;
  };
  const { training: staging } = layout;
  if (staging === undefined) throw new Error('a layout without room for training');
  const session = index < plan.shards ? await open(step, plan.shardRows) : undefined;
  const feed =
    session && createFeed({ session, memory, layout, staging, data: rows, noise: noiseOf(step), seed, idsAhead: true });
  const milliseconds = millisecondsOf(control, index);
  const phases = createPhases({
    ...(session && feed && { running: { session, feed } }),
    data: rows,
    memory,
    layout,
    train,
    length,
    milliseconds,
  });
  const share = sharedShare(control);
  const barrier = createBarrier(control, workers, spins);
  const part: Part = { phases, share, barrier, control, plan, data: rows, orders };
  const scoring =
    valid &&
    createScoring({
      session: await open(inference, plan.inferenceRows),
      memory,
      layout: averagedLayout(layout),
      data: valid.rows,
      columns: valid.columns,
      region: index,
    });
  initialise(memory, layout, seed, share);
  return {
    run: (stretch, clock) => runSteps(clock === undefined ? part : { ...part, clock }, stretch, () => isHeld(control)),
    score: async () => scoring?.(share, () => isAskedToPause(control)),
  };
};

const { setup, index } = workerData as { readonly setup: WorkerSetup; readonly index: number };
const sessions: Session[] = [];
const tell = (answer: Answer): void => parentPort?.postMessage(answer);
const giveUp = (error: unknown): void => {
  fail(setup.control);
  tell({ kind: 'failed', error: sendable(error) });
};
// A thread that ends by an error takes its sessions' engine down with it, and the process too.
process.on('uncaughtException', giveUp);

const hands = prepareHands(setup, index, sessions);
const answer = async (command: Command): Promise<void> => {
  switch (command.kind) {
    case 'run':
      await (await hands).run(command.stretch, command.clock);
      return tell({ kind: 'done' });
    case 'score':
      await (await hands).score();
      return tell({ kind: 'done' });
    case 'end':
      await hands.catch(() => undefined);
      for (const session of sessions) await session.close();
      parentPort?.close();
      return;
    default:
      command satisfies never;
  }
};
parentPort?.on('message', (command: Command) => void answer(command).catch(giveUp));
hands.then(() => {
  tell({ kind: 'done' });
}, giveUp);
