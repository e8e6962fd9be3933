import type { TextFile } from '../files.js';
import { isLearning } from '../code/encoder-file.js';
import { joinOptions } from './input-file.js';
import locked from './lock.json' with { type: 'json' };
import { trainedFolder } from './main-file.js';
import { needsState } from './model-file.js';
import packages from './packages.json' with { type: 'json' };
import type { Plan } from './plan.js';

/** What surrounds the code: `package.json`, `package-lock.json`, `tsconfig.json`, `README.md`. */
export function packageFiles(plan: Plan, isTrained: boolean): readonly TextFile[] {
  const name = packageName(plan.model.name);
  return [
    { path: 'package.json', text: json(manifest(name)) },
    { path: 'package-lock.json', text: json(lock(name)) },
    { path: 'tsconfig.json', text: json(tsconfig) },
    { path: 'README.md', text: readme(plan, isTrained) },
  ];
}

const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

const about = { version: '0.0.0', private: true, type: 'module' };
const engines = { node: '>=20.19' };

function manifest(name: string): unknown {
  return {
    name,
    ...about,
    engines,
    scripts: {
      build: 'tsc -p .',
      start: 'tsc -p . && node dist/main.js',
      predict: 'tsc -p . && node dist/predict.js',
    },
    ...packages,
    prettier: { printWidth: 130, singleQuote: true },
  };
}

/** In npm's own order, so that `npm install` leaves it as it is. */
function lock(name: string): unknown {
  const { version } = about;
  const { dependencies, devDependencies, ...peers } = packages;
  const whole = { '': { name, version, dependencies, devDependencies, engines, ...peers }, ...locked };
  return { name, version, lockfileVersion: 3, requires: true, packages: whole };
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

const files: readonly (readonly [file: string, what: string])[] = [
  ['model.ts', 'the forward pass, the weights it needs and their first values'],
  ['encoder.ts', 'a row becomes what the network reads'],
  ['batch.ts', 'rows as columns, as steps and predictions take them'],
  ['train.ts', 'the loss, a step and the loop over epochs'],
  ['updates.ts', 'how a step changes weights and tables'],
  ['metrics.ts', 'how good a model is on rows'],
  ['weights.ts', 'the numbers of a model by name'],
  ['safetensors.ts', 'the same as one file'],
  ['checkpoint.ts', 'what a training goes on from, as one file'],
  ['random.ts', 'first values and shuffles as functions of a seed'],
  ['rows.ts', 'texts of csv and JSON files become rows'],
  ['split.ts', 'which rows train, and which ones measure'],
  ['main.ts', 'trains on files, with `files.ts`, `input.ts` and `backend.ts`'],
  ['predict.ts', 'predicts the rows of a file'],
];

function readme(plan: Plan, isTrained: boolean): string {
  const { model, learned } = plan;
  const learns = isLearning(learned);
  const create = needsState(plan) ? 'createModel(0, state)' : 'createModel(0)';
  const doc = model.doc === undefined ? '' : `${markdownText(model.doc)}\n\n`;
  const joins = joinOptions(plan);
  const joined = joins.map(({ option }) => ` --${option} ${option.toUpperCase()}`).join('');
  const joinText =
    joins.length > 0
      ? ` With ${joins.map(({ option, on }) => `\`--${option} FILE\` its rows are joined by ${markdownText(on)}`).join(', with ')}; without, \`FILE\` has their columns.`
      : '';
  const start = isTrained ? `Training starts from what \`${trainedFolder}/\` holds, and prediction reads it. ` : '';
  const from = isTrained ? trainedFolder : 'model';
  const state = learns
    ? `const learned = await readTrained('${from}', 'encoder.json');\nconst state = parseEncoderState(learned);\n`
    : '';
  const split = model.data
    ? 'Each epoch is measured on the validation rows of the split of the spec, if it has any, or on those of `--valid FILE`.'
    : 'Each epoch is measured on the rows of `--valid FILE`, if there is one.';
  const { stop, monitor } = model.train;
  const kept = `The weights of the epoch with the best ${markdownText(monitor)} are kept${stop ? `, and training stops after ${String(stop.patience)} epochs that are not better` : ''}.`;
  return `# ${markdownText(model.name)}

${doc}Written by reccompile from a \`.rec\` file; it needs nothing but TensorFlow.js. Changes are lost when it is written again.

\`\`\`sh
npm ci
npm start -- --data FILE${joined}
npm run predict -- --data FILE${joined} --out predictions.jsonl
\`\`\`

\`FILE\` is csv or tsv with a header, or JSON lines; \`LabelledExample\` in \`encoder.ts\` says what is in it.${joinText} ${start}\`npm start -- --help\` lists the options.

${split} ${kept} Ctrl-C ends training after the step at hand and keeps what was learned; \`--resume\` goes on from the last checkpoint, given the same rows and options.

A row that cannot be predicted becomes \`{"error": "…"}\`, and prediction then ends with 1; training leaves such rows out, and ends where there are more than ${String((model.data?.badRows ?? 0.01) * 100)}% of them. A quote that is never closed ends both. All rows of a file are held in memory until they are encoded, as far as their columns are read.

Training runs on the best backend that is installed:

\`\`\`sh
npm install --no-save @tensorflow/tfjs-node@4.22.0
npm install --no-save @tensorflow/tfjs-backend-webgpu@4.22.0 webgpu@0.6.2
npm install --no-save @tensorflow/tfjs-backend-wasm@4.22.0
\`\`\`

The first is TensorFlow itself, the second a GPU, the third WebAssembly; without them it is plain JavaScript, which is slow. Embedding tables stay in memory, and a step updates only the rows that it has read${sweepNote(plan)}.

| file | what it is |
| --- | --- |
${files.map(([name, what]) => `| \`${name}\` | ${what} |`).join('\n')}

\`model.ts\`, \`encoder.ts\`, \`train.ts\` and what they import need nothing of Node; a page fetches the two files that \`files.ts\` reads here, and gives the bytes of weights to \`decodeArrays\` of \`safetensors.ts\`:

\`\`\`ts
import { createEncoder${learns ? ', parseEncoderState' : ''} } from './encoder.js';
import { ${learns ? 'readTrained, ' : ''}readWeights } from './files.js';
import { createModel, predict } from './model.js';
import { setArrays } from './weights.js';

${state}const encoder = createEncoder(${learns ? 'state' : ''});
const model = ${create};
setArrays(model, await readWeights('${from}'${learns ? ', learned' : ''}));
const predictions = await predict(model, examples.map(encoder.encode));
\`\`\`
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
