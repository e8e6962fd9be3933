import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { installPackages } from './debian.mjs';
import { environment, findChromium, folder, manifests, python, root, tfjsNode, webgpu } from './places.mjs';
import { run } from './run.mjs';
import { buildAgainstWheel, tfjsNodeWorks } from './tfjs-node.mjs';

/**
 * One thing that tests need: looked for, and if it is not there, made.
 * @typedef {object} Part
 * @property {string} name
 * @property {() => Promise<string | undefined>} missing why it cannot be used as things are
 * @property {() => Promise<string | undefined>} make why it could not be made
 */

const text = (/** @type {string} */ file) => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);
const there = (/** @type {string} */ manifest) => path.join(folder, path.basename(manifest));

/** @type {Part} */
const packages = {
  name: 'packages of tfjs-node and webgpu',
  missing: async () => {
    const same = manifests.every((manifest) => text(manifest) === text(there(manifest)));
    return same && existsSync(path.join(folder, 'node_modules/.package-lock.json')) ? undefined : 'not installed';
  },
  make: async () => {
    mkdirSync(folder, { recursive: true });
    for (const manifest of manifests) copyFileSync(manifest, there(manifest));
    const { why } = await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { seconds: 240, cwd: folder });
    if (why === '') return undefined;
    // Half of them would pass for all.
    for (const manifest of manifests) rmSync(there(manifest));
    return `npm ci: ${why}`;
  },
};

/** @type {Part} */
const tensorflow = {
  name: 'tfjs-node',
  missing: async () => {
    if (!existsSync(tfjsNode)) return 'its package is not installed';
    const { why } = await run(process.execPath, ['-e', tfjsNodeWorks], { seconds: 60, env: { TF_CPP_MIN_LOG_LEVEL: '3' } });
    return why === '' ? undefined : `its binding does not load: ${why}`;
  },
  make: async () => {
    if (!existsSync(tfjsNode)) return 'its package is not installed';
    const tools = path.join(folder, 'node_modules/.bin');
    const env = { PATH: `${tools}${path.delimiter}${process.env.PATH ?? ''}` };
    const own = await run(process.execPath, ['scripts/install.js'], { seconds: 120, cwd: tfjsNode, env });
    if (own.ok && (await tensorflow.missing()) === undefined) return undefined;
    return buildAgainstWheel();
  },
};

/** @type {Part} */
const browser = {
  name: 'Chromium',
  missing: async () => {
    const file = await findChromium();
    return file === undefined ? 'none is installed' : undefined;
  },
  make: async () => {
    const why = await installPackages(['chromium']);
    return why && `${why}, or \`npx playwright-core install chromium\``;
  },
};

const adapterFound = `
import { create, globals } from ${JSON.stringify(`file://${webgpu}`)};
Object.assign(globalThis, globals);
const adapter = await create([]).requestAdapter();
if (adapter === null) throw new Error('no adapter is found');
console.log(adapter.info.description || adapter.info.device);`;

/** @type {Part} */
const gpu = {
  name: 'WebGPU in Node',
  missing: async () => {
    if (!existsSync(webgpu)) return 'its package is not installed';
    const env = await environment();
    const { why } = await run(process.execPath, ['--input-type=module', '-e', adapterFound], { seconds: 60, env });
    return why === '' ? undefined : why.replace(/^Error: /, '');
  },
  make: async () => (process.platform === 'linux' ? installPackages(['libvulkan1']) : 'no adapter is found'),
};

/** @type {Part} */
const pythonPackages = {
  name: 'onnx and onnxruntime of Python',
  missing: async () => {
    if (!existsSync(python)) return 'there is no environment';
    return (await run(python, ['-c', 'import onnx, onnxruntime, numpy'], { seconds: 60 })).why || undefined;
  },
  make: async () => {
    const program = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');
    const makes = () => run(program, ['-m', 'venv', path.dirname(path.dirname(python))], { seconds: 120 });
    if (!existsSync(python)) {
      let made = await makes();
      if (!made.ok) {
        const why = await installPackages(['python3', 'python3-venv']);
        if (why !== undefined) return `${program} makes no environment: ${why}`;
        made = await makes();
      }
      if (!made.ok) return made.why;
    }
    const list = path.join(root, 'scripts/backends/requirements.txt');
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--only-binary=:all:', '-r', list];
    return (await run(python, pip, { seconds: 240 })).why || undefined;
  },
};

/** In the order in which they need each other. */
export const parts = [packages, pythonPackages, browser, gpu, tensorflow];
