import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { writeParquet } from '../data/files.js';
import { adClicks, products, rides } from './init-tables.js';
import { workplace, type Workplace } from './workplace.js';

const specOf = ({ folder }: Workplace, name: string): string => readFileSync(path.join(folder, name), 'utf8');

/** The spec has no diagnostic, and trains an epoch without a warning. */
async function trains(place: Workplace, file: string): Promise<void> {
  expect(await place.call(['check', file])).toMatchObject({ status: 0, error: '' });
  const { status, error } = await place.call(['train', file, '--set', 'train.epochs=1', '--quiet']);
  expect({ status, error }).toEqual({ status: 0, error: '' });
}

test('ad clicks', async () => {
  const place = workplace({ 'clicks.csv': adClicks() });
  const told = await place.call(['init', 'clicks.csv', '--yes']);
  console.log(told.error);
  console.log(specOf(place, 'clicks.rec'));
  await trains(place, 'clicks.rec');
});
test('products', async () => {
  const place = workplace({ 'products.jsonl': products() });
  const told = await place.call(['init', 'products.jsonl', '--label', 'sold']);
  console.log(told.error);
  console.log(specOf(place, 'products.rec'));
  await trains(place, 'products.rec');
});
test('rides', async () => {
  const place = workplace();
  await writeParquet(path.join(place.folder, 'rides.parquet'), rides());
  const told = await place.call(['init', 'rides.parquet', '--label', 'fare']);
  console.log(told.error);
  console.log(specOf(place, 'rides.rec'));
  await trains(place, 'rides.rec');
});
