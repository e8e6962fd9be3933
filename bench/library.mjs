import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { writeMovieLensRows } from '../scripts/movielens-rows.mjs';
import { fetchMovieLens } from '../scripts/movielens.mjs';
import { reccompile, train } from './kit/programs.mjs';
import { root } from './kit/root.mjs';

const specs = readdirSync(path.join(root, 'specs')).filter(
  (file) =>
    file.endsWith('.rec') && /^import .* from "\.\/movielens\.rec"/m.test(readFileSync(path.join(root, 'specs', file), 'utf8')),
);

/** @typedef {{ model: string, inference: { multiplyAdds: number }, batch: number }} Costs */

const figure = (/** @type {number | undefined} */ value, digits = 4) => (value === undefined ? '' : value.toFixed(digits));
const grouped = (/** @type {number} */ value) => Math.round(value).toLocaleString('en-US');

/**
 * Trains one model on the shared rows.
 * @param {string} spec
 * @param {Costs} costs
 * @param {string} folder
 */
async function row(spec, { model, inference, batch }, folder) {
  const out = path.join(folder, model);
  const { parameters, metrics, bestEpoch, epochs } = await train({ spec, model, data: folder, out });
  const epochLines = readFileSync(path.join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
  const times = epochLines.map((line) => /** @type {{ seconds: number, steps: number }} */ (JSON.parse(line)));
  const perStep = times.map(({ seconds, steps }, i) => (seconds / (steps - (times[i - 1]?.steps ?? 0))) * 1000);
  rmSync(out, { recursive: true });
  const { test = {} } = metrics;
  return [
    model,
    `[${path.basename(spec)}](../specs/${path.basename(spec)})`,
    figure(test.auc ?? test['liked.auc']),
    figure(test.log_loss ?? test['liked.log_loss']),
    grouped(parameters),
    grouped(inference.multiplyAdds / batch),
    figure(Math.min(...perStep), 1),
    `${String(bestEpoch ?? epochs)} of ${String(epochs)}`,
    Object.entries(test)
      .filter(([key]) => /rmse$/.test(key))
      .map(([key, value]) => `${key} ${figure(value)}`)
      .join(', '),
  ];
}

const titles = ['model', 'spec', 'AUC', 'log loss', 'parameters', 'multiply-adds a row', 'ms a step', 'best epoch', ''];
const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-'));
const wanted = process.argv.slice(2);
try {
  writeMovieLensRows(await fetchMovieLens('ml-100k'), folder);
  /** @type {string[][]} */
  const rows = [];
  for (const file of specs) {
    const spec = path.join(root, 'specs', file);
    const inspected = JSON.parse(await reccompile(['inspect', spec, '--format', 'json']));
    const costs = /** @type {Costs[]} */ (Array.isArray(inspected) ? inspected : [inspected]);
    for (const one of costs) {
      if (wanted.length > 0 && !wanted.includes(one.model)) continue;
      const cells = await row(spec, one, folder);
      console.log(cells.filter((_, i) => i !== 1).join('\t'));
      rows.push(cells);
    }
  }
  if (wanted.length === 0) {
    const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`;
    const text = `# The library on MovieLens 100K

Every architecture of the library, trained on the same rows, with one seed: is a film worth four stars or more to a user? 80% of the
ratings train, 10% choose the epoch, the figures are of the other 10%. No hyperparameter was tuned for any of them, so the table says
that each of them learns and what it costs, not which is best. A guess by the mean has an AUC of 0.5 and a log loss of about 0.687.
Multiply-adds are of one row forward, tables aside; a step is one batch of the spec's size (512 for most), on
${String(availableParallelism())} cores of ${cpus()[0]?.model ?? 'an unknown processor'}.

\`npm run library\` trains them all and writes this page.

${[line(titles), line(titles.map((title, i) => (i > 1 && title !== '' ? '---:' : '---'))), ...rows.map(line)].join('\n')}
`;
    writeFileSync(path.join(root, 'docs', 'library.md'), text);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
