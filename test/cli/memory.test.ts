import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { spec, workplace } from './workplace.js';

const rows = 4000;
const files = {
  'ratings.rec': spec.replace('batch: 16', 'batch: 32'),
  'ratings.csv': `user,item,price,rating\n${Array.from(
    { length: rows },
    (_, i) => `${String((i * 13) % 97)},${String((i * 5) % 11)},${String((i * 13) % 50)}.5,${String(1 + ((i * 3) % 5))}\n`,
  ).join('')}`,
};
const streamed = ['train', 'ratings.rec', '--memory', '20kB'];

interface Answer {
  readonly steps: number;
  readonly metrics: Readonly<Record<string, unknown>>;
}
const answerOf = (out: string): Answer => JSON.parse(out) as Answer;
const planOf = (folder: string, run: string): unknown =>
  (JSON.parse(readFileSync(path.join(folder, run, 'run.json'), 'utf8')) as { plan: { window?: unknown } }).plan.window;

describe('rows that are too many for memory', { timeout: 60_000 }, () => {
  test('stay in a file, and give the same run twice, from the cache too', async () => {
    const { call, folder } = workplace(files);
    const environment = { RECCOMPILE_CACHE: path.join(folder, 'cache') };
    const first = await call([...streamed, '--out', 'first', '--json'], { environment });
    expect(first).toMatchObject({ status: 0 });
    expect(first.error).toContain('the rows stay in a file');
    const second = await call([...streamed, '--out', 'second', '--json'], { environment });
    expect(second.error).toContain('(encoded before)');
    const third = await call([...streamed, '--out', 'third', '--json', '--no-cache'], { environment });
    expect(third.error).not.toContain('(encoded before)');
    const [a, b, c] = [first, second, third].map(({ out }) => answerOf(out));
    expect([b, c].map((one) => [one?.steps, one?.metrics])).toEqual([
      [a?.steps, a?.metrics],
      [a?.steps, a?.metrics],
    ]);
    expect(planOf(folder, 'first')).toMatchObject({ groupRows: 64 });
    expect(readdirSync(path.join(folder, 'cache', 'rows'))).toHaveLength(1);
    const whole = await call(['train', 'ratings.rec', '--out', 'whole', '--json'], { environment });
    expect(planOf(folder, 'whole')).toBeUndefined();
    expect(Object.keys(answerOf(whole.out).metrics)).toEqual(Object.keys(a?.metrics ?? {}));
  });

  test('go on as if a run had not been interrupted', async () => {
    const { call, folder } = workplace(files);
    const whole = answerOf((await call([...streamed, '--out', 'whole', '--json'])).out);
    let stop = (): void => undefined;
    const cut = await call([...streamed, '--out', 'cut', '--json'], {
      terminal: true,
      onInterrupt: (interrupt) => {
        stop = interrupt;
        return () => undefined;
      },
      writeError: (text) => {
        if (text.includes('epoch 2/2')) stop();
      },
    });
    expect(cut.status).toBe(130);
    const resumed = await call(['train', '--resume', 'cut', '--json']);
    expect(resumed.status).toBe(0);
    expect(answerOf(resumed.out)).toMatchObject({ steps: whole.steps, metrics: whole.metrics });
    for (const file of ['weights.safetensors', 'tables/table.user.safetensors'])
      expect(readFileSync(path.join(folder, 'cut', file)).equals(readFileSync(path.join(folder, 'whole', file)))).toBe(true);
  });

  test.each(['much', '2', '0MB', '1.5.2GB', '2 parsecs'])('--memory %s is no size', async (size) => {
    const { call } = workplace(files);
    const { status, error } = await call(['train', 'ratings.rec', '--memory', size]);
    expect([status, error]).toEqual([2, `error: --memory is a size, such as 500MB or 2GB, not ${size}\n`]);
  });
});

test('encoded rows are kept for another time, unless that is not wanted', { timeout: 60_000 }, async () => {
  const { call, folder } = workplace(files);
  const environment = { RECCOMPILE_CACHE: path.join(folder, 'cache') };
  const train = ['train', 'ratings.rec', '--set', 'train.epochs=1', '--json'];
  await call([...train, '--out', 'none', '--no-cache'], { environment });
  expect(readdirSync(folder)).not.toContain('cache');
  const [first, second] = [
    await call([...train, '--out', 'a'], { environment }),
    await call([...train, '--out', 'b'], { environment }),
  ];
  expect([first, second].map(({ error }) => error.includes('(encoded before)'))).toEqual([false, true]);
  expect(answerOf(second.out).metrics).toEqual(answerOf(first.out).metrics);
});
