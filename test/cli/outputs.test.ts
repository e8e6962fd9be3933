import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { workplace, type Called, type Workplace } from './workplace.js';

const spec = `model Towers {
  data { source: "films.csv" split: random(train: 0.7, valid: 0.15, test: 0.15, seed: 1) }
  features {
    user: category  age: number(standardize)
    item: category  price: number(standardize)  kind: category  item_kind: category(cross: [item, kind], hash: 50)
    place: category(size: 9)
  }
  label liked: binary
  label stars: number(weight: 0.1)
  embeddings { dim: 4 }
  network {
    user_vector = normalize(mlp(concat(user, age), [3], norm: batch_norm))
    item_vector = normalize(mlp(concat(item, price, item_kind), [3]))
    relevance = match(user_vector, item_vector, temperature: 0.5)
    liked = relevance + linear(place, 1)
    stars = linear(concat(user_vector, item_vector), 1)
  }
  outputs: [user_vector, item_vector, relevance]
  train { batch: 16 epochs: 2 }
  metrics: [auc, rmse]
}
`;
const films = `user,age,item,price,kind,place,liked,stars\n${Array.from(
  { length: 120 },
  (_, i) =>
    `${String(i % 7)},${String(20 + (i % 30))},${String((i * 5) % 11)},${String((i * 13) % 50)}.5,${String(i % 3)},${String(i % 9)},${String(i % 2)},${String(1 + (i % 5))}\n`,
).join('')}`;

const files: Record<string, Uint8Array> = {};
const names = [
  'run.json',
  'model.rec',
  'encoder.json',
  'schema.json',
  'environment.json',
  'metrics.jsonl',
  'weights.safetensors',
];
const tables = ['user', 'item', 'item_kind', 'place'];

const lines = (text: string): readonly Readonly<Record<string, unknown>>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
const linesOf = ({ out }: Called): readonly Readonly<Record<string, unknown>>[] => lines(out);

test('a run is trained, and told by the keys of its metrics', async () => {
  const { folder, call } = workplace({ 'films.rec': spec, 'films.csv': films });
  const { status, out, error } = await call(['train', 'films.rec', '--out', 'run', '--json']);
  expect({ status, error: error.includes('bug') ? error : '' }).toEqual({ status: 0, error: '' });
  expect(error).toMatch(/epoch 1\/2 {2}loss [\d.]+ {2}validation liked\.auc [\d.]+, stars\.rmse [\d.]+/);
  const told = JSON.parse(out) as { metrics: Record<string, Record<string, number>> };
  expect(Object.keys(told.metrics.test ?? {})).toEqual(['liked.auc', 'stars.rmse', 'loss']);
  for (const name of [
    ...names,
    ...tables.map((t) => `tables/table.${t}.safetensors`),
    'vocabulary/user',
    'vocabulary/item',
    'vocabulary/kind',
  ])
    files[`run/${name}`] = readFileSync(path.join(folder, 'run', name));
  const [epoch] = lines(readFileSync(path.join(folder, 'run/metrics.jsonl'), 'utf8'));
  expect(Object.keys(epoch?.valid as object)).toEqual(['liked.auc', 'stars.rmse', 'loss']);
  const measured = await call(['eval', 'run', '--json']);
  // The engine computes in float64, and the weights are kept in float32.
  const close = Object.entries(told.metrics.test ?? {}).map(([key, value]) => [key, expect.closeTo(value, 5) as number]);
  expect(JSON.parse(measured.out)).toMatchObject({ metrics: Object.fromEntries(close) as object });
  expect((await call(['eval', 'run'])).out).toMatch(/^test, \d+ rows: liked\.auc [\d.]+, stars\.rmse [\d.]+, loss [\d.]+\n$/);
  const record: unknown = JSON.parse(readFileSync(path.join(folder, 'run/run.json'), 'utf8'));
  expect(record).toMatchObject({
    format: 2,
    outputs: ['user_vector', 'item_vector', 'relevance'],
    optimizers: { rest: { rule: 'adam' }, parts: {} },
  });
}, 30_000);

const withRun = (rows: Readonly<Record<string, string | Uint8Array>>): Workplace => workplace({ ...files, ...rows });
const whole = { user: 1, age: 30, item: 3, price: 4.5, kind: 2, place: 4 };
const unit: unknown = expect.toSatisfy(
  (v: unknown) => Array.isArray(v) && v.length === 3 && Math.abs(Math.hypot(...(v as number[])) - 1) < 1e-5,
  'a vector of length 1',
);

describe('predict', () => {
  test('gives what the model lists, and needs no column of what it does not', async () => {
    const { place: _, ...row } = whole;
    const { call, folder } = withRun({ 'rows.jsonl': JSON.stringify(row) });
    const called = await call(['predict', 'run', 'rows.jsonl']);
    expect(called).toMatchObject({ status: 0, error: '' });
    expect(linesOf(called)).toEqual([{ user_vector: unit, item_vector: unit, relevance: expect.any(Number) as number }]);
    const schema = JSON.parse(readFileSync(path.join(folder, 'run/schema.json'), 'utf8')) as {
      properties: object;
      required: unknown;
    };
    expect(Object.keys(schema.properties)).toEqual(['user', 'age', 'item', 'price', 'kind']);
    expect(schema.required).toEqual(['age', 'price']);
  });

  test('--output gives labels and outputs, in the order that is asked for', async () => {
    const { call } = withRun({ 'rows.jsonl': JSON.stringify(whole) });
    const both = await call(['predict', 'run', 'rows.jsonl', '--output', 'stars,user_vector', '--output', 'liked']);
    expect(both.error).toBe('');
    const [line = {}] = linesOf(both);
    expect(Object.keys(line)).toEqual(['stars', 'user_vector', 'liked']);
    expect(line.liked).toBeGreaterThan(0);
    expect(line.liked).toBeLessThan(1);
    expect(linesOf(await call(['predict', 'run', 'rows.jsonl', '--output', 'user_vector']))[0]).toEqual({
      user_vector: line.user_vector,
    });
  });

  test('makes the vectors of a catalogue from a file with its columns alone', async () => {
    const catalogue = `item,price,kind\n${Array.from({ length: 11 }, (_, i) => `${String(i)},${String(i)}.5,${String(i % 3)}\n`).join('')}`;
    const { call } = withRun({
      'items.csv': catalogue,
      'rows.jsonl': JSON.stringify({ ...whole, item: 3, price: 3.5, kind: 0 }),
    });
    const called = await call(['predict', 'run', 'items.csv', '--output', 'item_vector', '--keep', 'item']);
    expect(called).toMatchObject({ status: 0, error: '' });
    expect(linesOf(called)).toHaveLength(11);
    const [expected] = linesOf(await call(['predict', 'run', 'rows.jsonl', '--output', 'item_vector']));
    expect(linesOf(called)[3]).toEqual({ item: '3', ...expected });
  });

  test('asks for the columns of what is wanted, and no others', async () => {
    const { call } = withRun({ 'items.csv': 'item,kind\n1,2\n', 'rows.jsonl': '{"item":1,"kind":null,"price":null}\n{}\n' });
    expect((await call(['predict', 'run', 'items.csv', '--output', 'item_vector'])).error).toBe(
      'error: items.csv has no column price, needed by feature price\n  It has item, kind.\n',
    );
    const called = await call(['predict', 'run', 'rows.jsonl', '--output', 'item_vector']);
    expect(linesOf(called)).toEqual([{ error: 'price is missing' }, { error: 'price is missing' }]);
  });

  test.each([
    ['item_vektor', 'error: model Towers has no output item_vektor\n  Did you mean item_vector?\n'],
    ['nothing', 'error: model Towers has no output nothing\n  It gives liked, stars, user_vector, item_vector, relevance.\n'],
    ['liked,', 'error: --output needs NAME\n  It gives liked, stars, user_vector, item_vector, relevance.\n'],
  ])('refuses --output %s', async (name, error) => {
    const { call } = withRun({ 'rows.jsonl': JSON.stringify(whole) });
    expect(await call(['predict', 'run', 'rows.jsonl', '--output', name])).toEqual({ status: 2, out: '', error });
  });

  test('--keep is told from what is written, not from all that could be', async () => {
    const { call } = withRun({ 'rows.jsonl': JSON.stringify({ ...whole, liked: 1 }) });
    expect(linesOf(await call(['predict', 'run', 'rows.jsonl', '--keep', 'liked', '--output', 'relevance']))[0]).toEqual({
      liked: 1,
      relevance: expect.any(Number) as number,
    });
    expect((await call(['predict', 'run', 'rows.jsonl', '--keep', 'liked', '--output', 'liked'])).error).toContain(
      '--keep liked cannot',
    );
  });

  test('shows how in its help', async () => {
    const { call } = withRun({});
    expect((await call(['help', 'predict'])).out).toMatch(/predict runs\/Towers-1 items\.csv --output item --keep movie_id/);
  });
});

test('running statistics lie beside the weights, and are read back', async () => {
  const text = Buffer.from(files['run/weights.safetensors'] ?? []).toString('latin1');
  const name = /"(user_vector[\w.]*batch_norm\.variance)"/.exec(text)?.[1] ?? '';
  expect(name).not.toBe('');
  const row = { 'rows.jsonl': JSON.stringify(whole) };
  expect((await withRun(row).call(['predict', 'run', 'rows.jsonl'])).status).toBe(0);
  const renamed = Buffer.from(text.replace(name, name.replace('variance', 'varience')), 'latin1');
  const { call } = withRun({ ...row, 'run/weights.safetensors': renamed });
  expect((await call(['predict', 'run', 'rows.jsonl'])).error).toContain(`run has no weight ${name} of the model's shape`);
});
