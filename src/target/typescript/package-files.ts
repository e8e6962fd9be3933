import type { TextFile } from '../files.js';
import { isLearning } from './encoder-file.js';
import { fromRun } from './from-run.js';
import { needsState } from './model-file.js';
import type { Plan } from './plan.js';

/** What surrounds the code: `package.json`, `tsconfig.json`, `README.md`. */
export function packageFiles(plan: Plan): readonly TextFile[] {
  return [
    { path: 'package.json', text: json(manifest(plan.model.name)) },
    { path: 'tsconfig.json', text: json(tsconfig) },
    { path: 'README.md', text: readme(plan) },
  ];
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

function manifest(name: string): unknown {
  return {
    name: packageName(name),
    version: '0.0.0',
    private: true,
    type: 'module',
    scripts: { build: 'tsc -p .', start: 'npm run build && node dist/main.js' },
    dependencies: { '@tensorflow/tfjs': '4.22.0' },
    devDependencies: { '@types/node': '^20.19.0', typescript: '~5.9.3' },
  };
}

/** `MovieLens100K` → `movie-lens100-k`. */
function packageName(name: string): string {
  const words = name.replace(/([a-z0-9])([A-Z])/g, '$1-$2').match(/[A-Za-z0-9]+/g) ?? ['model'];
  return words.join('-').toLowerCase().slice(0, 100);
}

/** TensorFlow.js's own types do not pass without `skipLibCheck`. */
const tsconfig = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2022', 'DOM'],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    types: ['node'],
    strict: true,
    noUnusedLocals: true,
    noImplicitReturns: true,
    skipLibCheck: true,
    outDir: 'dist',
  },
  include: ['*.ts'],
};

function readme(plan: Plan): string {
  const { model, learned } = plan;
  const learns = isLearning(learned);
  const create = needsState(plan) ? 'createModel(defaults.seed, state)' : 'createModel(defaults.seed)';
  const about = model.doc === undefined ? '' : `${markdownText(model.doc)}\n\n`;
  const files = [
    ['model.ts', 'the forward pass, the weights it needs and their first values'],
    ['encoder.ts', 'a row becomes what the network reads'],
    ['train.ts', 'losses, updates and the loop over epochs'],
    ['weights.ts', 'weights and tables as one safetensors file'],
    ['random.ts', 'first values and shuffles as functions of a seed'],
    ['main.ts', 'trains on a file'],
  ];
  const learnedText = learns
    ? `\n\`encoder.json\` holds the vocabularies and statistics. A first training writes it; a later one, and whatever predicts, reads it.\n`
    : '';
  const joins =
    (model.data?.joins.length ?? 0) > 0 ? ' Rows are joined rows: the columns of all sources of the spec in one object.' : '';
  const state = learns ? "const state = parseEncoderState(await readFile('encoder.json', 'utf8'));\n" : '';
  return `# ${markdownText(model.name)}

${about}Written by reccompile from a \`.rec\` file; it needs nothing but TensorFlow.js. Changes are lost when it is written again.

\`\`\`sh
npm install
npm start -- train.jsonl
\`\`\`

\`train.jsonl\` has one JSON object a line; \`LabelledExample\` in \`encoder.ts\` says what is in it.${joins} How rows are split is left to who makes the file.
Training goes through all epochs and keeps the last weights: the metrics of the spec and its \`stop\` and \`monitor\`, which need other rows to look at, are left to \`reccompile train\`.
${learnedText}
| file | what it is |
| --- | --- |
${files.map(([name = '', what = '']) => `| \`${name}\` | ${what} |`).join('\n')}

\`\`\`ts
import { readFile } from 'node:fs/promises';
import { createEncoder${learns ? ', parseEncoderState' : ''} } from './encoder.js';
import { createModel, predict } from './model.js';
import { defaults } from './train.js';
import { decodeArrays, setArrays } from './weights.js';

${state}const encoder = createEncoder(${learns ? 'state' : ''});
const model = ${create};
setArrays(model, decodeArrays(await readFile('weights.safetensors')));
const predictions = await predict(model, examples.map(encoder.encode));
\`\`\`

A run folder of \`reccompile train\` has its numbers in several files. A program in this folder puts them together for the lines above:

\`\`\`ts
${fromRun(plan)}
\`\`\`

Any backend of TensorFlow.js will do; embedding tables stay in memory, and a step updates only the rows that it has read${sweepNote(plan)}.
`;
}

function sweepNote({ model }: Plan): string {
  const { embeddings, parts } = model.train.optimizer;
  const isExact = [embeddings, ...Object.values(parts)].some(({ exact }) => exact);
  return isExact ? ' (or all, as the exact optimizer of this model asks)' : '';
}

/** Text that is nothing but text in Markdown: no link, no HTML, no code, no heading. */
export function markdownText(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, ' ')
    .split('\n')
    .map((line) =>
      line
        .trim()
        .replace(/[\\`*_{}[\]<>()#!|~&@]/g, '\\$&')
        .replace(/^([+=-]|\d+(?=[.)]))/, '\\$1')
        .replace(/(https?|ftp|www)(?=[:.])/gi, '$1\u200b'),
    )
    .join('\n');
}
