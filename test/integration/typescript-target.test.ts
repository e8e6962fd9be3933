import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { check as checkFormat, resolveConfig } from 'prettier';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckedModel } from '../../src/model/model.js';
import type { TextFile } from '../../src/target/files.js';
import { formatFiles } from '../../src/target/typescript/format.js';
import { typescriptProject } from '../../src/target/typescript/project.js';
import { filmRows } from '../target/typescript/films.js';
import { hostileModel } from '../target/typescript/hostile.js';
import { checkSpec, modelOf, specText, temporaryFolder, writeProject } from '../target/typescript/support.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const { folder, remove } = temporaryFolder();
const projects = new Map<string, readonly TextFile[]>();

/** Every model of `specs/`, and models of every kind of feature and optimizer. */
function models(): ReadonlyMap<string, CheckedModel> {
  const specs = readdirSync(path.join(root, 'specs')).filter((file) => file.endsWith('.rec'));
  const shipped = specs.flatMap((file) => checkSpec(specText(`specs/${file}`)).models);
  const shop = checkSpec(specText('test/target/typescript/shop.rec')).models;
  const films = (...settings: string[]): CheckedModel => modelOf(specText('test/target/typescript/films.rec'), 'Films', settings);
  return new Map([
    ...shipped.map((model) => [model.name, model] as const),
    ['films', films()],
    ['films-exact', films('train.optimizer=adamw(0.01, exact)', 'train.clip_norm=each(1)', 'deep.dropout=0.2')],
    ['films-mixed', films('train.optimizer=sgd(0.1, momentum: 0.5)', 'train.l2=0', 'train.shuffle=false')],
    [
      'films-scheduled',
      films('train.optimizer=rmsprop(0.01, momentum: 0.5)', 'train.schedule=cosine(warmup: steps(9))', 'train.ema=0.9'),
    ],
    [
      'films-by-row',
      films(
        'train.optimizer={ embeddings: rowwise_adagrad(0.1), rest: adamax }',
        'train.schedule=step(every: epochs(2.5))',
        'train.accumulate=2',
      ),
    ],
    ['shelves', modelOf(specText('test/target/typescript/wide.rec'), 'Shelves')],
    ...shop.flatMap((model) => [[`shop-${model.name}`, model] as const, [`hostile-${model.name}`, hostileModel(model)] as const]),
    ['hostile', hostileModel(films())],
  ]);
}

beforeAll(async () => {
  for (const [name, model] of models()) {
    const files = await formatFiles(typescriptProject(model));
    projects.set(name, files);
    writeProject(path.join(folder, name), files);
  }
});
afterAll(remove);

test('there are projects of every spec', () => {
  expect([...projects.keys()]).toEqual(
    expect.arrayContaining(['BlenderCross', 'DcnV2', 'Din', 'TowersInBatch', 'hostile-Towers']),
  );
});

test('every project passes tsc --strict by its own tsconfig.json', () => {
  const config = ts.readConfigFile(path.join(folder, 'films/tsconfig.json'), (file) => readFileSync(file, 'utf8'));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, path.join(folder, 'films'));
  expect(options).toMatchObject({ strict: true, skipLibCheck: true });
  const files = [...projects].flatMap(([name, all]) => all.map((file) => path.join(folder, name, file.path)));
  const program = ts.createProgram(
    files.filter((file) => file.endsWith('.ts')),
    { ...options, noEmit: true },
  );
  const problems = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    return `${file ? path.relative(folder, file.fileName) : ''}: ${text}`;
  });
  expect(problems).toEqual([]);
});

test('every file is formatted as this repository is', async () => {
  const style = await resolveConfig(path.join(root, 'src/cli/main.ts'));
  expect(style).toMatchObject({ printWidth: 130 });
  for (const [name, files] of projects) {
    for (const { path: file, text } of files)
      expect(await checkFormat(text, { ...style, filepath: file }), `${name}/${file}`).toBe(true);
  }
});

describe('main.ts', () => {
  const run = (rows: readonly unknown[]): string => {
    const own = path.join(folder, 'films');
    writeFileSync(path.join(own, 'rows.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return execFileSync(process.execPath, ['dist/main.js', 'rows.jsonl'], {
      cwd: own,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  };

  test('trains on a file, and goes on with the vocabularies of the first time', () => {
    execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', path.join(folder, 'films')]);
    expect(run([...filmRows(50), { user_id: 1.5 }])).toMatch(/^epoch 1: loss 0\.\d+\nepoch 2: loss 0\.\d+\n$/);
    const learned = readFileSync(path.join(folder, 'films/encoder.json'), 'utf8');
    expect(JSON.parse(learned)).toMatchObject({ vocabularies: { genres: ['a', 'c', 'b'] } });
    const weights = readFileSync(path.join(folder, 'films/weights.safetensors'));
    run(filmRows(5, 3));
    expect(readFileSync(path.join(folder, 'films/encoder.json'), 'utf8')).toBe(learned);
    expect(readFileSync(path.join(folder, 'films/weights.safetensors')).length).toBe(weights.length);
  });
});
