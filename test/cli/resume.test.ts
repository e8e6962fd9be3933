import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { interruptedAt, pressingAt, status } from './interrupted.js';
import { ratings, spec } from './workplace.js';

const long = spec.replace('epochs: 2', 'epochs: 30').replace('batch: 16', 'batch: 8, stop: no_improvement(patience: 25)');

/** Weights, tables, and metrics without times. */
const bitsOf = (run: string) => {
  const tables = readdirSync(path.join(run, 'tables')).map((name) => `tables/${name}`);
  const files = ['weights.safetensors', ...tables].map((name) => [name, readFileSync(path.join(run, name)).toString('base64')]);
  const lines = readFileSync(path.join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const { metrics, progress } = JSON.parse(readFileSync(path.join(run, 'run.json'), 'utf8')) as Record<string, unknown>;
  return { files, metrics, progress, lines: lines.map((line) => ({ ...(JSON.parse(line) as object), seconds: 0 })) };
};

const edit = (file: string, from: string | RegExp, to: string): void => {
  const text = readFileSync(file, 'utf8');
  expect(text).toMatch(from);
  writeFileSync(file, text.replace(from, to));
};

describe('train --resume', { timeout: 60_000 }, () => {
  test.each([
    ['in the first epoch', /^.*epoch 1\/30 \[/m],
    ['between epochs', /^epoch 3\/30 {2}loss/m],
    ['in the last epoch', /^.*epoch 30\/30 \[/m],
    ['while the test rows are measured', /^epoch 30\/30 {2}loss/m],
  ])('goes on after Ctrl-C %s as if there had been none', async (_, moment) => {
    const { status: left, error, folder, call } = await interruptedAt(moment, long);
    expect(left).toBe(130);
    expect(error).toContain('\nto go on: reccompile train --resume run\n');
    const again = await call(['train', '--resume', 'run']);
    expect({ ...again, error: again.error.split('\n', 4) }).toMatchObject({
      status: 0,
      error: [
        expect.stringMatching(/^120 rows: /) as string,
        expect.stringMatching(/parameters, reference/) as string,
        expect.stringMatching(/^going on after step \d+$/) as string,
        expect.anything() as string,
      ],
    });
    expect(status(folder)).toBe('finished');
    expect(existsSync(path.join(folder, 'run/checkpoints'))).toBe(false);
    expect((await call(['train', 'ratings.rec', '--out', 'whole'])).status).toBe(0);
    expect(bitsOf(path.join(folder, 'run'))).toEqual(bitsOf(path.join(folder, 'whole')));
  });

  const interrupted = () => interruptedAt(/^epoch 2\/30 {2}loss/m, long);

  test('may make the run longer', async () => {
    const { folder, call } = await interrupted();
    expect((await call(['train', '--resume', 'run', '--set', 'train.epochs=10'])).error).toBe(
      'error: run has 30 epochs: --set train.epochs may make it longer, not shorter\n',
    );
    expect((await call(['train', '--resume', 'run', '--set', 'train.epochs=33'])).status).toBe(0);
    expect(readFileSync(path.join(folder, 'run/model.rec'), 'utf8')).toContain('epochs: 33');
    expect((await call(['train', 'ratings.rec', '--out', 'whole', '--set', 'train.epochs=33'])).status).toBe(0);
    expect(bitsOf(path.join(folder, 'run'))).toEqual(bitsOf(path.join(folder, 'whole')));
  });

  test('says that a longer run is another one where the schedule spans it', async () => {
    const cosine = long.replace('batch: 8', 'batch: 8, schedule: cosine()');
    const { call } = await interruptedAt(/^epoch 2\/30 {2}loss/m, cosine);
    const { status: left, error } = await call(['train', '--resume', 'run', '--set', 'train.epochs=31']);
    expect(left).toBe(0);
    expect(error).toContain('warning: the cosine schedule spans all epochs: with more of them the learning rate goes on higher');
  });

  test('finds data that --data names', async () => {
    const { folder, call, write } = await interrupted();
    write('elsewhere/ratings.csv', ratings);
    rmSync(path.join(folder, 'ratings.csv'));
    expect((await call(['train', '--resume', 'run'])).error).toContain('there is no file ratings.csv');
    expect(status(folder)).toBe('interrupted');
    expect((await call(['train', '--resume', 'run', '--data', 'elsewhere'])).status).toBe(0);
  });

  test('passes over a checkpoint that is damaged, and says so', async () => {
    const { folder, call } = await interrupted();
    expect((await call(['train', '--resume', 'run'], pressingAt(/^epoch 4\/30 {2}loss/m))).status).toBe(130);
    const [last = ''] = readFileSync(path.join(folder, 'run/checkpoints/latest'), 'utf8').split('\n');
    truncateSync(path.join(folder, `run/checkpoints/${last}/optimizer.safetensors`), 100);
    const again = await call(['train', '--resume', 'run']);
    expect(again.status).toBe(0);
    expect(again.error).toContain(`warning: run/checkpoints/${last}/optimizer.safetensors is damaged: it has 100 bytes`);
    expect((await call(['train', 'ratings.rec', '--out', 'whole'])).status).toBe(0);
    expect(bitsOf(path.join(folder, 'run'))).toEqual(bitsOf(path.join(folder, 'whole')));
  });

  test('begins a run again that was killed before its first checkpoint', async () => {
    const { folder, call } = await interrupted();
    rmSync(path.join(folder, 'run/checkpoints'), { recursive: true });
    expect((await call(['train', '--resume', 'run'])).error).toMatch(/^error: run has no checkpoint to go on from\n/);
    edit(path.join(folder, 'run/run.json'), '"interrupted"', '"running"');
    const again = await call(['train', '--resume', 'run']);
    expect(again.status).toBe(0);
    expect(again.error).toContain('it has no checkpoint yet: training begins again');
    expect((await call(['train', 'ratings.rec', '--out', 'whole'])).status).toBe(0);
    expect(bitsOf(path.join(folder, 'run'))).toEqual(bitsOf(path.join(folder, 'whole')));
  });

  test('refuses data that have changed, and leaves the run as it is', async () => {
    const { folder, call } = await interrupted();
    edit(path.join(folder, 'ratings.csv'), '1,5,13.5,4', '1,5,13.5,1');
    const { status: left, error } = await call(['train', '--resume', 'run']);
    expect(left).toBe(1);
    expect(error).toMatch(/error: the data are not those that run was begun with: they have changed since\n {2}Say where/);
    expect(status(folder)).toBe('interrupted');
    expect((await call(['predict', 'run', 'ratings.csv'])).status).toBe(0);
  });

  test.each<[string, readonly string[], string]>([
    ['a spec', ['ratings.rec'], 'with its own spec, not with ratings.rec\n  Reccompile train --resume run\n'],
    ['another folder', ['--out', 'other'], 'and in its own folder\n  Run it without --out.\n'],
    ['a model', ['--model', 'Ratings'], 'and it has one model\n  Run it without --model.\n'],
    ['another value', ['--set', 'train.batch=4'], 'so that --set train.batch=4 cannot be\n  It may train longer'],
  ])('refuses %s', async (_, line, message) => {
    const { call } = await interrupted();
    const { status: left, error } = await call(['train', ...line, '--resume', 'run']);
    expect(left).toBe(2);
    expect(error.toLowerCase()).toContain(`error: --resume goes on with run as it was begun, ${message}`.toLowerCase());
  });

  test.each<[string, string, string, RegExp]>([
    ['that is finished', '"status": "interrupted"', '"status": "finished"', /^error: run is finished: there is nothing to go on/],
    ['of another version', /"compiler": "[^"]*"/.source, '"compiler": "0.0.9"', /begun by reccompile 0\.0\.9, and this is/],
    ['of another engine', '"engine": "reference', '"engine": "onnxruntime', /another engine would not go on to the same numbers/],
    ['of an engine that is gone', '"engine": "reference', '"engine": "abacus', /begun with abacus/],
  ])('refuses a run %s', async (_, from, to, message) => {
    const { folder, call } = await interrupted();
    edit(path.join(folder, 'run/run.json'), new RegExp(from), to);
    const { status: left, error } = await call(['train', '--resume', 'run']);
    expect(left).toBe(1);
    expect(error).toMatch(message);
  });

  test('refuses a run that another process trains', async () => {
    const { folder, call } = await interrupted();
    const lock = path.join(folder, 'run/process.json');
    writeFileSync(lock, JSON.stringify({ pid: process.ppid, host: hostname() }));
    expect((await call(['train', '--resume', 'run'])).error).toMatch(/^error: run is being trained by process \d+\n/);
    writeFileSync(lock, JSON.stringify({ pid: 2 ** 30, host: hostname() }));
    expect((await call(['train', '--resume', 'run'])).status).toBe(0);
    expect(existsSync(lock)).toBe(false);
  });

  test('of two at once goes on with a run in one', async () => {
    const { folder, call } = await interrupted();
    // A process that is gone may have had this one's number.
    writeFileSync(path.join(folder, 'run/process.json'), JSON.stringify({ pid: process.pid, host: hostname() }));
    const both = await Promise.all([call(['train', '--resume', 'run']), call(['train', '--resume', 'run'])]);
    expect(both.map((one) => one.status).toSorted()).toEqual([0, 1]);
    expect(both.find((one) => one.status === 1)?.error).toMatch(/^error: run is being trained by process \d+\n/);
    expect(status(folder)).toBe('finished');
    expect(readdirSync(path.join(folder, 'run')).filter((name) => name.includes('process.json'))).toEqual([]);
  });

  test('keeps a run without a checkpoint that is stopped before its first step', async () => {
    const { folder, call } = await interrupted();
    rmSync(path.join(folder, 'run/checkpoints'), { recursive: true });
    edit(path.join(folder, 'run/run.json'), '"interrupted"', '"running"');
    let error = '';
    const pressing = pressingAt(/ parameters, reference/, (text) => (error += text));
    expect((await call(['train', '--resume', 'run'], pressing)).status).toBe(130);
    expect(error).toContain('interrupted: run is as it was');
    expect((await call(['train', '--resume', 'run'])).status).toBe(0);
  });
});

test('train needs a spec, or a run to go on with', async () => {
  const { call } = await interruptedAt(/^epoch 1\/30 {2}loss/m, long);
  expect(await call(['train'])).toMatchObject({
    status: 2,
    error: expect.stringMatching(/^error: train needs a \.rec file/) as string,
  });
  expect((await call(['train', '--resume', 'nowhere'])).error).toMatch(/^error: nowhere is not a run folder/);
});
