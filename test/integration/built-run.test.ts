import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
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

test.each(Object.entries(section))(
  'a project that is exported predicts as its run does, of %s',
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
    expect(await call(['export', 'runs/Ratings-1', '--out', 'made'])).toMatchObject({ status: 0 });
    const { folder: home, remove } = temporaryFolder();
    onTestFinished(remove);
    cpSync(path.join(folder, 'made'), home, { recursive: true });
    cpSync(path.join(folder, 'rows.csv'), path.join(home, 'rows.csv'));
    await build({
      entryPoints: [path.join(home, 'predict.ts')],
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['@tensorflow/tfjs'],
      outfile: path.join(home, 'predict.mjs'),
    });
    const { status, stdout, stderr } = spawnSync(process.execPath, ['predict.mjs', '--data', 'rows.csv', '--backend', 'cpu'], {
      cwd: home,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    const predicted = stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { readonly liked: number });
    const expected = (await call(['predict', 'runs/Ratings-1', 'rows.csv'])).out
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { liked: number }).liked);
    expect(predicted.map(({ liked }) => liked)).toEqual(expected.map((liked) => expect.closeTo(liked, 5) as number));
  },
  60_000,
);
