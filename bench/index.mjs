import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { findMovieLens } from '../scripts/movielens.mjs';
import { cached, cases, cellsOf, endToEnd, exact, heads, lazy, remarks } from './kit/comparison.mjs';
import { describeMachine, machineText } from './kit/machine.mjs';
import { findPeers, startPeer, trainPeer } from './kit/peers.mjs';
import { buildCommand, bundlePrograms, profileStep, timeStep, train } from './kit/programs.mjs';
import { root } from './kit/root.mjs';
import { writePage } from './kit/page.mjs';
import { writeResults } from './kit/results.mjs';
import { bestOf } from './kit/rounds.mjs';
import { productShare, shareOf } from './kit/parts.mjs';
import { progress } from './kit/progress.mjs';
import { textTable } from './kit/tables.mjs';

/** @typedef {import('./kit/comparison.mjs').Row} Row */

const threads = availableParallelism();
const trainedMost = 2;
const usage = `usage: npm run bench [-- ROUNDS CASES… --data FOLDER]   cases: ${[...cases.map(({ name }) => name), endToEnd].join(' ')}`;

/** What could not be measured, each once. @type {Set<string>} */
const notes = new Set();
/** @type {Record<string, string>} */
const versions = {};

/** @param {Row} row @param {string} title @param {number} value @param {'ms' | 's'} unit */
const keep = ({ measured }, title, value, unit) => {
  measured[title] = { unit, rounds: [...(measured[title]?.rounds ?? []), value] };
};

/**
 * One step, ours and the peers' in turn.
 * @param {typeof cases[number]} one
 * @param {Awaited<ReturnType<typeof findPeers>>} others
 * @param {number} rounds
 * @returns {Promise<Row>}
 */
async function stepRow({ name, batch, rows, far = false }, { python, found }, rounds) {
  /** @type {Row} */
  const row = { name, batch, rows, measured: {} };
  const subject = { batch, rows, fields: 6, dim: 32, cross: 1, deep: [192, 192], exact: false, threads };
  const started = far ? [] : found.map((peer) => ({ peer, program: startPeer(python, peer, batch, rows) }));
  let run = 0;
  try {
    for (let round = 1; round <= rounds; round++) {
      const say = (/** @type {string} */ what) => progress(`${name}: round ${round} of ${rounds}, ${what}`);
      say(lazy);
      const timed = await timeStep(subject);
      if (timed.milliseconds < (bestOf(row.measured[lazy]) ?? Infinity)) run = shareOf(timed.phases, 'run');
      keep(row, lazy, timed.milliseconds, 'ms');
      if (!far) {
        say(exact);
        keep(row, exact, (await timeStep({ ...subject, exact: true })).milliseconds, 'ms');
      }
      for (const { peer, program } of started) {
        for (const { mode, title } of peer.modes) {
          say(title);
          const { milliseconds, version, error } = await program.ask(mode);
          if (version !== undefined) versions[peer.title] = version;
          if (milliseconds === undefined) notes.add(`${title}: ${error ?? 'no answer'}`);
          else keep(row, title, milliseconds, 'ms');
        }
      }
    }
  } finally {
    for (const { program } of started) await program.close();
  }
  progress(`${name}: profile`);
  row.products = run * productShare((await profileStep(subject)).shares);
  return row;
}

/**
 * One epoch of MovieLens 1M from its files to a test RMSE, whole processes, nothing cached but where it is said.
 * @param {string} folder
 * @param {Awaited<ReturnType<typeof findPeers>>} others
 * @param {number} rounds
 * @returns {Promise<Row>}
 */
async function endToEndRow(folder, { python, found }, rounds) {
  /** @type {Row & { rmse: Record<string, number> }} */
  const row = { name: endToEnd, batch: 1024, measured: {}, rmse: {} };
  const timed = async (/** @type {string} */ title, /** @type {() => Promise<number>} */ work) => {
    const begin = performance.now();
    try {
      row.rmse[title] = await work();
      keep(row, title, (performance.now() - begin) / 1000, 's');
    } catch (error) {
      notes.add(`${title}: ${error instanceof Error ? (error.message.trim().split('\n').at(-1) ?? '') : String(error)}`);
    }
  };
  for (let round = 1; round <= rounds; round++) {
    const say = (/** @type {string} */ what) => progress(`${endToEnd}: round ${round} of ${rounds}, ${what}`);
    const work = mkdtempSync(path.join(tmpdir(), 'reccompile-'));
    try {
      for (const title of [lazy, cached, exact]) {
        say(title);
        await timed(title, () => trainOurs(folder, work, title));
      }
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
    for (const peer of found) {
      for (const { mode, title } of peer.modes.filter((one) => one.endToEnd)) {
        say(title);
        await timed(title, async () => (await trainPeer(python, peer, mode, path.join(folder, 'ml-1m'))).rmse);
      }
    }
  }
  return row;
}

/**
 * With an empty cache, or the one that lazy Adam has left.
 * @param {string} data
 * @param {string} work
 * @param {string} title
 * @returns {Promise<number>} its test RMSE
 */
async function trainOurs(data, work, title) {
  const spec = path.join(root, 'bench', 'movielens.rec');
  const settings = title === exact ? ['train.optimizer=adam(1e-3, exact)'] : [];
  const env = { ...process.env, RECCOMPILE_CACHE: path.join(work, title === exact ? 'cache of exact' : 'cache') };
  const { metrics } = await train({ spec, model: 'MovieLens', data, out: path.join(work, title), settings }, { env });
  return metrics.test?.rmse ?? NaN;
}

/** @param {number} rounds @param {readonly string[]} wanted @param {string | undefined} data */
async function compare(rounds, wanted, data) {
  const machine = describeMachine();
  const all = wanted.length === 0;
  progress('building');
  await bundlePrograms();
  const others = await findPeers();
  if (others.found.length === 0) notes.add('No peer is installed: `npm run bench:peers` does it.');
  /** @type {Row[]} */
  const table = [];
  for (const one of cases) {
    if (all || wanted.includes(one.name)) table.push(await stepRow(one, others, rounds));
  }
  if (all || wanted.includes(endToEnd)) {
    const folder = data ?? findMovieLens('ml-1m');
    if (folder === undefined) notes.add('MovieLens 1M is not there: --data or RECCOMPILE_DATA names a folder that has ml-1m.');
    else {
      progress('building');
      await buildCommand();
      table.push(await endToEndRow(folder, others, Math.min(rounds, trainedMost)));
    }
  }
  progress();
  const comparison = { machine: { ...machine, versions: { ...machine.versions, ...versions } }, rounds, table };
  console.log(`${machineText(comparison.machine)}\n`);
  console.log(
    `Milliseconds a step: the best round of ${rounds}, and by how much the worst was slower. MovieLens 1M in seconds.\n`,
  );
  console.log(textTable(heads, table.map(cellsOf)));
  console.log(`\nproducts: share of the lazy step, by onnxruntime's profile of the same shards in one thread`);
  for (const text of remarks(table)) console.log(text);
  for (const note of notes) console.log(note);
  if (!all) return;
  await writeResults('comparison', comparison);
  await writePage();
  console.log('\nwritten: bench/results/comparison.json, docs/performance.md');
}

const { positionals, values } = parseArgs({ allowPositionals: true, options: { data: { type: 'string' } } });
const rounds = Number(positionals[0] ?? 3);
const wanted = positionals.slice(1);
const known = [...cases.map(({ name }) => name), endToEnd];
if (!Number.isInteger(rounds) || rounds < 1 || wanted.some((name) => !known.includes(name))) {
  console.error(usage);
  process.exitCode = 2;
} else {
  await compare(rounds, wanted, values.data);
}
