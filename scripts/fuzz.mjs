import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

const root = path.resolve(fileURLToPath(import.meta.url), '../..');
const usage = 'usage: npm run fuzz -- 10000 [--seed 1] [--from 0] [--jobs 1]';
/** A case that takes longer is stopped. The machine may be busy: what a case may take of the processor is in the worker. */
const patience = 60_000;

const options = { seed: { type: 'string' }, from: { type: 'string' }, jobs: { type: 'string' } };
const wholeNumber = (text, name) => {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  console.error(`${name} is a whole number, not ${text}\n${usage}`);
  process.exit(2);
};
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const count = wholeNumber(positionals[0] ?? '10000', 'the number of specs');
const seed = wholeNumber(values.seed ?? '1', '--seed');
const from = wholeNumber(values.from ?? '0', '--from');
const folder = path.join(root, `build/fuzz/${seed}-${from}-${count}`);
const jobs = Math.max(1, wholeNumber(values.jobs ?? '1', '--jobs'));

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
const worker = path.join(folder, 'worker.mjs');
await build({
  absWorkingDir: root,
  entryPoints: ['test/fuzz/worker.ts'],
  outfile: worker,
  bundle: true,
  format: 'esm',
  platform: 'node',
  loader: { '.rec': 'text' },
  logLevel: 'warning',
});
process.chdir(root);

const end = from + count;
const started = Date.now();
const threads = new Set();
let faulty = 0;

const report = async ({ index, text, faults }) => {
  faulty++;
  if (text !== undefined) await writeFile(path.join(folder, `${index}.rec`), text);
  console.log(`${index}: ${faults.join('; ')}`);
};

/** Tries cases in a thread of its own; resolves to the case that ended it before its time. */
const tryCases = (first) =>
  new Promise((resolve) => {
    const current = new Int32Array(new SharedArrayBuffer(4)).fill(first);
    const thread = new Worker(worker, {
      workerData: { seed, first, step: jobs, end, current },
      // As much as the main thread of a program has.
      resourceLimits: { stackSizeMb: 1, maxOldGenerationSizeMb: 1500 },
    });
    let before = -1;
    const watch = setInterval(() => {
      const now = Atomics.load(current, 0);
      if (now === before && now < end) {
        void report({ index: now, faults: [`has not ended after ${patience / 1000} s`] });
        void thread.terminate();
      }
      before = now;
    }, patience);
    thread.on('message', (found) => void report(found));
    thread.on('error', (error) => void report({ index: Atomics.load(current, 0), faults: [`ends the thread: ${error.stack}`] }));
    thread.on('exit', () => {
      clearInterval(watch);
      resolve(Atomics.load(current, 0));
    });
    threads.add(current);
  });

const job = async (first) => {
  for (let next = first; next < end;) {
    const ended = await tryCases(next);
    if (ended >= end) return;
    next = ended + jobs;
  }
};
const seconds = () => Math.round((Date.now() - started) / 1000);
const progress = setInterval(() => {
  const latest = [...threads].slice(-jobs).map((current) => Atomics.load(current, 0));
  console.error(`${Math.max(0, Math.min(...latest) - from)} of ${count} after ${seconds()} s, ${faulty} with faults`);
}, 30_000);
await Promise.all(Array.from({ length: Math.min(jobs, count) }, (_, number) => job(from + number)));
clearInterval(progress);
console.log(
  `${count} texts from seed ${seed} in ${seconds()} s: ${faulty === 0 ? 'no faults' : `${faulty} with faults, in ${folder}`}`,
);
process.exitCode = faulty === 0 ? 0 : 1;
