import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { environment, peers, pythonOf, quiet } from './kit/peers.mjs';
import { root } from './kit/root.mjs';

/** Builds of PyTorch without CUDA, which is several GB of no use here. */
const withoutCuda = 'https://download.pytorch.org/whl/cpu';
const reachMilliseconds = 5000;

/**
 * @param {string} command
 * @param {readonly string[]} given
 * @returns {Promise<number>}
 */
const show = (command, given) =>
  new Promise((resolve) => {
    const child = spawn(command, given, { stdio: 'inherit', env: { ...process.env, ...quiet } });
    child.on('error', () => resolve(127));
    child.on('close', (status) => resolve(status ?? 1));
  });

const reaches = (/** @type {string} */ url) =>
  fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(reachMilliseconds) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** @returns {Promise<string | undefined>} what is missing */
async function makeEnvironment() {
  if (existsSync(pythonOf(environment))) return undefined;
  const python = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');
  const { status, stdout } = spawnSync(python, ['--version'], { encoding: 'utf8' });
  if (status !== 0) return `${python} does not start: install Python 3.11 to 3.13, or name one with PYTHON`;
  if ((await show(python, ['-m', 'venv', environment])) !== 0) {
    return `${stdout.trim()} has no working venv: on Debian and Ubuntu it is a package, \`apt install python3-venv\``;
  }
  return undefined;
}

/** @param {import('./kit/peers.mjs').Peer} peer @param {readonly string[]} sources */
async function install({ title, requirements, module }, sources) {
  console.log(`\n${title}`);
  const list = path.join(root, 'bench', 'peers', requirements);
  const python = pythonOf(environment);
  const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--retries', '2', '--progress-bar', 'off', '-r', list];
  if ((await show(python, [...pip, ...sources])) !== 0) {
    console.error(`${title} was not installed: pip says above whether the network or a build for this Python is missing.`);
    return false;
  }
  return (await show(python, ['-c', `import ${module}; print("${title}", ${module}.__version__, "is ready")`])) === 0;
}

/** @returns {Promise<boolean>} whether all peers are there */
async function installAll() {
  const missing = await makeEnvironment();
  if (missing !== undefined) {
    console.error(missing);
    return false;
  }
  const sources =
    process.platform === 'linux' && (await reaches(`${withoutCuda}/torch/`)) ? ['--extra-index-url', withoutCuda] : [];
  const installed = [];
  for (const peer of peers) if (await install(peer, peer.module === 'torch' ? sources : [])) installed.push(peer.title);
  console.log(
    `\n${installed.length > 0 ? `\`npm run bench\` compares with ${installed.join(' and ')}.` : 'No peer was installed.'}`,
  );
  console.log('torch.compile needs a C++ compiler as well, such as g++.');
  return installed.length === peers.length;
}

const usage = `usage: npm run bench:peers

Installs ${peers.map(({ title }) => title).join(' and ')} with pip into build/peers, an environment of their own: about 3 GB,
or 7 GB on Linux where PyTorch's builds without CUDA cannot be reached. PYTHON names another Python.`;

const [first] = process.argv.slice(2);
if (first === '--help' || first === '-h') console.log(usage);
else if (first !== undefined) {
  console.error(`bench:peers has no argument ${first}\n\n${usage}`);
  process.exitCode = 2;
} else if (!(await installAll())) process.exitCode = 1;
