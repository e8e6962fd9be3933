import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { examine } from '../../src/cli/commands/doctor.js';
import { probeApart, tryEngine, type EngineState, type Probe } from '../../src/cli/engine-state.js';
import { nodeVerdict, platformVerdict, type Machine } from '../../src/cli/platform.js';
import { engineNames, type EngineName } from '../../src/train/engines/index.js';

const machine: Machine = { node: 'v20.20.2', platform: 'linux', arch: 'x64', isMusl: false, cores: 8, memoryBytes: 2 ** 34 };

const states: Readonly<Partial<Record<EngineName, EngineState>>> = {
  onnxruntime: { state: 'works', says: 'onnxruntime-node 1.30.0, CPU, 1 thread' },
  'tfjs:wasm': { state: 'missing', says: 'the engine tfjs:wasm needs the package x', help: 'npm install x' },
  'tfjs:webgpu': { state: 'refused', says: 'finds no GPU', printed: 'Warning: no libvulkan.so.1', help: 'install it' },
};
const probe: Probe = (name) => Promise.resolve(states[name] ?? { state: 'broken', says: 'it ends Node with SIGSEGV' });

const examined = async (names: readonly EngineName[], json: boolean, on: Probe = probe): Promise<readonly [number, string]> => {
  let out = '';
  const status = await examine(names, on, json, { write: (text) => void (out += text) }, machine);
  return [status, out];
};

test('engines, what is wrong with them, and what to do about it', async () => {
  const [status, out] = await examined(['onnxruntime', 'tfjs:webgpu', 'tfjs:wasm', 'tfjs:cpu'], false);
  expect(status).toBe(0);
  expect(out.replace(/^reccompile \S+/, 'reccompile')).toBe(`reccompile
Node v20.20.2: tested
linux x64, 8 cores, 16.0 GiB: tested
engines:
  works    onnxruntime  the processor, one worker a core (the default)
           onnxruntime-node 1.30.0, CPU, 1 thread
  no GPU   tfjs:webgpu  a GPU; tables live there if they fit
           finds no GPU
           Warning: no libvulkan.so.1
           install it
  missing  tfjs:wasm    the processor, one thread, WebAssembly
           the engine tfjs:wasm needs the package x
           npm install x
  broken   tfjs:cpu     the processor, one thread, plain JavaScript
           it ends Node with SIGSEGV
`);
});

test('the status is that of the default engine, or of the only one', async () => {
  const lame: Probe = () => Promise.resolve({ state: 'missing', says: '' });
  expect((await examined(engineNames, false, lame))[0]).toBe(1);
  expect((await examined(['tfjs:cpu'], false))[0]).toBe(1);
  expect((await examined(['onnxruntime', 'tfjs:cpu'], false))[0]).toBe(0);
});

test('one line of JSON', async () => {
  const [, out] = await examined(['onnxruntime', 'tfjs:wasm'], true);
  expect(JSON.parse(out)).toMatchObject({
    node: { version: 'v20.20.2', support: 'tested' },
    platform: { name: 'linux x64', support: 'tested', cores: 8 },
    engines: [
      { name: 'onnxruntime', state: 'works' },
      { name: 'tfjs:wasm', state: 'missing', help: 'npm install x' },
    ],
  });
  expect(out.trimEnd()).not.toContain('\n');
});

test('an engine is tried as training would load it', async () => {
  expect(await tryEngine('tfjs:cpu', false)).toMatchObject({ state: 'works' });
  expect(await tryEngine('tfjs:webgl', false)).toMatchObject({ state: 'elsewhere' });
});

test.each([
  ['ends its process', 'process.abort()', /^it ends Node with SIG/],
  ['leaves without a word', 'console.error("libx.so is missing")', /^it ends Node while it starts$/],
  ['never answers', 'setInterval(() => {}, 1000)', /^it has not started after 1.5 s$/],
])('an engine that %s', async (_title, code, says) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-doctor-'));
  const program = path.join(folder, 'program.mjs');
  writeFileSync(program, code);
  try {
    const state = await probeApart(false, program, 1500)('tfjs:cpu');
    expect(state.state).toBe('broken');
    expect(state.says).toMatch(says);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each([
  [{}, 'tested'],
  [{ arch: 'arm64' }, 'expected'],
  [{ platform: 'darwin', arch: 'arm64' }, 'expected'],
  [{ platform: 'darwin' }, 'unsupported'],
  [{ isMusl: true }, 'unsupported'],
  [{ platform: 'sunos', arch: 'x64' }, 'unsupported'],
] as const)('platform %j is %s', (what, support) => {
  expect(platformVerdict({ ...machine, ...what }).support).toBe(support);
});

test.each([
  ['v20.19.0', 'tested'],
  ['v20.18.9', 'unsupported'],
  ['v21.7.0', 'unsupported'],
  ['v22.13.0', 'tested'],
  ['v24.1.0', 'tested'],
  ['v25.0.0', 'expected'],
])('Node %s is %s', (node, support) => {
  expect(nodeVerdict({ ...machine, node }).support).toBe(support);
});
