import { spawnSync } from 'node:child_process';
import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../target/typescript/support.js';
import { ratings, workplace } from '../cli/workplace.js';

const section = {
  all: 'features { user: category Item: category(size: 11) = item price: number(standardize) } embeddings { dim: 2 } deep { units: [3] }',
  'no vocabulary': 'features { item: category(size: 11) price: number(standardize) } embeddings { dim: 2 } deep { units: [3] }',
  'no table': 'features { price: number(standardize) } deep { units: [3] }',
  'nothing learned': 'features { price: number } deep { units: [3] }',
};

/** The programs of the README of a project, in order. */
const programsOf = (readme: string): readonly string[] =>
  [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);

test.each(Object.entries(section))(
  'a project that is built takes the numbers of a run, of %s',
  async (_, text) => {
    const spec = `model Ratings {
    data { source: "ratings.csv" }
    label liked: binary = rating >= 4
    ${text}
    train { batch: 16 epochs: 1 }
  }`;
    const { call, folder } = workplace({
      'ratings.rec': spec,
      'ratings.csv': ratings,
      'rows.csv': 'user,item,price\n1,2,3.5\n4,10,40\n',
    });
    expect(await call(['train', 'ratings.rec', '--quiet'])).toMatchObject({ status: 0 });
    expect(await call(['build', 'ratings.rec', '--out', 'made'])).toMatchObject({ status: 0 });
    const { folder: home, remove } = temporaryFolder();
    onTestFinished(remove);
    cpSync(path.join(folder, 'made/Ratings'), home, { recursive: true });
    cpSync(path.join(folder, 'runs'), path.join(home, 'runs'), { recursive: true });
    const [predicts = '', takes = ''] = programsOf(readFileSync(path.join(home, 'README.md'), 'utf8'));
    const examples = '[{ user: 1, item: 2, price: 3.5 }, { user: 4, item: 10, price: 40 }]';
    const programs = [
      takes,
      `${predicts.replace('examples.map', `(${examples} as Example[]).map`)}console.log(JSON.stringify(predictions));`,
    ];
    for (const [i, program] of programs.entries()) {
      const contents = i === 0 ? program : `import type { Example } from './encoder.js';\n${program}`;
      await build({
        stdin: { contents, resolveDir: home, loader: 'ts' },
        bundle: true,
        format: 'esm',
        platform: 'node',
        external: ['@tensorflow/tfjs'],
        outfile: path.join(home, `program-${i}.mjs`),
      });
    }
    const run = (i: number) => spawnSync(process.execPath, [`program-${i}.mjs`], { cwd: home, encoding: 'utf8' });
    expect(run(0)).toMatchObject({ status: 0, stderr: '' });
    const { stdout } = run(1);
    const predicted = JSON.parse(/^\[.*\]$/m.exec(stdout)?.[0] ?? '[]') as readonly { readonly liked: number }[];
    const expected = (await call(['predict', 'runs/Ratings-1', 'rows.csv'])).out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { liked: number }).liked);
    expect(predicted.map(({ liked }) => liked)).toEqual(expected.map((liked) => expect.closeTo(liked, 5) as number));
  },
  60_000,
);
