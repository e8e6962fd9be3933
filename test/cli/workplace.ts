import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { answer } from '../../src/cli/answer.js';
import type { Host } from '../../src/cli/host.js';
import { run } from '../../src/cli/run.js';
import { quietHost } from './host.js';

export interface Called {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

/** A folder of its own, and the command line in it, with the float64 engine where there is a choice. */
export interface Workplace {
  readonly folder: string;
  readonly write: (name: string, content: string | Uint8Array) => void;
  readonly call: (line: readonly string[], changes?: Partial<Host>) => Promise<Called>;
}

export function workplace(files: Readonly<Record<string, string | Uint8Array>> = {}): Workplace {
  const { remove, ...place } = keptWorkplace(files);
  onTestFinished(remove);
  return place;
}

/** For several tests, which remove it. */
export function keptWorkplace(
  files: Readonly<Record<string, string | Uint8Array>> = {},
): Workplace & { readonly remove: () => void } {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'reccompile-cli-')));
  const write: Workplace['write'] = (name, content) => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  };
  for (const [name, content] of Object.entries(files)) write(name, content);
  const call: Workplace['call'] = async (line, changes = {}) => {
    const { host, written } = quietHost({ folder, ...changes });
    const engine = ['train', 'eval', 'predict'].includes(line[0] ?? '') ? ['--engine', 'reference'] : [];
    try {
      return { status: await run([...line, ...engine], host), ...written };
    } catch (error) {
      return { status: answer(error, line, host), ...written };
    }
  };
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  return { folder, write, call, remove };
}

/** 120 rows of user, item, price and rating. */
export const ratings = `user,item,price,rating\n${Array.from(
  { length: 120 },
  (_, i) => `${String(i % 7)},${String((i * 5) % 11)},${String((i * 13) % 50)}.5,${String(1 + ((i * 3) % 5))}\n`,
).join('')}`;

export const spec = `model Ratings {
  data { source: "ratings.csv" split: random(train: 0.7, valid: 0.15, test: 0.15, seed: 1) }
  features { user: category item: category(size: 11) price: number(standardize) }
  label liked: binary = rating >= 4
  embeddings { dim: 2 }
  cross { depth: 1 }
  train { batch: 16 epochs: 2 }
}
`;
