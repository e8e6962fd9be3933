import { parts } from './backends/parts.mjs';

const usage = `usage: node scripts/backends.mjs [--installed]

Sets up in build/backends what tests on real backends need: tfjs-node, WebGPU for Node, Chromium, onnxruntime of Python.
What is there is left as it is; what cannot be had is named and skipped. --installed, or RECCOMPILE_BACKENDS=installed
in the environment, only looks.`;

const known = ['--installed', '--help', '-h'];
const given = process.argv.slice(2);
const installed = given.includes('--installed') || process.env.RECCOMPILE_BACKENDS === 'installed';

/** @param {import('./backends/parts.mjs').Part} part */
async function outcome({ missing, make }) {
  const before = await missing();
  if (before === undefined) return 'there';
  if (installed) return `skipped: ${before}`;
  const failed = await make();
  const after = await missing();
  return after === undefined ? 'installed' : `skipped: ${failed ?? after}`;
}

if (given.some((word) => !known.includes(word))) {
  console.error(usage);
  process.exitCode = 2;
} else if (given.includes('--help') || given.includes('-h')) console.log(usage);
else {
  for (const part of parts) {
    const start = performance.now();
    const found = await outcome(part).catch((error) => `skipped: ${String(error)}`);
    console.log(`${part.name}: ${found} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
  }
}
