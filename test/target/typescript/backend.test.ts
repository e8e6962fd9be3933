import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { transformSync } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { backendText } from '../../../src/target/typescript/runtime/backend.js';

const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-backend-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const packageOf = (name: string, code: string): void => {
  const at = path.join(folder, 'node_modules', name);
  mkdirSync(at, { recursive: true });
  writeFileSync(path.join(at, 'package.json'), JSON.stringify({ name, type: 'module', exports: './index.js' }));
  writeFileSync(path.join(at, 'index.js'), code);
};

packageOf(
  '@tensorflow/tfjs',
  'let name; export const setBackend = async (wanted) => ((name = wanted), true); export const getBackend = () => name;',
);
packageOf('@tensorflow/tfjs-backend-webgpu', '');
packageOf(
  'webgpu',
  `const requestAdapter = async ({ powerPreference }) =>
     powerPreference === 'high-performance' ? { info: JSON.parse(process.env.ADAPTER) } : null;
   export const create = () => ({ requestAdapter });
   export const globals = {};`,
);
writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
writeFileSync(path.join(folder, 'files.js'), 'export const messageOf = (error) => error.message;');
writeFileSync(path.join(folder, 'backend.js'), transformSync(backendText, { loader: 'ts' }).code);

/** The backend that a written project takes beside an adapter. */
const backendBeside = (adapter: Readonly<Record<string, unknown>>, wanted?: string): string =>
  execFileSync(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `const { useBackend } = await import('./backend.js'); process.stdout.write(await useBackend(${JSON.stringify(wanted)}));`,
    ],
    {
      cwd: folder,
      encoding: 'utf8',
      env: { ...process.env, ADAPTER: JSON.stringify({ vendor: '', architecture: '', device: '', description: '', ...adapter }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );

describe('a written project', () => {
  test.each([
    ['a card', { vendor: 'nvidia', description: 'NVIDIA H200' }, 'webgpu'],
    ['SwiftShader', { vendor: 'google', architecture: 'swiftshader' }, 'cpu'],
    ['WARP', { vendor: 'microsoft', description: 'Microsoft Basic Render Driver' }, 'cpu'],
    ['a program that only the device names', { device: 'softpipe' }, 'cpu'],
    ['one that says so', { vendor: 'acme', isFallbackAdapter: true }, 'cpu'],
  ])('takes or leaves %s', (_title, adapter, backend) => {
    expect(backendBeside(adapter)).toBe(backend);
  });

  test('takes a program that stands in for a GPU where webgpu is asked for', () => {
    expect(backendBeside({ architecture: 'swiftshader' }, 'webgpu')).toBe('webgpu');
  });

  test('says how to install a backend, with its version and without a change of package.json', () => {
    expect(() => backendBeside({}, 'wasm')).toThrow('npm install --no-save @tensorflow/tfjs-backend-wasm@4.22.0');
    expect(backendText).toContain("'webgpu@0.6.2'");
  });
});
