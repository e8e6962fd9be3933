import type { EncoderProgram, EncoderState } from '../encode/program.js';
import { readVocabulary } from '../encode/vocabulary.js';
import { damaged, runError } from './errors.js';
import type { RunError } from './errors.js';
import { decode, join, readExactly, readJson, readText } from './files.js';
import type { Files } from './files.js';
import { fileName } from './names.js';
import { readCheckpoint } from './read-checkpoint.js';
import type { CheckpointParts, StoredCheckpoint } from './read-checkpoint.js';
import { storedWeights } from './stored-weights.js';
import type { StoredWeights } from './stored-weights.js';
import { places } from './record.js';
import type { EpochRecord, RunRecord } from './record.js';
import { parseEncoderRecord, parseEpoch, parseRunRecord } from './schemas.js';

/** A run folder, whose record has been checked. What else is read from it is checked then; all of it throws RunError. */
export interface StoredRun extends StoredWeights {
  readonly folder: string;
  readonly record: RunRecord;
  /** The expanded spec. */
  readonly model: () => Promise<string>;
  readonly encoder: () => Promise<{ readonly program: EncoderProgram; readonly state: EncoderState }>;
  /** JSON Schema of a row. */
  readonly schema: () => Promise<Readonly<Record<string, unknown>>>;
  readonly environment: () => Promise<Readonly<Record<string, unknown>>>;
  /** A last line that was cut off is left out. */
  readonly history: () => Promise<readonly EpochRecord[]>;
  /** The last one that is whole; undefined if there is none. */
  readonly checkpoint: (parts: CheckpointParts) => Promise<StoredCheckpoint | undefined>;
}

/** @throws RunError `not-a-run`, `run-too-new` or `run-damaged` */
export async function openRun(files: Files, folder: string): Promise<StoredRun> {
  const path = join(folder, places.record);
  const value = await readJson(files, path);
  if (value === undefined) {
    throw runError('not-a-run', `${folder} is not a run folder: it has no ${places.record}`, 'Name the folder that train wrote.');
  }
  const record = parseRunRecord(path, value);
  return {
    folder,
    record,
    model: () => needed(readText(files, join(folder, places.model)), folder, places.model),
    encoder: () => readEncoder(files, folder),
    schema: () => readObject(files, folder, places.schema),
    environment: () => readObject(files, folder, places.environment),
    history: () => readHistory(files, join(folder, places.metrics)),
    ...storedWeights(files, folder, (file) => incomplete(folder, file, record)),
    checkpoint: (parts) => readCheckpoint(files, join(folder, places.checkpoints), parts),
  };
}

function incomplete(folder: string, file: string, { status }: RunRecord): RunError {
  return runError(
    'run-incomplete',
    `${folder} has no ${file}: its status is ${status}`,
    status === 'running'
      ? `Wait until training ends; if it was killed, go on with: reccompile train --resume ${folder}`
      : 'Train it again.',
  );
}

async function needed<T>(value: Promise<T | undefined>, folder: string, file: string): Promise<T> {
  const found = await value;
  if (found === undefined) throw damaged(folder, `it has no ${file}`);
  return found;
}

async function readObject(files: Files, folder: string, file: string): Promise<Readonly<Record<string, unknown>>> {
  const value = await needed(readJson(files, join(folder, file)), folder, file);
  if (!isObject(value)) throw damaged(join(folder, file), 'it is not a JSON object');
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

async function readEncoder(files: Files, folder: string): Promise<{ program: EncoderProgram; state: EncoderState }> {
  const value = await needed(readJson(files, join(folder, places.encoder)), folder, places.encoder);
  const { program, statistics, vocabularies } = parseEncoderRecord(join(folder, places.encoder), value);
  const read = new Map<string, readonly string[]>();
  for (const name of vocabularies) read.set(name, await readValues(files, folder, name));
  return { program, state: { statistics, vocabularies: Object.fromEntries(read) } };
}

const bytesAtOnce = 2 ** 22;

/** Reads a vocabulary in parts of whole lines, since JavaScript's strings end at 2²⁹. */
async function readValues(files: Files, folder: string, name: string): Promise<readonly string[]> {
  const path = join(folder, places.vocabularies, fileName(name));
  const size = await needed(files.size(path), folder, `${places.vocabularies}/${fileName(name)}`);
  const values: string[] = [];
  let rest = new Uint8Array(0);
  for (let at = 0; at < size; at += bytesAtOnce) {
    const bytes = new Uint8Array(rest.length + Math.min(bytesAtOnce, size - at));
    bytes.set(rest);
    await readExactly(files, path, at, bytes.subarray(rest.length));
    const end = bytes.lastIndexOf(0x0a) + 1;
    const lines = readVocabulary(decode(path, bytes.subarray(0, end)));
    if (end > 0 && lines === undefined) throw damaged(path, 'a line of it is not a JSON string');
    for (const value of (end > 0 ? lines : undefined) ?? []) values.push(value);
    rest = bytes.slice(end);
  }
  if (rest.length > 0) throw damaged(path, 'its last line is cut off');
  return values;
}

async function readHistory(files: Files, path: string): Promise<readonly EpochRecord[]> {
  const lines = ((await readText(files, path)) ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.flatMap((line, i) => {
    const epoch = parseEpoch(parseLine(line));
    if (epoch) return [epoch];
    if (i === lines.length - 1) return [];
    throw damaged(path, `line ${String(i + 1)} is not the record of an epoch`);
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
