import type { EncoderProgram, EncoderState } from '../encode/program.js';
import { writeVocabulary } from '../encode/vocabulary.js';
import { runError } from './errors.js';
import { join, writeJson, writeText } from './files.js';
import type { Files } from './files.js';
import { fileName } from './names.js';
import { places, runFormat } from './record.js';
import type { EncoderRecord, EpochRecord, RunRecord, RunStatus } from './record.js';
import { checkpointWriter, writeModel } from './checkpoints.js';
import type { CheckpointWriter, ModelTensors } from './checkpoints.js';
import type { StoredRun } from './read.js';
import type { StoredCheckpoint } from './read-checkpoint.js';

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

export interface RunWriter {
  readonly folder: string;
  /** Adds a line to `metrics.jsonl`. */
  readonly epoch: (epoch: EpochRecord) => Promise<void>;
  readonly checkpoints: CheckpointWriter;
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

/**
 * Goes on writing a run that did not come to its end: its status is `running` again, and what it wrote after the checkpoint is undone.
 * @param record with what differs from the run's own
 * @param from the checkpoint that training goes on from; undefined if it begins again
 */
export async function resumeRun(
  files: Files,
  { folder, record: before, history }: Pick<StoredRun, 'folder' | 'record' | 'history'>,
  record: Pick<RunRecord, 'engine'> & { readonly model?: string },
  from: StoredCheckpoint | undefined,
): Promise<RunWriter> {
  const { progress: _progress, metrics: _metrics, error: _error, ...kept } = before;
  const { model, ...changes } = record;
  const running: RunRecord = { ...kept, ...changes, status: 'running' };
  const done = from?.progress?.history.length ?? 0;
  const lines = (await history()).slice(0, done).map(epochLine);
  await writeJson(files, join(folder, places.record), running);
  if (model !== undefined) await writeText(files, join(folder, places.model), model);
  await writeText(files, join(folder, places.metrics), lines.join(''));
  // Readers of a run that is not at its end take the checkpoint.
  for (const place of [places.weights, places.tables]) await files.remove(join(folder, place));
  return writer(files, folder, running, from);
}

const epochLine = (epoch: EpochRecord): string => `${JSON.stringify(epoch)}\n`;

function writer(files: Files, folder: string, record: RunRecord, from?: StoredCheckpoint): RunWriter {
  return {
    folder,
    epoch: (epoch) => files.append(join(folder, places.metrics), new TextEncoder().encode(epochLine(epoch))),
    checkpoints: checkpointWriter(files, join(folder, places.checkpoints), from),
    finish: async (status, result, tensors) => {
      if (tensors) await writeModel(files, folder, tensors);
      await writeJson(files, join(folder, places.record), { ...record, status, ...result });
    },
  };
}
