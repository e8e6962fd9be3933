import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { CompletionItem, Hover, LocationLink, MarkupContent } from 'vscode-languageserver';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect, marked, placeOf, type Client } from '../editor/client.js';
import { editAtRandom } from '../editor/random-edits.js';
import { program } from './support.js';

/** More are tried by hand: `RECCOMPILE_EDITS=10000 npx vitest run test/integration/lsp.test.ts`. */
const edits = Number(process.env.RECCOMPILE_EDITS ?? 200);

const spec = `import { part } from "./blocks.rec"

model Ratings {
  data { source: "ratings.csv" }
  features { user: category, city: category = column("City Name"), age: number }
  label liked: binary = stars >= 4
  embeddings { dim: 8 }
  network { liked = linear(part(concat(features)), 1) }
}
`;

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'reccompile-lsp-')));
  await writeFile(path.join(folder, 'ratings.csv'), 'user,City Name,age,stars\na,Köln,30,5\nb,Köln,41,2\nc,Bonn,22,4\n');
  await writeFile(path.join(folder, 'blocks.rec'), 'block part(x: vector[d]) -> vector[d] { return relu(x) }\n');
  await writeFile(path.join(folder, 'ratings.rec'), spec);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const uriOf = (name: string): string => pathToFileURL(path.join(folder, name)).href;

/** MiB that a process holds; only Linux says it. */
const memoryOf = (pid: number | undefined): number => {
  const status = `/proc/${String(pid)}/status`;
  return existsSync(status) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1]) / 1024 : 0;
};

async function withServer(use: (client: Client, memory: () => number) => Promise<void>): Promise<number | null> {
  const child = spawn(process.execPath, [program, 'lsp', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'], cwd: tmpdir() });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const client = await connect(child.stdout, child.stdin, [pathToFileURL(folder).href]);
  await use(client, () => memoryOf(child.pid));
  await client.request('shutdown');
  await client.notify('exit', undefined);
  return ended;
}

describe('reccompile lsp', () => {
  it('answers over standard input and output, from files and data on the disk', async () => {
    const status = await withServer(async (client) => {
      const uri = uriOf('ratings.rec');
      await client.open(uri, spec);
      expect(await client.diagnostics(uri)).toEqual([]);
      const values = marked(spec.replace('user: category', 'user: category(values: ["|"])'));
      await client.replace(uri, values.text);
      const labels = async (): Promise<readonly string[]> =>
        (await client.ask<CompletionItem[]>('completion', uri, { position: values.position })).map(({ label }) => label);
      await vi.waitFor(async () => expect(await labels()).toEqual(['a', 'b', 'c']), { timeout: 60_000 });
      await client.replace(uri, spec);
      const hover = await client.ask<Hover>('hover', uri, { position: placeOf(spec, '"City Name"') });
      expect((hover.contents as MarkupContent).value).toContain('most often `Köln`');
      const [own] = await client.ask<LocationLink[]>('definition', uri, { position: placeOf(spec, 'part(') });
      expect(own?.targetUri).toBe(uriOf('blocks.rec'));
      const [library] = await client.ask<LocationLink[]>('definition', uri, { position: placeOf(spec, 'linear') });
      expect(existsSync(fileURLToPath(library?.targetUri ?? ''))).toBe(true);
      await client.replace(uri, spec.replace('concat(features)', 'concat(feature)'));
      const wrong = await client.diagnostics(uri, (all) => all.length > 0);
      expect(wrong).toMatchObject([{ code: 'unknown-name' }]);
      await writeFile(path.join(folder, 'blocks.rec'), 'block part(x: vector[d]) -> vector[d] { return rely(x) }\n');
      await client.notify('workspace/didChangeWatchedFiles', { changes: [{ uri: uriOf('blocks.rec'), type: 2 }] });
      expect(await client.diagnostics(uriOf('blocks.rec'), (all) => all.length > 0)).toMatchObject([
        { code: 'unknown-function' },
      ]);
    });
    expect(status).toBe(0);
  });

  it('says of a text that was edited at random what it says of it opened anew', async () => {
    const held: number[] = [];
    const status = await withServer(async (client, memory) => {
      const specs = pathToFileURL(path.resolve('specs')).href;
      const done = (count: number): void => {
        if (count % Math.ceil(edits / 10) < 10) held.push(memory());
      };
      expect((await editAtRandom(client, specs, { edits, seed: 11, done })).unlike).toEqual([]);
    });
    expect(status).toBe(0);
    if (edits < 5000) return;
    console.log(`MiB held, in tenths of ${String(edits)} edits: ${held.map((mebibytes) => mebibytes.toFixed(0)).join(' ')}`);
    expect(held.at(-1)).toBeLessThan(1.5 * Math.max(...held.slice(0, 5)));
  }, 3_600_000);
});
