import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { ratings, spec, workplace, type Workplace } from './workplace.js';

/** A run's files, so that only one is trained. */
let files: Record<string, Uint8Array>;
const names = [
  'run.json',
  'model.rec',
  'encoder.json',
  'schema.json',
  'environment.json',
  'metrics.jsonl',
  'weights.safetensors',
  'tables/table.user.safetensors',
  'tables/table.item.safetensors',
  'vocabulary/user',
];

test('a run is written', async () => {
  const { folder, call } = workplace({ 'ratings.rec': spec, 'ratings.csv': ratings });
  expect((await call(['train', 'ratings.rec', '--out', 'run'])).status).toBe(0);
  files = Object.fromEntries(names.map((name) => [`run/${name}`, readFileSync(path.join(folder, 'run', name))]));
});

const withRun = (): Workplace => workplace({ ...files, 'ratings.csv': ratings });

const edit = (run: string, file: string, from: string | RegExp, to: string): void => {
  const text = readFileSync(path.join(run, file), 'utf8');
  expect(text).not.toBe(text.replace(from, to));
  writeFileSync(path.join(run, file), text.replace(from, to));
};

describe('a damaged run', () => {
  test.each<[string, (run: string) => void, string]>([
    [
      'without its record',
      (run) => rmSync(`${run}/run.json`),
      'run is not a run folder: it has no run.json\n  Name the folder that train wrote.',
    ],
    ['with a record that is no JSON', (run) => writeFileSync(`${run}/run.json`, '{'), 'run/run.json is damaged: it is not JSON'],
    ['with an edited status', (run) => edit(run, 'run.json', 'finished', 'done'), 'run/run.json is damaged: /status must be'],
    [
      'of a newer format',
      (run) => edit(run, 'run.json', '"format": 2', '"format": 3'),
      'run/run.json has format 3; this version of reccompile reads formats up to 2\n  Install a newer',
    ],
    [
      'that is still being trained, or was killed',
      (run) => {
        edit(run, 'run.json', 'finished', 'running');
        rmSync(`${run}/weights.safetensors`);
      },
      'run has no weights.safetensors: its status is running\n  Wait until training ends; if it was killed, go on with: reccompile train --resume run',
    ],
    ['with weights cut off', (run) => truncateSync(`${run}/weights.safetensors`, 300), 'run/weights.safetensors is damaged: '],
    [
      'with empty weights',
      (run) => truncateSync(`${run}/weights.safetensors`, 0),
      'run/weights.safetensors is damaged: it is shorter than a header',
    ],
    [
      'with noise for weights',
      (run) => writeFileSync(`${run}/weights.safetensors`, Buffer.alloc(400, 0xa7)),
      'run/weights.safetensors is damaged: ',
    ],
    ['without a table', (run) => rmSync(`${run}/tables/table.user.safetensors`), 'run has no tables/table.user.safetensors'],
    ['without its encoder', (run) => rmSync(`${run}/encoder.json`), 'run is damaged: it has no encoder.json'],
    [
      'with an edited encoder',
      (run) => edit(run, 'encoder.json', /"mean": [-\d.]+/, '"mean": "x"'),
      'run/encoder.json is damaged: /statistics/price/0/mean must be number',
    ],
    ['without its model', (run) => rmSync(`${run}/model.rec`), 'run is damaged: it has no model.rec'],
    [
      'with an edited model',
      (run) => edit(run, 'model.rec', 'category', 'categry'),
      'run/model.rec does not hold model Ratings: there is no type `categry`',
    ],
    [
      'with a model of other sizes',
      (run) => edit(run, 'model.rec', 'dim: 2', 'dim: 3'),
      "of the model's shape\n  The run was changed: train it again.",
    ],
    [
      'with a model of other features',
      (run) => edit(run, 'model.rec', /price/g, 'prize'),
      'run is damaged: encoder.json and model.rec are of different models',
    ],
    ['without a vocabulary', (run) => rmSync(`${run}/vocabulary/user`), 'run is damaged: it has no vocabulary/user'],
    [
      'with a vocabulary cut off',
      (run) => writeFileSync(`${run}/vocabulary/user`, '"0"\n"1"\n'),
      'run/vocabulary/user is damaged: it should have 7 values, each once',
    ],
    [
      'with a longer vocabulary',
      (run) => appendFileSync(`${run}/vocabulary/user`, '"99"\n'),
      'run/vocabulary/user is damaged: it should have 7 values, each once',
    ],
    [
      'with a value twice',
      (run) => edit(run, 'vocabulary/user', '"3"', '"4"'),
      'run/vocabulary/user is damaged: it should have 7 values, each once',
    ],
  ])('%s', async (_, damage, message) => {
    const { folder, call } = withRun();
    damage(path.join(folder, 'run'));
    for (const line of [
      ['predict', 'run', 'ratings.csv'],
      ['eval', 'run', '--data', 'ratings.csv'],
    ]) {
      const { status, out, error } = await call(line);
      expect({ status, out }).toEqual({ status: 1, out: '' });
      expect(error).toContain(message);
    }
  });

  test.each<[string, string, string]>([
    ['is missing', '', 'run is damaged: it has no schema.json'],
    ['is no object', '[]', 'run/schema.json is damaged: it is not a JSON object'],
    ['is no schema', '{"type": "nonsense"}', 'run/schema.json is damaged: it is not a JSON Schema'],
  ])('whose schema %s', async (_, schema, message) => {
    const { folder, call, write } = withRun();
    if (schema === '') rmSync(path.join(folder, 'run/schema.json'));
    else write('run/schema.json', schema);
    expect(await call(['predict', 'run', 'ratings.csv'])).toMatchObject({ status: 1, out: '' });
    expect((await call(['predict', 'run', 'ratings.csv'])).error).toContain(message);
  });
});

describe('a run that was moved', () => {
  test('is measured on data that the user names', async () => {
    const { folder, call } = withRun();
    rmSync(path.join(folder, 'run/environment.json'));
    expect((await call(['eval', 'run'])).error).toContain('there is no file ratings.csv, the source of run/model.rec');
    const { status, out } = await call(['eval', 'run', '--data', '.']);
    expect({ status, out }).toEqual({
      status: 0,
      out: expect.stringMatching(/^test, \d+ rows: auc [\d.]+, log_loss [\d.]+, loss [\d.]+\n$/) as string,
    });
  });

  test('tells its facts', async () => {
    const { folder, call, write } = withRun();
    write('ratings.rec', spec);
    mkdirSync(path.join(folder, 'b'));
    cpSync(path.join(folder, 'run'), path.join(folder, 'b/run'), { recursive: true });
    const { out } = await call(['inspect', 'ratings.rec', '--facts', 'b/run', '--format', 'json']);
    expect(JSON.parse(out)).toMatchObject({
      unknown: [],
      tables: [
        { name: 'user', rows: 8 },
        { name: 'item', rows: 11 },
      ],
    });
    expect((await call(['inspect', 'ratings.rec', '--facts', 'nowhere'])).error).toContain('nowhere is not a run folder');
  });
});

describe('eval', () => {
  beforeAll(() => {
    expect(files).toBeDefined();
  });

  test.each(['test', 'valid', 'train', 'all'])('--split %s', async (split) => {
    const { call } = withRun();
    const { status, out, error } = await call(['eval', 'run', '--data', '.', '--split', split, '--json']);
    expect({ status, progress: error.split('\n')[0] }).toEqual({
      status: 0,
      progress: expect.stringMatching(/^120 rows: /) as string,
    });
    expect(out.trimEnd()).not.toContain('\n');
    expect(JSON.parse(out)).toMatchObject({ run: 'run', split, metrics: { auc: expect.any(Number) as number } });
  });

  test('of more rows than may be in memory', async () => {
    const { call } = withRun();
    for (const split of ['test', 'train', 'all']) {
      const line = ['eval', 'run', '--data', '.', '--split', split, '--json'];
      const whole = await call(line);
      const parts = await call([...line, '--memory', '1kB']);
      expect(parts).toEqual(whole);
      expect(parts.status).toBe(0);
    }
  });

  test('of rows that there are not', async () => {
    const { call } = workplace({ ...files, 'ratings.csv': ratings.split('\n').slice(0, 3).join('\n') });
    expect(await call(['eval', 'run', '--data', '.', '--split', 'valid'])).toMatchObject({ status: 1, out: '' });
  });
});
