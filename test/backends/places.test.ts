import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { launch } from '../../examples/browser/chromium.mjs';
import { findChromium } from '../../scripts/backends/places.mjs';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

const emptyFolder = (): string => {
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-places-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
};

test.each(['CHROME_BIN', 'CHROMIUM'])('%s names the browser that the search finds and the example starts', async (variable) => {
  const named = path.join(emptyFolder(), 'no-browser');
  writeFileSync(named, '#!/bin/sh\necho not a browser\nexit 1\n', { mode: 0o755 });
  for (const other of ['CHROME_BIN', 'CHROMIUM']) vi.stubEnv(other, other === variable ? named : undefined);
  expect(await findChromium()).toBe(named);
  await expect(launch({ gpu: false })).rejects.toThrow(named);
});

test('tfjs-node is missing where its package is there and its binding is not', async () => {
  const folder = emptyFolder();
  const tfjsNode = path.join(folder, 'node_modules/@tensorflow/tfjs-node');
  mkdirSync(tfjsNode, { recursive: true });
  writeFileSync(path.join(tfjsNode, 'package.json'), '{ "name": "@tensorflow/tfjs-node", "main": "index.js" }');
  writeFileSync(path.join(tfjsNode, 'index.js'), 'throw new Error("no binding");');
  vi.stubEnv('RECCOMPILE_PACKAGES', folder);
  vi.resetModules();
  const { missingFor } = await import('../backends.js');
  expect(missingFor('tensorflow')).toBe('the binding of tfjs-node does not load');
});
