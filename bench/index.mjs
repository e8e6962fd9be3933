import { execFile } from 'node:child_process';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { buildKernels } from '../scripts/build-kernels.mjs';
import { buildWorker } from '../scripts/build-worker.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const run = promisify(execFile);
const python = process.env.RECCOMPILE_PEERS_PYTHON ?? 'python3';
const threads = availableParallelism();
const rounds = Number(process.argv[2] ?? 3);

/** Batch and vocabulary of each row of the table; `npm run bench -- 3 512x2000` takes three rounds of one. */
const all = [
  [128, 3500],
  [512, 2000],
  [512, 200_000],
  [2048, 100_000],
  [8192, 2000],
];
const wanted = process.argv.slice(3);
const cases = wanted.length > 0 ? all.filter((c) => wanted.includes(c.join('x'))) : all;
const peers = ['dense', 'sparse', 'compile'];

const bundled = path.join(root, 'build', 'bench', 'step.mjs');
await buildKernels();
await buildWorker();
await build({
  absWorkingDir: root,
  entryPoints: ['bench/step.ts'],
  outfile: bundled,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: ['onnxruntime-node'],
  loader: { '.rec': 'text' },
  banner: { js: "import{createRequire as nodeRequire}from'node:module';const require=nodeRequire(import.meta.url);" },
  logLevel: 'error',
});

/** @param {string} command @param {readonly string[]} given @returns {Promise<{ milliseconds: number, version?: string } | undefined>} */
async function timed(command, given) {
  try {
    return JSON.parse((await run(command, [...given])).stdout);
  } catch {
    return undefined;
  }
}

const hasTorch = await run(python, ['-c', 'import torch']).then(
  () => true,
  () => false,
);
console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${threads} cores, Node ${process.version}; milliseconds a step, best median of ${rounds} rounds`,
);
if (!hasTorch) console.log(`PyTorch is not there: RECCOMPILE_PEERS_PYTHON names a Python that has it (pip install torch numpy)`);
const ours = /** @type {const} */ (['lazy Adam', 'exact Adam']);
console.log(
  [
    'batch',
    'rows',
    ...ours,
    ...(hasTorch ? [...peers.map((p) => `torch ${p}`), 'best torch / lazy', 'torch dense / exact'] : []),
  ].join('\t'),
);
for (const [batch, vocabulary] of cases) {
  /** @type {Record<string, number>} */
  const best = {};
  const keep = (/** @type {string} */ name, /** @type {{ milliseconds: number } | undefined} */ found) => {
    if (found) best[name] = Math.min(best[name] ?? Infinity, found.milliseconds);
  };
  for (let round = 0; round < rounds; round++) {
    for (const mode of ours)
      keep(
        mode,
        await timed(process.execPath, [
          bundled,
          String(batch),
          String(vocabulary),
          String(threads),
          mode === 'exact Adam' ? 'exact' : 'lazy',
        ]),
      );
    for (const peer of hasTorch ? peers : [])
      keep(
        peer,
        await timed(python, [path.join(root, 'bench', 'peers', 'step_torch.py'), String(batch), String(vocabulary), peer]),
      );
  }
  const show = (/** @type {number | undefined} */ x) => (x === undefined ? '–' : x.toFixed(2));
  const torch = peers.flatMap((p) => best[p] ?? []);
  const ratio = (/** @type {number} */ a, /** @type {number | undefined} */ b) =>
    b === undefined || !Number.isFinite(a) ? '–' : `${(a / b).toFixed(2)}×`;
  console.log(
    [
      batch,
      vocabulary?.toLocaleString('en-US'),
      ...ours.map((m) => show(best[m])),
      ...(hasTorch
        ? [
            ...peers.map((p) => show(best[p])),
            ratio(Math.min(...torch), best['lazy Adam']),
            ratio(best.dense ?? NaN, best['exact Adam']),
          ]
        : []),
    ].join('\t'),
  );
}
