import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import js from '@eslint/js';
import { ESLint } from 'eslint';
import { check as checkFormat, resolveConfig } from 'prettier';
import ts from 'typescript';
import tseslint from 'typescript-eslint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckedModel } from '../../src/model/model.js';
import type { TextFile } from '../../src/target/files.js';
import { formatFiles } from '../../src/target/code/format.js';
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
}, 400_000);
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
    for (const { path: file, text } of files.filter((one) => one.path !== 'package-lock.json'))
      expect(await checkFormat(text, { ...style, filepath: file }), `${name}/${file}`).toBe(true);
  }
});

test('every kind of project passes the strict rules of typescript-eslint', { timeout: 300_000 }, async () => {
  const kinds = [
    'films',
    'films-exact',
    'films-scheduled',
    'shelves',
    'shop-Tasks',
    'shop-Towers',
    'shop-History',
    'hostile',
    'Almonds',
  ];
  const found = [...projects.keys()].filter((name) => kinds.includes(name)).map((name) => path.join(folder, name));
  const eslint = new ESLint({
    cwd: folder,
    overrideConfigFile: true,
    overrideConfig: [
      { ignores: ['**/dist/**'] },
      js.configs.recommended,
      ...tseslint.configs.strictTypeChecked,
      ...tseslint.configs.stylisticTypeChecked,
      {
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: folder } },
        rules: { '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }] },
      },
    ],
  });
  const results = await eslint.lintFiles(found.map((project) => path.join(project, '*.ts')));
  expect(results.length).toBeGreaterThan(100);
  const problems = results.flatMap(({ filePath, messages }) =>
    messages.map(({ line, message }) => `${path.relative(folder, filePath)}:${String(line)} ${message}`),
  );
  expect(problems).toEqual([]);
});

describe('main.ts and predict.ts', () => {
  const own = path.join(folder, 'films');
  const write = (file: string, rows: readonly unknown[]): void =>
    writeFileSync(path.join(own, file), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const run = (program: string, ...options: string[]) =>
    spawnSync(process.execPath, [`dist/${program}.js`, '--backend', 'cpu', ...options], { cwd: own, encoding: 'utf8' });
  const weightsIn = (out: string): Buffer => readFileSync(path.join(own, out, 'weights.safetensors'));

  beforeAll(() => {
    execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-p', own]);
    write('rows.jsonl', filmRows(50));
    write('valid.jsonl', filmRows(20, 3));
  });

  test('train on a file, measure on another, and predict', () => {
    const { stdout, status } = run('main', '--data', 'rows.jsonl', '--valid', 'valid.jsonl', '--out', 'a');
    expect(stdout).toMatch(
      /^backend: cpu\nrows: \d+ to train on, \d+ to validate, 0 to test\nepoch 1\/2: loss 0\.\d+, validation auc 0\.\d+/,
    );
    expect(status).toBe(0);
    expect(JSON.parse(readFileSync(path.join(own, 'a/encoder.json'), 'utf8'))).toMatchObject({
      vocabularies: { genres: ['a', 'c', 'b'] },
    });
    expect(run('predict', '--data', 'valid.jsonl', '--from', 'a', '--out', 'predictions.jsonl')).toMatchObject({ status: 0 });
    const predictions = readFileSync(path.join(own, 'predictions.jsonl'), 'utf8').trimEnd().split('\n');
    expect(predictions).toHaveLength(20);
    expect(JSON.parse(predictions[0] ?? '')).toEqual({ liked: expect.closeTo(0.5, 0) as number });
  });

  test('go on from a checkpoint as if nothing had been', () => {
    const data = ['--data', 'rows.jsonl', '--valid', 'valid.jsonl', '--batch', '8'];
    expect(run('main', ...data, '--epochs', '4', '--out', 'whole').status).toBe(0);
    expect(run('main', ...data, '--epochs', '2', '--out', 'parts').status).toBe(0);
    expect(run('main', ...data, '--epochs', '4', '--out', 'parts', '--resume').stdout).toMatch(
      /^backend[^\n]*\nrows[^\n]*\nepoch 3\/4/,
    );
    expect(weightsIn('parts').equals(weightsIn('whole'))).toBe(true);
    expect(run('main', ...data, '--batch', '9', '--out', 'parts', '--resume')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the checkpoint is of another training') as string,
    });
  });

  test('leave the encoder of former weights alone until there are new ones', async () => {
    const weights = ['encoder.json', 'weights.safetensors', 'checkpoint.safetensors'];
    const read = (): readonly Buffer[] => weights.map((name) => readFileSync(path.join(own, 'kept', name)));
    expect(run('main', '--data', 'rows.jsonl', '--out', 'kept').status).toBe(0);
    const before = read();
    // As many rows, so that nothing but what the encoder learns of them is another training.
    const renamed = filmRows(50).map((row) => ({ ...row, user_id: 'one' }));
    write('renamed.jsonl', renamed);
    const options = ['dist/main.js', '--backend', 'cpu', '--data', 'renamed.jsonl', '--out', 'kept'];
    const child = spawn(process.execPath, options, { cwd: own, stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      if (chunk.includes('rows: ')) child.kill('SIGKILL');
    });
    await once(child, 'close');
    expect(read()).toEqual(before);
    expect(run('main', '--data', 'renamed.jsonl', '--out', 'kept', '--resume')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('the checkpoint is of another training') as string,
    });
    const encoder = path.join(own, 'kept/encoder.json');
    writeFileSync(encoder, readFileSync(encoder, 'utf8').replace(/"vocabularies":\s*\{\s*"\w+":\s*\["[^"]*"/, '$&,"of another"'));
    expect(readFileSync(encoder, 'utf8')).toContain('of another');
    expect(run('predict', '--data', 'rows.jsonl', '--from', 'kept').stderr).toContain('of two trainings');
  });

  test('predict the rows that they can, and say what the others lack', () => {
    const [first, second] = filmRows(2);
    write('some bad.jsonl', [first, { ...first, user_id: 1.5 }, second]);
    writeFileSync(path.join(own, 'some bad.jsonl'), 'no JSON\n', { flag: 'a' });
    const { status, stdout, stderr } = run('predict', '--data', 'some bad.jsonl', '--from', 'a');
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toEqual([
      { liked: expect.any(Number) as number },
      { error: expect.stringContaining('user_id: 1.5 is not a whole number') as string },
      { liked: expect.any(Number) as number },
      { error: expect.stringContaining('JSON') as string },
    ]);
    expect(stderr).toMatch(/^some bad\.jsonl, row 2: user_id: 1\.5[^\n]*\nsome bad\.jsonl, row 4: /m);
    expect(status).toBe(1);
  });

  test('read weights that lie beyond 2 GiB of a file', () => {
    const bytes = weightsIn('a');
    const length = bytes.readUInt32LE(0);
    type Header = Readonly<Record<string, { readonly data_offsets?: readonly number[] }>>;
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString()) as Header;
    const far = 2 ** 31 + 2 ** 20;
    const moved = Object.entries(header).map(([name, entry]) => [
      name,
      entry.data_offsets ? { ...entry, data_offsets: entry.data_offsets.map((at) => at + far) } : entry,
    ]);
    const json = Buffer.from(JSON.stringify(Object.fromEntries(moved)));
    const head = Buffer.alloc(8);
    head.writeUInt32LE(json.length, 0);
    mkdirSync(path.join(own, 'far'), { recursive: true });
    writeFileSync(path.join(own, 'far/encoder.json'), readFileSync(path.join(own, 'a/encoder.json')));
    const file = openSync(path.join(own, 'far/weights.safetensors'), 'w');
    writeSync(file, Buffer.concat([head, json]));
    writeSync(file, bytes, 8 + length, bytes.length - 8 - length, 8 + json.length + far);
    closeSync(file);
    expect(run('predict', '--data', 'valid.jsonl', '--from', 'far')).toEqual({
      ...run('predict', '--data', 'valid.jsonl', '--from', 'a'),
      pid: expect.any(Number) as number,
    });
  });

  test('end with 130 at Ctrl-C, and say how to go on', async () => {
    const options = ['--backend', 'cpu', '--data', 'rows.jsonl', '--epochs', '100000', '--out', 'cut short'];
    const child = spawn(process.execPath, ['dist/main.js', ...options], { cwd: own, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (chunk.includes('epoch 1/')) child.kill('SIGINT');
    });
    const [status] = (await once(child, 'close')) as [number | null];
    expect(status).toBe(130);
    expect(text).toContain("--epochs 100000 --out 'cut short' --resume");
  });

  test('name what is wrong by file and row', () => {
    write('bad.jsonl', [...filmRows(2), { ...filmRows(1)[0], stars: 5, user_id: 1.5 }]);
    const { status, stderr } = run('main', '--data', 'bad.jsonl');
    expect(status).toBe(1);
    expect(stderr).toContain('bad.jsonl, row 3: user_id: 1.5 is not a whole number');
    expect(run('main', '--data', 'none.jsonl').stderr).toMatch(/error: none\.jsonl: there is no such file/);
    expect(run('main', '--data', 'dist').stderr).toContain('error: dist: it is a folder, not a file');
    for (const [options, name] of [
      [['--resume', '--out', 'zzz'], 'checkpoint.safetensors'],
      [['--from', 'zzz'], 'encoder.json'],
    ] as const)
      expect(run('main', '--data', 'rows.jsonl', ...options).stderr).toContain(
        `error: there is no ${name} in zzz: give the --out folder of a training`,
      );
    expect(run('predict', '--data', 'rows.jsonl', '--from', 'zzz').stderr).toContain('error: there is no encoder.json in zzz');
    expect(run('main', '--data', 'rows.jsonl', '--epochs', 'many').stderr).toContain('--epochs is many, not a whole number');
    expect(run('main', '--data', 'rows.jsonl', '--backend', 'none').stderr).toContain('there is no backend none');
    expect(run('main').stdout).toContain('usage: npm start');
    for (const program of ['main', 'predict'])
      expect(run(program, '--data', 'rows.jsonl', '--nonsense')).toMatchObject({
        status: 2,
        stderr: expect.stringContaining("Unknown option '--nonsense'") as string,
      });
  });
});
