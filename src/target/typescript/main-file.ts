import { join, none, ts, type Code } from './code.js';
import { isLearning } from './encoder-file.js';
import { needsState } from './model-file.js';
import type { Plan } from './plan.js';

/** `main.ts`: trains on a file, from the command line of Node. */
export function mainFile(plan: Plan): Code {
  const { model, learned } = plan;
  const learns = isLearning(learned);
  const keeps = model.data?.keep !== undefined;
  const imports = [
    ts`createEncoder`,
    ...(learns ? [ts`fitEncoder`] : []),
    ...(keeps ? [ts`isKept`] : []),
    ...(learns ? [ts`parseEncoderState`] : []),
    ts`type LabelledExample`,
  ];
  const encoder = learns ? ts`createEncoder(fitEncoder([]))` : ts`createEncoder()`;
  const random = plan.weights.length + plan.tables.length > 0;
  const parameters = join([...(random ? [ts`defaults.seed`] : []), ...(needsState(plan) ? [ts`state`] : [])]);
  return ts`import { readFile, writeFile } from 'node:fs/promises';
import { ${join(imports)} } from './encoder.js';
import { createModel } from './model.js';
import { defaults, parseExamples, train } from './train.js';
import { arraysOf, encodeArrays } from './weights.js';

const [path = 'train.jsonl'] = process.argv.slice(2);

/** The rows that can be read; says what is wrong with the first few others. */
function readable(examples: readonly LabelledExample[]): readonly LabelledExample[] {
  const encoder = ${encoder};
  let bad = 0;
  return examples.filter((example, i) => {
    try {
      ${keeps ? ts`if (!isKept(example)) return false;` : none}
      encoder.encodeLabelled(example);
      return true;
    } catch (error) {
      if (bad++ < 5) console.error(path + ', row ' + String(i + 1) + ': ' + String(error));
      return false;
    }
  });
}

const examples = readable(parseExamples(await readFile(path, 'utf8')));
${
  learns
    ? ts`const known = await readFile('encoder.json', 'utf8').catch(() => undefined);
const state = known === undefined ? fitEncoder(examples) : parseEncoderState(known);
if (known === undefined) await writeFile('encoder.json', JSON.stringify(state));
const encoder = createEncoder(state);`
    : ts`const encoder = createEncoder();`
}
const model = createModel(${parameters});
await train(model, examples.map(encoder.encodeLabelled), {}, (epoch, loss) => console.log('epoch ' + String(epoch) + ': loss ' + loss.toPrecision(6)));
await writeFile('weights.safetensors', encodeArrays(await arraysOf(model)));`;
}
