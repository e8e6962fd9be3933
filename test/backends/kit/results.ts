import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../../scripts/backends/places.mjs';
import type { Kink } from './kinks.js';
import type { Measured } from './measure.js';
import type { OptimizerName } from './subject.js';

/** One model by one target on one backend. */
export interface Cell extends Measured {
  readonly model: string;
  readonly real: boolean;
  readonly backend: string;
  readonly target: string;
  /** Where steps are beyond the tolerance: the relu that took another turn, if one was seen to. */
  readonly kinks?: Readonly<Partial<Record<OptimizerName, Kink>>>;
}

/** What was measured on one backend. */
export interface Results {
  readonly backend: string;
  /** What it is, with versions. */
  readonly about: string;
  readonly cells: readonly Cell[];
}

/** A file for each backend, so that a matrix is measured in parts, and by several processes. */
export const resultsFolder = path.join(root, 'bench/results/agreement');

const fileOf = (folder: string, backend: string): string =>
  path.join(folder, `${backend.toLowerCase().replaceAll(' ', '-')}.jsonl`);

/** Written under a temporary name, then renamed. */
export function replaceFile(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${String(process.pid)}`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}

/** JSON has no number for what is not finite. */
const rounded = (_: string, value: unknown): unknown =>
  typeof value !== 'number' ? value : Number.isFinite(value) ? Number(value.toPrecision(3)) : 'not finite';

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A line that says what the backend is, then one for each cell. */
export function writeResults({ backend, about, cells }: Results, folder = resultsFolder): void {
  const sorted = cells.toSorted((a, b) => compare(a.model, b.model) || compare(a.target, b.target));
  const lines = [{ backend, about }, ...sorted.map(({ backend: _, ...cell }) => cell)];
  replaceFile(fileOf(folder, backend), `${lines.map((line) => JSON.stringify(line, rounded)).join('\n')}\n`);
}

function readFile(file: string): Results {
  const [head, ...cells] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  const { backend, about } = head as Pick<Results, 'backend' | 'about'>;
  return { backend, about, cells: cells.map((cell) => ({ ...(cell as Omit<Cell, 'backend'>), backend })) };
}

/** Of all backends that were measured, by their names. */
export function readResults(folder = resultsFolder): ReadonlyMap<string, Results> {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.jsonl')) : [];
  return new Map(files.map((file) => readFile(path.join(folder, file))).map((results) => [results.backend, results]));
}
