import type { Host } from './host.js';

/** A line that is drawn again and again on a terminal; elsewhere only its last state is written, as a line of its own. */
export interface ProgressLine {
  readonly show: (text: string) => void;
  /** Leaves `text` as a finished line. */
  readonly keep: (text: string) => void;
  /** Takes the line away. */
  readonly clear: () => void;
}

const eraseLine = '\r\u001B[2K';

/** @param quiet writes only what is kept */
export function progressLine(host: Host, quiet = false): ProgressLine {
  let drawn = false;
  const clear = (): void => {
    if (drawn) host.writeError(eraseLine);
    drawn = false;
  };
  return {
    show: (text) => {
      if (!host.terminal || quiet) return;
      host.writeError(`${eraseLine}${text.slice(0, Math.max(20, host.columns() - 1))}`);
      drawn = true;
    },
    keep: (text) => {
      clear();
      host.writeError(`${text}\n`);
    },
    clear,
  };
}

const barWidth = 24;

/** `[#########...............]` */
export function bar(share: number): string {
  const done = Math.round(Math.min(1, Math.max(0, share)) * barWidth);
  return `[${'#'.repeat(done)}${'.'.repeat(barWidth - done)}]`;
}

/** `4 s`, `3 min 20 s`, `2 h 5 min` */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  const s = Math.round(seconds);
  if (s < 60) return `${seconds < 9.95 ? seconds.toFixed(1) : String(s)} s`;
  if (s < 3600) return `${String(Math.floor(s / 60))} min ${String(s % 60)} s`;
  return `${String(Math.floor(s / 3600))} h ${String(Math.floor((s % 3600) / 60))} min`;
}

/** `1,204`, `15.2k`, `3.1M` */
export function short(n: number): string {
  if (n < 10_000) return Math.round(n).toLocaleString('en-US');
  return n < 1e6 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1e6).toFixed(1)}M`;
}

/** Four significant digits of a metric or loss; small ones keep theirs. */
export const figure = (x: number | null): string =>
  x === null || Number.isNaN(x) ? '–' : Math.abs(x) >= 0.001 || x === 0 ? x.toFixed(4) : x.toExponential(2);

/** `17 B`, `3.20 kB`, `512 MB`, in powers of ten. */
export function bytesText(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? String(value) : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[unit] ?? ''}`;
}
