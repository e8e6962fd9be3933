import { open, rm, stat, type FileHandle } from 'node:fs/promises';
import { createHash, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { BadRow, EncodedRows, EncoderState } from '../encode/program.js';
import type { OutsideValues } from '../model/data-facts.js';
import {
  columnShapes,
  columnValues,
  concatRows,
  joinSummaries,
  sliceRows,
  summaryOf,
  type ColumnShape,
  type RowsSummary,
} from '../encode/row-groups.js';
import type { SplitName } from '../encode/split.js';
import { dataError, type DataError } from './errors.js';
import { renamePatiently } from './node-files.js';

/** Of the file's format: another number is another file. */
export const rowFileFormat = 1;

/** Ends every file, behind the length and the checksum of what describes it. */
const mark = new TextEncoder().encode(`reccompile rows ${String(rowFileFormat)}\n`);

/** Values of a vocabulary that are written at once. */
const valuesAtOnce = 50_000;

interface Piece {
  readonly at: number;
  readonly bytes: number;
  readonly crc: number;
}

/** Rows of a split that lie together in the file: each column's numbers, and behind those of a bag its offsets, which begin with 0. */
interface Group {
  readonly rows: number;
  readonly at: number;
  readonly columns: readonly Omit<Piece, 'at'>[];
}

interface StoredSplit {
  readonly summary: RowsSummary;
  readonly groups: readonly Group[];
}

/** What is written beside the rows. */
export interface RowFileFacts {
  readonly key: string;
  readonly groupRows: number;
  readonly statistics: EncoderState['statistics'];
  readonly counts: { readonly read: number; readonly dropped: number; readonly bad: number; readonly badRows: readonly BadRow[] };
  readonly warnings: readonly string[];
  readonly outside: readonly OutsideValues[];
}

interface Footer extends RowFileFacts {
  readonly vocabularies: Readonly<Record<string, readonly Piece[]>>;
  readonly splits: Readonly<Record<SplitName, StoredSplit>>;
}

const splitNames = ['train', 'valid', 'test'] as const;

export interface RowFileWriter {
  /** The next rows of a split. */
  readonly append: (split: SplitName, rows: EncodedRows) => Promise<void>;
  /** Writes what is left and gives the file its name. */
  readonly finish: (facts: Omit<RowFileFacts, 'groupRows' | 'statistics'>, state: EncoderState) => Promise<void>;
  /** Removes what was written, unless it is finished. */
  readonly discard: () => Promise<void>;
}

/** Begins a file under another name; groups have `groupRows` rows, the last one of a split fewer. */
export async function createRowFile(file: string, groupRows: number): Promise<RowFileWriter> {
  const temporary = `${file}.${randomUUID()}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  let at = 0;
  let isOpen = true;
  const splits = new Map<SplitName, { summary: RowsSummary | undefined; waiting: EncodedRows[]; groups: Group[] }>(
    splitNames.map((name) => [name, { summary: undefined, waiting: [], groups: [] }]),
  );
  const close = async (): Promise<void> => {
    if (isOpen) await handle.close();
    isOpen = false;
  };
  const write = async (bytes: Uint8Array): Promise<Piece> => {
    const piece = { at, bytes: bytes.length, crc: crc32(bytes) };
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await handle.write(bytes.subarray(done, done + bytesAtOnce), 0, undefined, at + done);
      done += bytesWritten;
    }
    at += bytes.length;
    return piece;
  };
  const writeGroup = async (rows: EncodedRows): Promise<Group> => {
    const begin = at;
    const columns: Omit<Piece, 'at'>[] = [];
    for (const shape of columnShapes(rows)) {
      const { values, offsets } = columnValues(rows, shape);
      for (const numbers of offsets ? [values, offsets] : [values]) {
        const { bytes, crc } = await write(bytesOf(numbers));
        columns.push({ bytes, crc });
      }
    }
    return { rows: rows.rows, at: begin, columns };
  };
  /** Writes all whole groups that wait, or all rows. */
  const flush = async (name: SplitName, all: boolean): Promise<void> => {
    const split = splits.get(name);
    const count = split?.waiting.reduce((sum, { rows }) => sum + rows, 0) ?? 0;
    if (!split || count === 0 || (!all && count < groupRows)) return;
    const rows = concatRows(split.waiting);
    let from = 0;
    for (; from + groupRows <= count || (all && from < count); from += groupRows)
      split.groups.push(await writeGroup(sliceRows(rows, from, Math.min(count, from + groupRows))));
    split.waiting = from < count ? [sliceRows(rows, from, count)] : [];
  };
  return {
    append: async (name, rows) => {
      const split = splits.get(name);
      if (!split) return;
      split.summary = joinSummaries(split.summary, summaryOf(rows));
      if (rows.rows > 0) split.waiting.push(rows);
      await flush(name, false);
    },
    finish: async (facts, { vocabularies, statistics }) => {
      for (const name of splitNames) await flush(name, true);
      const pieces: Record<string, Piece[]> = {};
      for (const [name, values] of Object.entries(vocabularies)) {
        const written: Piece[] = [];
        for (let i = 0; i < values.length; i += valuesAtOnce)
          written.push(await write(new TextEncoder().encode(JSON.stringify(values.slice(i, i + valuesAtOnce)))));
        pieces[name] = written;
      }
      const stored = Object.fromEntries(
        [...splits].map(([name, { summary, groups }]) => [name, { summary: summary ?? { rows: 0, columns: [] }, groups }]),
      );
      const footer = { ...facts, groupRows, statistics, vocabularies: Object.entries(pieces), splits: stored };
      const { bytes, crc } = await write(new TextEncoder().encode(JSON.stringify(footer)));
      await write(bytesOf(new Float64Array([bytes, crc])));
      await write(mark);
      await close();
      await renamePatiently(temporary, file);
    },
    discard: async () => {
      await close();
      await rm(temporary, { force: true });
    },
  };
}

/** A file of encoded rows that is open to be read. */
export interface RowFile extends RowFileFacts {
  readonly bytes: number;
  /** SHA-256 of the checksums of all that it holds: other rows, or other groups, are another digest. */
  readonly digest: string;
  readonly summaries: Readonly<Record<SplitName, RowsSummary>>;
  readonly state: () => Promise<EncoderState>;
  /** Rows of each group of a split, in the order of the source. */
  readonly groups: (split: SplitName) => readonly number[];
  /** How many ids a column of bags has in a group. */
  readonly idsIn: (split: SplitName, group: number, bag: string) => number;
  /** Reads groups of a split, one after the other, into rows `first` … of `into`; tells how many rows they are. */
  readonly read: (split: SplitName, groups: readonly number[], into: EncodedRows, first: number, ids: number) => Promise<number>;
  readonly close: () => Promise<void>;
}

const bytesAtOnce = 2 ** 26;

/** @throws if the file is none of ours, cut off, or damaged as far as it is read */
export async function openRowFile(file: string): Promise<RowFile> {
  const handle = await open(file, 'r');
  try {
    const { size } = await stat(file);
    const tail = new Uint8Array(16 + mark.length);
    await readAt(handle, [tail], size - tail.length);
    if (!tail.subarray(16).every((byte, i) => byte === mark[i])) throw damaged(file);
    const [length = 0, crc = 0] = new Float64Array(tail.slice(0, 16).buffer);
    const text = new Uint8Array(length);
    await readAt(handle, [text], size - tail.length - length);
    if (crc32(text) !== crc) throw damaged(file);
    const { vocabularies, ...rest } = JSON.parse(new TextDecoder().decode(text)) as Omit<Footer, 'vocabularies'> & {
      readonly vocabularies: readonly (readonly [string, readonly Piece[]])[];
    };
    return reader(file, handle, size, { ...rest, vocabularies: Object.fromEntries(vocabularies) });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function reader(file: string, handle: FileHandle, size: number, footer: Footer): RowFile {
  const { vocabularies, splits, ...facts } = footer;
  const groupOf = (split: SplitName, group: number): Group => {
    const found = splits[split].groups[group];
    if (!found) throw damaged(file);
    return found;
  };
  const readGroup = async (
    shapes: readonly ColumnShape[],
    group: Group,
    into: EncodedRows,
    first: number,
    ids: readonly number[],
  ) => {
    const parts: Uint8Array[] = [];
    const offsets: { readonly values: Int32Array; readonly add: number }[] = [];
    let piece = 0;
    shapes.forEach((shape, i) => {
      const { values, offsets: bounds } = columnValues(into, shape);
      const bytes = group.columns[piece++]?.bytes ?? 0;
      const begin = bounds ? (ids[i] ?? 0) : first * shape.width;
      parts.push(bytesOf(values.subarray(begin, begin + bytes / 4)));
      if (!bounds) return;
      piece += 1;
      const own = bounds.subarray(first, first + group.rows + 1);
      parts.push(bytesOf(own));
      offsets.push({ values: own, add: begin });
    });
    await readAt(handle, parts, group.at);
    group.columns.forEach(({ bytes, crc }, i) => {
      const part = parts[i];
      if (part?.length !== bytes || crc32(part) !== crc) throw damaged(file);
    });
    for (const { values, add } of offsets)
      if (add !== 0) for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) + add;
  };
  return {
    ...facts,
    bytes: size,
    digest: digestOf(footer),
    summaries: { train: splits.train.summary, valid: splits.valid.summary, test: splits.test.summary },
    state: async () => {
      const read: [string, readonly string[]][] = [];
      for (const [name, pieces] of Object.entries(vocabularies)) {
        const values: string[] = [];
        for (const { at, bytes, crc } of pieces) {
          const text = new Uint8Array(bytes);
          await readAt(handle, [text], at);
          if (crc32(text) !== crc) throw damaged(file);
          for (const value of JSON.parse(new TextDecoder().decode(text)) as readonly string[]) values.push(value);
        }
        read.push([name, values]);
      }
      return { vocabularies: Object.fromEntries(read), statistics: facts.statistics };
    },
    groups: (split) => splits[split].groups.map(({ rows }) => rows),
    idsIn: (split, group, bag) => {
      let piece = 0;
      for (const { kind, name } of splits[split].summary.columns) {
        if (kind === 'bag' && name === bag) return (groupOf(split, group).columns[piece]?.bytes ?? 0) / 4;
        piece += kind === 'bag' ? 2 : 1;
      }
      return 0;
    },
    read: async (split, groups, into, first, ids) => {
      const shapes = splits[split].summary.columns;
      const filled = shapes.map(() => ids);
      let row = first;
      for (const group of groups) {
        const found = groupOf(split, group);
        await readGroup(shapes, found, into, row, filled);
        row += found.rows;
        shapes.forEach(({ kind, name }, i) => {
          if (kind === 'bag') filled[i] = into.bags[name]?.offsets[row] ?? 0;
        });
      }
      return row - first;
    },
    close: () => handle.close(),
  };
}

/** Without places in the file: how the splits lie between each other follows from how many rows were read at once. */
function digestOf({ statistics, groupRows, vocabularies, splits }: Footer): string {
  const values = Object.entries(vocabularies).map(([name, pieces]) => [name, pieces.map(({ bytes, crc }) => [bytes, crc])]);
  const rows = Object.entries(splits).map(([name, { summary, groups }]) => [
    name,
    summary,
    groups.map((group) => [group.rows, group.columns]),
  ]);
  return createHash('sha256')
    .update(JSON.stringify([statistics, groupRows, values, rows]))
    .digest('hex');
}

/** A file that cannot be what was written: whoever reads it makes another. */
const damaged = (file: string): DataError => dataError('damaged-rows', `${file} is damaged`);

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

async function readAt(handle: FileHandle, parts: readonly Uint8Array[], at: number): Promise<void> {
  let position = at;
  for (const part of parts) {
    for (let done = 0; done < part.length;) {
      const { bytesRead } = await handle.read(part, done, Math.min(bytesAtOnce, part.length - done), position + done);
      if (bytesRead === 0) throw new Error('the file ends too early');
      done += bytesRead;
    }
    position += part.length;
  }
}
