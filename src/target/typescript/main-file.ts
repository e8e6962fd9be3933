import { doc, identifier, join, none, ts, type Code } from '../code/code.js';
import { commandLine, runMain, type Option } from './command-line.js';
import { isLearning } from '../code/encoder-file.js';
import { joinOptions } from './input-file.js';
import { needsState } from './model-file.js';
import type { Plan } from './plan.js';
import { hasPlateau } from './schedule.js';

/** The folder of what a run has learned, where the project has one. */
export const trainedFolder = 'trained';

/** Parameters of `createModel` as programs call it. */
export function createModelCall(plan: Plan, seed: Code): Code {
  const random = plan.weights.length + plan.tables.length > 0;
  return ts`createModel(${join([...(random ? [seed] : []), ...(needsState(plan) ? [ts`state`] : [])])})`;
}

/** The options that say which rows are read. */
export const rowOptions = (plan: Plan, purpose: string): readonly Option[] => [
  { name: 'data', takes: 'FILE', help: `${purpose}: csv, tsv or jsonl, also .gz` },
  ...joinOptions(plan).map(({ option, on }) => ({
    name: option,
    takes: 'FILE',
    help: `rows to join by ${on}, where those of --data lack their columns`,
  })),
];

export const backendOption: Option = {
  name: 'backend',
  takes: 'NAME',
  help: 'tensorflow, webgpu, wasm, cpu or webgl; without it the best that is installed',
};

/** The files of the command line, as `readInput` takes them. */
export const filesCode = (plan: Plan): Code =>
  ts`{ ${join(['data', ...joinOptions(plan).map(({ option }) => option)].map((name) => ts`${identifier(name)}: given.${identifier(name)}`))} }`;

/** `main.ts`: trains on files, from the command line of Node. */
export function mainFile(plan: Plan, isTrained: boolean): Code {
  const { model, learned } = plan;
  const { data, train } = model;
  const learns = isLearning(learned);
  const imports = [
    ts`createEncoder`,
    ...(learns ? [ts`fitEncoder`] : []),
    ...(data?.keep ? [ts`isKept`] : []),
    ...(learns ? [ts`parseEncoderState`] : []),
    ...(needsState(plan) ? [ts`type EncoderState`] : []),
    ts`type LabelledExample`,
  ];
  const options: readonly Option[] = [
    ...rowOptions(plan, 'rows to train on'),
    {
      name: 'valid',
      takes: 'FILE',
      help: `rows to measure each epoch on; without it ${data ? 'rows of --data, as the spec splits them' : 'none'}`,
    },
    { name: 'epochs', takes: 'N', help: `${String(train.epochs)} without it` },
    { name: 'batch', takes: 'N', help: `rows of a step, ${String(train.batch * train.accumulate)} without it` },
    { name: 'seed', takes: 'N', help: `of chance, ${String(train.seed)} without it` },
    backendOption,
    { name: 'out', takes: 'FOLDER', help: 'where weights and encoder are written, model without it', fallback: 'model' },
    {
      name: 'from',
      takes: 'FOLDER',
      help: `starts from weights and encoder of a folder${isTrained ? `, ${trainedFolder} without it` : ''}`,
      fallback: isTrained ? trainedFolder : undefined,
    },
    { name: 'resume', help: 'goes on from the checkpoint in the --out folder' },
  ];
  const usedFiles = [
    ...(learns ? [ts`digestOf`] : []),
    ts`messageOf`,
    ts`readArrays`,
    ...(learns ? [ts`readTrained`] : []),
    ts`readWeights`,
    ts`type BadRow`,
    ts`writeWhole`,
  ];
  const encoder = learns ? ts`createEncoder(fitEncoder([]))` : ts`createEncoder()`;
  const state = learns
    ? ts`const learned = from === undefined ? JSON.stringify(fitEncoder(rows.train)) : await readTrained(from, 'encoder.json');
  const state = parseEncoderState(learned);
  const encoder = createEncoder(state);`
    : ts`const encoder = createEncoder();`;
  return ts`import path from 'node:path';
import { parseArgs } from 'node:util';
import { useBackend } from './backend.js';
import { trainingBatchOf, type TrainingBatch } from './batch.js';
import { decodeCheckpoint, encodeCheckpoint } from './checkpoint.js';
import { ${join(imports)} } from './encoder.js';
import { ${join(usedFiles)} } from './files.js';
import { readInput, servedColumns, splitColumns, trainingColumns, type InputFiles } from './input.js';
import { evaluate, type Evaluation } from './metrics.js';
import { createModel } from './model.js';
import type { Wanted } from './rows.js';
import { encodeArrays } from './safetensors.js';
import { splitRows } from './split.js';
import { defaults, train } from './train.js';
import { arraysOf, setArrays } from './weights.js';

${commandLine('npm start --', options)}

/** The largest share of rows that cannot be read. */
const badRows = ${data?.badRows ?? 0.01};

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
  const { encodeLabelled } = ${encoder};
  const { count, rows, bad } = await readInput(files, wanted);
  const wrong: BadRow[] = [...bad];
  const usable = rows.flatMap(({ number, row }): readonly Usable[] => {
    const example = row as Usable['example'];
    try {
      ${data?.keep ? ts`if (!isKept(example)) return [];\n` : none}encodeLabelled(example);
      return [{ number, example }];
    } catch (error) {
      wrong.push({ file: files.data, number, problem: messageOf(error) });
      return [];
    }
  });
  for (const { file, number, problem } of wrong.slice(0, 5)) console.error(\`\${file}, row \${number}: \${problem}\`);
  if (wrong.length > badRows * count) throw new Error(\`\${files.data}: \${wrong.length} of \${count} rows cannot be read\`);
  return usable;
}

interface Prepared {
  readonly train: TrainingBatch;
  readonly valid: TrainingBatch | undefined;
  readonly test: TrainingBatch | undefined;
${learns ? ts`  ${doc('What the encoder has learned: the text of encoder.json.')}readonly learned: string;\n` : none}${needsState(plan) ? ts`  readonly state: EncoderState;\n` : none}}

/** Rows as columns. The rows themselves are free once this ends. */
async function prepare(files: InputFiles, validFile: string | undefined${learns ? ts`, from: string | undefined` : none}): Promise<Prepared> {
  const rows = await readAll(files, validFile === undefined ? undefined : { ...files, data: validFile });
  ${state}
  const batchOf = (examples: readonly LabelledExample[]): TrainingBatch => trainingBatchOf(examples.map(encoder.encodeLabelled));
  const batchIfAny = (examples: readonly LabelledExample[]): TrainingBatch | undefined =>
    examples.length > 0 ? batchOf(examples) : undefined;
  return { train: batchOf(rows.train), valid: batchIfAny(rows.valid), test: batchIfAny(rows.test)${learns ? ts`, learned` : none}${needsState(plan) ? ts`, state` : none} };
}

const show = ({ metrics }: Evaluation): string =>
  Object.entries(metrics)
    .map(([name, value]) => \`\${name} \${value.toFixed(4)}\`)
    .join(', ');

/** A whole number of an option. */
function whole(text: string | undefined, name: string, least: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(\`--\${name} is \${text}, not a whole number from \${least} on\`);
}

/** A signal of Ctrl-C, pressed once: a second one ends the program. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => {
    console.error('\\nstopping after this step; what was learned is kept');
    controller.abort();
  });
  return controller.signal;
}

/** The command that goes on with this training. */
function resumption(): string {
  const given = process.argv.slice(2);
  const words = given.includes('--resume') ? given : [...given, '--resume'];
  const quoted = words.map((word) => (/^[\\w./:=@-]+$/.test(word) ? word : \`'\${word.replaceAll("'", "'\\\\''")}'\`));
  return \`npm start -- \${quoted.join(' ')}\`;
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
  console.log(\`backend: \${await useBackend(given.backend)}\`);
  const signal = interruption();
  const checkpointName = 'checkpoint.safetensors';
  const checkpoint = given.resume ? decodeCheckpoint(await readArrays(out, checkpointName)) : undefined;
  const { train: rows, valid, test${learns ? ts`, learned` : none}${needsState(plan) ? ts`, state` : none} } = await prepare(${filesCode(plan)}, given.valid${learns ? ts`, from` : none});
  console.log(\`rows: \${rows.rows} to train on, \${valid?.rows ?? 0} to validate, \${test?.rows ?? 0} to test\`);
  const model = ${createModelCall(plan, ts`settings.seed`)};
  if (checkpoint === undefined && from !== undefined) setArrays(model, await readWeights(from${learns ? ts`, learned` : none}));
  let begin = performance.now();
  const clear = process.stderr.isTTY ? '\\r\\x1b[K' : '';
  const { status, bestEpoch } = await train(model, rows, {
    ...settings,
    ${learns ? ts`encoder: digestOf(learned),\n` : none}valid,
    from: checkpoint,
    signal,
    onStep: ({ epoch, step, steps, loss }) => {
      if (clear === '') return;
      const rate = Math.round((1000 * step * settings.batch) / (performance.now() - begin));
      process.stderr.write(\`\${clear}epoch \${epoch}/\${settings.epochs}, step \${step}/\${steps}, loss \${loss.toPrecision(5)}, \${rate} rows/s\`);
    },
    onEpoch: ({ epoch, loss, validation, isBest${hasPlateau(plan) ? ts`, learningRateFactor` : none} }) => {
      process.stderr.write(clear);
      const seconds = ((performance.now() - begin) / 1000).toFixed(1);
      const measured = validation ? \`, validation \${show(validation)}\${isBest ? ' (best)' : ''}\` : '';
      ${hasPlateau(plan) ? ts`const lower = learningRateFactor === undefined ? '' : \`, learning rate × \${learningRateFactor.toPrecision(4)} from here\`;\n      ` : none}console.log(\`epoch \${epoch}/\${settings.epochs}: loss \${loss.toPrecision(5)}\${measured}, \${seconds} s${hasPlateau(plan) ? ts`\${lower}` : none}\`);
      begin = performance.now();
    },
    onCheckpoint: async (cut) => writeWhole(path.join(out, checkpointName), encodeCheckpoint(cut)),
  });
  ${learns ? ts`await writeWhole(path.join(out, 'encoder.json'), learned);\n` : none}await writeWhole(path.join(out, 'weights.safetensors'), encodeArrays(await arraysOf(model)${learns ? ts`, digestOf(learned)` : none}));
  console.log(\`\${status}; weights\${bestEpoch === undefined ? '' : \` of epoch \${bestEpoch}\`} are in \${out}\`);
  if (status === 'interrupted') {
    console.log(\`go on with: \${resumption()}\`);
    process.exitCode = 130;
    return;
  }
  if (test !== undefined) console.log(\`test: \${show(await evaluate(model, test))}\`);
}

${runMain}`;
}
