import { cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { movieLens } from '../data/movielens.js';
import { reccompile, runProgram } from './command.js';
import { folderOf, program, ratings, spec, start, statusOf } from './support.js';

const { folder, remove } = folderOf('train', { 'ratings.rec': spec, 'ratings.csv': ratings(4000) });
afterAll(remove);

const hasEngine = ((): boolean => {
  try {
    return createRequire(import.meta.url).resolve('onnxruntime-node') !== '';
  } catch {
    return false;
  }
})();
const data = movieLens('ml-100k', 'u.data');
const call = (...line: readonly string[]) => reccompile(line, { folder });

describe.skipIf(!hasEngine)('from data to predictions', () => {
  let told: string;
  beforeAll(async () => {
    const { status, out, error } = await call('train', 'ratings.rec', '--out', 'whole', '--json', '--threads', '2');
    expect({ status, lines: out.trimEnd().split('\n').length }).toEqual({ status: 0, lines: 1 });
    expect(error).toContain(', CPU, 1 thread\n');
    expect(error).toMatch(/\nnext: reccompile predict whole rows\.csv\n$/);
    told = out;
  });

  test('eval measures what train told', async () => {
    const { status, out } = await call('eval', 'whole', '--json');
    expect(status).toBe(0);
    const { metrics } = JSON.parse(told) as { metrics: { test: unknown } };
    expect(JSON.parse(out)).toMatchObject({ run: 'whole', split: 'test', metrics: metrics.test });
  });

  test('predict reads what a pipe gives, and fills one', async () => {
    const line = `head -n 2001 ratings.csv | "${process.execPath}" "${program}" predict whole --format csv --keep user | tee all.jsonl | head -n 1; echo "\${PIPESTATUS[1]}"`;
    const { out, error } = await runProgram('bash', ['-c', line], { folder });
    expect(error).toBe('');
    expect(out).toMatch(/^\{"user":"0","liked":0\.\d+\}\n0\n$/);
  });

  test('the same seed gives the same bits', async () => {
    expect((await call('train', 'ratings.rec', '--out', 'again', '--json', '--threads', '2')).status).toBe(0);
    const { status } = await runProgram('cmp', ['whole/weights.safetensors', 'again/weights.safetensors'], { folder });
    expect(status).toBe(0);
  });
});

describe.skipIf(!hasEngine || data === undefined)('MovieLens 100K, where there is a copy of it', () => {
  test('is trained, measured and predicted from its files', async () => {
    const films = path.join(path.dirname(program), '../specs/movielens-100k.rec');
    const line = [
      'train',
      films,
      '--model',
      'LowRank',
      '--data',
      data ?? '',
      '--set',
      'train.epochs=4',
      '--out',
      'films',
      '--json',
    ];
    const { status, out } = await call(...line);
    expect(status).toBe(0);
    const told = JSON.parse(out) as { rows: unknown; metrics: { test: { rmse: number } } };
    expect(told.rows).toMatchObject({ read: 100_000, dropped: 0, bad: 0 });
    expect(told.metrics.test.rmse).toBeLessThan(1);
    expect(JSON.parse((await call('eval', 'films', '--json')).out)).toMatchObject({ metrics: told.metrics.test });
    const row = { user_id: 196, movie_id: 242, gender: 'M', zip: '55105', occupation: 'writer', age: 49 };
    const predicted = await reccompile(['predict', 'films'], { folder, input: JSON.stringify(row) });
    expect(predicted).toMatchObject({ status: 0, error: '' });
    expect((JSON.parse(predicted.out) as { rating: number }).rating).toBeGreaterThan(1);
  });
});

describe.skipIf(!hasEngine || process.platform === 'win32')('a signal', () => {
  const long = ['train', 'ratings.rec', '--set', 'train.epochs=100000'];

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends training with a run that predicts', async (signal) => {
    const out = `run-${signal}`;
    const { child, ended, told } = start([...long, '--out', out], folder);
    await told(/epoch 2\//);
    child.kill(signal);
    // As npx passes it on.
    child.kill(signal);
    const { status, error } = await ended;
    expect(status).toBe(130);
    expect(error).toMatch(/ending after this step …\n[^]*interrupted in epoch \d+, after [\d,]+ steps/);
    expect(statusOf(path.join(folder, out))).toBe('interrupted');
    expect((await call('eval', out)).status).toBe(0);
    expect((await call('predict', out, 'ratings.csv')).status).toBe(0);
  });

  test.each([0, 1, 2])('at a random moment leaves a run that is usable, or none (%i)', async (n) => {
    const out = `random-${String(n)}`;
    const { child, ended } = start([...long, '--out', out], folder);
    const milliseconds = Math.round(2000 * Math.random());
    await wait(milliseconds);
    child.kill('SIGINT');
    const { status, signal, error } = await ended;
    // Before it listens, the system ends it.
    const told = `${String(milliseconds)} ms: ${error}`;
    expect(signal === 'SIGINT' || status === 130, told).toBe(true);
    if (!existsSync(path.join(folder, out))) return;
    expect(statusOf(path.join(folder, out)), told).toBe('interrupted');
    expect((await call('eval', out)).status, told).toBe(0);
  });

  describe('with two workers', () => {
    const wide = ['--set', 'embeddings.dim=32', '--set', 'deep.units=[256, 256]', '--set', 'train.batch=512', '--threads', '2'];

    test('ends training with a run that predicts', async () => {
      const { child, ended, told } = start([...long, ...wide, '--out', 'pair'], folder);
      await told(/epoch 2\//);
      child.kill('SIGINT');
      const { status, error } = await ended;
      expect(status, error).toBe(130);
      expect(error).toMatch(/, CPU, 2 threads\n[^]*ending after this step …\n[^]*interrupted in epoch \d+, after [\d,]+ steps/);
      expect(statusOf(path.join(folder, 'pair'))).toBe('interrupted');
      expect((await call('eval', 'pair')).status).toBe(0);
    });

    test.each([0, 1, 2, 3, 4, 5])('at a random moment leaves a run that is usable, or none (%i)', async (n) => {
      const out = `pair-${String(n)}`;
      const { child, ended } = start([...long, ...wide, '--out', out], folder);
      const milliseconds = Math.round(3000 * Math.random());
      await wait(milliseconds);
      child.kill('SIGINT');
      const { status, signal, error } = await ended;
      // Before it listens, the system ends it.
      const told = `${String(milliseconds)} ms: ${error}`;
      expect(signal === 'SIGINT' || status === 130, told).toBe(true);
      if (!existsSync(path.join(folder, out))) return;
      expect(statusOf(path.join(folder, out)), told).toBe('interrupted');
    });
  });

  test('a second one, later, ends at once', async () => {
    const { child, ended, told } = start(
      [
        'train',
        'ratings.rec',
        '--set',
        'train.epochs=3',
        '--engine',
        'reference',
        '--set',
        'deep.units=[2000]',
        '--set',
        'train.batch=4000',
        '--out',
        'twice',
      ],
      folder,
    );
    await told(/parameters, reference/);
    child.kill('SIGINT');
    await wait(1500);
    child.kill('SIGINT');
    const { status, signal } = await ended;
    expect(signal === 'SIGINT' || status === 130).toBe(true);
  });

  test('SIGKILL leaves a run that says so', async () => {
    const { child, ended, told } = start([...long, '--out', 'killed'], folder);
    await told(/epoch 2\//);
    child.kill('SIGKILL');
    await ended;
    expect(statusOf(path.join(folder, 'killed'))).toBe('running');
    const { status, error } = await call('eval', 'killed');
    expect({ status, error }).toEqual({
      status: 1,
      error:
        'error: killed has no weights.safetensors: its status is running\n  Wait until training ends; if it was killed, go on with: reccompile train --resume killed\n',
    });
  });
});

describe('without onnxruntime-node', () => {
  const bare = path.join(folder, 'bare');
  const without = (...line: readonly string[]) =>
    runProgram(process.execPath, [path.join(bare, 'dist/reccompile.js'), ...line], { folder });
  beforeAll(() => {
    const root = path.resolve(path.dirname(program), '..');
    mkdirSync(path.join(bare, 'node_modules'), { recursive: true });
    cpSync(path.join(root, 'dist'), path.join(bare, 'dist'), { recursive: true });
    for (const name of readdirSync(path.join(root, 'node_modules'))) {
      if (name === '@duckdb' || name === 'prettier')
        symlinkSync(path.join(root, 'node_modules', name), path.join(bare, 'node_modules', name), 'junction');
    }
    writeFileSync(path.join(bare, 'package.json'), '{"type": "module"}');
  });

  test.each([['check'], ['expand'], ['emit'], ['inspect']])('%s works', async (name) => {
    expect(await without(name, 'ratings.rec')).toMatchObject({ status: 0, error: '' });
  });

  test('train names the line that is missing, and the other engine works', async () => {
    expect(await without('train', 'ratings.rec', '--out', 'none')).toEqual({
      status: 1,
      out: '',
      error: 'error: the engine onnxruntime needs the package onnxruntime-node\n  npm install onnxruntime-node@1.30\n',
    });
    expect(existsSync(path.join(folder, 'none'))).toBe(false);
    expect(
      await without('train', 'ratings.rec', '--engine', 'reference', '--set', 'train.epochs=1', '--out', 'plain', '--quiet'),
    ).toEqual({
      status: 0,
      out: 'plain\n',
      error: '',
    });
  });
});
