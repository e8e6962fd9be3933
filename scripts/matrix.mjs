import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundleBackends } from './backends/bundle.mjs';
import { root } from './backends/places.mjs';
import { nodeProgram } from './build-worker.mjs';

const usage = `usage: node scripts/matrix.mjs [--backend NAME]… [--model NAME]… [--missing] [--seconds N]

Runs every model of specs/ by every target on every backend, compares it with the float64 interpreter, and writes docs/agreement.md.
With names only those; what was measured before, in bench/results/agreement, stays. --missing measures only what is not there, so that a
matrix that was ended goes on. An answer that takes longer than N seconds (240) is left out. \`node scripts/backends.mjs\` sets up
backends. Rows are MovieLens where RECCOMPILE_DATA has it.`;

const { values } = parseArgs({
  options: {
    backend: { type: 'string', multiple: true, default: [] },
    model: { type: 'string', multiple: true, default: [] },
    missing: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '240' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(usage);
else {
  await bundleBackends();
  const outfile = path.join(root, 'build/agreement/matrix.mjs');
  await build({ ...nodeProgram, packages: 'external', entryPoints: ['test/backends/kit/matrix.ts'], outfile });
  const { runMatrix } = await import(pathToFileURL(outfile).href);
  await runMatrix({
    backends: values.backend,
    models: values.model,
    missing: values.missing,
    seconds: Number(values.seconds),
    say: (/** @type {string} */ line) => console.log(line),
  });
}
