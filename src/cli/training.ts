import type { Dataset } from '../data/dataset.js';
import { nodeFiles } from '../data/node-files.js';
import type { EncodedData, EncodedRows } from '../encode/program.js';
import type { InferenceGraph, StepGraph } from '../graph/step.js';
import type { CheckedModel } from '../model/model.js';
import type { CheckpointContents, ModelTensors } from '../run/checkpoints.js';
import type { MetricValues } from '../run/record.js';
import { tensorToCopy } from '../run/safetensors.js';
import type { RunWriter } from '../run/write.js';
import type { Engine } from '../train/engine.js';
import { isTrainError } from '../train/errors.js';
import type { TrainStatus } from '../train/events.js';
import { openModel } from '../train/inference.js';
import type { Resumption } from '../train/loop.js';
import { measure, type Evaluation } from '../train/metrics.js';
import type { Plan } from '../train/plan.js';
import type { Scores } from '../train/score.js';
import { openTrained, type Trained } from '../train/score-trained.js';
import { copiedBytes, restoreLiveWeights, viewsOf, weightBytes } from '../train/state.js';
import { train, type TrainResult } from '../train/train.js';
import { scoreSplit, type Windows } from '../train/windows.js';
import { copyWeights, tableWeight } from '../train/weights.js';
import { refusal, type ExitStatus } from './errors.js';
import type { Host } from './host.js';
import type { TrainedJson } from './json-outputs.js';
import type { ProgressLine } from './progress.js';
import type { RunFolder } from './run-folder.js';
import { shellWord } from './shell.js';
import { checkpointOf, exactTensorsOf, tensorsOf } from '../train/tensors.js';
import { endText, epochText, finiteOrNull, metricsText, metricValues, progressText } from './train-texts.js';

interface Training {
  readonly model: CheckedModel;
  readonly data: EncodedData;
  /** Of rows that stay in a file. */
  readonly windows: Windows | undefined;
  readonly dataset: Dataset;
  readonly engine: Engine;
  readonly threads: number;
  readonly graphs: { readonly step: StepGraph; readonly inference: InferenceGraph };
  readonly plan: Plan;
  readonly folder: RunFolder;
  readonly writer: RunWriter;
  readonly signal: AbortSignal;
  readonly host: Host;
  readonly line: ProgressLine;
  readonly quiet: boolean;
  readonly json: boolean;
  readonly checkpointSeconds: number | undefined;
  readonly resume: Resumption | undefined;
  /** Whether the run folder was there before; otherwise it goes if nothing is learned. */
  readonly isResumed: boolean;
}

/** Trains, writes the weights, measures the test rows, and says how it went. */
export async function trainRun(training: Training): Promise<ExitStatus> {
  const { dataset, writer, signal, line, isResumed } = training;
  const testRows = dataset.summaries.test.rows;
  const result = await trainAndRecord(training);
  if (result.step === 0) {
    if (!isResumed) await nodeFiles.remove(writer.folder);
    signal.throwIfAborted();
  }
  const best = result.history.find((e) => e.epoch === result.bestEpoch)?.validation;
  const progress = {
    steps: result.step,
    epochs: result.history.length,
    ...(result.bestEpoch !== undefined && { bestEpoch: result.bestEpoch }),
  };
  const valid = best && { valid: metricValues(best) };
  const isCut = result.status === 'interrupted' && (await saveEnd(training, result));
  // Weights first: whatever happens while the test rows are measured, they are kept.
  const written = writer.finish('interrupted', { metrics: { ...valid }, progress }, await keptTensors(training, result));
  await written.catch((error: unknown) => failedWith(training, error));
  const tested = signal.aborted || testRows === 0 ? undefined : await measureTest(training, result);
  const metrics = { ...valid, ...(tested && { test: metricValues(tested) }) };
  const isWhole = result.status !== 'interrupted' && (tested !== undefined || testRows === 0);
  if (isWhole) {
    await writer.finish('finished', { metrics, progress });
    await writer.checkpoints.removeAll();
  }
  // Weights that `measureTest` has put in the place of the last ones are no state to go on from.
  const isLive = result.status !== 'interrupted' && result.kept.kind !== 'stored';
  const isSaved = isCut || (!isWhole && isLive && (await saveEnd(training, result)));
  line.clear();
  if (!isWhole && result.status !== 'interrupted') line.keep('interrupted before the test rows were measured');
  report(training, result, isWhole ? result.status : 'interrupted', metrics, isSaved);
  return signal.aborted ? 130 : 0;
}

/** A checkpoint of where a run was interrupted. */
async function saveEnd(training: Training, { state, position, kept }: TrainResult): Promise<boolean> {
  const isBest = kept.kind !== 'stored' && position.best !== undefined;
  const best = kept.kind === 'copy' ? viewsOf(kept.weights) : kept.kind === 'live' ? kept.state : state;
  return saveCheckpoint(training, {
    ...checkpointOf({ state, position }),
    ...(isBest && { best: exactTensorsOf(best) }),
  });
}

/** Whether it could be written: a full disk is no reason to stop learning. */
async function saveCheckpoint({ writer, line }: Training, contents: CheckpointContents): Promise<boolean> {
  try {
    await writer.checkpoints.write(contents);
    return true;
  } catch (error) {
    const refused = refusal(error);
    if (refused === undefined) throw error;
    line.keep(`warning: no checkpoint of step ${contents.progress.step.toLocaleString('en-US')}: ${refused}`);
    return false;
  }
}

/** The weights to keep, for a file; large ones are not copied. */
async function keptTensors({ model, writer }: Training, { kept }: TrainResult): Promise<ModelTensors> {
  switch (kept.kind) {
    case 'live':
      return tensorsOf(kept.state);
    case 'copy':
      return tensorsOf(viewsOf(kept.weights));
    case 'stored': {
      const { weights, table } = writer.checkpoints.bestOf(kept.epoch);
      return {
        weights: [...(await weights()).values()].map(tensorToCopy),
        tables: await Promise.all(model.tables.map(async ({ name }) => tensorToCopy(await table(tableWeight(name))))),
      };
    }
    default:
      return kept satisfies never;
  }
}

/** Undefined if it was interrupted. */
async function measureTest(training: Training, result: TrainResult): Promise<Evaluation | undefined> {
  const { model, dataset, signal } = training;
  const { scoresOf, close } = await openKept(training, result);
  try {
    const predict = (rows: EncodedRows): Promise<Scores> => scoresOf(rows, signal);
    const { logits, labels } = await scoreSplit({ dataset, split: 'test', predict, signal });
    return measure(model, logits, labels);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    await close();
  }
}

/** The weights that a run keeps at work: large ones where they were trained, after the end of which nothing else needs the place. */
async function openKept({ model, graphs, engine, threads, dataset, writer }: Training, result: TrainResult): Promise<Trained> {
  const { kept, state, memory, layout, plan } = result;
  const { inference: graph } = graphs;
  if (kept.kind === 'stored') await restoreLiveWeights(state, writer.checkpoints.bestOf(kept.epoch));
  // Nobody has looked how long the bags of rows in a file are.
  const isRoomy = dataset.file === undefined || layout.inference.columns.every(({ form }) => form !== 'bag');
  if (kept.kind !== 'copy' && isRoomy && weightBytes(state) > copiedBytes)
    return openTrained({ graph, engine, memory, layout, plan, averaged: kept.kind === 'live' });
  const weights = kept.kind === 'copy' ? kept.weights : copyWeights(kept.kind === 'live' ? kept.state : state);
  const { predictRows: scoresOf, close } = await openModel({ model, graph, weights, engine, threads });
  return { scoresOf, close };
}

/** A run that fails before its first epoch or checkpoint is through holds nothing, and is removed. */
async function trainAndRecord(training: Training): Promise<TrainResult> {
  const { model, data, windows, engine, threads, graphs, plan, writer, signal, line, quiet, checkpointSeconds, resume } =
    training;
  const saved = { any: training.isResumed, step: 0 };
  try {
    return await train({
      model,
      data,
      ...(windows && { windows }),
      engine,
      threads,
      graphs,
      plan,
      signal,
      ...(resume && { resume }),
      ...(checkpointSeconds !== undefined && { checkpointSeconds }),
      onCheckpoint: async (checkpoint) => {
        if (!(await saveCheckpoint(training, checkpointOf(checkpoint)))) return;
        saved.any = true;
        saved.step = checkpoint.state.step;
      },
      onBest: (epoch, state) => writer.checkpoints.best(epoch, exactTensorsOf(state)),
      onProgress: (p) => {
        line.show(progressText(p));
      },
      onEpoch: async (epoch) => {
        if (!quiet) line.keep(epochText(epoch, model.train.epochs));
        await writer.epoch({
          epoch: epoch.epoch,
          steps: epoch.step,
          seconds: epoch.seconds,
          loss: finiteOrNull(epoch.loss),
          ...(epoch.validation && { valid: metricValues(epoch.validation) }),
        });
        saved.any = true;
      },
    });
  } catch (error) {
    if (saved.any) return await failedWith(training, error, saved.step);
    await nodeFiles.remove(writer.folder).catch(() => undefined);
    throw error;
  }
}

/** Puts down why a run failed, if that can be written, and throws it. */
async function failedWith({ writer, line, folder }: Training, error: unknown, step = 0): Promise<never> {
  await writer.finish('failed', { error: error instanceof Error ? error.message : String(error) }).catch(() => undefined);
  line.clear();
  // A loss that is not finite would be so again.
  if (step > 0 && !(isTrainError(error) && error.code === 'not-finite'))
    line.keep(`step ${step.toLocaleString('en-US')} is saved; to go on from it: ${resumeLine(folder)}`);
  throw error;
}

const resumeLine = ({ shown }: RunFolder): string => `reccompile train --resume ${shellWord(shown)}`;

/** A name for rows that `predict` reads as the spec reads its own. */
function rowsLike({ data }: CheckedModel): string {
  const [, ending] = /(\.\w+)(?:\.gz)?$/i.exec(data?.source.path ?? '') ?? [];
  return `rows${ending ?? `.${data?.source.format ?? 'csv'}`}`;
}

function report(
  { model, folder, host, line, quiet, json, dataset }: Training,
  result: TrainResult,
  status: TrainStatus,
  metrics: Readonly<Record<string, MetricValues>>,
  isSaved: boolean,
): void {
  if (!quiet) {
    for (const [split, values] of Object.entries(metrics)) {
      line.keep(`${split === 'valid' ? 'validation' : split}: ${metricsText(values)}`);
    }
    line.keep(endText(result, folder.shown));
    if (isSaved) line.keep(`to go on: ${resumeLine(folder)}`);
    line.keep(`next: reccompile predict ${shellWord(folder.shown)} ${rowsLike(model)}`);
  }
  if (json) {
    const { counts } = dataset;
    const { train: trained, valid, test } = dataset.summaries;
    host.write(
      `${JSON.stringify({
        run: folder.shown,
        model: model.name,
        status,
        epochs: result.history.length,
        ...(result.bestEpoch !== undefined && { bestEpoch: result.bestEpoch }),
        steps: result.step,
        seconds: result.seconds,
        parameters: [...result.state.dense, ...result.state.tables].reduce(
          (sum, w) => sum + w.shape.reduce((a, b) => a * b, 1),
          0,
        ),
        rows: {
          train: trained.rows,
          valid: valid.rows,
          test: test.rows,
          read: counts.read,
          dropped: counts.dropped,
          bad: counts.bad,
        },
        metrics,
      } satisfies TrainedJson)}\n`,
    );
  } else if (quiet) host.write(`${folder.shown}\n`);
}
