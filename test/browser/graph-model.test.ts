import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launch } from '../../examples/browser/chromium.mjs';
import { serveFolder } from '../../examples/browser/serve.mjs';
import { tfjsFiles } from '../../src/target/tfjs/project.js';
import { describeOn } from '../backends.js';
import { expectClose } from '../target/onnx/support.js';
import { allModels, expected, randomInputs, trainedLike } from '../target/tfjs/graph-model-support.js';

type Predicted = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: readonly number[] }>>;

const backends = ['wasm', 'webgl', 'webgpu'] as const;
const rows = 5;
/** On logits, as a fraction of them or of 1. */
const tolerance = { wasm: 1e-5, webgl: 1e-4, webgpu: 1e-4 };

/** Together they have bags, sequences, attention, batch statistics and several heads. */
const chosen = ['movielens-100k', 'dlrm', 'autoint', 'din', 'mmoe', 'towers', 'xdeepfm', 'finalmlp'];
const models = allModels().filter(([name], i, all) => {
  const spec = name.slice(0, name.indexOf('.'));
  return chosen.includes(spec) && all.findIndex(([other]) => other.startsWith(`${spec}.rec`)) === i;
});

describeOn('chromium', 'a graph model in a page', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-graph-model-'));
  let server: Awaited<ReturnType<typeof serveFolder>>;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    await build({
      entryPoints: ['test/browser/graph-model-page.ts'],
      outfile: path.join(folder, 'page.js'),
      bundle: true,
      platform: 'browser',
      format: 'iife',
      logLevel: 'error',
    });
    writeFileSync(path.join(folder, 'index.html'), '<!doctype html><script src="page.js"></script>');
    const wasm = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
    for (const file of readdirSync(wasm)) if (file.endsWith('.wasm')) cpSync(path.join(wasm, file), path.join(folder, file));
    server = await serveFolder(folder);
    browser = await launch({ gpu: true });
    page = await browser.newPage();
    await page.goto(server.url);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('are as many as there are specs to try', () => {
    expect(models).toHaveLength(chosen.length);
  });

  test.each(backends.flatMap((backend) => models.map(([name, model]) => ({ backend, name, model }))))(
    '$name loads over http on $backend, and gives what the interpreter gives',
    async ({ backend, model }) => {
      const trained = trainedLike(model);
      const { inputs, ...given } = randomInputs(model, trained, rows);
      const into = path.join(folder, model.name);
      mkdirSync(into, { recursive: true });
      for (const file of await tfjsFiles(model, trained))
        writeFileSync(path.join(into, file.path), 'text' in file ? file.text : file.bytes);
      const url = `${server.url}${model.name}/model.json`;
      const call = `predictWith(${[backend, url, inputs].map((argument) => JSON.stringify(argument)).join(', ')})`;
      const found = await page.evaluate<Predicted>(call);
      expectClose(
        Object.fromEntries(
          Object.entries(found).map(([out, { shape, data }]) => [out, { shape, data: Float64Array.from(data) }]),
        ),
        expected(model, trained, { inputs, ...given }),
        tolerance[backend],
      );
    },
  );
});
