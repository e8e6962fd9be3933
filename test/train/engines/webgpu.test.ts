import { describe, expect, test } from 'vitest';
import { isEngineError } from '../../../src/train/engines/errors.js';
import { adapterText, chooseAdapter, isSoftware, type AdapterInfo, type Gpu } from '../../../src/train/engines/webgpu.js';

const adapter = (info: Partial<AdapterInfo>): AdapterInfo => ({
  ...{ vendor: '', architecture: '', device: '', description: '' },
  ...info,
});

const swiftShader = adapter({ vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader driver 5.0.0' });
const nvidia = adapter({ vendor: 'nvidia', architecture: 'turing', description: 'NVIDIA GeForce RTX 2070' });

test.each([
  ['SwiftShader', swiftShader, true],
  ['llvmpipe', adapter({ vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)' }), true],
  ['WARP', adapter({ vendor: 'microsoft', description: 'Microsoft Basic Render Driver' }), true],
  ["Apple's", adapter({ vendor: 'apple', description: 'Apple Software Renderer' }), true],
  ['one that says so', adapter({ vendor: 'acme', isFallbackAdapter: true }), true],
  ['a card', nvidia, false],
  ['a card whose name has a driver in it', adapter({ vendor: 'acme', description: 'Warpdrive 9000' }), false],
  ['one that says nothing', adapter({}), false],
])('%s is software or not', (_title, info, expected) => {
  expect(isSoftware(info)).toBe(expected);
});

test('an adapter as text', () => {
  expect([swiftShader, nvidia, adapter({})].map(adapterText)).toEqual([
    'google swiftshader SwiftShader driver 5.0.0 (software)',
    'nvidia turing NVIDIA GeForce RTX 2070',
    'unnamed adapter',
  ]);
});

describe('an adapter is chosen', () => {
  const gpu = (info: AdapterInfo | undefined): Gpu => ({
    requestAdapter: () => Promise.resolve(info === undefined ? null : { info }),
  });
  const refusal = async (info: AdapterInfo | undefined): Promise<readonly unknown[]> =>
    chooseAdapter('tfjs:webgpu', gpu(info), false).then(
      (chosen) => [chosen],
      (error: unknown) => (isEngineError(error) ? [error.code, error.message, error.help] : [error]),
    );

  test('a real one at once, a software one if it is asked for', async () => {
    expect(await chooseAdapter('tfjs:webgpu', gpu(nvidia), false)).toBe(nvidia);
    expect(await chooseAdapter('tfjs:webgpu', gpu(swiftShader), true)).toBe(swiftShader);
  });

  test('a software one is refused, with the option that lets it', async () => {
    expect(await refusal(swiftShader)).toEqual([
      'engine-adapter',
      'the engine tfjs:webgpu finds no GPU, only a program that stands in for one: google swiftshader SwiftShader driver 5.0.0 (software)',
      'choose another engine; to use it nevertheless, slowly: --software-gpu',
    ]);
  });

  test('none is told', async () => {
    expect((await refusal(undefined)).slice(0, 2)).toEqual([
      'engine-adapter',
      'the engine tfjs:webgpu finds no GPU that WebGPU can use',
    ]);
  });
});
