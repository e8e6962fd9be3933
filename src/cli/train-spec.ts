import { cacheFolder } from '../data/cache.js';
import { encodedData, openDataset, type Dataset, type DatasetOptions } from '../data/dataset.js';
import { dataDigest } from '../data/digest.js';
import type { DataPaths } from '../data/sources.js';
import { encoderProgram } from '../encode/compile.js';
import type { EncoderProgram } from '../encode/program.js';
import { inferenceGraph, stepGraph } from '../graph/pipeline.js';
import type { InferenceGraph, StepGraph } from '../graph/step.js';
import type { Source } from '../language/source.js';
import type { Checked } from '../model/check.js';
import type { Diagnostic } from '../model/diagnostics.js';
import type { CheckedModel, Facts } from '../model/model.js';
import { labelNames } from '../model/model.js';
import type { RunWriter } from '../run/write.js';
import { doubtsOf } from '../train/doubts.js';
import { whyInMemory } from '../train/crew-on-device.js';
import { loadEngine } from '../train/engines/index.js';
import type { Resumption } from '../train/loop.js';
import { makePlan, type Plan, type WindowPlan } from '../train/plan.js';
import { crewSize, sizeTables } from '../train/prepare.js';
import { openWindows, planWindows, refuseFrequencies, type Windows } from '../train/windows.js';
import { withShortPaths } from './answer.js';
import { describeBadRows, describeRows } from './counts.js';
import type { ExitStatus } from './errors.js';
import type { Host } from './host.js';
import { interruptible } from './interruption.js';
import { progressLine } from './progress.js';
import { readingText } from './reading.js';
import { refuseFullDisk, type RunFolder } from './run-folder.js';
import { checkSource, pickModel, provisionalFacts } from './spec.js';
import { parameterCount } from './train-texts.js';
import { trainRun } from './training.js';
import { version } from './version.js';

export interface TrainingRequest {
  readonly source: Source;
  /** The spec as the user would name it. */
  readonly shown: string;
  readonly settings: readonly string[];
  readonly modelName: string | undefined;
  /** Diagnostics that the user has seen. */
  readonly seen: readonly Diagnostic[];
  /** What the user should know before data are read. */
  readonly told: readonly string[];
  readonly engine: string;
  readonly softwareGpu: boolean;
  readonly paths: DataPaths;
  readonly threads: number;
  readonly quiet: boolean;
  readonly json: boolean;
  readonly checkpointSeconds: number | undefined;
  /** Whether encoded rows are kept for another time. */
  readonly cached: boolean;
  /** Bytes that encoded rows may take in memory. */
  readonly memory: number | undefined;
  readonly claim: (model: CheckedModel) => RunFolder;
  /** Makes the run, or opens it again. */
  readonly open: (made: Made) => Promise<RunWriter>;
  /** Keeps other processes from going on with the run; the function that comes of it lets them. */
  readonly lock: (folder: string) => Promise<() => Promise<void>>;
  /** Whether the folder was there before, so that it stays whatever happens. */
  readonly isResumed: boolean;
  /** Of a run that goes on. */
  readonly plan?: Plan;
  readonly resume?: Resumption;
}

/** All that is known of a run before its first step. */
export interface Made {
  readonly folder: RunFolder;
  readonly paths: DataPaths;
  readonly checked: Checked;
  readonly model: CheckedModel;
  readonly program: EncoderProgram;
  readonly dataset: Dataset;
  readonly facts: Facts;
  /** Of the data. */
  readonly digest: string;
  readonly graphs: { readonly step: StepGraph; readonly inference: InferenceGraph };
  readonly plan: Plan;
  /** As it describes itself. */
  readonly engine: string;
}

/** Reads the data of a spec and trains its model. */
export async function trainSpec(request: TrainingRequest, host: Host): Promise<ExitStatus> {
  const { source, settings, shown, seen, paths, threads, quiet, json, resume, isResumed } = request;
  const checked = checkSource(source, { settings, facts: provisionalFacts(source, host) }, host, seen);
  const model = pickModel(checked, request.modelName, shown);
  const engine = await loadEngine(request.engine, { softwareGpu: request.softwareGpu });
  const line = progressLine(host, quiet);
  const say = (told: string): void => {
    if (!quiet) line.keep(told);
  };
  const folder = request.claim(model);
  for (const told of request.told) line.keep(withShortPaths(told, host.folder));
  let ending = 'ending …';
  const { signal, release } = interruptible(host, () => {
    line.keep(ending);
  });
  let dataset: Dataset | undefined;
  try {
    const program = encoderProgram(model);
    dataset = await openDataset({
      model,
      program,
      paths,
      signal,
      compiler: version,
      cache: request.cached ? cacheFolder(host.environment) : undefined,
      budget: request.memory,
      form: request.plan && formOf(request.plan),
      onNote: (note) => {
        line.keep(`warning: ${note}`);
      },
      onProgress: (progress) => {
        line.show(readingText(progress));
      },
    });
    line.clear();
    signal.throwIfAborted();
    const { summaries, file } = dataset;
    say(`${describeRows(dataset.counts, summaries)}${dataset.isFromCache ? ' (encoded before)' : ''}`);
    for (const told of describeBadRows(dataset.counts, host)) line.keep(told);
    for (const warning of dataset.warnings) line.keep(`warning: ${withShortPaths(warning, host.folder)}`);
    const facts = factsOf(dataset);
    const exact = pickModel(checkSource(source, { settings, facts }, host, [...seen, ...checked.diagnostics]), model.name, shown);
    const graphs = { step: stepGraph(exact), inference: inferenceGraph(exact, labelNames(exact)) };
    const plan = request.plan ?? planOf(exact, graphs, dataset);
    for (const doubt of doubtsOf({ train: exact.train, step: graphs.step, plan, rows: dataset.summaries.train.rows }))
      line.keep(`warning: ${doubt}`);
    const windows = await windowsOf(dataset, plan, exact, graphs);
    const data = windows?.data ?? encodedData(dataset);
    if (windows && plan.window) say(windowsText(windows.rows, plan.window));
    const running = engine.describe(crewSize({ model: exact, data, engine, threads, plan, step: graphs.step }));
    await refuseFullDisk(folder, 4 * parameterCount(exact));
    signal.throwIfAborted();
    ending = 'ending after this step …';
    const digest = file?.digest ?? dataDigest(data);
    const made = { folder, paths, checked, model: exact, program, dataset, facts, digest, graphs, plan, engine: running };
    const writer = await request.open(made);
    const unlock = await request.lock(writer.folder);
    try {
      say(`${exact.name}: ${parameterCount(exact).toLocaleString('en-US')} parameters, ${running}`);
      const tables = sizeTables(exact.tables, data.state.vocabularies);
      const inMemory = await whyInMemory({ engine, tables, train: exact.train });
      if (inMemory !== undefined) say(`tables stay in memory: ${inMemory}`);
      if (resume) say(`going on after step ${(resume.position.before + resume.position.reached.step).toLocaleString('en-US')}`);
      return await trainRun({
        model: exact,
        data,
        windows,
        dataset,
        engine,
        threads,
        graphs,
        plan,
        folder,
        writer,
        signal,
        host,
        line,
        quiet,
        json,
        checkpointSeconds: request.checkpointSeconds,
        resume,
        isResumed,
      });
    } finally {
      await unlock();
    }
  } catch (error) {
    line.clear();
    if (!signal.aborted || error !== signal.reason) throw error;
    line.keep(
      isResumed
        ? `interrupted: ${folder.shown} is as it was`
        : 'interrupted before the first step: there is nothing to keep, and no run was written',
    );
    return 130;
  } finally {
    await dataset?.close();
    release();
    folder.release();
  }
}

/** A learned vocabulary has one row more than values: the first is for unknown ones. */
const factsOf = ({ state }: Dataset): Facts => ({
  vocabularies: Object.fromEntries(Object.entries(state.vocabularies).map(([name, values]) => [name, values.length + 1])),
});

export const rowsOf = ({ summaries: { train, valid, test } }: Dataset): Readonly<Record<string, number>> => ({
  train: train.rows,
  valid: valid.rows,
  test: test.rows,
});

/** Where the rows of a run that goes on must be again. */
const formOf = ({ window }: Plan): DatasetOptions['form'] =>
  window === undefined ? { kind: 'memory' } : { kind: 'file', groupRows: window.groupRows };

const planOf = (model: CheckedModel, { step, inference }: Made['graphs'], { file, budget, summaries }: Dataset): Plan => {
  const plan = makePlan(model.train.batch, step, inference, model.train, summaries.train.rows);
  return file === undefined ? plan : { ...plan, window: planWindows({ file, budget }, plan.batch) };
};

const windowsOf = async (
  dataset: Dataset,
  plan: Plan,
  { train: { seed, shuffle: shuffles } }: CheckedModel,
  { step }: Made['graphs'],
): Promise<Windows | undefined> => {
  const { file } = dataset;
  const { window } = plan;
  if (file === undefined || window === undefined) return undefined;
  refuseFrequencies(step);
  return openWindows({ dataset: { ...dataset, file }, plan: { ...plan, window }, seed, shuffles });
};

const windowsText = (rows: number, { groups, groupRows }: WindowPlan): string => {
  const size = Math.min(rows, groups * groupRows);
  return `the rows stay in a file; ${size.toLocaleString('en-US')} of them are shuffled and trained on at a time`;
};
