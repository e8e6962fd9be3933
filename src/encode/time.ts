import type { Cycle, TimeUnit } from '../model/model.js';

/**
 * The subset of ISO 8601 that a time may be written in, for JavaScript and RE2 alike: a date, then optionally a time of day with
 * up to nine decimals and an offset. Without an offset it is UTC. Groups: year, month, day, hour, minute, second, fraction, offset.
 */
export const isoPattern =
  '[ \\t]*([0-9]{4})-([0-9]{2})-([0-9]{2})' +
  '(?:[T ]([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9])(?:\\.([0-9]{1,9}))?)?' +
  '(Z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9])?)?[ \\t]*';

const iso = new RegExp(`^(?:${isoPattern})$`);

/** Seconds since 1970 in UTC, to the microsecond (further decimals are cut); undefined if it is no time. */
export function secondsOfIso(text: string): number | undefined {
  const match = iso.exec(text);
  if (!match) return undefined;
  const field = (i: number): number => Number(match[i] ?? 0);
  const days = daysOfDate(field(1), field(2), field(3));
  if (days === undefined) return undefined;
  const offset = match[8] ?? 'Z';
  const digits = offset.replace(/[^0-9]/g, '');
  const minutes =
    digits === '' ? 0 : (offset.startsWith('-') ? -1 : 1) * (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2)));
  const whole = days * 86400 + field(4) * 3600 + field(5) * 60 + field(6) - minutes * 60;
  const micros = Number((match[7] ?? '').padEnd(6, '0').slice(0, 6));
  return whole + micros / 1e6;
}

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days since 1970-01-01 of a date of the Gregorian calendar, years 1 … 9999. */
function daysOfDate(year: number, month: number, day: number): number | undefined {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = month === 2 && leap ? 29 : daysInMonth[month - 1];
  if (year < 1 || last === undefined || day < 1 || day > last) return undefined;
  // Years that begin in March put the leap day last: Hinnant, "chrono-compatible low-level date algorithms".
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

export const unitsPerSecond = { second: 1, millisecond: 1e3, microsecond: 1e6 } as const satisfies Record<TimeUnit, number>;

/** Length of a cycle in seconds; a year is the mean Gregorian one. A week begins as 1970 did, on a Thursday. */
export const cycleSeconds = { hour: 3600, day: 86400, week: 604800, year: 31556952 } as const satisfies Record<Cycle, number>;

/** sin and cos of 2π·(time mod cycle)/cycle for each cycle, in order. */
export function cyclicTime(seconds: number, cycles: readonly Cycle[]): readonly number[] {
  return cycles.flatMap((cycle) => {
    const length = cycleSeconds[cycle];
    const phase = ((seconds % length) + length) % length;
    const angle = (2 * Math.PI * phase) / length;
    return [Math.sin(angle), Math.cos(angle)];
  });
}
