import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { createHandWritten } from './kit/hand-written.mjs';

/**
 * Steps of the TypeScript that `build` writes beside those of the same model as one writes it by hand for TensorFlow.js, on one
 * backend: `node bench/typescript.mjs [backend]`. Steps are interleaved; the figures are the fastest of each.
 */
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const packages = process.env.RECCOMPILE_PACKAGES ?? path.join(root, 'build/backends');
const backend = process.argv[2] ?? 'tensorflow';

const cases = [
  { title: 'MovieLens 100K', rows: [1683, 944, 3, 796, 22, 8], dim: 32, batch: 8192, steps: 8 },
  { title: 'MovieLens 100K', rows: [1683, 944, 3, 796, 22, 8], dim: 32, batch: 512, steps: 40 },
  { title: 'one table of 200,000 rows', rows: [200_000, 944, 3, 796, 22, 8], dim: 32, batch: 512, steps: 12 },
  { title: 'six tables of 200,000 rows', rows: Array(6).fill(200_000), dim: 16, batch: 512, steps: 6 },
].map((one) => (backend === 'tensorflow' ? one : { ...one, batch: Math.min(one.batch, 512), steps: Math.ceil(one.steps / 4) }));

const units = 192;

const spec = ({ rows, dim, batch }) => `edition 1
model Bench {
  features { ${rows.map((size, i) => `f${i}: category(size: ${size})`).join('\n')} }
  label rating: number
  embeddings { dim: ${dim} }
  cross { depth: 1 }
  deep { units: [${units}, ${units}] }
  train { optimizer: adam(0.01), batch: ${batch}, epochs: 1 }
}
`;

/** Where packages with native parts are, so that the project and tfjs-node have one TensorFlow.js. */
const home = path.join(packages, 'bench');

async function generated(one) {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  writeFileSync(path.join(home, 'bench.rec'), spec(one));
  execFileSync(process.execPath, [path.join(root, 'dist/reccompile.js'), 'build', 'bench.rec', '--out', 'made'], {
    cwd: home,
    stdio: 'ignore',
  });
  const outfile = path.join(home, 'project.mjs');
  const modules = ['model', 'batch', 'train', 'backend'].map((name) => `export * from './made/Bench/${name}.js';`);
  const contents = [...modules, "export * as tf from '@tensorflow/tfjs';"].join('\n');
  await build({
    stdin: { contents, resolveDir: home, loader: 'ts' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    external: ['@tensorflow/tfjs'],
    outfile,
  });
  return import(`${pathToFileURL(outfile).href}?${one.title}${one.batch}`);
}

/** Rows with ids as they come in data: a few often, most seldom. */
function randomRows({ rows, batch }) {
  let seed = 7;
  const random = () => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return Array.from({ length: batch }, () => ({
    features: Object.fromEntries(rows.map((size, i) => [`f${i}`, Math.floor(size * random() ** 3)])),
    labels: { rating: 1 + Math.floor(5 * random()) },
  }));
}

console.log(`${backend}: milliseconds a step, the fastest of several`);
for (const one of cases) {
  const project = await generated(one);
  const { tf } = project;
  await project.useBackend(backend);
  const model = project.createModel(1);
  const trainer = project.createTrainer(model);
  const rows = randomRows(one);
  const batch = project.trainingBatchOf(rows);
  const byHand = createHandWritten(tf, { ...one, units });
  const ids = one.rows.map((_, i) => batch[`f${i}`]);
  const best = [Infinity, Infinity];
  const step = { ours: () => trainer.step(batch), theirs: () => byHand.step(ids, batch.labels.rating) };
  /** Not every backend has the gradient of a gather. */
  const fault = await step.theirs().then(
    () => undefined,
    (error) => String(error).split('\n')[0],
  );
  const sides = fault === undefined ? [step.ours, step.theirs] : [step.ours];
  for (let i = 0; i < one.steps + 2; i++)
    for (const [side, run] of sides.entries()) {
      const begin = performance.now();
      await run();
      if (i >= 2) best[side] = Math.min(best[side], performance.now() - begin);
    }
  const [ours, theirs] = best;
  const compared =
    fault === undefined ? `${theirs.toFixed(1)} by hand, ${(theirs / ours).toFixed(2)} times as fast` : `none by hand: ${fault}`;
  console.log(`${one.title}, batch ${one.batch}: ${ours.toFixed(1)} generated, ${compared}`);
  trainer.dispose();
  tf.disposeVariables();
}
