import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { isEngineError } from '../../../src/train/engines/errors.js';
import {
  findPackage,
  findTogether,
  loadPackage,
  packagePlaces,
  packageVersions,
  requirePackages,
  type PackageName,
} from '../../../src/train/engines/packages.js';

const root = mkdtempSync(path.join(tmpdir(), 'reccompile-packages-'));
afterAll(() => {
  rmSync(root, { recursive: true });
});

/** A project folder with these packages, each of which exports its place. */
const project = (name: string, packages: Readonly<Partial<Record<PackageName, string>>>, version?: string): string => {
  for (const [one, code] of Object.entries(packages) as [PackageName, string][]) {
    const folder = path.join(root, name, 'node_modules', one);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({ name: one, version: version ?? `${packageVersions[one]}.9`, main: 'main.js' }),
    );
    writeFileSync(path.join(folder, 'main.js'), code);
  }
  return path.join(root, name, 'package.json');
};

const user = project('user', { '@tensorflow/tfjs': 'exports.place = "user"' });
const whole = project('whole', {
  '@tensorflow/tfjs': 'exports.place = "whole"',
  '@tensorflow/tfjs-backend-wasm': 'exports.place = "whole"',
});
const broken = project('broken', {
  webgpu: 'throw new Error("libdawn.so: cannot open shared object file\\nRequire stack:")',
  'onnxruntime-node': 'require("onnxruntime-common/missing")',
});

const errorOf = (work: () => unknown): readonly unknown[] => {
  try {
    return [work()];
  } catch (error) {
    return isEngineError(error) ? [error.code, error.message, error.help] : [error];
  }
};

describe('a package is found', () => {
  test('in the first place that has it, with its version', () => {
    const found = findPackage('@tensorflow/tfjs', [user, whole]);
    expect(found?.version).toBe('4.22.9');
    expect(found && loadPackage('tfjs:cpu', found)).toEqual({ place: 'user' });
    expect(findPackage('webgpu', [user, whole])).toBeUndefined();
  });

  test('with those that it works with, in one place that has them all', () => {
    const names = ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'] as const;
    const found = findTogether('tfjs:wasm', names, [user, whole]);
    expect(found.map((one) => loadPackage('tfjs:wasm', one))).toEqual([{ place: 'whole' }, { place: 'whole' }]);
  });

  test("beside reccompile before the user's project, and then where RECCOMPILE_PACKAGES says", () => {
    const places = packagePlaces('/project', { RECCOMPILE_PACKAGES: '/elsewhere' });
    expect(places.slice(1)).toEqual([path.join('/project', 'package.json'), path.resolve('/elsewhere/package.json')]);
    expect(fileURLToPath(places[0] ?? '')).toMatch(/engines.packages\.ts$/);
    expect(packagePlaces('/project', {})).toHaveLength(2);
  });

  test('in the version that is wanted, though another one comes first', () => {
    const old = project('old', { 'onnxruntime-node': 'throw new Error("its code has run")' }, '1.14.0');
    const right = project('right', { 'onnxruntime-node': 'exports.place = "right"' });
    const places = [old, right];
    expect(findPackage('onnxruntime-node', places)?.version).toBe('1.30.9');
    expect(findTogether('onnxruntime', ['onnxruntime-node'], places)).toEqual([findPackage('onnxruntime-node', places)]);
  });

  test('in the versions that manifests have', () => {
    const manifestOf = (file: string) =>
      JSON.parse(readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8')) as Record<string, Record<string, string>>;
    const root = manifestOf('package.json');
    const asked = {
      ...root.devDependencies,
      ...root.optionalDependencies,
      ...manifestOf('scripts/backends/package.json').dependencies,
    };
    for (const [name, version] of Object.entries(packageVersions))
      expect([name, asked[name]?.replace(/^[~^]|\.\d+$/g, '')]).toEqual([name, version]);
  });
});

describe('what is missing is named with the one line that installs it', () => {
  test('several packages', () => {
    expect(
      errorOf(() => {
        requirePackages('tfjs:webgpu', ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-webgpu', 'webgpu'], [user]);
      }),
    ).toEqual([
      'engine-missing',
      'the engine tfjs:webgpu needs the packages @tensorflow/tfjs-backend-webgpu and webgpu',
      'npm install @tensorflow/tfjs-backend-webgpu@4.22 webgpu@0.6',
    ]);
  });

  test('of another version', () => {
    const older = project('older', { 'onnxruntime-node': 'throw new Error("its code has run")' }, '1.14.0');
    const file = path.join(path.dirname(older), 'node_modules/onnxruntime-node/main.js');
    expect(errorOf(() => findTogether('onnxruntime', ['onnxruntime-node'], [older]))).toEqual([
      'engine-missing',
      `the engine onnxruntime needs the package onnxruntime-node; onnxruntime-node 1.30 is wanted, not 1.14.0 (${file})`,
      'npm install onnxruntime-node@1.30',
    ]);
  });

  test('packages that are apart', () => {
    const apart = project('apart', { '@tensorflow/tfjs-backend-wasm': '' });
    expect(
      errorOf(() => findTogether('tfjs:wasm', ['@tensorflow/tfjs', '@tensorflow/tfjs-backend-wasm'], [user, apart])),
    ).toEqual([
      'engine-missing',
      'the engine tfjs:wasm needs @tensorflow/tfjs and @tensorflow/tfjs-backend-wasm in one place',
      'npm install @tensorflow/tfjs@4.22 @tensorflow/tfjs-backend-wasm@4.22',
    ]);
  });

  test.each([
    ['webgpu', 'libdawn.so: cannot open shared object file'],
    ['onnxruntime-node', "Cannot find module 'onnxruntime-common/missing'"],
  ] as const)('%s is there and does not start', (name, why) => {
    const found = findPackage(name, [broken])!;
    expect(errorOf(() => loadPackage('toy', found))).toEqual([
      'engine-missing',
      `the engine toy needs the package ${name}, which does not start: ${why}`,
      `npm install ${name}@${packageVersions[name]}`,
    ]);
  });
});
