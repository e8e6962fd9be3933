import { build, type Plugin } from 'esbuild';
import type { CheckedModel } from '../../../src/model/model.js';
import type { ProjectFile } from '../../../src/target/files.js';
import { typescriptProject } from '../../../src/target/typescript/project.js';

/** The project's modules from memory, and TensorFlow.js as whoever runs them has it. */
const inMemory = (files: readonly ProjectFile[]): Plugin => ({
  name: 'in-memory',
  setup: (build) => {
    build.onResolve({ filter: /^@tensorflow\/tfjs$/ }, () => ({ path: 'tf', namespace: 'tf' }));
    build.onLoad({ filter: /.*/, namespace: 'tf' }, () => ({ contents: 'module.exports = globalThis.tf;', loader: 'js' }));
    build.onResolve({ filter: /^\.\// }, ({ path }) => ({
      path: path.replace(/^\.\//, '').replace(/\.js$/, '.ts'),
      namespace: 'project',
    }));
    build.onLoad({ filter: /.*/, namespace: 'project' }, ({ path }) => {
      const file = files.find((one) => one.path === path);
      return file !== undefined && 'text' in file ? { contents: file.text, loader: 'ts' } : undefined;
    });
  },
});

const wanted = ['model', 'batch', 'train', 'weights'];

/** The modules of what the target `typescript` writes that a training needs, as one. */
export async function projectCode(model: CheckedModel): Promise<string> {
  const files = typescriptProject(model);
  const names = wanted.filter((name) => files.some(({ path }) => path === `${name}.ts`));
  const { outputFiles } = await build({
    stdin: { contents: names.map((name) => `export * from './${name}.js';`).join('\n'), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    logLevel: 'silent',
    plugins: [inMemory(files)],
  });
  return outputFiles[0]?.text ?? '';
}
