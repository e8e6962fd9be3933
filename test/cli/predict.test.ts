import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../src/cli/run.js';
import { quietHost } from './host.js';

test('a label may be called error', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'predict-'));
  const rows = Array.from({ length: 60 }, (_, i) => `${String(i % 5)},${String(i % 3)}\n`).join('');
  await writeFile(path.join(folder, 'rows.csv'), `a,error\n${rows}`);
  const spec = `model M {
    data { source: "rows.csv" }
    features { a: number }
    label error: number
    deep { units: [2] }
    train { epochs: 1, batch: 20 }
  }`;
  await writeFile(path.join(folder, 'm.rec'), spec);
  await writeFile(path.join(folder, 'new.jsonl'), '{"a": 1}\n{"a": "x"}\n{"a": 2}\n');
  const made = path.join(folder, 'run');
  const call = async (...line: string[]) => {
    const { host, written } = quietHost({ folder });
    return { status: await run(line, host), ...written };
  };
  const trained = await call(
    'train',
    path.join(folder, 'm.rec'),
    '--engine',
    'reference',
    '--data',
    folder,
    '--out',
    made,
    '--quiet',
  );
  expect(trained).toMatchObject({ status: 0 });
  const { status, out, error } = await call('predict', made, path.join(folder, 'new.jsonl'), '--engine', 'reference');
  const lines = out.trimEnd().split('\n');
  const results = lines.map((line): unknown => JSON.parse(line));
  const value: unknown = expect.any(Number);
  const reason: unknown = expect.stringContaining('a: ');
  expect(results).toEqual([{ error: value }, { error: reason }, { error: value }]);
  expect(error).toMatch(/^row 2: a: .*\n$/);
  expect(status).toBe(1);
});
