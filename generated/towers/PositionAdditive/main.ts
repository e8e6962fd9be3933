import { readFile, writeFile } from 'node:fs/promises';
import { createEncoder, fitEncoder, parseEncoderState, type LabelledExample } from './encoder.js';
import { createModel } from './model.js';
import { defaults, parseExamples, train } from './train.js';
import { arraysOf, encodeArrays } from './weights.js';

const [path = 'train.jsonl'] = process.argv.slice(2);

/** The rows that can be read; says what is wrong with the first few others. */
function readable(examples: readonly LabelledExample[]): readonly LabelledExample[] {
  const encoder = createEncoder(fitEncoder([]));
  let bad = 0;
  return examples.filter((example, i) => {
    try {
      encoder.encodeLabelled(example);
      return true;
    } catch (error) {
      if (bad++ < 5) console.error(path + ', row ' + String(i + 1) + ': ' + String(error));
      return false;
    }
  });
}

const examples = readable(parseExamples(await readFile(path, 'utf8')));
const known = await readFile('encoder.json', 'utf8').catch(() => undefined);
const state = known === undefined ? fitEncoder(examples) : parseEncoderState(known);
if (known === undefined) await writeFile('encoder.json', JSON.stringify(state));
const encoder = createEncoder(state);
const model = createModel(defaults.seed, state);
await train(model, examples.map(encoder.encodeLabelled), {}, (epoch, loss) =>
  console.log('epoch ' + String(epoch) + ': loss ' + loss.toPrecision(6)),
);
await writeFile('weights.safetensors', encodeArrays(await arraysOf(model)));
