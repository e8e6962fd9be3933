import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';
import path from 'node:path';
import { root } from './root.mjs';

/**
 * @typedef {object} Machine
 * @property {string} processor
 * @property {number} cores
 * @property {number} memory in bytes
 * @property {string} system
 * @property {number} load how many other threads wanted a core in the minute before
 * @property {Record<string, string>} versions
 */

const versionOf = (/** @type {string} */ name) => {
  const manifest = path.join(root, 'node_modules', ...name.split('/'), 'package.json');
  return /** @type {string} */ (JSON.parse(readFileSync(manifest, 'utf8')).version);
};

/** @returns {Machine} */
export const describeMachine = () => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: availableParallelism(),
  memory: totalmem(),
  system: `${type()} ${release().split('-', 1)[0]}`,
  load: Math.round(10 * (loadavg()[0] ?? 0)) / 10,
  versions: { Node: process.version.slice(1), 'onnxruntime-node': versionOf('onnxruntime-node') },
});

/** Of each core; more of it is told beside the figures. */
const quietLoad = 0.5;

/** @param {Machine} machine */
export const machineText = ({ processor, cores, memory, system, load, versions }) =>
  [
    `${processor}, ${cores} cores, ${Math.round(memory / 1e9)} GB, ${system}`,
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    ...(load > quietLoad * cores ? [`other programs kept ${load} threads busy before it began, so these figures are rough`] : []),
  ].join('; ');
