import path from 'node:path';
import { nodeFiles } from '../data/node-files.js';
import type { EncodedData } from '../encode/program.js';
import type { InferenceGraph, StepGraph } from '../graph/step.js';
import type { CheckedModel } from '../model/model.js';
import { places, type MetricValues } from '../run/record.js';
import type { RunWriter } from '../run/write.js';
import type { Engine } from '../train/engine.js';
import type { TrainStatus } from '../train/events.js';
import { openModel } from '../train/inference.js';
import type { Evaluation } from '../train/metrics.js';
import { train, type TrainResult } from '../train/train.js';
import type { ExitStatus } from './errors.js';
import type { Host } from './host.js';
import type { ProgressLine } from './progress.js';
import type { RunFolder } from './run-folder.js';
import { shellWord } from './shell.js';
import { tensorsOf } from '../serve/stored-model.js';
import { endText, epochText, finiteOrNull, metricsText, metricValues, progressText } from './train-texts.js';

interface Training {
  readonly model: CheckedModel;
  readonly data: EncodedData;
  readonly engine: Engine;
  readonly threads: number;
  readonly graphs: { readonly step: StepGraph; readonly inference: InferenceGraph };
  readonly folder: RunFolder;
  readonly writer: RunWriter;
  readonly signal: AbortSignal;
  readonly host: Host;
  readonly line: ProgressLine;
  readonly quiet: boolean;
  readonly json: boolean;
  readonly checkpointSeconds: number | undefined;
}

/** Trains, writes the weights, measures the test rows, and says how it went. */
export async function trainRun(training: Training): Promise<ExitStatus> {
  const { model, data, writer, signal, line } = training;
  const result = await trainAndRecord(training);
  if (result.step === 0) {
    await nodeFiles.remove(writer.folder);
    signal.throwIfAborted();
  }
  const best = result.history.find((e) => e.epoch === result.bestEpoch)?.validation;
  const progress = {
    steps: result.step,
    epochs: result.history.length,
    ...(result.bestEpoch !== undefined && { bestEpoch: result.bestEpoch }),
  };
  const valid = best && { valid: metricValues(best) };
  // Weights first: whatever happens while the test rows are measured, they are kept.
  const written = writer.finish('interrupted', { metrics: { ...valid }, progress }, tensorsOf(result.weights));
  await written.catch((error: unknown) => failedWith(writer, error));
  await nodeFiles.remove(path.join(writer.folder, places.checkpoints));
  const tested = signal.aborted || data.test.rows === 0 ? undefined : await testOf(training, result);
  const metrics = { ...valid, ...(tested && { test: metricValues(tested) }) };
  const isWhole = result.status !== 'interrupted' && (tested !== undefined || data.test.rows === 0);
  if (isWhole) await writer.finish('finished', { metrics, progress });
  line.clear();
  if (!isWhole && result.status !== 'interrupted') line.keep('interrupted before the test rows were measured');
  report(training, result, isWhole ? result.status : 'interrupted', metrics);
  return signal.aborted ? 130 : 0;

  async function testOf({ graphs, engine, threads }: Training, { weights }: TrainResult): Promise<Evaluation | undefined> {
    const inference = await openModel({ model, graph: graphs.inference, weights, engine, threads });
    try {
      return await inference.evaluate(data.test, signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    } finally {
      await inference.close();
    }
  }
}

/** A run that fails before its first epoch or checkpoint is through holds nothing, and is removed. */
async function trainAndRecord({
  model,
  data,
  engine,
  threads,
  graphs,
  writer,
  signal,
  line,
  quiet,
  checkpointSeconds,
}: Training): Promise<TrainResult> {
  const kept = { weights: false };
  try {
    return await train({
      model,
      data,
      engine,
      threads,
      graphs,
      signal,
      ...(checkpointSeconds !== undefined && { checkpointSeconds }),
      onCheckpoint: async ({ step, epoch, dense, states, tables, denseSlots, tableSlots }) => {
        const optimizer = [...denseSlots, ...tableSlots];
        await writer.checkpoint(step, { weights: [...dense, ...states], tables, optimizer, progress: { step, epoch } });
        kept.weights = true;
      },
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
        kept.weights = true;
      },
    });
  } catch (error) {
    if (kept.weights) return await failedWith(writer, error);
    await nodeFiles.remove(writer.folder).catch(() => undefined);
    throw error;
  }
}

/** Puts down why a run failed, if that can be written, and throws it. */
async function failedWith(writer: RunWriter, error: unknown): Promise<never> {
  await writer.finish('failed', { error: error instanceof Error ? error.message : String(error) }).catch(() => undefined);
  throw error;
}

function report(
  { model, folder, host, line, quiet, json, data }: Training,
  result: TrainResult,
  status: TrainStatus,
  metrics: Readonly<Record<string, MetricValues>>,
): void {
  if (!quiet) {
    for (const [split, values] of Object.entries(metrics)) {
      line.keep(`${split === 'valid' ? 'validation' : split}: ${metricsText(values)}`);
    }
    line.keep(endText(result, folder.shown));
    line.keep(`next: reccompile predict ${shellWord(folder.shown)} rows.csv`);
  }
  if (json) {
    const { train: trained, valid, test, counts } = data;
    const weights = [...result.weights.dense, ...result.weights.tables];
    host.write(
      `${JSON.stringify({
        run: folder.shown,
        model: model.name,
        status,
        epochs: result.history.length,
        ...(result.bestEpoch !== undefined && { bestEpoch: result.bestEpoch }),
        steps: result.step,
        seconds: result.seconds,
        parameters: weights.reduce((sum, w) => sum + w.values.length, 0),
        rows: {
          train: trained.rows,
          valid: valid.rows,
          test: test.rows,
          read: counts.read,
          dropped: counts.dropped,
          bad: counts.bad,
        },
        metrics,
      })}\n`,
    );
  } else if (quiet) host.write(`${folder.shown}\n`);
}
