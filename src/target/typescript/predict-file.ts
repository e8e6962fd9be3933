import { join, none, ts, type Code } from '../code/code.js';
import { commandLine, runMain, type Option } from './command-line.js';
import { isLearning } from '../code/encoder-file.js';
import { backendOption, createModelCall, filesCode, rowOptions, trainedFolder } from './main-file.js';
import type { Plan } from './plan.js';

/** `predict.ts`: predictions for the rows of a file, from the command line of Node. */
export function predictFile(plan: Plan, isTrained: boolean): Code {
  const learns = isLearning(plan.learned);
  const options: readonly Option[] = [
    ...rowOptions(plan, 'rows'),
    {
      name: 'from',
      takes: 'FOLDER',
      help: `where weights and encoder are, ${isTrained ? trainedFolder : 'model'} without it`,
      fallback: isTrained ? trainedFolder : 'model',
    },
    { name: 'out', takes: 'FILE', help: 'predictions, one JSON object a line; without it they are printed' },
    backendOption,
  ];
  const imports = [ts`createEncoder`, ...(learns ? [ts`parseEncoderState`] : []), ts`type EncodedRow`, ts`type Example`];
  const state = learns
    ? ts`const learned = await readTrained(from, 'encoder.json');
  const state = parseEncoderState(learned);
  `
    : none;
  return ts`import { parseArgs } from 'node:util';
import { useBackend } from './backend.js';
import { ${join(imports)} } from './encoder.js';
import { messageOf, ${learns ? ts`readTrained, ` : none}readWeights, writeWhole } from './files.js';
import { readInput, servedColumns } from './input.js';
import { createModel, predict, type Prediction } from './model.js';
import { setArrays } from './weights.js';

${commandLine('npm run predict --', options)}

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
  ${state}const { encode } = createEncoder(${learns ? ts`state` : none});
  const model = ${createModelCall(plan, ts`0`)};
  setArrays(model, await readWeights(from${learns ? ts`, learned` : none}));
  const { count, rows, bad } = await readInput(${filesCode(plan)}, servedColumns);
  const errors = new Map<number, string>();
  for (const { file, number, problem } of bad)
    if (file === data) errors.set(number - 1, problem);
    else console.error(\`\${file}, row \${number}: \${problem}\`);
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
  const lines = Array.from({ length: count }, (_, i) => \`\${JSON.stringify(predictions.get(i) ?? { error: errorOf(i) })}\\n\`);
  if (given.out === undefined) process.stdout.write(lines.join(''));
  else await writeWhole(given.out, lines.join(''));
  const wrong = [...lines.keys()].filter((i) => !predictions.has(i));
  for (const i of wrong.slice(0, 5)) console.error(\`\${data}, row \${i + 1}: \${errorOf(i)}\`);
  if (wrong.length > 5) console.error(\`\${wrong.length} of \${count} rows could not be predicted\`);
  if (wrong.length > 0) process.exitCode = 1;
}

${runMain}`;
}
