import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root } from './root.mjs';

const run = promisify(execFile);
const scripts = path.join(root, 'bench', 'peers');
const answerMilliseconds = 180_000;

export const environment = path.join(root, 'build', 'peers');
export const pythonOf = (/** @type {string} */ folder) =>
  process.platform === 'win32' ? path.join(folder, 'Scripts', 'python.exe') : path.join(folder, 'bin', 'python');

/**
 * A mode of a peer. `whole` ones update every row of the tables at every step, as exact Adam does.
 * @typedef {object} Mode
 * @property {string} mode as the scripts know it
 * @property {string} title
 * @property {boolean} whole
 * @property {boolean} endToEnd whether it has a place in the training from files
 */

/**
 * @typedef {object} Peer
 * @property {string} title
 * @property {string} module what Python imports
 * @property {string} requirements
 * @property {string} step
 * @property {string} endToEnd
 * @property {readonly Mode[]} modes
 */

/** @type {readonly Peer[]} */
export const peers = [
  {
    title: 'PyTorch',
    module: 'torch',
    requirements: 'requirements-torch.txt',
    step: 'step_torch.py',
    endToEnd: 'e2e_torch.py',
    modes: [
      { mode: 'dense', title: 'PyTorch dense', whole: true, endToEnd: true },
      { mode: 'sparse', title: 'PyTorch sparse', whole: false, endToEnd: true },
      { mode: 'compiled', title: 'PyTorch compiled', whole: true, endToEnd: false },
      { mode: 'sparse-compiled', title: 'PyTorch sparse compiled', whole: false, endToEnd: false },
    ],
  },
  {
    title: 'Keras',
    module: 'keras',
    requirements: 'requirements-keras.txt',
    step: 'step_keras.py',
    endToEnd: 'e2e_keras.py',
    modes: [
      { mode: 'graph', title: 'Keras graph', whole: true, endToEnd: true },
      { mode: 'xla', title: 'Keras XLA', whole: true, endToEnd: true },
    ],
  },
];

/** Keeps the logs of both out of what is printed. */
export const quiet = { TF_CPP_MIN_LOG_LEVEL: '3', TORCH_LOGS: '-all', PYTHONWARNINGS: 'ignore' };

/** @param {string} python @param {Peer} peer */
const has = (python, { module }) =>
  run(python, ['-c', `import importlib.util, sys; sys.exit(importlib.util.find_spec(${JSON.stringify(module)}) is None)`]).then(
    () => true,
    () => false,
  );

/** The Python that has peers, and which; RECCOMPILE_PEERS_PYTHON, or the environment that `npm run bench:peers` makes. */
export async function findPeers() {
  const own = pythonOf(environment);
  const python = process.env.RECCOMPILE_PEERS_PYTHON ?? (existsSync(own) ? own : undefined);
  if (python === undefined) return { python: '', found: [] };
  const found = [];
  for (const peer of peers) if (await has(python, peer)) found.push(peer);
  return { python, found };
}

/**
 * A peer's program for one batch and vocabulary: it keeps its models from round to round, and waits without work between two of them.
 * @param {string} python
 * @param {Peer} peer
 * @param {number} batch
 * @param {number} rows
 */
export function startPeer(python, { step, title }, batch, rows) {
  const given = [path.join(scripts, step), String(batch), String(rows)];
  const child = spawn(python, given, { stdio: ['pipe', 'pipe', 'ignore'], env: { ...process.env, ...quiet } });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise((resolve) => {
    child.on('close', resolve);
    child.on('error', resolve);
  });
  child.stdin.on('error', () => undefined);
  return {
    /** @param {string} mode @returns {Promise<{ milliseconds?: number, version?: string, error?: string }>} */
    ask: async (mode) => {
      child.stdin.write(`${mode}\n`);
      const late = setTimeout(() => child.kill(), answerMilliseconds);
      const { value, done } = await lines.next();
      clearTimeout(late);
      return done ? { error: `${title}'s program ended` } : JSON.parse(value);
    },
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

/**
 * Trains from files to a test RMSE, in a process of its own.
 * @param {string} python
 * @param {Peer} peer
 * @param {string} mode
 * @param {string} folder
 * @returns {Promise<{ rmse: number, version: string }>}
 */
export async function trainPeer(python, { endToEnd }, mode, folder) {
  const { stdout } = await run(python, [path.join(scripts, endToEnd), folder, mode, '1'], { env: { ...process.env, ...quiet } });
  return JSON.parse(stdout);
}
