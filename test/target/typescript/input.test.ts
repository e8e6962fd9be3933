import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { typescriptProject } from '../../../src/target/typescript/project.js';
import { modelOf, writeProject } from './support.js';

const spec = `edition 1
model Ratings {
  data {
    source: csv("ratings.data", separator: ";")
    join: { users: csv("users.csv", on: user) }
    keep: year > 1990
    split: by_time(at, train: 0.8, valid: 0.2)
  }
  features {
    user: category
    film: category(default: "none")
    town: category
  }
  label liked: binary = stars >= 4
  embeddings { dim: 4 }
  deep { units: [4] }
  train { optimizer: adam(0.01) }
}
`;

type Wanted = readonly (readonly [string, string])[];

interface Input {
  readonly readInput: (
    files: object,
    wanted: Wanted,
  ) => Promise<{
    readonly rows: readonly { readonly row: object }[];
    readonly bad: readonly { readonly number: number; readonly problem: string }[];
  }>;
  readonly servedColumns: Wanted;
  readonly trainingColumns: Wanted;
  readonly splitColumns: Wanted;
}

const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-input-'));
let input: Input;
afterAll(() => {
  rmSync(folder, { recursive: true });
});

beforeAll(async () => {
  writeProject(folder, typescriptProject(modelOf({ path: 'ratings.rec', text: spec }, 'Ratings')));
  const outfile = path.join(folder, 'input.mjs');
  await build({ entryPoints: [path.join(folder, 'input.ts')], bundle: true, format: 'esm', platform: 'node', outfile });
  input = (await import(/* @vite-ignore */ outfile)) as Input;
});

const write = (name: string, text: string): string => {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
};

/** What is wrong with a file, its folder left out. */
async function problem(name: string, text: string, wanted = input.servedColumns): Promise<string> {
  const read = input.readInput({ data: write(name, text) }, wanted);
  return read.then(
    ({ rows }) => `${String(rows.length)} rows`,
    (error: unknown) => (error as Error).message.replaceAll(`${folder}/`, ''),
  );
}

describe('columns that no row has', () => {
  test('are named with what reads them and what there is', async () => {
    expect(await problem('a.csv', 'user_id,film,town\n1,2,3\n')).toBe(
      'a.csv: there is no column user, which feature user reads; there is user_id, film, town: did you mean user_id?',
    );
    expect(await problem('a.jsonl', '{"user":1}\n{"town":"x"}\n')).toBe(
      'a.jsonl: there is no column film, which feature film reads; there is user, town',
    );
    expect(await problem('b.jsonl', '{"user":1}\n{"town":"x"}\n{"film":null}\n')).toBe('3 rows');
  });

  test('are those of labels, keep and split in training', async () => {
    const all = [...input.servedColumns, ...input.trainingColumns, ...input.splitColumns];
    const lost = (columns: string) => problem('a.csv', `${columns}\n${columns}\n`, all);
    expect(await lost('user,film,town')).toContain('no column stars, which label liked reads');
    expect(await lost('user,film,town,stars')).toContain('no column year, which keep reads');
    expect(await lost('user,film,town,stars,year')).toContain('no column at, which split reads');
    expect(await lost('user,film,town,stars,year,at')).toBe('1 rows');
  });

  test('may stand in a joined file, and the key must stand in both', async () => {
    const data = write('a.csv', 'user,film\n1,2\n');
    const read = (users: string) => input.readInput({ data, users: write('users.csv', users) }, input.servedColumns);
    expect((await read('user,town\n1,x\n')).rows[0]?.row).toEqual({ user: '1', film: '2', town: 'x' });
    await expect(read('user,city\n1,x\n')).rejects.toThrow(/a\.csv and .*users\.csv: there is no column town/);
    await expect(read('id,town\n1,x\n')).rejects.toThrow(/users\.csv: there is no column user, which the join of users reads/);
  });
});

describe('a file', () => {
  test('whose name says no known kind is refused', async () => {
    for (const name of ['a.json', 'a.txt', 'a.xlsx', 'a'])
      expect(await problem(name, 'user,film,town\n1,2,3\n')).toBe(
        `${name}: rows are read from csv, tsv and jsonl; its name ends in none of .csv, .tsv, .jsonl, .ndjson, .data`,
      );
  });

  test('with a name like that of the spec is read as the spec says', async () => {
    expect(await problem('other.data', 'user;film;town\n1;2;3\n')).toBe('1 rows');
  });

  test('that is empty is said to be', async () => {
    for (const name of ['a.csv', 'a.jsonl']) expect(await problem(name, '')).toBe(`${name}: it is empty`);
  });

  test.each([
    [';', ';'],
    ['|', '|'],
    ['\t', 'a tab'],
  ])('with another separator than its name says has a likely one: %j', async (separator, named) => {
    expect(await problem('a.csv', `${['user', 'film', 'town'].join(separator)}\n1\n`)).toContain(
      `Its separator is probably ${named}`,
    );
  });
});

describe('quotes that are broken', () => {
  const rows = 'user,film,town\n1,2,3\n';

  test('by text behind them make a bad row, which its file and record name', async () => {
    const data = write('a.csv', `${rows}"4"5,"6","7 ""8"""\n"9","1, 2",\n`);
    const read = await input.readInput({ data }, input.servedColumns);
    expect(read.bad).toEqual([
      { file: data, number: 2, problem: 'text follows a closing quote; a quote inside quotes is written ""' },
    ]);
    expect(read.rows.map(({ row }) => row)).toEqual([
      { user: '1', film: '2', town: '3' },
      { user: '9', film: '1, 2', town: '' },
    ]);
  });

  test('by having no end end reading, wherever pieces of the file are cut', async () => {
    for (const before of ['', '1,2,3\n'.repeat(20_000)])
      expect(await problem('a.csv', `${rows}${before}4,"5,6\n7,8,9\n`)).toBe(
        `a.csv: row ${String(before.length / 6 + 2)}: a quote opens in it that is never closed`,
      );
  });

  test('in a huge file do not take it into memory', async () => {
    expect(await problem('a.csv', `${rows}4,"5,6\n${'7,8,9\n'.repeat(400_000)}`)).toBe(
      'a.csv: row 2: it is longer than 2000000 characters: is a quote not closed?',
    );
  });

  test('in a header are refused', async () => {
    expect(await problem('a.csv', '"user"x,film,town\n1,2,3\n')).toMatch(/^a\.csv: its header cannot be read: text follows/);
  });
});

test('rows keep the columns that are read, and no others', async () => {
  const read = await input.readInput({ data: write('a.csv', 'user,film,town,other\n1,2,3,4\n') }, input.servedColumns);
  expect(read.rows.map(({ row }) => row)).toEqual([{ user: '1', film: '2', town: '3' }]);
});
