import { availableParallelism } from 'node:os';
import path from 'node:path';
import { nodeFiles } from '../../data/node-files.js';
import { dataPathsOf, type DataPaths } from '../../data/sources.js';
import { rowSchema } from '../../encode/schema.js';
import { inferenceGraph } from '../../graph/pipeline.js';
import { print } from '../../language/printer.js';
import { check } from '../../model/check.js';
import { expand } from '../../model/expand.js';
import { createRun, resumeRun, type RunContents } from '../../run/write.js';
import { defaultEngine } from '../../train/engines/index.js';
import { command } from '../command.js';
import { dataPathsOfRun } from '../data-paths.js';
import { engineOptions } from '../engine-options.js';
import { complaint } from '../errors.js';
import { readSpec } from '../files.js';
import type { Host } from '../host.js';
import { count, ifGiven, size, text, texts, toggle } from '../options.js';
import { openResumed, refuseFewerEpochs, refuseOtherData, resumptionOf, type ResumedRun } from '../resume.js';
import { claimFolder } from '../run-folder.js';
import { lockRun } from '../run-lock.js';
import { neededBy, withFeaturesOf } from '../../serve/served.js';
import { provisionalFacts, specOptions } from '../spec.js';
import { rowsOf, trainSpec, type Made, type TrainingRequest } from '../train-spec.js';
import { version } from '../version.js';

export default command({
  description:
    'Trains a model and writes a run: a folder that `eval` and `predict` read alone.\nCtrl-C ends after the step at hand and keeps what was learned, for `train --resume` to go on with; the exit status is then 130.\nWith --json the last line of standard output is {"run", "model", "status", "epochs", "bestEpoch", "steps", "seconds", "parameters", "rows", "metrics"}; with --quiet it is the folder of the run.',
  arguments: [{ name: 'file', help: 'the .rec file; with --resume the run has its own', optional: true }],
  options: {
    ...specOptions,
    resume: text('--resume', 'RUN', 'goes on with a run that was interrupted or killed, as if it had not been'),
    data: texts('--data', 'PATH', 'folder that the paths of the spec start from, or name=FILE for one of them'),
    out: text('-o, --out', 'FOLDER', 'where the run goes; without it runs/<model>-<number>'),
    ...engineOptions,
    engine: ifGiven(engineOptions.engine),
    threads: count(
      '--threads',
      'N',
      1,
      'most workers at once, each on its part of a batch; without it one for each core. They change no result',
    ),
    memory: size(
      '--memory',
      'SIZE',
      'most memory for rows, such as 2GB; more rows stay in a file and are trained on a window at a time. Without it a part of what is free',
    ),
    cache: toggle('--no-cache', 'encode the data anew, and keep nothing of them for another time'),
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
    { line: 'reccompile train --resume runs/Cross-1', says: 'go on where it was interrupted or killed' },
  ],
  run: async ([file], options, host) => {
    const { settings, quiet, json, checkpoint, resume, memory, cache: cached, softwareGpu } = options;
    const threads = options.threads ?? availableParallelism();
    const shared = { settings, softwareGpu, threads, quiet, json, checkpointSeconds: checkpoint, memory, cached };
    if (resume !== undefined) {
      const { model, out, engine } = options;
      const resumed = await openResumed(resume, { file, model, out, engine, settings }, host);
      try {
        const paths = await dataPathsOfRun(resumed.stored, options.data, host);
        return await trainSpec({ ...shared, ...goingOn(resumed, settings, host), paths }, host);
      } finally {
        await resumed.unlock();
      }
    }
    if (file === undefined)
      throw complaint('train needs a .rec file', { exitStatus: 2, help: 'To go on with a run: --resume RUN.' });
    const source = readSpec(file, host);
    return await trainSpec(
      {
        ...shared,
        source,
        shown: file,
        modelName: options.model,
        seen: [],
        told: [],
        engine: options.engine ?? defaultEngine,
        paths: await dataPathsOf(options.data, host.folder),
        claim: (model) => claimFolder(options.out, model.name, host),
        lock: (folder) => lockRun(folder, folder),
        isResumed: false,
        open: (made) => createRun(nodeFiles, made.folder.path, contentsOf(made, { file, settings, threads }, host)),
      },
      host,
    );
  },
});

/** A run that is made, when all is known of it but its weights. */
const contentsOf = (
  { folder: _folder, checked, model, paths, facts, digest, dataset, program, plan, engine }: Made,
  { file, settings, threads }: { readonly file: string; readonly settings: readonly string[]; readonly threads: number },
  host: Host,
): RunContents => ({
  record: {
    compiler: version,
    edition: checked.file.edition?.value ?? 1,
    model: model.name,
    engine,
    plan,
    seed: model.train.seed,
    outputs: model.outputs,
    optimizers: model.train.optimizer,
    facts: { ...facts, rows: rowsOf(dataset), digest },
  },
  model: print(expand(checked, { only: model.name, whole: true, pathsAsSaid: paths.folder !== undefined })),
  sources: Object.fromEntries(checked.files.map(({ span }) => [span.source.path, span.source.text])),
  program,
  state: dataset.state,
  schema: rowSchema(withFeaturesOf(model, neededBy(inferenceGraph(model), program))),
  environment: { ...environment(file, paths, threads, host), settings },
});

const stretched =
  'warning: the cosine schedule spans all epochs: with more of them the learning rate goes on higher than it was, and the run is not what one of this length is from the start';

/** What differs in a training that goes on. */
const goingOn = (
  resumed: ResumedRun,
  settings: readonly string[],
  host: Host,
): Pick<
  TrainingRequest,
  'source' | 'shown' | 'modelName' | 'seen' | 'told' | 'engine' | 'claim' | 'open' | 'lock' | 'isResumed' | 'plan' | 'resume'
> => {
  const { stored, shown, source, from } = resumed;
  const { record } = stored;
  const before = check(source, { facts: provisionalFacts(source, host) });
  const { epochs = 0, schedule } = before.models.find(({ name }) => name === record.model)?.train ?? {};
  const isStretched = settings.length > 0 && schedule?.kind === 'cosine' && schedule.over === undefined;
  const resume = resumptionOf(resumed);
  return {
    source,
    shown: source.path,
    modelName: record.model,
    seen: before.diagnostics,
    told: isStretched ? [...resumed.told, stretched] : resumed.told,
    engine: resumed.engine,
    claim: (model) => {
      refuseFewerEpochs(resumed, epochs, model.train.epochs);
      return { shown, path: resumed.path, release: () => undefined };
    },
    lock: () => Promise.resolve(resumed.unlock),
    isResumed: true,
    plan: record.plan,
    ...(resume && { resume }),
    open: ({ checked, model, digest, dataset, engine }) => {
      refuseOtherData(resumed, digest, rowsOf(dataset));
      const longer = model.train.epochs > epochs;
      const text = longer ? print(expand(checked, { only: model.name, whole: true, pathsAsSaid: true })) : undefined;
      return resumeRun(nodeFiles, stored, { engine, ...(text !== undefined && { model: text }) }, from);
    },
  };
};

/** Where the data were, so that `eval` and `--resume` find them again. */
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
