import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { encodeData } from '../../data/encode.js';
import { nodeFiles } from '../../data/node-files.js';
import { dataPathsOf, type DataPaths } from '../../data/sources.js';
import { encoderProgram } from '../../encode/compile.js';
import type { EncodedData } from '../../encode/program.js';
import { rowSchema } from '../../encode/schema.js';
import { inferenceGraph, stepGraph } from '../../graph/pipeline.js';
import { print } from '../../language/printer.js';
import { expand } from '../../model/expand.js';
import type { CheckedModel, Facts } from '../../model/model.js';
import type { MetricValues } from '../../run/record.js';
import { createRun, type RunWriter } from '../../run/write.js';
import { defaultEngine, engineNames, loadEngine } from '../../train/engines/index.js';
import type { EpochRecord, Progress } from '../../train/events.js';
import { openModel } from '../../train/inference.js';
import type { Evaluation } from '../../train/metrics.js';
import { makePlan } from '../../train/plan.js';
import { train, type TrainResult } from '../../train/train.js';
import { command } from '../command.js';
import { describeRows } from '../counts.js';
import { complaint, type ExitStatus } from '../errors.js';
import type { Host } from '../host.js';
import { choice, count, text, texts, toggle } from '../options.js';
import { bar, duration, figure, progressLine, short } from '../progress.js';
import { checkSpec, pickModel, provisionalFacts, specOptions } from '../spec.js';
import { tensorsOf } from '../stored-model.js';
import { version } from '../version.js';

export default command({
  description:
    'Trains a model and writes a run: a folder that `eval` and `predict` read alone.\nCtrl-C ends after the step at hand and keeps what was learned; the exit status is then 130.',
  arguments: [{ name: 'file', help: 'the .rec file' }],
  options: {
    ...specOptions,
    data: texts('--data', 'PATH', 'folder that the paths of the spec start from, or name=FILE for one of them'),
    out: text('-o, --out', 'FOLDER', 'where the run goes; without it runs/<model>-<number>'),
    engine: choice('--engine', [defaultEngine, ...engineNames.filter((n) => n !== defaultEngine)], 'what runs the graph'),
    threads: count('--threads', 'N', 1, 'threads of the engine; without it one for each core'),
    quiet: toggle('-q, --quiet', 'no progress'),
    json: toggle('--json', 'end with one line of JSON on standard output'),
  },
  examples: [
    { line: 'reccompile train movies.rec', says: 'with the files that the spec names' },
    { line: 'reccompile train movies.rec --model Cross --data ~/data --out runs/first', says: 'with files from elsewhere' },
    { line: 'reccompile train movies.rec --set train.epochs=3 --set embeddings.dim=64', says: 'with other values' },
    {
      line: 'reccompile train movies.rec --set "data.split=random(train: 0.8, test: 0.2, seed: 2)" --json',
      says: 'for a script',
    },
  ],
  run: async ([file = ''], options, host) => {
    const engine = await loadEngine(options.engine);
    const { model, modelText, source } = prepareSpec(file, options, host);
    const say = options.quiet
      ? () => undefined
      : (line: string) => {
          host.writeError(`${line}\n`);
        };
    const folder = options.out ?? freeFolder(host, model.name);
    if (options.out !== undefined && existsSync(path.resolve(host.folder, folder))) {
      throw complaint(`${folder} exists already`, { help: 'Choose another folder with --out, or remove this one.' });
    }
    const stop = new AbortController();
    const release = host.onInterrupt(() => {
      if (stop.signal.aborted) return;
      stop.abort();
      host.writeError('\nending after this step …\n');
    });
    try {
      const paths = await dataPathsOf(options.data);
      const program = encoderProgram(model);
      const line = progressLine(host);
      const data = await encodeData({
        model,
        program,
        paths,
        onProgress: ({ stage, done, total }) => {
          if (!options.quiet)
            line.show(
              `${stage === 'read' ? 'reading' : 'encoding'} ${done.toLocaleString('en-US')}${total === undefined ? '' : ` of ${total.toLocaleString('en-US')}`} rows`,
            );
        },
      });
      line.clear();
      for (const l of describeRows(data, host)) say(l);
      if (stop.signal.aborted) return 130;
      const facts: Facts = {
        vocabularies: Object.fromEntries(
          Object.entries(data.state.vocabularies).map(([name, values]) => [name, values.length + 1]),
        ),
      };
      const exact = prepareSpec(file, { ...options, facts }, silent(host)).model;
      const graphs = { step: stepGraph(exact), inference: inferenceGraph(exact) };
      const plan = makePlan(Math.min(exact.train.batch, data.train.rows), graphs.step.graph, graphs.inference.graph);
      const threads = options.threads ?? availableParallelism();
      const writer = await createRun(nodeFiles, path.resolve(host.folder, folder), {
        record: {
          compiler: version,
          edition: 1,
          model: exact.name,
          engine: engine.describe(),
          plan,
          seed: exact.train.seed,
          facts: { ...facts, rows: { train: data.train.rows, valid: data.valid.rows, test: data.test.rows } },
        },
        model: modelText,
        sources: { [source.path]: source.text },
        program,
        state: data.state,
        schema: rowSchema(exact),
        environment: environment(file, paths, threads, host),
      });
      say(`${exact.name}: ${parametersText(exact)} parameters, ${engine.describe()}`);
      return await trainAndScore({
        model: exact,
        data,
        engine,
        graphs,
        threads,
        folder,
        writer,
        stop,
        host,
        quiet: options.quiet,
        json: options.json,
      });
    } finally {
      release();
    }
  },
});

interface SpecRequest {
  readonly model: string | undefined;
  readonly settings: readonly string[];
  readonly facts?: Facts;
}

function prepareSpec(file: string, request: SpecRequest, host: Host) {
  const facts = request.facts ?? provisionalFacts(file, host);
  const checked = checkSpec(file, { settings: request.settings, facts }, host);
  const model = pickModel(checked, request.model, file);
  return { model, modelText: print(expand(checked, model.name)), source: checked.file.span.source };
}

const silent = (host: Host): Host => ({ ...host, writeError: () => undefined });

function freeFolder(host: Host, model: string): string {
  for (let n = 1; ; n++) {
    const folder = `runs/${model}-${String(n)}`;
    if (!existsSync(path.resolve(host.folder, folder))) return folder;
  }
}

function environment(file: string, paths: DataPaths, threads: number, host: Host): Readonly<Record<string, unknown>> {
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    threads,
    data: {
      folder: path.resolve(host.folder, paths.folder ?? path.dirname(file)),
      files: Object.fromEntries(Object.entries(paths.files ?? {}).map(([name, f]) => [name, path.resolve(host.folder, f)])),
    },
  };
}

function parametersText(model: CheckedModel): string {
  const dense = model.network.weights.reduce((sum, w) => sum + w.shape.reduce((a, b) => a * b, 1), 0);
  const tables = model.tables.reduce((sum, t) => sum + (t.rows.kind === 'known' ? t.rows.rows * t.dim : 0), 0);
  return (dense + tables).toLocaleString('en-US');
}

interface Work {
  readonly model: CheckedModel;
  readonly data: EncodedData;
  readonly engine: Awaited<ReturnType<typeof loadEngine>>;
  readonly graphs: { readonly step: ReturnType<typeof stepGraph>; readonly inference: ReturnType<typeof inferenceGraph> };
  readonly threads: number;
  readonly folder: string;
  readonly writer: RunWriter;
  readonly stop: AbortController;
  readonly host: Host;
  readonly quiet: boolean;
  readonly json: boolean;
}

async function trainAndScore(work: Work): Promise<ExitStatus> {
  const { model, data, engine, graphs, threads, writer, stop, host, quiet } = work;
  const line = progressLine(host);
  let result: TrainResult;
  try {
    result = await train({
      model,
      data,
      engine,
      threads,
      graphs,
      signal: stop.signal,
      onProgress: (p) => {
        if (!quiet) line.show(progressText(p));
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
      },
    });
  } catch (error) {
    line.clear();
    await writer.finish('failed', { error: error instanceof Error ? error.message : String(error) }).catch(() => undefined);
    throw error;
  }
  line.clear();
  const interrupted = result.status === 'interrupted';
  const best = result.history.find((e) => e.epoch === result.bestEpoch)?.validation;
  const tested = interrupted || data.test.rows === 0 ? undefined : await testOf(work, result);
  const metrics = { ...(best && { valid: metricValues(best) }), ...(tested && { test: metricValues(tested) }) };
  await writer.finish(
    interrupted ? 'interrupted' : 'finished',
    {
      metrics,
      progress: {
        steps: result.step,
        epochs: result.history.length,
        ...(result.bestEpoch !== undefined && { bestEpoch: result.bestEpoch }),
      },
    },
    tensorsOf(result.weights),
  );
  report(work, result, metrics);
  if (interrupted) return 130;
  return 0;

  async function testOf({ data: encoded }: Work, { weights }: TrainResult): Promise<Evaluation> {
    const inference = await openModel({ model, graph: graphs.inference, weights, engine, threads });
    try {
      return await inference.evaluate(encoded.test);
    } finally {
      await inference.close();
    }
  }
}

function report(
  { model, folder, host, quiet, json, data }: Work,
  result: TrainResult,
  metrics: Readonly<Record<string, MetricValues>>,
): void {
  const lines = Object.entries(metrics).map(
    ([split, values]) =>
      `${split === 'valid' ? 'validation' : split}: ${Object.entries(values)
        .map(([k, v]) => `${k} ${figure(v)}`)
        .join(', ')}`,
  );
  if (!quiet) {
    for (const l of lines) host.writeError(`${l}\n`);
    const kept = result.bestEpoch === undefined ? '' : `, weights of epoch ${String(result.bestEpoch)}`;
    const how =
      result.status === 'interrupted'
        ? 'interrupted after'
        : result.status === 'stopped'
          ? 'no more improvement after'
          : 'trained';
    host.writeError(
      `${how} ${String(result.history.length)} epoch${result.history.length === 1 ? '' : 's'} in ${duration(result.seconds)}${kept}: ${folder}\n`,
    );
  }
  if (json) {
    host.write(
      `${JSON.stringify({
        run: folder,
        model: model.name,
        status: result.status,
        epochs: result.history.length,
        ...(result.bestEpoch !== undefined && { bestEpoch: result.bestEpoch }),
        steps: result.step,
        seconds: result.seconds,
        parameters: [...result.weights.dense, ...result.weights.tables].reduce((sum, w) => sum + w.values.length, 0),
        rows: {
          train: data.train.rows,
          valid: data.valid.rows,
          test: data.test.rows,
          read: data.counts.read,
          dropped: data.counts.dropped,
          bad: data.counts.bad,
        },
        metrics,
      })}\n`,
    );
  } else if (quiet) host.write(`${folder}\n`);
}

const finiteOrNull = (x: number): number | null => (Number.isFinite(x) ? x : null);
const metricValues = (e: Evaluation): MetricValues => ({
  ...Object.fromEntries(Object.entries(e.metrics).map(([k, v]) => [k, finiteOrNull(v)])),
  loss: finiteOrNull(e.loss),
});

const progressText = (p: Progress): string =>
  `epoch ${String(p.epoch)}/${String(p.epochs)} ${bar(p.step / p.steps)} ${String(p.step)}/${String(p.steps)}  loss ${figure(p.loss)}  ${short(p.rowsPerSecond)} rows/s  ${duration(p.secondsLeft)} left`;

function epochText(e: EpochRecord, epochs: number): string {
  const valid = e.validation ? Object.entries(e.validation.metrics).map(([k, v]) => `${k} ${figure(v)}`) : [];
  const validation = valid.length > 0 ? `  validation ${valid.join(', ')}${e.isBest ? ' *' : ''}` : '';
  return `epoch ${String(e.epoch)}/${String(epochs)}  loss ${figure(e.loss)}${validation}  ${duration(e.seconds)}, ${short(e.rowsPerSecond)} rows/s`;
}
