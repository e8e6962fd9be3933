/**
 * What was measured of one thing, in rounds between which others had their turn.
 * @typedef {{ readonly unit: 'ms' | 's', readonly rounds: readonly number[] }} Measured
 */

/** The least is the one that other programs disturbed least. @param {Measured | undefined} measured */
export const bestOf = (measured) => (measured && measured.rounds.length > 0 ? Math.min(...measured.rounds) : undefined);

/** By how much the worst round was slower than the best one. @param {Measured} measured */
export const spreadOf = ({ rounds }) => Math.max(...rounds) / Math.min(...rounds) - 1;

/** @param {readonly (Measured | undefined)[]} measured */
export const bestOfAll = (measured) => {
  const best = measured.flatMap((one) => bestOf(one) ?? []);
  return best.length > 0 ? Math.min(...best) : undefined;
};

/** How many times as long the other takes. @param {number | undefined} other @param {number | undefined} ours */
export const ratio = (other, ours) => (other === undefined || ours === undefined ? undefined : other / ours);

/** @param {number | undefined} value */
export const figure = (value) => (value === undefined ? '–' : value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2));

/** @param {number | undefined} value */
export const times = (value) => (value === undefined ? '–' : `${figure(value)}×`);

/** @param {number} share */
export const percent = (share) => `${Math.round(100 * share)}%`;

/** The best round and how much slower the worst was. @param {Measured | undefined} measured */
export const withSpread = (measured) =>
  measured === undefined || measured.rounds.length === 0
    ? '–'
    : `${figure(bestOf(measured))}${measured.unit === 's' ? ' s' : ''}${measured.rounds.length > 1 ? ` +${percent(spreadOf(measured))}` : ''}`;
