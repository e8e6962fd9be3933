import { defaultEngine, engineNames } from '../train/engines/index.js';
import { softwareFlag } from '../train/engines/webgpu.js';
import { choice, toggle } from './options.js';

/** What commands that run a graph let the user choose. */
export const engineOptions = {
  engine: choice(
    '--engine',
    [defaultEngine, ...engineNames.filter((name) => name !== defaultEngine)],
    'what runs the graph; `reccompile doctor` tells which of them work here',
  ),
  softwareGpu: toggle(softwareFlag, 'let a program on the processor stand in for the GPU of a webgpu engine: slow, for tests'),
};
