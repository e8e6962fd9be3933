import { parseArgs } from 'node:util';
import { useBackend } from './backend.js';
import { createEncoder, parseEncoderState, type EncodedRow, type Example } from './encoder.js';
import { messageOf, readTrained, readWeights, writeWhole } from './files.js';
import { readInput, servedColumns } from './input.js';
import { createModel, predict, type Prediction } from './model.js';
import { setArrays } from './weights.js';

const usage = [
  'usage: npm run predict -- --data FILE [options]',
  '',
  '  --data FILE     rows: csv, tsv or jsonl, also .gz',
  '  --from FOLDER   where weights and encoder are, model without it',
  '  --out FILE      predictions, one JSON object a line; without it they are printed',
  '  --backend NAME  tensorflow, webgpu, wasm, cpu or webgl; without it the best that is installed',
].join('\n');

const options = {
  data: { type: 'string' },
  from: { type: 'string', default: 'model' },
  out: { type: 'string' },
  backend: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Rows that are predicted at once. */
const size = 4096;

async function main(): Promise<void> {
  const { values: given } = parseArgs({ options });
  if (given.help || given.data === undefined) {
    console.log(usage);
    if (!given.help) process.exitCode = 2;
    return;
  }
  const { data, from } = given;
  await useBackend(given.backend);
  const learned = await readTrained(from, 'encoder.json');
  const state = parseEncoderState(learned);
  const { encode } = createEncoder(state);
  const model = createModel(0, state);
  setArrays(model, await readWeights(from, learned));
  const { count, rows, bad } = await readInput({ data: given.data }, servedColumns);
  const errors = new Map<number, string>();
  for (const { file, number, problem } of bad)
    if (file === data) errors.set(number - 1, problem);
    else console.error(`${file}, row ${number}: ${problem}`);
  const encoded = rows.flatMap(({ number, row }): readonly (readonly [place: number, row: EncodedRow])[] => {
    const example: unknown = row;
    try {
      return [[number - 1, encode(example as Example)]];
    } catch (error) {
      errors.set(number - 1, messageOf(error));
      return [];
    }
  });
  const predictions = new Map<number, Prediction>();
  for (let at = 0; at < encoded.length; at += size) {
    const some = encoded.slice(at, at + size);
    const predicted = await predict(
      model,
      some.map(([, row]) => row),
    );
    for (const [i, [place]] of some.entries()) predictions.set(place, predicted[i]);
  }
  const errorOf = (place: number): string => errors.get(place) ?? 'a file to join has no row for it';
  const lines = Array.from({ length: count }, (_, i) => `${JSON.stringify(predictions.get(i) ?? { error: errorOf(i) })}\n`);
  if (given.out === undefined) process.stdout.write(lines.join(''));
  else await writeWhole(given.out, lines.join(''));
  const wrong = [...lines.keys()].filter((i) => !predictions.has(i));
  for (const i of wrong.slice(0, 5)) console.error(`${data}, row ${i + 1}: ${errorOf(i)}`);
  if (wrong.length > 5) console.error(`${wrong.length} of ${count} rows could not be predicted`);
  if (wrong.length > 0) process.exitCode = 1;
}

const isMisuse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');

try {
  await main();
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = isMisuse(error) ? 2 : 1;
}
