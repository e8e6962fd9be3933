import path from 'node:path';
import { parseArgs } from 'node:util';
import { useBackend } from './backend.js';
import { trainingBatchOf, type TrainingBatch } from './batch.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { createEncoder, fitEncoder, parseEncoderState, type LabelledExample } from './encoder.js';
import { messageOf, readTrained, writeWhole } from './files.js';
import { readInput, servedColumns, splitColumns, trainingColumns, type InputFiles } from './input.js';
import { evaluate, type Evaluation } from './metrics.js';
import { createModel } from './model.js';
import type { Wanted } from './rows.js';
import { splitRows } from './split.js';
import { defaults, train } from './train.js';
import { arraysOf, decodeArrays, encodeArrays, setArrays } from './weights.js';

const usage = [
  'usage: npm start -- --data FILE [options]',
  '',
  '  --data FILE     rows to train on: csv, tsv or jsonl, also .gz',
  '  --valid FILE    rows to measure each epoch on; without it rows of --data, as the spec splits them',
  '  --epochs N      20 without it',
  '  --batch N       rows of a step, 512 without it',
  '  --seed N        of chance, 1 without it',
  '  --backend NAME  tensorflow, webgpu, wasm, cpu or webgl; without it the best that is installed',
  '  --out FOLDER    where weights and encoder are written, model without it',
  '  --from FOLDER   starts from weights and encoder of a folder',
  '  --resume        goes on from the checkpoint in the --out folder',
].join('\n');

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
  const { rows, problems, bad } = await readInput(files, wanted);
  for (const problem of problems) console.error(problem);
  let count = bad;
  const usable = rows.flatMap(({ number, row }): readonly Usable[] => {
    const example = row as Usable['example'];
    try {
      encodeLabelled(example);
      return [{ number, example }];
    } catch (error) {
      if (count++ < 5) console.error(`${files.data}, row ${number}: ${messageOf(error)}`);
      return [];
    }
  });
  if (count > badRows * (rows.length + bad))
    throw new Error(`${files.data}: ${count} of ${rows.length + bad} rows cannot be read`);
  return usable;
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
  const { values: options } = parseArgs({
    options: {
      data: { type: 'string' },
      valid: { type: 'string' },
      epochs: { type: 'string' },
      batch: { type: 'string' },
      seed: { type: 'string' },
      backend: { type: 'string' },
      out: { type: 'string', default: 'model' },
      from: { type: 'string' },
      resume: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (options.help || options.data === undefined) {
    console.log(usage);
    if (!options.help) process.exitCode = 2;
    return;
  }
  const { out } = options;
  const given = {
    epochs: whole(options.epochs, 'epochs', 1) ?? defaults.epochs,
    batch: whole(options.batch, 'batch', 1) ?? defaults.batch,
    seed: whole(options.seed, 'seed', 0) ?? defaults.seed,
  };
  const from = options.resume ? out : options.from;
  console.log(`backend: ${await useBackend(options.backend)}`);
  const signal = interruption();
  const files = { data: options.data };
  const rows = await readAll(files, options.valid === undefined ? undefined : { ...files, data: options.valid });
  const known = from === undefined ? undefined : (await readTrained(from, 'encoder.json')).toString();
  const state = known === undefined ? fitEncoder(rows.train) : parseEncoderState(known);
  const encoder = createEncoder(state);
  const batchOf = (examples: readonly LabelledExample[]): TrainingBatch => trainingBatchOf(examples.map(encoder.encodeLabelled));
  const valid = rows.valid.length > 0 ? batchOf(rows.valid) : undefined;
  console.log(`rows: ${rows.train.length} to train on, ${rows.valid.length} to validate, ${rows.test.length} to test`);
  const model = createModel(given.seed, state);
  const checkpointName = 'checkpoint.safetensors';
  const checkpoint = options.resume ? await readTrained(out, checkpointName) : undefined;
  if (!options.resume && from !== undefined) setArrays(model, decodeArrays(await readTrained(from, 'weights.safetensors')));
  await writeWhole(path.join(out, 'encoder.json'), JSON.stringify(state));

  let begin = performance.now();
  const clear = process.stderr.isTTY ? '\r\x1b[K' : '';
  const { status, bestEpoch } = await train(model, batchOf(rows.train), {
    ...given,
    valid,
    from: checkpoint && decodeCheckpoint(checkpoint),
    signal,
    onStep: ({ epoch, step, steps, loss }) => {
      if (clear === '') return;
      const rate = Math.round((1000 * step * given.batch) / (performance.now() - begin));
      process.stderr.write(
        `${clear}epoch ${epoch}/${given.epochs}, step ${step}/${steps}, loss ${loss.toPrecision(5)}, ${rate} rows/s`,
      );
    },
    onEpoch: ({ epoch, loss, validation, isBest }) => {
      process.stderr.write(clear);
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      const measured = validation ? `, validation ${show(validation)}${isBest ? ' (best)' : ''}` : '';
      console.log(`epoch ${epoch}/${given.epochs}: loss ${loss.toPrecision(5)}${measured}, ${seconds} s`);
      begin = performance.now();
    },
    onCheckpoint: async (cut) => writeWhole(path.join(out, checkpointName), encodeCheckpoint(cut)),
  });
  await writeWhole(path.join(out, 'weights.safetensors'), encodeArrays(await arraysOf(model)));
  console.log(`${status}; weights${bestEpoch === undefined ? '' : ` of epoch ${bestEpoch}`} are in ${out}`);
  if (status === 'interrupted') {
    console.log(`go on with: ${resumption()}`);
    process.exitCode = 130;
    return;
  }
  if (rows.test.length > 0) console.log(`test: ${show(await evaluate(model, batchOf(rows.test)))}`);
}

try {
  await main();
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = 1;
}
