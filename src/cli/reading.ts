import type { Progress } from '../data/encode.js';

/** How far reading and encoding are. */
export const readingText = ({ stage, done, total, share }: Progress): string => {
  if (share !== undefined) return `reading ${(100 * share).toFixed(0)}% of a file`;
  const of = total === undefined ? '' : ` of ${total.toLocaleString('en-US')}`;
  return `${stage === 'read' ? 'reading' : 'encoding'} ${done.toLocaleString('en-US')}${of} rows`;
};
