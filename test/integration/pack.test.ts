import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { runProgram, type Outcome } from './command.js';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const spec = `
model Tiny {
  features { user_id: category(size: 10)  price: number }
  label liked: binary
  embeddings { dim: 4 }
  cross { depth: 1 }
  train { optimizer: sgd(0.1) }
}
`;

let folder: string;
let home: string;
let packed: Packed;
let installed: Outcome;

const npm = (line: readonly string[], at: string): Promise<Outcome> =>
  runProgram('npm', line, { folder: at, environment: { ONNXRUNTIME_NODE_INSTALL: 'skip' } });

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'reccompile-pack-'));
  home = path.join(folder, 'empty');
  mkdirSync(home);
  const { out, error } = await npm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder], root);
  const [first] = JSON.parse(out) as Packed[];
  if (first === undefined) throw new Error(error);
  packed = first;
  installed = await npm(['install', '--no-audit', '--no-fund', '--prefer-offline', path.join(folder, packed.filename)], home);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the packed tarball', () => {
  test('holds the program, its licences, the specs and nothing of the workshop', () => {
    const files = packed.files.map((file) => file.path);
    expect(files).toEqual(
      expect.arrayContaining([
        'dist/reccompile.js',
        'dist/index.d.ts',
        'dist/index.js',
        'dist/prettier.d.ts',
        'dist/prettier.js',
        'dist/train-worker.js',
        'dist/kernels.wasm',
        'dist/LICENSES.txt',
        'LICENSE',
        'package.json',
      ]),
    );
    expect(files.filter((file) => /^(src|test|bench|scripts|kernels|generated)\//.test(file))).toEqual([]);
    expect(packed.size).toBeLessThan(5e6);
  });

  test('installs into an empty folder', () => {
    expect(installed.status, installed.error).toBe(0);
  });

  test('brings a program that knows its version', async () => {
    const { status, out } = await runProgram('npx', ['--no-install', 'reccompile', '--version'], { folder: home });
    expect({ status, out }).toEqual({ status: 0, out: `${manifest.version}\n` });
  });

  test('checks a spec', async () => {
    writeFileSync(path.join(home, 'tiny.rec'), spec);
    const { status, out } = await runProgram('npx', ['--no-install', 'reccompile', 'check', 'tiny.rec'], { folder: home });
    expect({ status, out }).toEqual({ status: 0, out: '1 model: no errors\n' });
  });

  test('formats a spec as a plugin of prettier, as fmt does', async () => {
    const place = path.join(home, 'formatted');
    mkdirSync(path.join(place, 'deep'), { recursive: true });
    writeFileSync(path.join(place, '.prettierrc'), '{ "plugins": ["reccompile/prettier"] }');
    for (const name of ['one.rec', 'deep/two.rec']) writeFileSync(path.join(place, name), spec);
    const written = await runProgram('npx', ['--no-install', 'prettier', '--write', '**/*.rec'], { folder: place });
    expect(written.status, written.error).toBe(0);
    expect(written.out).toMatch(/deep\/two\.rec \d+ms\none\.rec \d+ms/);
    const formatted = readFileSync(path.join(place, 'deep/two.rec'), 'utf8');
    expect(formatted).toMatch(/^model Tiny \{\n {2}features \{ user_id/);
    const checked = await runProgram('npx', ['--no-install', 'reccompile', 'fmt', '--check', '.'], { folder: place });
    expect({ status: checked.status, out: checked.out }).toEqual({ status: 0, out: '' });
  });
});
