import type { EncoderProgram, EncoderState } from '../encode/program.js';
import { writeVocabulary } from '../encode/vocabulary.js';
import { runError } from './errors.js';
import { join, writeJson, writeText } from './files.js';
import type { Files } from './files.js';
import { fileName } from './names.js';
import { places, runFormat } from './record.js';
import type { EncoderRecord, EpochRecord, RunRecord, RunStatus } from './record.js';
import { writeTensors } from './safetensors.js';
import type { TensorToWrite } from './safetensors.js';

/** All that is known of a run when it starts. */
export interface RunContents {
  readonly record: Omit<RunRecord, 'format' | 'status'>;
  /** The expanded spec, with its imports and standard blocks: what readers use. */
  readonly model: string;
  /** Specs as written, by their paths. */
  readonly sources: Readonly<Record<string, string>>;
  readonly program: EncoderProgram;
  readonly state: EncoderState;
  /** JSON Schema of a row. */
  readonly schema: unknown;
  readonly environment: Readonly<Record<string, unknown>>;
}

/** What a trained model knows. */
export interface ModelTensors {
  /** Dense weights and running statistics, by their paths. */
  readonly weights: readonly TensorToWrite[];
  readonly tables: readonly TensorToWrite[];
}

export interface CheckpointContents extends ModelTensors {
  /** Slots of the optimizers, of weights and tables. */
  readonly optimizer: readonly TensorToWrite[];
  /** Where training stands: step, epoch, position in it. */
  readonly progress: Readonly<Record<string, number>>;
}

export interface RunWriter {
  readonly folder: string;
  /** Adds a line to `metrics.jsonl`. */
  readonly epoch: (epoch: EpochRecord) => Promise<void>;
  /** Writes `checkpoints/<step>`, points `latest` to it, then removes the others. */
  readonly checkpoint: (step: number, contents: CheckpointContents) => Promise<void>;
  /** Weights first, then the status: a run that says `finished` has all its weights. */
  readonly finish: (
    status: Exclude<RunStatus, 'running'>,
    result: Pick<RunRecord, 'progress' | 'metrics' | 'error'>,
    tensors?: ModelTensors,
  ) => Promise<void>;
}

/**
 * Makes the folder of a run that starts now, with status `running`. It appears whole, under its name, or not at all.
 * @throws RunError `run-exists` if there is something in it
 */
export async function createRun(files: Files, folder: string, contents: RunContents): Promise<RunWriter> {
  if ((await files.size(folder)) !== undefined || (await files.list(folder)).length > 0) {
    throw runError('run-exists', `${folder} exists already`, 'Choose another folder with --out, or remove this one.');
  }
  const record: RunRecord = { format: runFormat, status: 'running', ...contents.record };
  const partial = `${folder}.partial`;
  await files.remove(partial);
  try {
    await files.makeFolder(partial);
    await writeContents(files, partial, contents);
    await writeJson(files, join(partial, places.record), record);
    await files.remove(folder);
    await files.rename(partial, folder);
  } catch (error) {
    await files.remove(partial).catch(() => undefined);
    throw error;
  }
  return writer(files, folder, record);
}

async function writeContents(files: Files, folder: string, contents: RunContents): Promise<void> {
  const { model, sources, program, state, schema, environment } = contents;
  await writeText(files, join(folder, places.model), model);
  await files.makeFolder(join(folder, places.source));
  for (const [path, text] of Object.entries(sources)) {
    await writeText(files, join(folder, places.source, `${fileName(path.replace(/\.rec$/, ''))}.rec`), text);
  }
  const encoder: EncoderRecord = {
    format: runFormat,
    program,
    statistics: state.statistics,
    vocabularies: Object.keys(state.vocabularies),
  };
  await writeJson(files, join(folder, places.encoder), encoder);
  await files.makeFolder(join(folder, places.vocabularies));
  for (const [name, values] of Object.entries(state.vocabularies)) {
    await files.write(join(folder, places.vocabularies, fileName(name)), vocabularyBytes(values));
  }
  await writeJson(files, join(folder, places.schema), schema);
  await writeJson(files, join(folder, places.environment), environment);
}

const valuesAtOnce = 2 ** 14;

function* vocabularyBytes(values: readonly string[]): Iterable<Uint8Array> {
  for (let at = 0; at < values.length; at += valuesAtOnce) {
    yield new TextEncoder().encode(writeVocabulary(values.slice(at, at + valuesAtOnce)));
  }
}

function writer(files: Files, folder: string, record: RunRecord): RunWriter {
  return {
    folder,
    epoch: (epoch) => files.append(join(folder, places.metrics), new TextEncoder().encode(`${JSON.stringify(epoch)}\n`)),
    checkpoint: (step, contents) => writeCheckpoint(files, join(folder, places.checkpoints), step, contents),
    finish: async (status, result, tensors) => {
      if (tensors) await writeModel(files, folder, tensors);
      await writeJson(files, join(folder, places.record), { ...record, status, ...result });
    },
  };
}

async function writeModel(files: Files, folder: string, { weights, tables }: ModelTensors): Promise<void> {
  await writeTensors(files, join(folder, places.weights), weights);
  await files.makeFolder(join(folder, places.tables));
  for (const table of tables)
    await writeTensors(files, join(folder, places.tables, `${fileName(table.name)}.safetensors`), [table]);
}

async function writeCheckpoint(files: Files, folder: string, step: number, contents: CheckpointContents): Promise<void> {
  const name = String(step);
  const partial = join(folder, `${name}.partial`);
  await files.remove(partial);
  await files.makeFolder(partial);
  await writeModel(files, partial, contents);
  await writeTensors(files, join(partial, places.optimizer), contents.optimizer);
  await writeJson(files, join(partial, places.progress), contents.progress);
  await files.remove(join(folder, name));
  await files.rename(partial, join(folder, name));
  await writeText(files, join(folder, places.latest), `${name}\n`);
  for (const other of await files.list(folder)) {
    if (other !== name && other !== places.latest) await files.remove(join(folder, other));
  }
}
