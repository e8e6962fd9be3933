import { isLearning } from './encoder-file.js';
import type { Plan } from './plan.js';

const vocabularies = String.raw`
const state = JSON.parse(await readFile(run + '/encoder.json', 'utf8'));
const vocabularies = (await readdir(run + '/vocabulary')).map(async (file) => {
  const lines = (await readFile(run + '/vocabulary/' + file, 'utf8')).split('\n').slice(0, -1);
  return [decodeURIComponent(file), lines.map((line) => JSON.parse(line))] as const;
});
state.vocabularies = Object.fromEntries(await Promise.all(vocabularies));
await writeFile('encoder.json', JSON.stringify(state));`;

const tables = `
const files = ['weights.safetensors', ...(await readdir(run + '/tables')).map((file) => 'tables/' + file)];
const parts = await Promise.all(files.map((file) => readFile(run + '/' + file)));
await writeFile('weights.safetensors', encodeArrays(parts.flatMap((part) => decodeArrays(part))));`;

const copied = (file: string): string => `\nawait copyFile(run + '/${file}', '${file}');`;

/** The text of a program that writes what a run folder holds as `encoder.json` and `weights.safetensors` of the project. */
export function fromRun({ model, tables: { length }, learned }: Pick<Plan, 'model' | 'tables' | 'learned'>): string {
  const hasVocabularies = learned.vocabularies.length > 0;
  const hasTables = length > 0;
  const body = [
    hasVocabularies ? vocabularies : isLearning(learned) ? copied('encoder.json') : '',
    hasTables ? tables : copied('weights.safetensors'),
  ].join('');
  const used = ['copyFile', 'readFile', 'readdir', 'writeFile'].filter((name) => body.includes(`${name}(`));
  const weights = hasTables ? "import { decodeArrays, encodeArrays } from './weights.js';\n" : '';
  return `import { ${used.join(', ')} } from 'node:fs/promises';\n${weights}\nconst run = 'runs/${model.name}-1';${body}`;
}
