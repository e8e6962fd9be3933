import { readFileSync } from 'node:fs';
import { defineConfig, type Plugin } from 'vitest/config';

/** `import text from './cross.rec'`, as the bundle does it. */
const recAsText: Plugin = {
  name: 'rec-as-text',
  enforce: 'pre',
  load: (id) => (id.endsWith('.rec') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))};` : undefined),
};

/** Tests that try many random cases, train, start programs or read files: apart from those that one waits for while working. */
const proofs = [
  ...['cli', 'data', 'docs', 'escaping', 'fit', 'live', 'prettier', 'project', 'serve', 'std', 'train'].map(
    (room) => `test/${room}/**/*.test.ts`,
  ),
  'test/target/code/format.test.ts',
  'test/target/golden.test.ts',
  'test/target/onnx/project.test.ts',
  'test/target/typescript/**/*.test.ts',
  'test/target/tfjs/graph-model*.test.ts',
  'test/target/tfjs/live.test.ts',
  'test/editor/random-edits.test.ts',
  'test/language/format.test.ts',
  'test/graph/{pipeline,ragged,specs}.test.ts',
  'test/grammar/textmate.test.ts',
  'test/language/random.test.ts',
  'test/language/reuse-random.test.ts',
  'test/model/expand.test.ts',
  'test/model/{fuzz,imports}.test.ts',
];

export default defineConfig({
  plugins: [recAsText],
  test: {
    maxWorkers: '100%',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/integration/**', 'test/browser/**', 'test/backends/**', ...proofs],
          // A busy machine is slow; that a test is fast enough to wait for is a matter of the whole project's time.
          testTimeout: 20_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'proof',
          include: proofs,
          globalSetup: ['test/train/build-worker.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: { name: 'integration', include: ['test/integration/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          name: 'backends',
          include: ['test/backends/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 400_000,
          hookTimeout: 400_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 400_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
