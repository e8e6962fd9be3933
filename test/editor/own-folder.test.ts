import type { CompletionItem, LocationLink } from 'vscode-languageserver';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hostOf, marked, placeOf, startServer, type Client } from './client.js';

const uri = 'file:///shop/specs/a.rec';
const files = {
  '/shop/specs/a.rec': '',
  '/shop/specs/near.rec': 'block near(x: vector[d]) -> vector[d] { return x }\n',
  '/shop/specs/data/rows.csv': '',
  '/shop/secret.rec': 'block secret(x: vector[d]) -> vector[d] { return x }\n',
  '/shop/secret.csv': '',
};

let client: Client;
beforeAll(async () => {
  client = await startServer(hostOf(files));
});
afterAll(() => client.end());

async function labels(text: string): Promise<readonly string[]> {
  const { text: plain, position } = marked(text);
  await client.open(uri, plain);
  const items = await client.ask<CompletionItem[]>('completion', uri, { position });
  await client.close(uri);
  return items.map(({ label }) => label);
}

it('completes with files of the folder of the spec and below, with no others', async () => {
  expect(await labels('model M { data { source: "data/|" } }')).toEqual(['data/rows.csv']);
  expect(await labels('model M { data { source: "data/../data/|" } }')).toEqual(['data/../data/rows.csv']);
  expect(await labels('import { a } from "./|"')).toContain('./near.rec');
  expect(await labels('import { | } from "./near.rec"')).toEqual(['near']);
  for (const path of ['../|', '../../|', 'data/../../|', '/shop/|', '/|']) {
    expect(await labels(`model M { data { source: "${path}" } }`)).toEqual([]);
    expect(await labels(`import { a } from "${path}"`)).toEqual([]);
  }
  expect(await labels('import { | } from "../secret.rec"')).toEqual([]);
});

it('leads to data of the folder of the spec that are there, to no others', async () => {
  const leads = async (path: string): Promise<readonly string[]> => {
    const text = `model M { data { source: "${path}" } }`;
    await client.open(uri, text);
    const links = await client.ask<LocationLink[]>('definition', uri, { position: placeOf(text, path) });
    await client.close(uri);
    return links.map(({ targetUri }) => targetUri);
  };
  expect(await leads('data/rows.csv')).toEqual(['file:///shop/specs/data/rows.csv']);
  for (const path of ['../secret.csv', '/shop/secret.csv', 'data/none.csv', 'data/*.csv']) expect(await leads(path)).toEqual([]);
});
