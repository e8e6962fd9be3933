import type { RowCounts } from '../encode/program.js';
import { shownPath } from './files.js';
import type { Host } from './host.js';

const grouped = (n: number): string => n.toLocaleString('en-US');

/** What became of the rows: how many train, validate and test. */
export function describeRows(
  counts: RowCounts,
  { train, valid, test }: Readonly<Record<'train' | 'valid' | 'test', { readonly rows: number }>>,
): string {
  const parts = [
    [train.rows, 'train'],
    [valid.rows, 'validate'],
    [test.rows, 'test'],
  ] as const;
  const used = parts.flatMap(([n, what]) => (n > 0 ? [`${grouped(n)} ${what}`] : [])).join(', ');
  const dropped = counts.dropped > 0 ? `; ${grouped(counts.dropped)} left out` : '';
  const bad = counts.bad > 0 ? `; ${grouped(counts.bad)} bad` : '';
  return `${grouped(counts.read)} rows: ${used}${dropped}${bad}`;
}

/** The first bad rows, by file and record. */
export function describeBadRows({ bad, badRows }: RowCounts, host: Pick<Host, 'folder'>): readonly string[] {
  const lines = badRows.map(({ file, record, name, reason }) => {
    const place = `${shownPath(file, host.folder)}, record ${String(record)}`;
    return `  bad: ${place}${name === undefined ? '' : `, ${name}`}: ${reason}`;
  });
  const more = bad - badRows.length;
  return more > 0 && badRows.length > 0 ? [...lines, `  … and ${grouped(more)} more`] : lines;
}
