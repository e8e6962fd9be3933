import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { templates } from '../../src/init/library.js';
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
    const { status, error } = await place.call(['init', 'clicks.csv', '--yes', '--template', name, '-o', `${name}.rec`]);
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

test('made-up rows are left only by a command line that is right', async () => {
  const place = workplace({ 'deepfm.rec': 'mine' });
  expect(await place.call(['init', '--template', 'deepfm'])).toMatchObject({ status: 1 });
  expect(await place.call(['init', '--template', 'fm', '--label', 'a', '--label', 'b'])).toMatchObject({ status: 2 });
  expect(readdirSync(place.folder)).toEqual(['deepfm.rec']);
});
