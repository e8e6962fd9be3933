import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { columnsOfTemplates, templates, type Needs } from '../../src/init/library.js';
import { check } from '../../src/model/check.js';
import { adClicks } from './init-tables.js';
import { workplace } from './workplace.js';

const all = templates();

test('every architecture of the library is a template, with a sentence about it', async () => {
  expect(all.length).toBeGreaterThan(30);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  const { status, out } = await workplace().call(['init', '--templates']);
  expect(status).toBe(0);
  for (const { name, doc } of all) {
    expect(doc.length, name).toBeGreaterThan(10);
    expect(out).toContain(name);
  }
});

test.each(all.map(({ name }) => name))('%s checks clean and trains a step on made-up rows', async (name) => {
  const place = workplace();
  const { status, error } = await place.call(['init', '--template', name, '--name', 'Made', '-o', 'made.rec']);
  expect({ status, error }).toMatchObject({ status: 0 });
  expect(await place.call(['check', 'made.rec'])).toMatchObject({ status: 0, out: '1 model: no errors\n', error: '' });
  const rows = readFileSync(path.join(place.folder, 'example.csv'), 'utf8').split('\n');
  place.write('example.csv', [...rows.slice(0, 31), ''].join('\n'));
  const random = 'data.split=random(train: 0.6, valid: 0.4, seed: 1)';
  const trained = await place.call(['train', 'made.rec', '--set', 'train.epochs=1', '--set', random, '--quiet']);
  expect(trained.status, trained.error).toBe(0);
});

test('a template fits a table of other columns', async () => {
  const place = workplace({ 'clicks.csv': adClicks(400) });
  for (const name of ['dlrm', 'autoint-plus', 'dcn-v2-low-rank', 'towers', 'wide-deep', 'neumf']) {
    const { status, error } = await place.call([
      'init',
      'clicks.csv',
      '--yes',
      '--template',
      name,
      '--user',
      'C1',
      '-o',
      `${name}.rec`,
    ]);
    expect({ name, status, error }).toMatchObject({ status: 0 });
    expect(await place.call(['check', `${name}.rec`])).toMatchObject({ status: 0, out: '1 model: no errors\n', error: '' });
  }
});

test('what a table lacks is said', async () => {
  const place = workplace({ 'clicks.csv': adClicks(400) });
  for (const [name, status, says] of [
    ['din', 1, 'a column with the items that a user met before'],
    ['mmoe', 2, 'predicts two labels'],
    ['deepmf', 2, 'Did you mean deepfm?'],
  ] as const) {
    const called = await place.call(['init', 'clicks.csv', '--yes', '--template', name]);
    expect(called.error).toContain(says);
    expect(called.status).toBe(status);
  }
});

test('a table where no name says who and what needs to be told', async () => {
  const rows = Array.from(
    { length: 200 },
    (_, i) => `${'abc'[i % 3] ?? ''},${'pqrs'[Math.floor(i / 3) % 4] ?? ''},${String((i * 7) % 90)},${String(i % 2)}`,
  );
  const place = workplace({ 'cars.csv': `make,fuel,power,sold\n${rows.join('\n')}\n` });
  for (const name of ['ncf', 'towers']) {
    const called = await place.call(['init', 'cars.csv', '--label', 'sold', '--template', name]);
    expect([called.status, called.error]).toEqual([
      1,
      expect.stringContaining('no name tells which they are: --user COLUMN --item COLUMN'),
    ]);
    const told = await place.call([
      'init',
      'cars.csv',
      '--label',
      'sold',
      '--template',
      name,
      '--user',
      'make',
      '--item',
      'fuel',
      '-o',
      `${name}.rec`,
    ]);
    expect(told.status, told.error).toBe(0);
  }
});

test('made-up rows are left only by a command line that is right', async () => {
  const place = workplace({ 'deepfm.rec': 'mine' });
  expect(await place.call(['init', '--template', 'deepfm'])).toMatchObject({ status: 1 });
  expect(await place.call(['init', '--template', 'fm', '--label', 'a', '--label', 'b'])).toMatchObject({ status: 2 });
  expect(readdirSync(place.folder)).toEqual(['deepfm.rec']);
});

describe('a table with names and columns of its own', () => {
  const recipes = Array.from({ length: 400 }, (_, i) => {
    const recipe = (at: number): number => 1 + ((at * 37) % 150);
    const row = {
      userId: `u${String((i * 7) % 41)}`,
      recipe: recipe(i),
      minutes: [10, 20, 30, 45, 60, 90][(i * 5) % 6],
      history: Array.from({ length: i % 12 }, (_value, at) => recipe(i + 11 * at)),
      stars: 1 + (Math.floor(i / 7) % 5),
      ...(i % 4 > 0 && { seconds: (i * 13) % 60 }),
      bought: Math.floor(i / 5) % 3 === 0 ? 1 : 0,
      ...((Math.floor(i / 5) % 3 === 0 || i % 151 === 6) && { dwell: 5.5 + (i % 3) }),
      'Salary €': (i * 11) % 90,
    };
    return `${JSON.stringify(row)}\n`;
  }).join('');

  async function written(...line: readonly string[]): Promise<string> {
    const place = workplace({ 'recipes.jsonl': recipes });
    const { status, error } = await place.call(['init', 'recipes.jsonl', '-o', 'r.rec', ...line]);
    expect(status, error).toBe(0);
    expect(await place.call(['check', 'r.rec'])).toMatchObject({ status: 0, out: '1 model: no errors\n', error: '' });
    return readFileSync(path.join(place.folder, 'r.rec'), 'utf8');
  }

  test('its label may have the name that a second one has in the template', async () => {
    expect(await written('--label', 'stars', '--template', 'towers')).toContain('stars = ');
    expect(await written('--label', 'stars', '--label', 'quick=minutes < 30', '--template', 'mmoe')).toContain('quick = ');
  });

  test('the columns said to be user and item are categories, and a list of items has their words', async () => {
    const text = await written('--label', 'liked=stars >= 4', '--user', 'userId', '--item', 'recipe', '--template', 'din');
    expect(text).toMatch(/ recipe: category/);
    expect(text).toContain('history: category[](vocabulary: recipe,');
    expect(await written('--label', 'stars')).not.toContain('vocabulary: minutes');
  });

  test('a feature that is there nearly only with the label is called in doubt', async () => {
    const text = await written('--label', 'timed=dwell > 0');
    expect(text).not.toContain('leave it out if');
    expect(await written('--label', 'bought')).toMatch(
      / dwell: number.*missing in .*; it tells 9\d% of the label: leave it out if/,
    );
  });

  test('rows without one of two labels are left out', async () => {
    const text = await written('--label', 'stars', '--label', 'long=seconds > 30', '--template', 'mmoe');
    expect(text).toContain('keep: abs(seconds) >= 0  // leaves out 100 of 400 rows');
  });

  test.each<[says: string, ...line: string[]]>([
    ['did you mean userId?', '--label', 'stars', '--user', 'userid'],
    ['--item: history does not have one value in each row', '--label', 'stars', '--item', 'history'],
    ['--item COLUMN', '--label', 'liked=stars >= 4', '--template', 'din', '--item', 'minutes'],
    ["--label 'my_user=minutes", '--label', 'user=minutes', '--template', 'towers'],
    [`--label 'rich=column("Salary €") > 40'`, '--label', 'rich=Salary € > 40'],
    [`--label 'rich=column("Salary €") > 40'`, '--label', 'rich="Salary €" > 40'],
  ])('%s', async (says, ...line) => {
    const { status, error } = await workplace({ 'recipes.jsonl': recipes }).call(['init', 'recipes.jsonl', ...line]);
    expect(error.toLowerCase()).toContain(says.toLowerCase());
    expect(status).toBeGreaterThan(0);
  });
});

test('what a template needs is what its network takes, by names that its specs have', () => {
  const sides = { sides: true };
  const needing: Readonly<Record<string, Partial<Needs>>> = {
    'dcn-v2': {},
    deepfm: { fields: true },
    din: { ...sides, history: true },
    dlrm: { numbers: true },
    mmoe: { twoLabels: true },
    ncf: sides,
    towers: sides,
    'wide-deep': { ...sides, crossed: true },
  };
  const none: Needs = { sides: false, history: false, crossed: false, numbers: false, fields: false, twoLabels: false };
  for (const [name, needs] of Object.entries(needing))
    expect(all.find((template) => template.name === name)?.needs, name).toEqual({ ...none, ...needs });
  const read = (file: string) => ({ path: file, text: readFileSync(file, 'utf8') });
  const declared = ['din', 'mmoe', 'wide-deep'].flatMap((name) => {
    const { models } = check(read(`specs/${name}.rec`), { load: (file) => ({ source: read(file) }) });
    return models.flatMap(({ features, labels }) => [...features, ...labels].map((one) => one.name));
  });
  expect(declared).toEqual(expect.arrayContaining(Object.values(columnsOfTemplates).flat()));
});
