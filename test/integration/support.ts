import { spawn, spawnSync, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { testCache } from './command.js';

export const program = fileURLToPath(new URL('../../dist/reccompile.js', import.meta.url));

/** A folder for a file of tests, with files in it. */
export function folderOf(
  name: string,
  files: Readonly<Record<string, string | Uint8Array>>,
): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(path.join(tmpdir(), `reccompile-${name}-`));
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  }
  return {
    folder,
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Rows of user, item, price and rating; the rating depends on user and item. */
export const ratings = (rows: number): string =>
  `user,item,price,rating\n${Array.from({ length: rows }, (_, i) => {
    const [user, item] = [(i * 7919) % 101, (i * 104_729) % 67];
    return `${String(user)},${String(item)},${String((i * 31) % 50)},${String(1 + ((user * item + (i % 3)) % 5))}`;
  }).join('\n')}\n`;

export const spec = `model Ratings {
  data { source: "ratings.csv" split: random(train: 0.7, valid: 0.15, test: 0.15, seed: 1) }
  features { user: category item: category price: number(standardize) }
  label liked: binary = rating >= 4
  embeddings { dim: 8 }
  cross { depth: 1 }
  deep { units: [32] }
  train { batch: 128 epochs: 3 }
}
`;

export interface Ended {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly error: string;
}

/** Starts the built command line, to send signals to. */
export function start(
  line: readonly string[],
  folder: string,
): {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  readonly told: (pattern: RegExp) => Promise<void>;
} {
  const child = spawn(process.execPath, [program, ...line], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: '1', RECCOMPILE_CACHE: testCache },
  });
  const written = { out: '', error: '' };
  const waiting = new Map<RegExp, () => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => (written.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    written.error += text;
    for (const [pattern, done] of waiting) if (pattern.test(written.error)) done();
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      resolve({ status, signal, ...written });
    });
  });
  const told = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      waiting.set(pattern, resolve);
      void ended.then(() => {
        resolve();
      });
    });
  return { child, ended, told };
}

export const statusOf = (run: string): unknown =>
  existsSync(path.join(run, 'run.json'))
    ? (JSON.parse(readFileSync(path.join(run, 'run.json'), 'utf8')) as { status: unknown }).status
    : undefined;

/** Whether a command of the system works here. */
export const works = (file: string, ...line: readonly string[]): boolean =>
  spawnSync(file, line, { stdio: 'ignore' }).status === 0;
