import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { buildKernels } from '../../scripts/build-kernels.mjs';
import { buildWorker, nodeProgram } from '../../scripts/build-worker.mjs';
import { root } from './root.mjs';

const run = promisify(execFile);
const largestOutput = 2 ** 28;
const bundles = path.join(root, 'build', 'bench');

/**
 * @typedef {object} TrainResult
 * @property {number} parameters
 * @property {number} seconds
 * @property {number} steps
 * @property {number} epochs
 * @property {number} [bestEpoch]
 * @property {Record<string, number>} rows
 * @property {Record<string, Record<string, number>>} metrics
 */

/**
 * What the command of `dist/` writes to its standard output.
 * @param {readonly string[]} given
 * @param {import('node:child_process').ExecFileOptions} [options]
 * @returns {Promise<string>}
 */
export async function reccompile(given, options = {}) {
  const program = path.join(root, 'dist', 'reccompile.js');
  const { stdout } = await run(process.execPath, [program, ...given], { ...options, encoding: 'utf8', maxBuffer: largestOutput });
  return stdout;
}

/**
 * Trains a model in a process of its own and gives what it measured.
 * @param {{ spec: string, model: string, data: string, out: string, settings?: readonly string[] }} what
 * @param {import('node:child_process').ExecFileOptions} [options]
 * @returns {Promise<TrainResult>}
 */
export async function train({ spec, model, data, out, settings = [] }, options = {}) {
  const given = ['train', spec, '--model', model, '--data', data, '--out', out, '--json', '--quiet'];
  return JSON.parse(await reccompile([...given, ...settings.flatMap((setting) => ['--set', setting])], options));
}

/** Bundles the measured programs of this folder, from the sources as they are. */
export async function bundlePrograms() {
  await buildKernels();
  await buildWorker();
  await build({
    ...nodeProgram,
    entryPoints: ['bench/step.ts', 'bench/profile.ts', 'bench/speeds.ts'],
    outdir: bundles,
    outExtension: { '.js': '.mjs' },
  });
}

/** The command itself, as `npm run build` makes it. */
export const buildCommand = () => run(process.execPath, [path.join(root, 'scripts', 'build.mjs')], { cwd: root });

/**
 * Runs one of the bundled programs in a process of its own.
 * @param {'step' | 'profile' | 'speeds'} name
 * @param {readonly string[]} given
 */
async function measured(name, given) {
  const { stdout } = await run(process.execPath, [path.join(bundles, `${name}.mjs`), ...given], { maxBuffer: largestOutput });
  return JSON.parse(stdout);
}

/**
 * @param {import('../subject.js').StepSubject} subject
 * @returns {Promise<import('../step.js').TimedStep>}
 */
export const timeStep = (subject) => measured('step', [JSON.stringify(subject)]);

/**
 * @param {import('../subject.js').StepSubject} subject
 * @returns {Promise<import('../profile.js').Profile>}
 */
export const profileStep = (subject) => measured('profile', [JSON.stringify(subject)]);

/**
 * What so many cores do at the same time, together.
 * @param {number} cores
 * @returns {Promise<import('../speeds.js').Speeds>}
 */
export async function measureSpeeds(cores) {
  const each = await Promise.all(Array.from({ length: cores }, () => measured('speeds', ['measure'])));
  const sum = (/** @type {string} */ name) => each.reduce((total, speeds) => total + speeds[name], 0);
  return { multiplyAddsPerSecond: sum('multiplyAddsPerSecond'), bytesPerSecond: sum('bytesPerSecond') };
}
