import { expect, test } from 'vitest';
import { workplace } from './workplace.js';

const spec = `model Films {
  data { source: "films.csv" }
  features { user: category item: category(size: 10) price: number(standardize) }
  label liked: binary
  label stars: number
  embeddings { dim: 4 price: { dim: 3 } }
  network {
    deep = mlp(concat(user, item, price), [5], norm: batch_norm)
    fixed = linear(deep, 2, frozen: true)
    liked = wide(user, item) + linear(deep, 1) + sum(fixed)
    stars = linear(deep, 1)
  }
  train { batch: 8 optimizer: { liked: ftrl(0.1), embeddings: adagrad(0.1), rest: sgd(0.1) } }
}
`;

interface Inspected {
  readonly parameters: number;
  readonly dense: number;
  readonly unknown: readonly string[];
  readonly states: readonly unknown[];
  readonly parts: readonly { readonly name: string; readonly parameters: number; readonly unknown: readonly string[] }[];
  readonly memory: { readonly optimizer: number };
}

test('parts have the tables that they make, and running statistics are no parameters', async () => {
  const { call } = workplace({ 'films.rec': spec });
  const { out, status } = await call(['inspect', 'films.rec', '--format', 'json']);
  expect(status).toBe(0);
  const told = JSON.parse(out) as Inspected;
  // deep: [5, 11] and its bias, γ and β; fixed: [2, 5] and a bias; two heads; the vector of the price.
  const dense = 55 + 5 + 10 + 12 + 6 + 6 + 3;
  expect(told).toMatchObject({ dense, parameters: dense + 40 + 10, unknown: ['5·V(user)'] });
  expect(told.states).toHaveLength(2);
  const part = (name: string) => told.parts.find((one) => one.name === name);
  expect(part('embeddings')).toMatchObject({ parameters: 43, unknown: ['4·V(user)'] });
  expect(part('liked')).toMatchObject({ parameters: 6 + 10, unknown: ['1·V(user)'] });
  expect(part('stars')).toMatchObject({ parameters: 6, unknown: [] });
  const sum = told.parts.reduce((total, { parameters }) => total + parameters, 0);
  expect(sum).toBe(told.parameters);
  // FTRL keeps two numbers a weight, Adagrad one, plain SGD none, and what is frozen nothing.
  expect(told.memory.optimizer).toBe(4 * (2 * (6 + 10) + (40 + 3)));
  const text = await call(['inspect', 'films.rec']);
  expect(text.out).toContain(`Films: ${String(told.parameters)} + 5·V(user) parameters, ${String(dense)} of them dense\n`);
  expect(text.out).toContain('running statistics: 10 numbers, which are no parameters\n');
  expect(text.out).toMatch(/\n {2}liked +16 \+ 1·V\(user\) /);
});

test('what exact updates cost a step is told, and what averages and sums of rows take', async () => {
  const { call } = workplace({ 'films.rec': spec });
  const inspect = async (optimizer: string, ...more: string[]) => {
    const settings = [`train.optimizer=${optimizer}`, ...more].flatMap((setting) => ['--set', setting]);
    const json = await call(['inspect', 'films.rec', '--format', 'json', ...settings]);
    const text = await call(['inspect', 'films.rec', ...settings]);
    const { sweeps, memory } = JSON.parse(json.out) as {
      readonly sweeps: object;
      readonly memory: { readonly optimizer: number };
    };
    return { sweeps, optimizer: memory.optimizer, text: text.out };
  };
  const lazy = await inspect('adamax');
  expect(lazy.sweeps).toEqual({ bytes: 0, unknown: [] });
  expect(lazy.text).not.toContain('every row');
  // Read and written: a row of 4 and one of 1 in each of 10 items, with two numbers kept of each.
  const exact = await inspect('adamax(exact)');
  expect(exact.sweeps).toEqual({ bytes: 8 * 10 * (12 + 3), unknown: ['120·V(user)'] });
  expect(exact.text).toContain('each step moves every row of a table: 1.20 kB + 120·V(user) bytes\n');
  expect((await inspect('adamax(exact)', 'train.ema=0.9')).sweeps).toEqual({
    bytes: 8 * 10 * (16 + 4),
    unknown: ['160·V(user)'],
  });
  const trained = 55 + 5 + 10 + 6 + 6 + 3;
  const byRow = await inspect('{ embeddings: rowwise_adagrad, liked: sgd, rest: sgd }');
  expect([byRow.sweeps, byRow.optimizer]).toEqual([{ bytes: 0, unknown: [] }, 4 * 4 * (10 + 1)]);
  const averaged = await inspect('sgd', 'train.ema=0.9');
  expect(averaged.optimizer).toBe(4 * (trained + 50 + 4 * (10 + 10)));
});
