import type { EncodedData } from '../encode/program.js';
import { forEngine, inferenceGraph, stepGraph } from '../graph/pipeline.js';
import type { InferenceGraph, StepGraph } from '../graph/step.js';
import type { CheckedModel, Table } from '../model/model.js';
import { labelNames } from '../model/model.js';
import type { Engine, Session } from './engine.js';
import { trainError } from './errors.js';
import { createFeed, noiseOf } from './feed.js';
import { initialise } from './initialise.js';
import type { Memory } from './kernels.js';
import type { Layout } from './layout.js';
import { planLayout } from './layout.js';
import { checkIds } from './lookups.js';
import { isFloat64, reserve } from './memory.js';
import type { Plan } from './plan.js';
import { makePlan, stepsOfEpoch, workersFor } from './plan.js';
import type { RunLength } from '../graph/update/schedule.js';
import type { Scorer } from './score.js';
import type { Phases } from './step.js';
import { createPhases } from './step.js';
import type { SizedTable } from './table-layout.js';
import type { Windows } from './windows.js';

export interface PrepareOptions {
  readonly model: CheckedModel;
  readonly data: EncodedData;
  readonly engine: Engine;
  /** Most workers at once; they change no result. */
  readonly threads?: number;
  /** Instead of the spec's. */
  readonly seed?: number;
  /** Where rows stay in a file: `data` has room for those of two windows. */
  readonly windows?: Windows;
  /** Of the run that this one repeats; by default the batch and the graph decide. */
  readonly plan?: Plan;
  /** Bytes that one memory may have; by default those of a WebAssembly memory. They change no result. */
  readonly largestBank?: number;
  /** Made already, by whoever has inspected them; inference of all labels. */
  readonly graphs?: Graphs;
}

interface Graphs {
  readonly step: StepGraph;
  readonly inference: InferenceGraph;
}

/** Tables with the rows that the training data's vocabularies give them. */
export const sizeTables = (
  tables: readonly Table[],
  vocabularies: Readonly<Record<string, readonly string[]>>,
): readonly SizedTable[] =>
  tables.map(({ name, rows, dim, l2, initializer, frozen }) => ({
    name,
    // Row 0 is the reserved one.
    rows: rows.kind === 'known' ? rows.rows : (vocabularies[rows.name]?.length ?? 0) + 1,
    dim,
    l2,
    initializer,
    ...(frozen && { frozen }),
  }));

/** Node's permission model may forbid it. */
const mayStartThreads = (): boolean => !('permission' in process) || process.permission.has('worker');

/** How many workers a training has, of those that there may be; 1 is the thread at hand. */
export const crewSize = ({
  model,
  data,
  engine,
  threads,
  plan,
  step,
}: Required<Pick<PrepareOptions, 'model' | 'data' | 'engine' | 'threads' | 'plan'>> & Pick<Graphs, 'step'>): number => {
  const tables = sizeTables(model.tables, data.state.vocabularies);
  return engine.inWorkers === true && mayStartThreads()
    ? workersFor({ plan, step, tables, optimizer: model.train.optimizer, threads })
    : 1;
};

/** How long a run is. */
export const lengthOf = (
  plan: Plan,
  { data, windows, model }: Pick<PrepareOptions, 'data' | 'windows' | 'model'>,
): RunLength => ({
  steps: stepsOfEpoch(plan, windows?.rows ?? data.train.rows),
  epochs: model.train.epochs,
});

/** What is settled before anything is reserved. */
export interface Settled extends Graphs {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly workers: number;
}

/** @throws TrainError `no-training-rows`, or `id-outside-table` */
export const settle = ({ model, data, engine, threads = 1, ...options }: PrepareOptions): Settled => {
  if (data.train.rows === 0) throw trainError('no-training-rows', 'there are no training rows');
  const graphs = options.graphs ?? { step: stepGraph(model), inference: inferenceGraph(model, labelNames(model)) };
  const [step, inference] = [forEngine(graphs.step), forEngine(graphs.inference)];
  const plan = options.plan ?? makePlan(model.train.batch, step, inference, model.train, data.train.rows);
  const { optimizer, accumulate, coupled } = model.train;
  if (!step.isRowLocal && plan.shards > accumulate && coupled === 'batch')
    throw new Error('a step whose rows depend on each other cannot be cut into shards');
  const tables = sizeTables(model.tables, data.state.vocabularies);
  const workers = crewSize({ model, data, engine, threads, plan, step });
  const layout = planLayout({
    parameters: step.parameters,
    states: step.states,
    moved: new Set(step.states.flatMap(({ name }) => (step.graph.outputs[`state.${name}`] === undefined ? [] : [name]))),
    tables,
    sites: step.sites,
    plan,
    rows: [data.train, data.valid, data.test],
    optimizer,
    ...(model.train.ema !== undefined && { ema: model.train.ema }),
    scorers: workers,
    ...(options.largestBank !== undefined && { largestBank: options.largestBank }),
  });
  for (const rows of [data.train, data.valid]) checkIds(rows, layout.inference, layout);
  return { step, inference, plan, layout, workers };
};

/** What the thread at hand needs to do every step by itself. */
export interface Prepared {
  readonly plan: Plan;
  readonly layout: Layout;
  readonly memory: Memory;
  readonly phases: Phases;
  /** Scores the validation rows, if there are any. */
  readonly scoring?: Scorer;
  readonly close: () => Promise<void>;
}

/** Sessions, memory and first weights. */
export const prepareTraining = async (options: PrepareOptions, settled = settle(options)): Promise<Prepared> => {
  const { model, data, engine, seed = model.train.seed } = options;
  const { step, inference, plan, layout } = settled;
  const { training: staging } = layout;
  if (staging === undefined) throw new Error('a layout without room for training');
  const sessions: Session[] = [];
  const close = async (): Promise<void> => {
    for (const session of sessions) await session.close();
  };
  try {
    // One thread: with more of them an engine may round in another order.
    const session = await engine.prepare(step, { rows: plan.shardRows, threads: 1 });
    sessions.push(session);
    const scoring =
      data.valid.rows > 0
        ? { graph: inference, session: await engine.prepare(inference, { rows: plan.inferenceRows, threads: 1 }) }
        : undefined;
    if (scoring !== undefined) sessions.push(scoring.session);
    const memory = reserve(layout, isFloat64(session), [data.train, data.valid]);
    initialise(memory, layout, seed);
    const feed = createFeed({ session, memory, layout, staging, data: data.train, noise: noiseOf(step), seed, idsAhead: true });
    const phases = createPhases({
      running: { session, feed },
      data: data.train,
      memory,
      layout,
      train: model.train,
      length: lengthOf(plan, options),
    });
    return { plan, layout, memory, phases, close, ...(scoring === undefined ? {} : { scoring }) };
  } catch (error) {
    await close();
    throw error;
  }
};
