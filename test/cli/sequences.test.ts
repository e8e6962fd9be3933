import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { workplace, type Called } from './workplace.js';

const spec = `model Histories {
  data { source: "rows.jsonl" split: random(train: 0.8, valid: 0.2, test: 0, seed: 1) bad_rows: 0.1 }
  features {
    item: category
    history: category[](vocabulary: item, max_length: 4, separator: "|")
    stars: category[](size: 6, default: "3", max_length: 4, parallel: history, separator: "|")
  }
  label liked: binary
  label grade: class(3)
  embeddings { dim: 3 items: { features: [item, history] } }
  network {
    h = sequence(history)
    s = sequence(stars)
    read = sum[t](softmax[t](dot(h[t], item)) * (h[t] + s[t]))
    liked = linear(concat(read, item), 1)
    grade = linear(read, 3)
  }
  train { batch: 8 epochs: 1 }
}
`;

const rows = Array.from({ length: 40 }, (_, i) => ({
  item: i % 7,
  history: Array.from({ length: i % 6 }, (_v, k) => (i * k) % 7),
  stars: Array.from({ length: i % 6 }, (_v, k) => (k === 2 ? null : (i + k) % 6)),
  liked: i % 2,
  grade: i % 3,
}));
const jsonl = (all: readonly object[]): string => all.map((row) => `${JSON.stringify(row)}\n`).join('');
const linesOf = ({ out }: Called): readonly Readonly<Record<string, unknown>>[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('sequences are trained on and predicted from lists and from text alike', async () => {
  const wrong = { ...rows[5], stars: [1, 2] };
  const { call, write, folder } = workplace({ 'h.rec': spec, 'rows.jsonl': jsonl([...rows, wrong]) });
  const trained = await call(['train', 'h.rec', '--out', 'run', '--json']);
  expect(trained.error).toContain(
    '  bad: rows.jsonl, record 41, stars: it has 2 values, but history, beside which it stands, has 5\n',
  );
  const { metrics } = JSON.parse(trained.out) as { metrics: { valid: object } };
  expect(Object.keys(metrics.valid)).toEqual(['liked.auc', 'liked.log_loss', 'grade.accuracy', 'grade.log_loss', 'loss']);
  write('rows.jsonl', jsonl(rows));
  const lists = await call(['predict', 'run', 'rows.jsonl']);
  expect(lists).toMatchObject({ status: 0, error: '' });
  const [first] = linesOf(lists);
  expect(first).toEqual({ liked: expect.any(Number) as number, grade: [0, 1, 2].map(() => expect.any(Number) as number) });
  expect((first?.grade as number[]).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
  const header = 'item,history,stars\n';
  write('rows.csv', header + rows.map((r) => `${String(r.item)},${r.history.join('|')},${r.stars.join('|')}\n`).join(''));
  expect(await call(['predict', 'run', 'rows.csv'])).toEqual(lists);
  // The same values in another order, or fewer of them, are another history.
  const [long] = rows.filter(({ history }) => history.length === 5);
  const turned = { ...long, history: long?.history.toReversed() };
  const cut = { ...long, history: long?.history.slice(0, 4), stars: long?.stars.slice(0, 4) };
  write('turned.jsonl', jsonl([long ?? {}, turned, cut]));
  const [straight, back, short] = linesOf(await call(['predict', 'run', 'turned.jsonl']));
  expect(back).not.toEqual(straight);
  expect(short).toEqual(straight);
  write('wrong.jsonl', jsonl([wrong]));
  expect(linesOf(await call(['predict', 'run', 'wrong.jsonl']))).toEqual([
    { error: 'stars: it has 2 values, but history, beside which it stands, has 5' },
  ]);
  const encoder = readFileSync(path.join(folder, 'run/encoder.json'), 'utf8');
  expect(encoder.match(/"keepsPlaces": true/g)).toHaveLength(2);
}, 30_000);
