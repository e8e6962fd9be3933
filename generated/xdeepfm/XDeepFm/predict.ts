import { parseArgs } from 'node:util';
import { useBackend } from './backend.js';
import { createEncoder, parseEncoderState, type EncodedRow, type Example } from './encoder.js';
import { messageOf, readTrained, writeWhole } from './files.js';
import { readInput, servedColumns } from './input.js';
import { createModel, predict, type Prediction } from './model.js';
import { decodeArrays, setArrays } from './weights.js';

const usage = [
  'usage: npm run predict -- --data FILE [options]',
  '',
  '  --data FILE     rows: csv, tsv or jsonl, also .gz',
  '  --from FOLDER   where weights and encoder are, model without it',
  '  --out FILE      predictions, one JSON object a line; without it they are printed',
  '  --backend NAME  tensorflow, webgpu, wasm, cpu or webgl; without it the best that is installed',
].join('\n');

/** Rows that are predicted at once. */
const size = 4096;

async function main(): Promise<void> {
  const { values: options } = parseArgs({
    options: {
      data: { type: 'string' },
      from: { type: 'string', default: 'model' },
      out: { type: 'string' },
      backend: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (options.help || options.data === undefined) {
    console.log(usage);
    if (!options.help) process.exitCode = 2;
    return;
  }
  const { data, from } = options;
  await useBackend(options.backend);
  const state = parseEncoderState((await readTrained(from, 'encoder.json')).toString());
  const { encode } = createEncoder(state);
  const model = createModel(0, state);
  setArrays(model, decodeArrays(await readTrained(from, 'weights.safetensors')));
  const { rows, problems } = await readInput({ data }, servedColumns);
  if (problems.length > 0) throw new Error(problems.join('\n'));
  const encoded = rows.map(({ number, row }): EncodedRow => {
    const example: unknown = row;
    try {
      return encode(example as Example);
    } catch (error) {
      throw new Error(`${data}, row ${number}: ${messageOf(error)}`, { cause: error });
    }
  });
  const predictions: Prediction[] = [];
  for (let at = 0; at < encoded.length; at += size) predictions.push(...(await predict(model, encoded.slice(at, at + size))));
  const lines = predictions.map((prediction) => `${JSON.stringify(prediction)}\n`).join('');
  if (options.out === undefined) process.stdout.write(lines);
  else await writeWhole(options.out, lines);
}

try {
  await main();
} catch (error) {
  console.error(`error: ${messageOf(error)}`);
  process.exitCode = 1;
}
