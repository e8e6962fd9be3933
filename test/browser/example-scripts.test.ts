import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { serveFolder } from '../../examples/browser/serve.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'reccompile-example-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const build = (out: string) => spawnSync(process.execPath, ['examples/browser/build.mjs', `--out=${out}`], { encoding: 'utf8' });

test('a folder with files of somebody else is left as it is', () => {
  mkdirSync(path.join(folder, 'photos'));
  writeFileSync(path.join(folder, 'index.html'), 'mine');
  const { status, stderr } = build(folder);
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: `error: ${folder} is not empty: remove what is in it, or name another folder\n`,
  });
  expect(readdirSync(folder).sort()).toEqual(['index.html', 'photos']);
  expect(readFileSync(path.join(folder, 'index.html'), 'utf8')).toBe('mine');
});

test('an empty folder and a new one take the page', () => {
  for (const out of [folder, path.join(folder, 'new')]) {
    expect(build(out)).toMatchObject({ status: 0, stderr: '' });
    for (const name of ['index.html', 'page.js', 'worker.js', 'style.css'])
      expect(existsSync(path.join(out, name)), name).toBe(true);
  }
});

test('an option that is none is told in one line', () => {
  for (const [option, wanted] of [
    ['--prot=1', /^error: Unknown option '--prot'.*\n$/],
    ['--port=x', /^error: --port is a number below 65536, not x\n$/],
  ] as const) {
    const { status, stderr } = spawnSync(process.execPath, ['examples/browser/build.mjs', option], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toMatch(wanted);
  }
});

test('a taken port is told with what to do', async () => {
  const server = await serveFolder(folder);
  const port = Number(new URL(server.url).port);
  try {
    await expect(serveFolder(folder, port)).rejects.toThrow(`port ${String(port)} is taken: choose another one with --port`);
  } finally {
    await server.close();
  }
});

test('the server answers what is no address, and goes on', async () => {
  writeFileSync(path.join(folder, 'index.html'), 'page');
  const server = await serveFolder(folder);
  const statusOf = (address: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(server.url);
      request({ hostname, port, path: address }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .once('error', reject)
        .end();
    });
  try {
    expect(await statusOf('//')).toBe(400);
    expect(await statusOf('http://[')).toBe(400);
    expect(await statusOf('/../secret')).toBe(404);
    expect(await statusOf('/')).toBe(200);
  } finally {
    await server.close();
  }
});
