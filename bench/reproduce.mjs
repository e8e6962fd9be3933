import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fetchMovieLens } from '../scripts/movielens.mjs';
import { writeToys } from '../scripts/toy-data.mjs';
import { train } from './kit/programs.mjs';
import { root } from './kit/root.mjs';

const seeds = [1, 2, 3, 4, 5];

/** @typedef {{ folder: string, work: string }} Place */

/**
 * Trains one model and gives what it measured.
 * @param {Place} place
 * @param {string} spec
 * @param {string} model
 * @param {readonly string[]} settings
 */
async function trainOne({ folder, work }, spec, model, ...settings) {
  const out = path.join(work, `${model}-${settings.join(' ').replaceAll(/[^\w.]+/g, '-')}`);
  const result = await train({ spec: path.join(root, 'specs', spec), model, data: folder, out, settings });
  rmSync(out, { recursive: true });
  return result;
}

const mean = (/** @type {readonly number[]} */ xs) => xs.reduce((a, b) => a + b, 0) / xs.length;
const median = (/** @type {readonly number[]} */ xs) => [...xs].sort((a, b) => a - b)[xs.length >> 1] ?? NaN;
const deviation = (/** @type {readonly number[]} */ xs) => Math.sqrt(mean(xs.map((x) => (x - mean(xs)) ** 2)));
const grouped = (/** @type {number} */ n) => n.toLocaleString('en-US');

/** @param {string} spec @param {readonly (readonly [string, string])[]} models */
const toy = (spec, models) => async (/** @type {string} */ work) => {
  const folder = path.join(work, 'data');
  writeToys(folder);
  console.log(`specs/${spec}: test RMSE over the seeds ${seeds.join(', ')}`);
  for (const [model, published] of models) {
    const results = [];
    for (const seed of seeds) results.push(await trainOne({ folder, work }, spec, model, `train.seed=${seed}`));
    const rmse = results.map((r) => r.metrics.test?.rmse ?? NaN);
    console.log(
      `  ${model.padEnd(13)} ${grouped(results[0]?.parameters ?? 0).padStart(8)} parameters   median ${median(rmse).toPrecision(3)}   all ${rmse.map((x) => x.toPrecision(2)).join(' ')}   published ${published}`,
    );
  }
};

const tasks = {
  blender: toy('blender.rec', [
    ['BlenderCross', '0.0006'],
    ['BlenderDeep', '0.8568'],
  ]),
  almonds: toy('almonds.rec', [
    ['AlmondsCross', '0.0281'],
    ['AlmondsDeep', '0.8087'],
  ]),
  'movielens-100k': async (/** @type {string} */ work) => {
    const folder = await fetchMovieLens('ml-100k');
    console.log(`specs/movielens-100k.rec: test RMSE over the random splits ${seeds.join(', ')}`);
    for (const [model, published] of [
      ['Cross', '0.9334'],
      ['LowRank', '0.9312'],
      ['Deep', '0.9390'],
    ]) {
      const rmse = [];
      for (const seed of seeds) {
        const split = `data.split=random(train: 0.8, test: 0.2, seed: ${seed})`;
        rmse.push(
          (await trainOne({ folder, work }, 'movielens-100k.rec', model ?? '', split, `train.seed=${seed}`)).metrics.test?.rmse ??
            NaN,
        );
      }
      console.log(
        `  ${(model ?? '').padEnd(8)} mean ${mean(rmse).toFixed(4)} ± ${deviation(rmse).toFixed(4)}   all ${rmse.map((x) => x.toFixed(4)).join(' ')}   published ${published}`,
      );
    }
  },
  'movielens-1m': async (/** @type {string} */ work) => {
    const folder = await fetchMovieLens('ml-1m');
    console.log('specs/movielens-1m.rec: the best epoch on the validation rows, measured on the test rows');
    for (const [model, published] of [
      ['DcnV2', '0.8950 0.3170'],
      ['Dnn', '0.8929 0.3201'],
      ['CrossNet', '0.8937 0.3185'],
    ]) {
      const { metrics, rows, epochs, bestEpoch, seconds } = await trainOne({ folder, work }, 'movielens-1m.rec', model ?? '');
      const kept = (rows.train ?? 0) + (rows.valid ?? 0) + (rows.test ?? 0);
      console.log(
        `  ${(model ?? '').padEnd(8)} AUC ${metrics.test?.auc?.toFixed(4)}  log loss ${metrics.test?.log_loss?.toFixed(4)}   published ${published}   epoch ${bestEpoch} of ${epochs}, ${(seconds / epochs).toFixed(1)} s an epoch, ${grouped(kept)} rows`,
      );
    }
  },
};

const wanted = process.argv.slice(2);
const names = /** @type {(keyof typeof tasks)[]} */ (Object.keys(tasks));
if (wanted.some((w) => !Object.hasOwn(tasks, w))) {
  console.error(`usage: npm run reproduce [-- ${names.join(' | ')}]`);
  process.exitCode = 2;
} else {
  const work = mkdtempSync(path.join(tmpdir(), 'reccompile-'));
  try {
    for (const name of names) if (wanted.length === 0 || wanted.includes(name)) await tasks[name](work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
