import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodedFeeds, rawFeeds, runModel } from '../target/onnx/rows.js';
import { ort } from '../target/onnx/support.js';
import { createRowEncoder } from '../../src/encode/row.js';
import type { EncoderProgram, EncoderState } from '../../src/encode/program.js';
import { shellWord } from '../../src/cli/shell.js';
import { keptWorkplace, ratings, spec } from './workplace.js';

const containing = (text: string): unknown => expect.stringContaining(text);

const place = keptWorkplace({ 'ratings.rec': spec, 'ratings.csv': ratings });
const { folder, call } = place;

beforeAll(async () => {
  expect((await call(['train', 'ratings.rec', '--out', 'run', '--quiet'])).status).toBe(0);
});

afterAll(place.remove);

const rows = [
  { user: '3', item: 4, price: 12.5 },
  { user: 'unknown', item: 0, price: 3.5 },
  { user: '', item: 10, price: 0 },
];

const predicted = async (): Promise<readonly number[]> => {
  const input = async function* () {
    yield Buffer.from(rows.map((row) => JSON.stringify(row)).join('\n'));
  };
  const { out, status } = await call(['predict', 'run'], { input });
  expect(status).toBe(0);
  return out
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { liked: number }).liked);
};

const expectNear = (actual: readonly number[] | undefined, wanted: readonly number[]): void => {
  expect(actual).toHaveLength(wanted.length);
  actual?.forEach((value, i) => expect(value).toBeCloseTo(wanted[i] ?? NaN, 5));
};

test.skipIf(!ort)('a run as model.onnx predicts what the run does, with encoder.json for its ids', async () => {
  expect((await call(['export', 'run', '--target', 'onnx'])).status).toBe(0);
  const made = path.join(folder, 'exported/run');
  expect(readdirSync(made).sort()).toEqual(['encoder.json', 'manifest.json', 'model.onnx']);
  const state = JSON.parse(readFileSync(path.join(made, 'encoder.json'), 'utf8')) as EncoderState & { program: EncoderProgram };
  const { encoded } = createRowEncoder(state.program, state).encodeRows(rows);
  const bytes = readFileSync(path.join(made, 'model.onnx'));
  expectNear((await runModel(ort!, bytes, encodedFeeds(bytes, encoded)))['prediction.liked'], await predicted());
});

test.skipIf(!ort)('with --raw it takes the rows as they are', async () => {
  expect((await call(['export', 'run', '--target', 'onnx', '--raw', '--out', 'raw'])).status).toBe(0);
  const bytes = readFileSync(path.join(folder, 'raw/model.onnx'));
  expectNear((await runModel(ort!, bytes, rawFeeds(bytes, rows)))['prediction.liked'], await predicted());
  const bad = rawFeeds(bytes, [{ user: '1', item: 11, price: 1 }, { user: '1', item: 1, price: null }, rows[0]!]);
  const [first, second, third] = (await runModel(ort!, bytes, bad))['prediction.liked'] ?? [];
  expect([first, second]).toEqual([NaN, NaN]);
  expect(third).toBeCloseTo((await predicted())[0] ?? NaN, 5);
});

test('all targets lie in one folder, and a second export leaves them alone', async () => {
  const line = ['export', 'run', '--target', 'typescript', '--target', 'tfjs', '--target', 'onnx', '--out', 'all'];
  expect(await call(line)).toMatchObject({ status: 0 });
  const made = readdirSync(path.join(folder, 'all'));
  expect(made).toEqual(expect.arrayContaining(['model.ts', 'model.json', 'model.onnx', 'encoder.json']));
  expect(await call(line)).toMatchObject({ status: 0, error: containing(' 0 written') });
  expect((await call([...line, '--check'])).status).toBe(0);
});

test('another target in the same folder leaves the first one alone, and what is removed is named', async () => {
  const export_ = (...words: readonly string[]) => call(['export', 'run', '--out', 'shared', ...words]);
  await export_('--target', 'tfjs');
  await export_('--target', 'onnx', '--train-step');
  const again = await export_('--target', 'onnx');
  expect(again).toMatchObject({ status: 0, error: containing('no longer written, and removed: shared/train.onnx\n') });
  expect(readdirSync(path.join(folder, 'shared'))).toEqual(expect.arrayContaining(['model.json', 'model.onnx', 'encoder.json']));
  expect((await export_('--target', 'tfjs', '--check')).status).toBe(0);
});

test('--check names the command that mends what it finds', async () => {
  const line = ['export', 'run', '--target', 'onnx', '--raw', '--out', 'the check'];
  expect(await call([...line, '--check'])).toMatchObject({
    status: 1,
    error: containing(`Run \`reccompile export run --target onnx --raw --out ${shellWord('the check')}\` to bring`),
  });
  expect((await call(line)).status).toBe(0);
  expect((await call([...line, '--check'])).status).toBe(0);
});

test('a run is not exported into itself, and what is no run is refused', async () => {
  const before = readdirSync(path.join(folder, 'run'));
  expect((await call(['export', 'run', '--out', 'run'])).status).toBe(2);
  expect((await call(['export', 'run', '--out', 'run/model'])).status).toBe(2);
  expect((await call(['export', 'nothing'])).status).toBe(1);
  expect(readdirSync(path.join(folder, 'run'))).toEqual(before);
  expect(existsSync(path.join(folder, 'exported/nothing'))).toBe(false);
});
