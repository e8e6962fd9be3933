import { expect, test } from 'vitest';
import { engineOptions } from '../../src/cli/engine-options.js';

test.each([
  ['wasm', 'tfjs:wasm'],
  ['TFJS:CPU', 'tfjs:cpu'],
  ['onnxrutime', 'onnxruntime'],
])('the engine %s is meant to be %s', (given, meant) => {
  const { wrong } = engineOptions.engine.read([given]) as { readonly wrong: string };
  expect(wrong).toMatch(new RegExp(`^--engine is onnxruntime, .* or reference, not ${given}; did you mean ${meant}\\?$`));
});

test('a list of many words stands beside what is said of the option', () => {
  expect(engineOptions.engine).toMatchObject({ value: 'NAME', help: expect.stringContaining('tfjs:webgpu') as string });
});
