import type { EncodedData } from '../encode/program.js';
import { shownPath } from './files.js';
import type { Host } from './host.js';

const grouped = (n: number): string => n.toLocaleString('en-US');

/** What became of the rows: how many train, validate and test, and the first bad ones by file and record. */
export function describeRows({ counts, train, valid, test }: EncodedData, host: Host): readonly string[] {
  const parts = [
    [train.rows, 'train'],
    [valid.rows, 'validate'],
    [test.rows, 'test'],
  ] as const;
  const used = parts.flatMap(([n, what]) => (n > 0 ? [`${grouped(n)} ${what}`] : []));
  const lines = [
    `${grouped(counts.read)} rows: ${used.join(', ')}${counts.dropped > 0 ? `; ${grouped(counts.dropped)} left out` : ''}${counts.bad > 0 ? `; ${grouped(counts.bad)} bad` : ''}`,
  ];
  for (const bad of counts.badRows) {
    lines.push(
      `  bad: ${shownPath(bad.file, host.folder)}, record ${String(bad.record)}${bad.name === undefined ? '' : `, ${bad.name}`}: ${bad.reason}`,
    );
  }
  if (counts.bad > counts.badRows.length && counts.badRows.length > 0)
    lines.push(`  … and ${grouped(counts.bad - counts.badRows.length)} more`);
  return lines;
}
