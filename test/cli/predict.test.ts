import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../src/cli/run.js';
import { quietHost } from './host.js';
import { ratings, workplace } from './workplace.js';

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

test('outputs may have the names of what every object has', async () => {
  const names = ['toString', '__proto__', 'constructor', 'hasOwnProperty'];
  const { call } = workplace({
    'm.rec': `model M {
      data { source: "ratings.csv" }
      features { user: category item: category(size: 11) }
      label liked: binary = rating >= 4
      embeddings { dim: 2 }
      network {
        toString = user
        __proto__ = item
        constructor = user * item
        hasOwnProperty = sum(constructor)
        liked = hasOwnProperty
      }
      outputs: [${names.join(', ')}]
      train { batch: 16 epochs: 1 }
    }`,
    'ratings.csv': ratings,
    'rows.csv': 'user,item\n1,2\n',
  });
  expect(await call(['train', 'm.rec', '--out', 'run', '--quiet'])).toMatchObject({ status: 0 });
  const { status, out } = await call(['predict', 'run', 'rows.csv']);
  const number: unknown = expect.any(Number);
  expect(status).toBe(0);
  expect(Object.entries(JSON.parse(out) as object)).toEqual([
    ['toString', [number, number]],
    ['__proto__', [number, number]],
    ['constructor', [number, number]],
    ['hasOwnProperty', number],
  ]);
});
