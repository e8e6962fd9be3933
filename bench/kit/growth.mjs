import { peers } from './peers.mjs';

/**
 * @typedef {import('../subject.js').StepSubject} StepSubject
 *
 * A line of a picture: a subject for each place on its axis, or a mode of a peer.
 * @typedef {object} Line
 * @property {string} title
 * @property {readonly number[]} at
 * @property {(x: number) => StepSubject} [subject]
 * @property {string} [mode]
 *
 * @typedef {object} Section
 * @property {string} name
 * @property {(x: number) => { batch: number, rows: number }} [peer] what the peers' program is started with
 * @property {readonly Line[]} lines
 *
 * @typedef {import('../step.js').TimedStep} TimedStep
 *
 * What a line came to at one place: the best round's figures, and the time of each.
 * @typedef {Partial<TimedStep> & { line: string, x: number, measured: import('./rounds.mjs').Measured }} Point
 */

const powersOf = (/** @type {number} */ base, /** @type {number} */ from, /** @type {number} */ to) =>
  Array.from({ length: to - from + 1 }, (_, i) => base ** (from + i));

export const lineTitles = {
  lazy: 'lazy Adam, 6 fields × 32',
  narrow: 'lazy Adam, 1 field × 16',
  exact: 'exact Adam, 6 fields × 32',
  cross: 'cross layers',
  deep: 'deep layers',
};

export const rowsOfOthers = 10_000;
const peerModes = ['dense', 'sparse', 'compiled'];
const torch = peers.find(({ module }) => module === 'torch');
export const modeTitle = (/** @type {string} */ mode) => torch?.modes.find((one) => one.mode === mode)?.title ?? mode;

/** The pictures' lines. @param {number} threads @returns {readonly Section[]} */
export const sectionsFor = (threads) => {
  /** @type {StepSubject} */
  const usual = { batch: 512, rows: rowsOfOthers, fields: 6, dim: 32, cross: 1, deep: [192, 192], exact: false, threads };
  const layers = [1, 2, 4, 6];
  const workers = powersOf(2, 0, Math.floor(Math.log2(Math.min(threads, 8))));
  const torchLines = (/** @type {readonly string[]} */ modes, /** @type {readonly number[]} */ at) =>
    modes.map((mode) => ({ title: modeTitle(mode), at, mode }));
  return [
    {
      name: 'vocabulary',
      peer: (x) => ({ batch: 512, rows: x }),
      lines: [
        { title: lineTitles.lazy, at: powersOf(10, 3, 6), subject: (x) => ({ ...usual, rows: x }) },
        { title: lineTitles.narrow, at: powersOf(10, 3, 7), subject: (x) => ({ ...usual, rows: x, fields: 1, dim: 16 }) },
        { title: lineTitles.exact, at: powersOf(10, 3, 6), subject: (x) => ({ ...usual, rows: x, exact: true }) },
        ...torchLines(['dense', 'sparse'], powersOf(10, 3, 6)),
      ],
    },
    {
      name: 'batch',
      peer: (x) => ({ batch: x, rows: rowsOfOthers }),
      lines: [
        { title: lineTitles.lazy, at: [32, 128, 512, 2048, 8192], subject: (x) => ({ ...usual, batch: x }) },
        ...torchLines(peerModes, [128, 512, 2048, 8192]),
      ],
    },
    {
      name: 'depth',
      lines: [
        { title: lineTitles.cross, at: layers, subject: (x) => ({ ...usual, cross: x, deep: [] }) },
        {
          title: lineTitles.deep,
          at: layers,
          subject: (x) => ({ ...usual, cross: 0, deep: Array.from({ length: x }, () => 192) }),
        },
      ],
    },
    {
      name: 'workers',
      lines: [128, 512, 2048, 8192].map((batch) => ({
        title: `batch ${batch.toLocaleString('en-US')}`,
        at: workers,
        subject: (x) => ({ ...usual, batch, threads: x }),
      })),
    },
  ];
};

/** Milliseconds that the products, and the bytes, of a step would take at the machine's measured speed, were they all that it does. */
export const limitsOf = (
  /** @type {Partial<TimedStep>} */ { multiplyAdds, bytes },
  /** @type {import('../speeds.js').Speeds} */ speeds,
) => ({
  products: (1000 * (multiplyAdds ?? NaN)) / speeds.multiplyAddsPerSecond,
  bytes: (1000 * (bytes ?? NaN)) / speeds.bytesPerSecond,
});
