import { expect, test } from 'vitest';
import { workplace } from './workplace.js';

const spec = `model Films {
  data { source: csv("films.csv", columns: [user, item, part, liked]) bad_rows: 0.1 split: by_column(part, train: "a", valid: "b", test: ["c", "d"]) }
  features { user: category item: category }
  label liked: binary
  embeddings { dim: 2 }
  network { liked = match(user, item) }
  train { batch: 8 epochs: 1 }
}
`;
const rows = Array.from(
  { length: 60 },
  (_, i) => `u${String(i % 5)},${String(i % 7)},${'aab'[i % 3] ?? ''},${String((i >> 2) % 2)}`,
);
const files = { 'films.rec': spec, 'films.csv': `user,item,part,liked\n${rows.join('\n')}\n` };
const train = ['train', 'films.rec', '--out', 'run', '--quiet'];

test('training warns of a header line read as a row, and of values that no row has', async () => {
  const { call } = workplace(files);
  const { status, error } = await call(train);
  expect(status).toBe(0);
  expect(error.split('\n')).toEqual([
    '  bad: films.csv, record 1, liked: "liked" is neither true or false nor 1 or 0',
    'warning: films.csv begins with the names that `columns` gives: that line is read as a row; leave `columns` out',
    'warning: split: test wants "c", which no row has in the column part; it has "a", "b", "part"',
    'warning: split: test wants "d", which no row has in the column part; it has "a", "b", "part"',
    'warning: the split leaves no row to test on',
    '',
  ]);
});

test('check and train name the values that a closed set lacks', async () => {
  const closed = spec.replace('user: category', 'user: category(values: ["u0", "u1", "u2"])');
  const { call, write } = workplace({ ...files, 'films.rec': closed });
  const told = '40% of the rows have a value outside its `values`: "u3" (12), "u4" (12)';
  expect((await call(['check', 'films.rec', '--data'])).out).toContain(`warning outside-values: feature \`user\`: ${told}`);
  expect((await call(train)).error).toContain(`warning: feature user: ${told}`);
  const { error } = await call([...train.slice(0, 2), '--out', 'again', '--quiet']);
  expect(error).toContain(told);
  await call([...train.slice(0, 2), '--out', 'closed', '--quiet']);
  write('new.jsonl', ['u0', 'x1', '', 'u9'].map((user) => JSON.stringify({ user, item: 3 })).join('\n'));
  expect((await call(['predict', 'closed', 'new.jsonl'])).error).toBe(
    'warning: feature user has a value outside its `values`, which counts as unknown, in 2 of 4 rows\n',
  );
  const letters = { 'films.csv': `user,item,part,liked\n${rows.join('\n')}\n`.replaceAll('u3', 'Mobel') };
  const near = workplace({ ...files, ...letters, 'films.rec': closed.replace('"u2"', '"u2", "Möbel", "u4"') });
  expect((await near.call(['check', 'films.rec', '--data'])).out).toContain('"Mobel" (12; "Möbel" is listed)');
});

test('eval warns of features whose values the run does not know', async () => {
  const { call, write } = workplace(files);
  await call(train);
  write('new.csv', rows.map((row) => `x${row}`).join('\n'));
  const { status, error } = await call(['eval', 'run', '--data', 'new.csv', '--split', 'all']);
  expect(status).toBe(0);
  expect(error).toContain('warning: feature user is unknown or missing in all given rows\n');
  expect(error).not.toContain('feature item');
});

test('predict tells rows that say nothing', async () => {
  const { call, write } = workplace(files);
  await call(train);
  write('rows.jsonl', `{}\n{"user":"u1","item":3}\n{"user":"","item":null,"other":1}\n`);
  const { status, out, error } = await call(['predict', 'run', 'rows.jsonl']);
  expect({ status, lines: out.trimEnd().split('\n').length }).toEqual({ status: 0, lines: 3 });
  expect(error).toBe('warning: row 1: every feature is missing\nwarning: row 3: every feature is missing\n');
  write('rows.jsonl', '{}\n'.repeat(9));
  expect((await call(['predict', 'run', 'rows.jsonl'])).error.trimEnd().split('\n')).toEqual([
    ...[1, 2, 3, 4, 5].map((row) => `warning: row ${String(row)}: every feature is missing`),
    'warning: every feature is missing in 9 of 9 rows',
  ]);
  write('rows.jsonl', `\ufeff${JSON.stringify({ user: 'u1', item: 3 })}\n`);
  expect(await call(['predict', 'run', 'rows.jsonl'])).toMatchObject({ status: 0, error: '' });
});

test('a label with a loss of its own has no loss on validation rows', async () => {
  const own = spec.replace(
    'liked = match(user, item)',
    'liked = match(user, item) liked.loss = target(liked) * in_batch_softmax(user, item, item)',
  );
  const { call } = workplace({ ...files, 'films.rec': own });
  const trained = await call(['train', 'films.rec', '--out', 'run', '--json']);
  expect(trained.status).toBe(0);
  expect(trained.error).toMatch(/epoch 1\/1 {2}loss [\d.]+ {2}validation auc [\d.]+, log_loss [\d.]+ \*/);
  const { metrics } = JSON.parse(trained.out) as { metrics: { valid: object } };
  expect(Object.keys(metrics.valid)).toEqual(['auc', 'log_loss']);
  expect((await call(['eval', 'run', '--split', 'valid'])).out).toMatch(/^valid, 20 rows: auc [\d.]+, log_loss [\d.]+\n$/);
});
