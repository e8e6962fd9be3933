import { availableParallelism } from 'node:os';
import { cases } from './kit/comparison.mjs';
import { sectionsFor } from './kit/growth.mjs';
import { describeMachine, machineText } from './kit/machine.mjs';
import { writePage } from './kit/page.mjs';
import { findPeers, startPeer } from './kit/peers.mjs';
import { writePictures } from './kit/pictures.mjs';
import { bundlePrograms, measureSpeeds, profileStep, timeStep } from './kit/programs.mjs';
import { progress } from './kit/progress.mjs';
import { readResults, writeResults } from './kit/results.mjs';
import { bestOf } from './kit/rounds.mjs';

/**
 * @typedef {import('./kit/growth.mjs').Point} Point
 * @typedef {import('./step.js').TimedStep} TimedStep
 */

const threads = availableParallelism();

/** @type {Record<string, string>} */
const versions = {};

/**
 * @param {Point | undefined} before
 * @param {{ line: string, x: number }} place
 * @param {{ milliseconds: number } & Partial<TimedStep>} timed
 * @returns {Point}
 */
const withRound = (before, { line, x }, timed) => {
  const rounds = [...(before?.measured.rounds ?? []), timed.milliseconds];
  const best =
    before === undefined || timed.milliseconds < (bestOf(before.measured) ?? Infinity) ? { ...timed, line, x } : before;
  return { ...best, measured: { unit: 'ms', rounds } };
};

/**
 * All lines at one place of the axis, in turn.
 * @param {import('./kit/growth.mjs').Section} section
 * @param {number} x
 * @param {Awaited<ReturnType<typeof findPeers>>} others
 * @param {number} rounds
 * @returns {Promise<Point[]>}
 */
async function measurePlace({ name, lines, peer }, x, { python, found }, rounds) {
  const here = lines.filter(({ at }) => at.includes(x));
  const torch = found.find(({ module }) => module === 'torch');
  const asksPeer = here.some(({ mode }) => mode !== undefined);
  const setting = peer?.(x);
  const program = torch && setting && asksPeer ? startPeer(python, torch, setting.batch, setting.rows) : undefined;
  /** @type {Map<string, Point>} */
  const points = new Map();
  try {
    for (let round = 1; round <= rounds; round++) {
      for (const { title, subject, mode } of here) {
        progress(`${name} ${x.toLocaleString('en-US')}: round ${round} of ${rounds}, ${title}`);
        const timed = subject ? await timeStep(subject(x)) : await program?.ask(mode ?? '');
        if (timed === undefined || timed.milliseconds === undefined) continue;
        if ('version' in timed && timed.version !== undefined) versions.torch = timed.version;
        const { milliseconds, ...rest } = timed;
        points.set(title, withRound(points.get(title), { line: title, x }, { milliseconds, ...(subject ? rest : {}) }));
      }
    }
  } finally {
    await program?.close();
  }
  return [...points.values()];
}

/** @param {number} rounds */
async function measure(rounds) {
  const machine = describeMachine();
  await bundlePrograms();
  const others = await findPeers();
  progress('products and copies');
  const speeds = await measureSpeeds(threads);
  /** @type {Record<string, Point[]>} */
  const sections = {};
  for (const section of sectionsFor(threads)) {
    const places = [...new Set(section.lines.flatMap(({ at }) => at))].sort((a, b) => a - b);
    const points = [];
    for (const x of places) points.push(...(await measurePlace(section, x, others, rounds)));
    sections[section.name] = points;
  }
  const steps = [];
  for (const { name, batch, rows } of cases.filter(({ far = false }) => !far)) {
    const subject = { batch, rows, fields: 6, dim: 32, cross: 1, deep: [192, 192], exact: false, threads };
    /** @type {Point | undefined} */
    let point;
    for (let round = 1; round <= rounds; round++) {
      progress(`${name}: round ${round} of ${rounds}`);
      point = withRound(point, { line: name, x: batch }, await timeStep(subject));
    }
    progress(`${name}: profile`);
    steps.push({ ...point, rows, shares: (await profileStep(subject)).shares });
  }
  progress();
  const peerVersions = versions.torch === undefined ? {} : { PyTorch: versions.torch };
  return { machine: { ...machine, versions: { ...machine.versions, ...peerVersions } }, rounds, speeds, sections, steps };
}

const [given = '2'] = process.argv.slice(2);
const rounds = Number(given);
if (given !== '--draw' && !(Number.isInteger(rounds) && rounds > 0)) {
  console.error('usage: npm run bench:growth [-- ROUNDS | --draw]   --draw: pictures of what was measured before');
  process.exitCode = 2;
} else {
  if (given !== '--draw') {
    const growth = await measure(rounds);
    console.log(machineText(growth.machine));
    await writeResults('growth', growth);
  }
  const growth = readResults('growth');
  if (growth === undefined) console.error('Nothing has been measured: bench/results/growth.json is not there.');
  else console.log(`written: ${[...(await writePictures(growth)), 'docs/performance.md'].join(', ')}`);
  await writePage();
}
