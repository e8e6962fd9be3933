import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { installPackages } from './backends/debian.mjs';
import { environment, folder, root } from './backends/places.mjs';
import { run } from './backends/run.mjs';
import { buildKernels } from './build-kernels.mjs';
import { buildWorker, nodeProgram } from './build-worker.mjs';

const usage = `usage: node scripts/gpu-check.mjs [--software] [--batch ROWS] [--rows ROWS] [--steps STEPS]

Measures a training step on a GPU (tfjs:webgpu, onnxruntime:webgpu) and on the processor (onnxruntime), compares their losses with the
float64 interpreter's, and measures PyTorch on CUDA where Python has it (PYTHON names another one). Run \`node scripts/backends.mjs\` first.
Without a GPU it ends with status 1; --software takes SwiftShader for one, which is slow and shows only that all of it runs.`;

const { values } = parseArgs({
  options: {
    software: { type: 'boolean', default: false },
    batch: { type: 'string', default: '8192' },
    rows: { type: 'string', default: '100000' },
    steps: { type: 'string', default: '50' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const [batch, rows, steps] = [values.batch, values.rows, values.steps].map(Number);
/** The model of `npm run bench`: six tables, one cross layer, a deep network. */
const subject = { batch, rows, fields: 6, dim: 32, cross: 1, deep: [192, 192], exact: false, threads: 2 };
const secondsEach = 500;
const tolerance = 1e-4;

/** Where containers with a GPU have NVIDIA's driver for Vulkan, and where loaders look for what describes it. */
const libraries = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'];
const nvidiaVulkan = 'libGLX_nvidia.so.0';
const descriptions = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/** The Vulkan loader, and a description of NVIDIA's driver, which bare containers lack. */
async function prepareVulkan() {
  if (process.platform !== 'linux') return {};
  const has = (/** @type {string} */ library) => libraries.some((at) => existsSync(path.join(at, library)));
  if (!has('libvulkan.so.1')) {
    const missing = await installPackages(['libvulkan1']);
    console.log(missing === undefined ? 'Vulkan loader: installed' : `Vulkan loader: missing, ${missing}`);
  }
  const described = descriptions.some((at) => existsSync(at) && readdirSync(at).some((name) => name.startsWith('nvidia')));
  if (described || !has(nvidiaVulkan)) return {};
  // The driver loads parts of X11, also where there is no screen.
  if (!has('libX11.so.6') || !has('libXext.so.6')) await installPackages(['libx11-6', 'libxext6']);
  const file = path.join(root, 'build/nvidia_icd.json');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(
    file,
    JSON.stringify({ file_format_version: '1.0.0', ICD: { library_path: nvidiaVulkan, api_version: '1.3.0' } }),
  );
  console.log('Vulkan driver: that of NVIDIA, as its libraries are here');
  return { VK_DRIVER_FILES: file };
}

async function bundle() {
  await buildKernels();
  await buildWorker();
  const outfile = path.join(root, 'build/bench/gpu.mjs');
  await build({ ...nodeProgram, entryPoints: ['bench/gpu.ts'], outfile });
  return outfile;
}

/** The last line of what a program writes, as JSON; what it says where that is none. */
async function asked(program, given, env) {
  const { output, why } = await run(program, given, { seconds: secondsEach, env });
  try {
    return JSON.parse(
      output
        .trim()
        .split('\n')
        .findLast((line) => line.startsWith('{')) ?? '',
    );
  } catch {
    return { error: why || 'it gave no answer' };
  }
}

const milliseconds = (/** @type {number} */ time) => `${time.toFixed(time < 10 ? 2 : 1)} ms a step`;

/** Largest relative difference of losses. */
const deviation = (given, wanted) =>
  Math.max(...wanted.map((loss, i) => Math.abs((given[i] ?? NaN) - loss) / Math.max(1, Math.abs(loss))));

async function checkGpu() {
  const vulkan = values.software ? await environment() : { RECCOMPILE_PACKAGES: folder, ...(await prepareVulkan()) };
  const program = await bundle();
  const ask = (engine, timed) =>
    asked(process.execPath, [program, JSON.stringify({ engine, softwareGpu: values.software, subject, steps: timed })], vulkan);
  console.log(`A step of ${batch} rows: 6 tables of ${rows} rows of 32, a cross layer, a deep network of 192 and 192, Adam`);
  const reference = await ask('reference', 0);
  if (reference.error !== undefined) throw new Error(reference.error);
  let worked = 0;
  const gpus = ['tfjs:webgpu', 'onnxruntime:webgpu'];
  for (const engine of [...gpus, 'onnxruntime']) {
    const result = await ask(engine, steps);
    if (result.error !== undefined) {
      console.log(`${engine}: ${result.error}`);
      continue;
    }
    const off = deviation(result.losses, reference.losses);
    const agrees = off <= tolerance;
    if (agrees && gpus.includes(engine)) worked += 1;
    console.log(
      `${result.about}: ${milliseconds(result.milliseconds)}; losses differ by ${off.toExponential(0)}${agrees ? '' : ', TOO MUCH'}`,
    );
  }
  const python = process.env.PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');
  const cuda = await run(python, ['-c', 'import torch; assert torch.cuda.is_available()'], { seconds: 60 });
  if (!cuda.ok) console.log('PyTorch on CUDA: not here');
  else {
    const torch = await asked(python, [path.join(root, 'bench/peers/step_cuda.py'), String(batch), String(rows)], {});
    console.log(
      torch.error === undefined ? `${torch.about}: ${milliseconds(torch.milliseconds)}` : `PyTorch on CUDA: ${torch.error}`,
    );
  }
  if (worked < gpus.length) process.exitCode = 1;
}

if (values.help) console.log(usage);
else await checkGpu();
