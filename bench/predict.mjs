import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fetchMovieLens } from '../scripts/movielens.mjs';
import { buildCommand, train } from './kit/programs.mjs';
import { root } from './kit/root.mjs';

const manyRows = 10_000;
const calls = { one: 2000, many: 40 };
const rowsOfFile = Number(process.argv[2] ?? 1_000_000);

/** @typedef {Record<string, string | number>} Row */

/** @param {string} text @param {string} separator */
const lines = (text, separator) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => line.split(separator));

/** @param {string} folder @returns {Row[]} */
function movieLens1M(folder) {
  const read = (/** @type {string} */ file) => readFileSync(path.join(folder, 'ml-1m', file));
  const people = new Map(
    lines(read('users.dat').toString('latin1'), '::').map(([id = '', gender = '', age, occupation, zip = '']) => [
      id,
      { gender, age: Number(age), occupation: Number(occupation), zip },
    ]),
  );
  const [, ...ratings] = lines(gunzipSync(read('ratings.csv.gz')).toString(), ',');
  return ratings.map(([user = '', movie]) => ({ user_id: Number(user), movie_id: Number(movie), ...people.get(user) }));
}

/** @param {string} folder @returns {Row[]} */
function movieLens100K(folder) {
  const read = (/** @type {string} */ file) => readFileSync(path.join(folder, 'ml-100k', file), 'latin1');
  const people = new Map(
    lines(read('u.user'), '|').map(([id = '', age, gender = '', occupation = '', zip = '']) => [
      id,
      { age: Number(age), gender, occupation, zip },
    ]),
  );
  return lines(read('u.data'), '\t').map(([user = '', movie]) => ({
    user_id: Number(user),
    movie_id: Number(movie),
    ...people.get(user),
  }));
}

/** @param {number[]} times @param {number} share */
const quantile = (times, share) => times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))] ?? NaN;

/** @param {() => Promise<unknown>} work @param {number} count */
async function milliseconds(work, count) {
  for (let i = 0; i < Math.ceil(count / 4); i++) await work();
  const times = [];
  for (let i = 0; i < count; i++) {
    const begin = performance.now();
    await work();
    times.push(performance.now() - begin);
  }
  return times;
}

/**
 * Predicts for a file with the command, which writes to another.
 * @param {string} run @param {string} file @param {string} out
 * @returns {Promise<{ seconds: number, mebibytes: number }>}
 */
function predictFile(run, file, out) {
  const begin = performance.now();
  let peak = NaN;
  const child = spawn(process.execPath, [path.join(root, 'dist/reccompile.js'), 'predict', run, file], {
    stdio: ['ignore', openSync(out, 'w'), 'inherit'],
  });
  const watch = setInterval(() => {
    try {
      const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      if (kilobytes !== undefined) peak = Number(kilobytes) / 1024;
    } catch {
      // Only Linux tells, and only while it runs.
    }
  }, 20);
  return new Promise((resolve, reject) => {
    child.on('exit', (status) => {
      clearInterval(watch);
      if (status === 0) resolve({ seconds: (performance.now() - begin) / 1000, mebibytes: peak });
      else reject(new Error(`predict ended with ${status}`));
    });
  });
}

/** @param {readonly Row[]} rows @param {number} count */
function csv(rows, count) {
  const names = Object.keys(rows[0] ?? {});
  const body = Array.from({ length: count }, (_, i) => names.map((name) => rows[i % rows.length]?.[name]).join(','));
  return `${names.join(',')}\n${body.join('\n')}\n`;
}

const models = [
  { set: /** @type {const} */ ('ml-1m'), spec: 'movielens-1m.rec', model: 'DcnV2', rowsIn: movieLens1M },
  { set: /** @type {const} */ ('ml-100k'), spec: 'movielens-100k.rec', model: 'Cross', rowsIn: movieLens100K },
];
await buildCommand();
const { loadPredictor } = await import(path.join(root, 'dist/index.js'));
console.log(`${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.version}`);
const work = mkdtempSync(path.join(tmpdir(), 'reccompile-predict-'));
try {
  for (const { set, spec, model, rowsIn } of models) {
    const data = await fetchMovieLens(set);
    const run = path.join(work, model);
    await train({
      spec: path.join(root, 'specs', spec),
      model,
      data,
      out: run,
      settings: ['train.epochs=1', 'train.batch=1024'],
    });
    const rows = rowsIn(data);
    const predictor = await loadPredictor(run);
    let next = 0;
    const one = await milliseconds(() => predictor.predict(rows[(next = (next + 7919) % rows.length)] ?? {}), calls.one);
    const several = rows.slice(0, manyRows);
    const many = await milliseconds(() => predictor.predict(several), calls.many);
    await predictor.close();
    const perSecond = (/** @type {number} */ time) => Math.round((several.length / time) * 1000).toLocaleString('en-US');
    console.log(`${model} of ${spec}`);
    console.log(`  one row        median ${quantile(one, 0.5).toFixed(2)} ms   99% within ${quantile(one, 0.99).toFixed(2)} ms`);
    console.log(
      `  ${several.length.toLocaleString('en-US')} rows    best ${perSecond(Math.min(...many))} rows/s   median ${perSecond(quantile(many, 0.5))} rows/s`,
    );
    for (const count of [rowsOfFile / 10, rowsOfFile]) {
      const file = path.join(work, `${count}.csv`);
      writeFileSync(file, csv(rows, count));
      const { seconds, mebibytes } = await predictFile(run, file, path.join(work, 'out.jsonl'));
      const speed = Math.round(count / seconds).toLocaleString('en-US');
      console.log(
        `  csv of ${count.toLocaleString('en-US')} rows   ${seconds.toFixed(1)} s with its start   ${speed} rows/s   at most ${mebibytes.toFixed(0)} MiB`,
      );
      rmSync(file);
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
