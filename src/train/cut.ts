/** Rows that a session runs together: `count` of them from `start`, in a session of `size` rows. */
export interface Cut {
  readonly start: number;
  readonly count: number;
  readonly size: number;
}

/** What a run costs before its first row, in rows. */
const startInRows = 16;

/**
 * Cuts rows so that few of them need not wait for a session of many.
 *
 * @param sizes of sessions, ascending
 * @param fits whether there is room for so many rows from a position on; one row always has room
 */
export const cutRows = (
  rows: number,
  sizes: readonly number[],
  fits: (start: number, count: number) => boolean = () => true,
): readonly Cut[] => {
  const cuts: Cut[] = [];
  const largest = sizes.at(-1) ?? 1;
  for (let start = 0; start < rows;) {
    let count = Math.min(largest, rows - start);
    while (count > 1 && !fits(start, count)) count = Math.ceil(count / 2);
    const size = sizeFor(count, sizes);
    count = Math.min(count, size);
    cuts.push({ start, count, size });
    start += count;
  }
  return cuts;
};

/** The next size up, padded, or several runs of the next size down, whichever is less work. */
const sizeFor = (count: number, sizes: readonly number[]): number => {
  const up = sizes.find((size) => size >= count);
  const down = sizes.findLast((size) => size <= count);
  if (up === undefined || down === undefined) return up ?? down ?? 1;
  return startInRows + up <= Math.ceil(count / down) * (startInRows + down) ? up : down;
};
