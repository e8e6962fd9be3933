import { peers } from './peers.mjs';
import { bestOf, bestOfAll, figure, percent, ratio, times, withSpread } from './rounds.mjs';

/**
 * @typedef {import('./rounds.mjs').Measured} Measured
 *
 * @typedef {object} Row
 * @property {string} name as it is given on the command line
 * @property {number} batch
 * @property {number} [rows] of each table; absent in the training from files
 * @property {Record<string, Measured>} measured by the title of the mode
 * @property {number} [products] the share of the lazy step that is products
 * @property {Record<string, number>} [rmse] by the title of the mode
 *
 * @typedef {object} Comparison
 * @property {import('./machine.mjs').Machine} machine
 * @property {number} rounds
 * @property {readonly Row[]} table
 */

export const lazy = 'lazy Adam';
export const exact = 'exact Adam';
export const cached = 'lazy Adam, cached data';
export const endToEnd = 'movielens-1m';

/** Batch and rows of each of the six tables; `far` has no peer, whose tables and moments would take more memory than most machines have. */
export const cases = [
  { name: '128x3500', batch: 128, rows: 3500 },
  { name: '512x2000', batch: 512, rows: 2000 },
  { name: '512x200000', batch: 512, rows: 200_000 },
  { name: '2048x100000', batch: 2048, rows: 100_000 },
  { name: '8192x2000', batch: 8192, rows: 2000 },
  { name: '512x1000000', batch: 512, rows: 1_000_000, far: true },
];

export const modes = peers.flatMap((peer) => peer.modes.map((mode) => ({ ...mode, peer })));

/** @param {Row} row @param {(mode: typeof modes[number]) => boolean} which */
export const bestPeer = ({ measured }, which = () => true) => bestOfAll(modes.filter(which).map(({ title }) => measured[title]));

/** Lazy Adam beside the best mode of all; exact Adam beside the best of those that update every row too. @param {Row} row */
export const ratiosOf = (row) => ({
  lazy: ratio(bestPeer(row), bestOf(row.measured[lazy])),
  exact: ratio(
    bestPeer(row, ({ whole }) => whole),
    bestOf(row.measured[exact]),
  ),
});

export const heads = [
  'batch',
  'rows a table',
  lazy,
  exact,
  ...modes.map(({ title }) => title),
  'best peer / lazy',
  'best dense peer / exact',
  'products',
];

const grouped = (/** @type {number} */ value) => value.toLocaleString('en-US');

/** The cells of a row, under `heads`. @param {Row} row */
export function cellsOf(row) {
  const ratios = ratiosOf(row);
  return [
    grouped(row.batch),
    row.rows === undefined ? 'MovieLens 1M' : grouped(row.rows),
    ...[lazy, exact, ...modes.map(({ title }) => title)].map((title) => withSpread(row.measured[title])),
    times(ratios.lazy),
    times(ratios.exact),
    row.products === undefined ? '–' : percent(row.products),
  ];
}

/** What the table shows once more in words: each a sentence, of what was measured. @param {readonly Row[]} table */
export function remarks(table) {
  const named = (/** @type {string} */ name) => table.find((row) => row.name === name);
  const [small, large, far, trained] = [named('512x2000'), named('512x200000'), named('512x1000000'), named(endToEnd)];
  const best = (/** @type {Row | undefined} */ row, /** @type {string} */ title) => row && bestOf(row.measured[title]);
  const usual = large && ratio(best(large, 'PyTorch dense'), best(large, lazy));
  const flat = ratio(best(far, lazy), best(small, lazy));
  return [
    ...(usual === undefined
      ? []
      : [`At 200,000 rows a table, PyTorch's usual mode (dense) takes ${times(usual)} as long as lazy Adam.`]),
    ...(flat === undefined ? [] : [`Lazy Adam at 1,000,000 rows a table takes ${times(flat)} as long as at 2,000.`]),
    ...(trained === undefined ? [] : endToEndRemarks(trained)),
  ];
}

/** @param {Row} row */
function endToEndRemarks(row) {
  const ours = bestOf(row.measured[lazy]);
  const beside = peers.flatMap((peer) => {
    const found = ratio(
      bestPeer(row, (mode) => mode.peer === peer),
      ours,
    );
    return found === undefined ? [] : [`${peer.title} ${times(found)}`];
  });
  const again = bestOf(row.measured[cached]);
  const errors = Object.entries(row.rmse ?? {}).flatMap(([title, rmse]) =>
    title === cached ? [] : [`${title} ${rmse.toFixed(4)}`],
  );
  return [
    ...(beside.length > 0
      ? [`From files to a test RMSE, times of lazy Adam that the best mode of each peer takes: ${beside.join(', ')}.`]
      : []),
    ...(again === undefined
      ? []
      : [`Trained again, on the rows that the first training has left in the cache, lazy Adam takes ${figure(again)} s.`]),
    ...(errors.length > 0 ? [`Test RMSE after one epoch of MovieLens 1M: ${errors.join(', ')}.`] : []),
  ];
}
