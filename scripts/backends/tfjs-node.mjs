import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { installPackages } from './debian.mjs';
import { folder, python, tfjsNode } from './places.mjs';
import { run, starts } from './run.mjs';

/** A program that fails where tfjs-node's binding does not load. It defines what later Nodes have no more and tfjs-node asks for. */
export const tfjsNodeWorks = `
const util = require('node:util');
util.isNullOrUndefined ??= (x) => x === null || x === undefined;
util.isArray ??= Array.isArray;
const tf = require(${JSON.stringify(tfjsNode)});
if (tf.getBackend() !== 'tensorflow') throw new Error('its backend is ' + tf.getBackend());
if (tf.matMul([[1, 2]], [[3], [4]]).dataSync()[0] !== 11) throw new Error('it computes wrongly');`;

/** The newest wheel whose C headers the binding compiles with. The library in it is the same for every Python. */
const wheel = 'tensorflow-cpu==2.21.0';
const wheelOf = ['--only-binary=:all:', '--python-version=3.11', '--no-deps'];

const unpack = `
import sys, zipfile
wheel, into = sys.argv[1:]
wanted = ("tensorflow/include/tensorflow/", "tensorflow/include/xla/", "tensorflow/include/tsl/", "tensorflow/include/absl/",
          "tensorflow/include/external/", "tensorflow/libtensorflow_cc.so", "tensorflow/libtensorflow_framework.so")
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(into, [name for name in archive.namelist() if name.startswith(wanted)])
`;

/** A compiler and make; from Debian's packages if they can be installed. */
async function findCompiler() {
  const programs = { make: 'make', 'g++': process.env.CXX ?? 'g++' };
  const missing = [];
  for (const [name, program] of Object.entries(programs)) if (!(await starts(program))) missing.push(name);
  return missing.length === 0 ? undefined : installPackages(missing);
}

/** Headers of Node where they are beside its program, as in its own archives; node-gyp downloads them otherwise. */
function headers() {
  const prefix = path.dirname(path.dirname(process.execPath));
  return existsSync(path.join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
}

/** Puts library and headers where the binding's build and the binding itself look for them. */
async function unpackWheel(/** @type {string} */ file, /** @type {string} */ work) {
  const unpacked = await run(python, ['-c', unpack, file, work], { seconds: 120 });
  if (!unpacked.ok) return unpacked.why;
  const deps = path.join(tfjsNode, 'deps');
  rmSync(deps, { recursive: true, force: true });
  mkdirSync(path.join(deps, 'lib'), { recursive: true });
  const from = path.join(work, 'tensorflow');
  renameSync(path.join(from, 'include'), path.join(deps, 'include'));
  for (const name of readdirSync(from)) renameSync(path.join(from, name), path.join(deps, 'lib', name));
  symlinkSync('libtensorflow_cc.so.2', path.join(deps, 'lib/libtensorflow.so'));
  symlinkSync('libtensorflow_framework.so.2', path.join(deps, 'lib/libtensorflow_framework.so'));
  return undefined;
}

/**
 * Builds tfjs-node's binding against the library in TensorFlow's wheel for Python, for where its own download fails:
 * 300 MB to fetch, 1.2 GB on disk, less than a minute to compile.
 * @returns {Promise<string | undefined>} why not
 */
export async function buildAgainstWheel() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'its download fails, and only Linux x64 has another way';
  if (!existsSync(python)) return 'its download fails, and the other way needs Python';
  const noCompiler = await findCompiler();
  if (noCompiler !== undefined) return `its download fails, and the other way needs a C++ compiler: ${noCompiler}`;
  const work = mkdtempSync(path.join(folder, 'wheel-'));
  try {
    const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', ...wheelOf, '--dest', work, wheel];
    const download = await run(python, pip, { seconds: 300 });
    const [file] = readdirSync(work);
    if (!download.ok || file === undefined) return `pip download ${wheel}: ${download.why}`;
    const failed = await unpackWheel(path.join(work, file), work);
    if (failed !== undefined) return failed;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const version = Math.min(8, Number(process.versions.napi));
  const to = path.join(tfjsNode, `lib/napi-v${version}`);
  const given = [`--module_name=tfjs_binding`, `--module_path=${to}`, `--napi_build_version=${version}`, ...headers()];
  // npm brings its own node-gyp, on the path of what it starts.
  const build = ['exec', '-c', `node-gyp configure build ${given.map((word) => `"${word}"`).join(' ')}`];
  return (await run('npm', build, { seconds: 240, cwd: tfjsNode })).why || undefined;
}
