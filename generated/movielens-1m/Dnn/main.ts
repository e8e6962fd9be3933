import path from 'node:path';
import { parseArgs } from 'node:util';
import { useBackend } from './backend.js';
import { trainingBatchOf, type TrainingBatch } from './batch.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { createEncoder, fitEncoder, isKept, parseEncoderState, type EncoderState, type LabelledExample } from './encoder.js';
import { digestOf, messageOf, readArrays, readTrained, readWeights, type BadRow, writeWhole } from './files.js';
import { readInput, servedColumns, splitColumns, trainingColumns, type InputFiles } from './input.js';
import { evaluate, type Evaluation } from './metrics.js';
import { createModel } from './model.js';
import type { Wanted } from './rows.js';
import { encodeArrays } from './safetensors.js';
import { splitRows } from './split.js';
import { defaults, train } from './train.js';
import { arraysOf, setArrays } from './weights.js';

const usage = [
  'usage: npm start -- --data FILE [options]',
  '',
  '  --data FILE     rows to train on: csv, tsv or jsonl, also .gz',
  '  --users FILE    rows to join by user_id, where those of --data lack their columns',
  '  --valid FILE    rows to measure each epoch on; without it rows of --data, as the spec splits them',
  '  --epochs N      10 without it',
  '  --batch N       rows of a step, 128 without it',
  '  --seed N        of chance, 0 without it',
  '  --backend NAME  tensorflow, webgpu, wasm, cpu or webgl; without it the best that is installed',
  '  --out FOLDER    where weights and encoder are written, model without it',
  '  --from FOLDER   starts from weights and encoder of a folder',
  '  --resume        goes on from the checkpoint in the --out folder',
].join('\n');

const options = {
  data: { type: 'string' },
  users: { type: 'string' },
  valid: { type: 'string' },
  epochs: { type: 'string' },
  batch: { type: 'string' },
  seed: { type: 'string' },
  backend: { type: 'string' },
  out: { type: 'string', default: 'model' },
  from: { type: 'string' },
  resume: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The largest share of rows that cannot be read. */
const badRows = 0.01;

interface Rows {
  readonly train: readonly LabelledExample[];
  readonly valid: readonly LabelledExample[];
  readonly test: readonly LabelledExample[];
}

/** Rows to train on and to measure on. */
async function readAll(files: InputFiles, valid: InputFiles | undefined): Promise<Rows> {
  const wanted = [...servedColumns, ...trainingColumns];
  const rows = await readUsable(files, valid ? wanted : [...wanted, ...splitColumns]);
  if (valid) {
    const examples = (given: readonly Usable[]): readonly LabelledExample[] => given.map(({ example }) => example);
    return { train: examples(rows), valid: examples(await readUsable(valid, wanted)), test: [] };
  }
  const splits = splitRows(rows.map(({ number, example }) => [number - 1, example]));
  const of = (name: 'train' | 'valid' | 'test'): readonly LabelledExample[] =>
    rows.flatMap(({ example }, i) => (splits[i] === name ? [example] : []));
  return { train: of('train'), valid: of('valid'), test: of('test') };
}

interface Usable {
  readonly number: number;
  readonly example: LabelledExample & Readonly<Record<string, unknown>>;
}

/** The rows that can be read; says what is wrong with the first few others. */
async function readUsable(files: InputFiles, wanted: readonly Wanted[]): Promise<readonly Usable[]> {
  const { encodeLabelled } = createEncoder(fitEncoder([]));
  const { count, rows, bad } = await readInput(files, wanted);
  const wrong: BadRow[] = [...bad];
  const usable = rows.flatMap(({ number, row }): readonly Usable[] => {
    const example = row as Usable['example'];
    try {
      if (!isKept(example)) return [];
      encodeLabelled(example);
      return [{ number, example }];
    } catch (error) {
      wrong.push({ file: files.data, number, problem: messageOf(error) });
      return [];
    }
  });
  for (const { file, number, problem } of wrong.slice(0, 5)) console.error(`${file}, row ${number}: ${problem}`);
  if (wrong.length > badRows * count) throw new Error(`${files.data}: ${wrong.length} of ${count} rows cannot be read`);
  return usable;
}

interface Prepared {
  readonly train: TrainingBatch;
  readonly valid: TrainingBatch | undefined;
  readonly test: TrainingBatch | undefined;
  /** What the encoder has learned: the text of encoder.json. */
  readonly learned: string;
  readonly state: EncoderState;
}

/** Rows as columns. The rows themselves are free once this ends. */
async function prepare(files: InputFiles, validFile: string | undefined, from: string | undefined): Promise<Prepared> {
  const rows = await readAll(files, validFile === undefined ? undefined : { ...files, data: validFile });
  const learned = from === undefined ? JSON.stringify(fitEncoder(rows.train)) : await readTrained(from, 'encoder.json');
  const state = parseEncoderState(learned);
  const encoder = createEncoder(state);
  const batchOf = (examples: readonly LabelledExample[]): TrainingBatch => trainingBatchOf(examples.map(encoder.encodeLabelled));
  const batchIfAny = (examples: readonly LabelledExample[]): TrainingBatch | undefined =>
    examples.length > 0 ? batchOf(examples) : undefined;
  return { train: batchOf(rows.train), valid: batchIfAny(rows.valid), test: batchIfAny(rows.test), learned, state };
}

const show = ({ metrics }: Evaluation): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(', ');

/** A whole number of an option. */
function whole(text: string | undefined, name: string, least: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`--${name} is ${text}, not a whole number from ${least} on`);
}

/** A signal of Ctrl-C, pressed once: a second one ends the program. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    console.error('\nstopping after this step; what was learned is kept');
    controller.abort();
  });
  return controller.signal;
}

/** The command that goes on with this training. */
function resumption(): string {
  const given = process.argv.slice(2);
  const words = given.includes('--resume') ? given : [...given, '--resume'];
  const quoted = words.map((word) => (/^[\w./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`));
  return `npm start -- ${quoted.join(' ')}`;
}

async function main(): Promise<void> {
  const { values: given } = parseArgs({ options });
  if (given.help || given.data === undefined) {
    console.log(usage);
    if (!given.help) process.exitCode = 2;
    return;
  }
  const { out, from } = given;
  const settings = {
    epochs: whole(given.epochs, 'epochs', 1) ?? defaults.epochs,
    batch: whole(given.batch, 'batch', 1) ?? defaults.batch,
    seed: whole(given.seed, 'seed', 0) ?? defaults.seed,
  };
  console.log(`backend: ${await useBackend(given.backend)}`);
  const signal = interruption();
  const checkpointName = 'checkpoint.safetensors';
  const checkpoint = given.resume ? decodeCheckpoint(await readArrays(out, checkpointName)) : undefined;
  const { train: rows, valid, test, learned, state } = await prepare({ data: given.data, users: given.users }, given.valid, from);
  console.log(`rows: ${rows.rows} to train on, ${valid?.rows ?? 0} to validate, ${test?.rows ?? 0} to test`);
  const model = createModel(settings.seed, state);
  if (checkpoint === undefined && from !== undefined) setArrays(model, await readWeights(from, learned));
  let begin = performance.now();
  const clear = process.stderr.isTTY ? '\r\x1b[K' : '';
  const { status, bestEpoch } = await train(model, rows, {
    ...settings,
    encoder: digestOf(learned),
    valid,
    from: checkpoint,
    signal,
    onStep: ({ epoch, step, steps, loss }) => {
      if (clear === '') return;
      const rate = Math.round((1000 * step * settings.batch) / (performance.now() - begin));
      process.stderr.write(
        `${clear}epoch ${epoch}/${settings.epochs}, step ${step}/${steps}, loss ${loss.toPrecision(5)}, ${rate} rows/s`,
      );
    },
    onEpoch: ({ epoch, loss, validation, isBest }) => {
      process.stderr.write(clear);
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      const measured = validation ? `, validation ${show(validation)}${isBest ? ' (best)' : ''}` : '';
      console.log(`epoch ${epoch}/${settings.epochs}: loss ${loss.toPrecision(5)}${measured}, ${seconds} s`);
      begin = performance.now();
    },
    onCheckpoint: async (cut) => writeWhole(path.join(out, checkpointName), encodeCheckpoint(cut)),
  });
  await writeWhole(path.join(out, 'encoder.json'), learned);
  await writeWhole(path.join(out, 'weights.safetensors'), encodeArrays(await arraysOf(model), digestOf(learned)));
  console.log(`${status}; weights${bestEpoch === undefined ? '' : ` of epoch ${bestEpoch}`} are in ${out}`);
  if (status === 'interrupted') {
    console.log(`go on with: ${resumption()}`);
    process.exitCode = 130;
    return;
  }
  if (test !== undefined) console.log(`test: ${show(await evaluate(model, test))}`);
}

const isMisuse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');

try {
  await main();
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = isMisuse(error) ? 2 : 1;
}
