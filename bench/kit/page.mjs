import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { bestPeer, cellsOf, exact, heads, lazy, modes, ratiosOf, remarks } from './comparison.mjs';
import { limitsOf, lineTitles } from './growth.mjs';
import { machineText } from './machine.mjs';
import { groupShares, partsOf, stepParts } from './parts.mjs';
import { root } from './root.mjs';
import { readResults } from './results.mjs';
import { bestOf, figure, percent, ratio, times } from './rounds.mjs';
import { markdownTable } from './tables.mjs';

/**
 * @typedef {import('./comparison.mjs').Comparison} Comparison
 * @typedef {import('./pictures.mjs').Growth} Growth
 * @typedef {import('./growth.mjs').Point} Point
 */

const pagePath = path.join(root, 'docs', 'performance.md');
const grouped = (/** @type {number} */ value) => value.toLocaleString('en-US');

/** @param {Comparison['table'][number]} row */
const placeOf = ({ batch, rows }) => (rows === undefined ? 'MovieLens 1M' : `${grouped(batch)} × ${grouped(rows)}`);

/** @param {Comparison} comparison */
const comparisonTable = ({ machine, rounds, table }) => `${machineText(machine)}.
Milliseconds a step: the best round of ${rounds}, and by how much the worst was slower. MovieLens 1M in seconds.

${markdownTable(heads, table.map(cellsOf))}

${remarks(table)
  .map((text) => `- ${text}`)
  .join('\n')}`;

/** Where the peers win, in their own words of time. @param {Comparison} comparison */
function lost({ table }) {
  const places = table.flatMap((row) => {
    const ratios = ratiosOf(row);
    const winner = (/** @type {boolean} */ wholeOnly) => {
      const least = bestPeer(row, ({ whole }) => whole || !wholeOnly);
      return modes.find(({ title }) => bestOf(row.measured[title]) === least)?.title ?? '';
    };
    return [
      ...(ratios.lazy !== undefined && ratios.lazy < 1
        ? [`${placeOf(row)}: ${winner(false)} takes ${times(ratios.lazy)} as long as ${lazy}`]
        : []),
      ...(ratios.exact !== undefined && ratios.exact < 1
        ? [`${placeOf(row)}: ${winner(true)} takes ${times(ratios.exact)} as long as ${exact}`]
        : []),
    ];
  });
  return places.length === 0
    ? 'In the run above no peer was faster in any row.'
    : `In the run above a peer was faster in:\n\n${places.map((text) => `- ${text}`).join('\n')}`;
}

/** @param {Growth} growth */
const machineOfGrowth = ({ machine, rounds, speeds }) =>
  `${machineText(machine)}. The best round of ${rounds}. All cores together do ${figure(speeds.multiplyAddsPerSecond / 1e9)} thousand million multiply-adds a second in
onnxruntime's products of [512, 192] and [192, 192], and copy ${figure(speeds.bytesPerSecond / 1e9)} GB a second, read and written bytes counted.`;

/** A line beside its limits. @param {string} head @param {readonly Point[]} points @param {Growth} growth */
const limitTable = (head, points, { speeds }) =>
  markdownTable(
    [head, 'ms a step', 'multiply-adds', 'at least ms', 'bytes', 'at least ms', 'step / limit'],
    points.map((point) => {
      const limits = limitsOf(point, speeds);
      const best = bestOf(point.measured);
      return [
        grouped(point.x),
        figure(best),
        `${figure((point.multiplyAdds ?? NaN) / 1e6)} M`,
        figure(limits.products),
        `${figure((point.bytes ?? NaN) / 1e6)} MB`,
        figure(limits.bytes),
        times(ratio(best, Math.max(limits.products, limits.bytes))),
      ];
    }),
  );

/** @param {string} section @param {string} line @param {Growth} growth */
const lineOf = (section, line, { sections }) => (sections[section] ?? []).filter((point) => point.line === line);

/** @param {Growth} growth */
const memoryTable = (growth) =>
  markdownTable(
    ['tables', 'rows of each', 'tables and moments', 'process at most'],
    [lineTitles.lazy, lineTitles.narrow].flatMap((line) =>
      lineOf('vocabulary', line, growth).map(({ x, tableBytes = NaN, memory = NaN }) => [
        line.split(', ')[1] ?? '',
        grouped(x),
        `${figure(tableBytes / 1e9)} GB`,
        `${figure(memory / 1e9)} GB`,
      ]),
    ),
    1,
  );

/** @param {Growth} growth */
const stepTable = ({ steps, speeds }) =>
  markdownTable(
    ['batch', 'rows a table', 'ms', ...stepParts, 'products at least ms'],
    steps.map((step) => {
      const parts = partsOf(step.phases ?? {}, step.shares);
      return [
        grouped(step.x),
        grouped(step.rows),
        figure(bestOf(step.measured)),
        ...stepParts.map((part) => (parts[part] === undefined ? '–' : percent(parts[part]))),
        figure(limitsOf(step, speeds).products),
      ];
    }),
  );

/** Kernels by name, of one case. @param {Growth} growth */
function kernelList({ steps }) {
  const step = steps.find(({ x, rows }) => x === 512 && rows === 2000);
  if (step === undefined) return '';
  const shares = Object.entries(step.shares).sort(([, a], [, b]) => b - a);
  const named = shares.filter(([, share]) => share >= 0.01).map(([kind, share]) => `${kind} ${percent(share)}`);
  const products = percent(groupShares(step.shares).products ?? 0);
  return `Of the engine's time at 512 × 2,000, ${products} are products. By kernel, as onnxruntime names them: ${named.join(', ')}.`;
}

/** What stands between a pair of marks of the page, by its name. @type {Record<string, { from: 'comparison' | 'growth', text: (results: any) => string }>} */
const blocks = {
  comparison: { from: 'comparison', text: comparisonTable },
  lost: { from: 'comparison', text: lost },
  machine: { from: 'growth', text: machineOfGrowth },
  vocabulary: {
    from: 'growth',
    text: (growth) => limitTable('rows of each table', lineOf('vocabulary', lineTitles.lazy, growth), growth),
  },
  batch: { from: 'growth', text: (growth) => limitTable('batch', lineOf('batch', lineTitles.lazy, growth), growth) },
  memory: { from: 'growth', text: memoryTable },
  step: { from: 'growth', text: (growth) => `${stepTable(growth)}\n\n${kernelList(growth)}` },
};

/**
 * The page with what was measured between its marks, `<!-- measured: name -->` and `<!-- end -->`. Its prose has no figures.
 * @param {string} page
 * @param {{ comparison?: Comparison, growth?: Growth }} results
 * @returns {Promise<string>}
 */
export async function fillPage(page, results) {
  const filled = page.replaceAll(/(<!-- measured: (\w+) -->\n)[^]*?(<!-- end -->)/g, (whole, begin, name, end) => {
    const block = blocks[name];
    if (block === undefined) throw new Error(`the page asks for ${name}, which nothing measures`);
    const found = results[block.from];
    return found === undefined ? whole : `${begin}\n${block.text(found)}\n\n${end}`;
  });
  return format(filled, { parser: 'markdown', printWidth: 130, singleQuote: true });
}

export const readAll = () => ({ comparison: readResults('comparison'), growth: readResults('growth') });

export async function writePage() {
  writeFileSync(pagePath, await fillPage(readFileSync(pagePath, 'utf8'), readAll()));
}
