import { availableParallelism } from 'node:os';
import path from 'node:path';
import { encodeData } from '../../data/encode.js';
import { nodeFiles } from '../../data/node-files.js';
import { dataPathsOf, type DataPaths } from '../../data/sources.js';
import { dataWarnings } from '../../data/warnings.js';
import { encoderProgram } from '../../encode/compile.js';
import type { EncodedData } from '../../encode/program.js';
import { rowSchema } from '../../encode/schema.js';
import { inferenceGraph, stepGraph } from '../../graph/pipeline.js';
import { print } from '../../language/printer.js';
import { expand } from '../../model/expand.js';
import type { Facts } from '../../model/model.js';
import { labelNames } from '../../model/model.js';
import { createRun } from '../../run/write.js';
import { defaultEngine, engineNames, loadEngine } from '../../train/engines/index.js';
import { makePlan } from '../../train/plan.js';
import { crewSize } from '../../train/prepare.js';
import { withShortPaths } from '../answer.js';
import { command } from '../command.js';
import { describeBadRows, describeRows } from '../counts.js';
import { readSpec } from '../files.js';
import type { Host } from '../host.js';
import { interruptible } from '../interruption.js';
import { choice, count, text, texts, toggle } from '../options.js';
import { progressLine } from '../progress.js';
import { claimFolder, refuseFullDisk } from '../run-folder.js';
import { neededBy, withFeaturesOf } from '../../serve/served.js';
import { checkSource, pickModel, provisionalFacts, specOptions } from '../spec.js';
import { parameterCount } from '../train-texts.js';
import { trainRun } from '../training.js';
import { version } from '../version.js';

export default command({
  description:
    'Trains a model and writes a run: a folder that `eval` and `predict` read alone.\nCtrl-C ends after the step at hand and keeps what was learned; the exit status is then 130.\nWith --json the last line of standard output is {"run", "model", "status", "epochs", "bestEpoch", "steps", "seconds", "parameters", "rows", "metrics"}; with --quiet it is the folder of the run.',
  arguments: [{ name: 'file', help: 'the .rec file' }],
  options: {
    ...specOptions,
    data: texts('--data', 'PATH', 'folder that the paths of the spec start from, or name=FILE for one of them'),
    out: text('-o, --out', 'FOLDER', 'where the run goes; without it runs/<model>-<number>'),
    engine: choice('--engine', [defaultEngine, ...engineNames.filter((n) => n !== defaultEngine)], 'what runs the graph'),
    threads: count(
      '--threads',
      'N',
      1,
      'most workers at once, each on its part of a batch; without it one for each core. They change no result',
    ),
    checkpoint: count('--checkpoint', 'SECONDS', 1, 'how often weights are saved while it trains; without it every 300'),
    quiet: toggle('-q, --quiet', 'no progress; warnings and errors are still written'),
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
    const { settings, quiet, json } = options;
    const source = readSpec(file, host);
    const checked = checkSource(source, { settings, facts: provisionalFacts(source, host) }, host);
    const model = pickModel(checked, options.model, file);
    const engine = await loadEngine(options.engine);
    const paths = await dataPathsOf(options.data, host.folder);
    const threads = options.threads ?? availableParallelism();
    const line = progressLine(host, quiet);
    const say = (told: string): void => {
      if (!quiet) line.keep(told);
    };
    const folder = claimFolder(options.out, model.name, host);
    let ending = 'ending …';
    const { signal, release } = interruptible(host, () => {
      line.keep(ending);
    });
    try {
      const program = encoderProgram(model);
      const data = await encodeData({
        model,
        program,
        paths,
        signal,
        onProgress: ({ stage, done, total }) => {
          const of = total === undefined ? '' : ` of ${total.toLocaleString('en-US')}`;
          line.show(`${stage === 'read' ? 'reading' : 'encoding'} ${done.toLocaleString('en-US')}${of} rows`);
        },
      });
      line.clear();
      signal.throwIfAborted();
      say(describeRows(data));
      for (const told of describeBadRows(data.counts, host)) line.keep(told);
      for (const warning of dataWarnings(data, model.data?.split)) line.keep(`warning: ${withShortPaths(warning, host.folder)}`);
      const facts = factsOf(data);
      const exact = pickModel(checkSource(source, { settings, facts }, host, checked.diagnostics), model.name, file);
      const graphs = { step: stepGraph(exact), inference: inferenceGraph(exact, labelNames(exact)) };
      const plan = makePlan(exact.train.batch, graphs.step, graphs.inference, exact.train, data.train.rows);
      const running = engine.describe(crewSize({ model: exact, data, engine, threads, plan, step: graphs.step }));
      await refuseFullDisk(folder, 4 * parameterCount(exact));
      signal.throwIfAborted();
      ending = 'ending after this step …';
      const writer = await createRun(nodeFiles, folder.path, {
        record: {
          compiler: version,
          edition: checked.file.edition?.value ?? 1,
          model: exact.name,
          engine: running,
          plan,
          seed: exact.train.seed,
          outputs: exact.outputs,
          optimizers: exact.train.optimizer,
          facts: { ...facts, rows: { train: data.train.rows, valid: data.valid.rows, test: data.test.rows } },
        },
        model: print(expand(checked, { only: model.name, whole: true, pathsAsSaid: paths.folder !== undefined })),
        sources: Object.fromEntries(checked.files.map(({ span }) => [span.source.path, span.source.text])),
        program,
        state: data.state,
        schema: rowSchema(withFeaturesOf(exact, neededBy(inferenceGraph(exact), program))),
        environment: { ...environment(file, paths, threads, host), settings },
      });
      say(`${exact.name}: ${parameterCount(exact).toLocaleString('en-US')} parameters, ${running}`);
      return await trainRun({
        model: exact,
        data,
        engine,
        threads,
        graphs,
        folder,
        writer,
        signal,
        host,
        line,
        quiet,
        json,
        checkpointSeconds: options.checkpoint,
      });
    } catch (error) {
      line.clear();
      if (!signal.aborted || error !== signal.reason) throw error;
      line.keep('interrupted before the first step: there is nothing to keep, and no run was written');
      return 130;
    } finally {
      release();
      folder.release();
    }
  },
});

/** A learned vocabulary has one row more than values: the first is for unknown ones. */
const factsOf = ({ state }: EncodedData): Facts => ({
  vocabularies: Object.fromEntries(Object.entries(state.vocabularies).map(([name, values]) => [name, values.length + 1])),
});

/** Where the data were, so that `eval` finds them again. */
function environment(file: string, paths: DataPaths, threads: number, host: Host): Readonly<Record<string, unknown>> {
  const files = Object.entries(paths.files ?? {}).map(([name, given]) => [name, path.resolve(host.folder, given)] as const);
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    threads,
    spec: path.resolve(host.folder, file),
    data: {
      folder: path.resolve(host.folder, paths.folder ?? path.dirname(file)),
      files: Object.fromEntries(files),
    },
  };
}
