import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ratings, workplace, type Workplace } from './workplace.js';

const spec = `/// Rates.
model Ratings {
  data { source: "data/ratings.csv" split: random(train: 0.8, valid: 0.2, test: 0, seed: 1) }
  features { user: category item: category(size: 40) price: number(standardize) both: category(cross: [user, item], hash: 30) }
  label liked: binary = rating >= 4
  embeddings { dim: 6 things: { features: [item] } price: { dim: 3 } }
  network {
    x = concat(user, item, both, price)
    liked = linear(x, 1) + wide(user)
  }
  train { batch: 16 epochs: 3 optimizer: adam(0.05) }
}

/// Needs equal sizes.
model Pairs extends Ratings {
  network { liked = fm(fields(user, item, both)) }
}
`;

const files = { 'specs/ratings.rec': spec, 'specs/data/ratings.csv': ratings };
const train = (call: Workplace['call'], ...more: readonly string[]) =>
  call(['train', 'specs/ratings.rec', '--model', 'Ratings', '--out', 'run', ...more]);
const read = (folder: string, name: string): string => readFileSync(path.join(folder, name), 'utf8');

describe('fit-dims', () => {
  test('writes a model of other sizes beside the spec, which trains', async () => {
    const { call, folder } = workplace(files);
    expect((await train(call)).status).toBe(0);
    const { status, out, error } = await call(['fit-dims', 'run', '--ratio', '0.7']);
    expect({ status, error }).toEqual({
      status: 0,
      error: 'wrote specs/RatingsFitted.rec: model RatingsFitted\nnext: reccompile train specs/RatingsFitted.rec\n',
    });
    expect(out).toMatch(/^Ratings: the smallest sizes that explain 70% of the variance of trained rows\n/);
    expect(out).toMatch(/\n {2}field +size +new size +explains +parameters saved\n/);
    expect(out).toMatch(/\n {2}things \(item\) +6 +[1-5] +[789]\d\.?\d*% +\d+\n/);
    expect(out).toMatch(/\n {2}liked\.wide\.0\.embed \(user\) +1 +– +100% +0\n/);
    expect(out).toContain('liked.wide.0.embed: its size is written where the network makes it with embed\n');
    expect(out).toContain('price: it keeps its size, for a number has one vector, not a table\n');
    const written = read(folder, 'specs/RatingsFitted.rec');
    expect(written).toMatch(
      /^import \{ Ratings \} from "\.\/ratings\.rec"\n\n\/\/\/ .*70% of the variance in run\.\nmodel RatingsFitted extends Ratings \{\n {2}embeddings \{\n {4}user: \{ dim: \d \}\n/,
    );
    const again = await call(['train', 'specs/RatingsFitted.rec', '--out', 'again', '--json']);
    expect(again.status).toBe(0);
    const told = JSON.parse((await call(['fit-dims', 'run', '--ratio', '0.7', '--force', '--json'])).out) as {
      tables: readonly { readonly name: string; readonly before: number; readonly after: number; readonly saved: number }[];
    };
    const before = JSON.parse(
      (await call(['inspect', 'specs/ratings.rec', '--model', 'Ratings', '--facts', 'run', '--format', 'json'])).out,
    ) as {
      parameters: number;
    };
    const saved = told.tables.reduce((sum, table) => sum + table.saved, 0);
    // A column of the last layer for each element that is gone.
    const columns = told.tables.reduce((sum, t) => sum + (t.name.includes('.') ? 0 : t.before - t.after), 0);
    expect(saved).toBeGreaterThan(0);
    expect((JSON.parse(again.out) as { parameters: number }).parameters).toBe(before.parameters - saved - columns);
  }, 60_000);

  test('never overwrites without being told', async () => {
    const { call, folder, write } = workplace(files);
    await train(call, '--set', 'train.epochs=1');
    write('specs/RatingsFitted.rec', 'mine');
    expect(await call(['fit-dims', 'run'])).toEqual({
      status: 1,
      out: '',
      error: 'error: specs/RatingsFitted.rec exists already\n  Choose another file with --out, or say --force.\n',
    });
    expect(read(folder, 'specs/RatingsFitted.rec')).toBe('mine');
    expect((await call(['fit-dims', 'run', '--force', '--ratio', '0.5'])).status).toBe(0);
    expect(read(folder, 'specs/RatingsFitted.rec')).toContain('extends Ratings');
  }, 60_000);

  test.each<[string, (w: Workplace) => void, readonly string[], readonly string[]]>([
    ['a spec that has changed', (w) => w.write('specs/ratings.rec', spec.replace('dim: 6', 'dim: 7')), [], []],
    ['a spec that is gone', (w) => rmSync(path.join(w.folder, 'specs/ratings.rec')), [], ['--out', 'specs/small.rec']],
    ['sizes from the command line', () => {}, ['--set', 'embeddings.dim=5'], []],
    ['a file outside the folder of the spec', () => {}, [], ['--out', 'other/small.rec']],
  ])(
    'holds the model itself after %s',
    async (_, change, settings, more) => {
      const place = workplace(files);
      const { call, folder } = place;
      await train(call, '--set', 'train.epochs=1', ...settings);
      change(place);
      const { status, error } = await call(['fit-dims', 'run', '--ratio', '0.6', ...more]);
      expect(status).toBe(0);
      const [, file = '', next = ''] =
        /^wrote (.*): model RatingsFitted, with Ratings as the run has kept it\nnext: reccompile (.*)\n$/.exec(error) ?? [];
      expect(read(folder, file)).not.toContain('import {');
      expect(next).toContain('--model RatingsFitted');
      const again = await call([...next.split(' '), '--set', 'train.epochs=1', '--out', 'again']);
      expect(again.error).toContain('next: reccompile predict again');
    },
    60_000,
  );

  test('imports a spec from a folder whose name begins with dots', async () => {
    const { call, folder } = workplace({ '..specs/ratings.rec': spec, '..specs/data/ratings.csv': ratings });
    const line = ['train', '..specs/ratings.rec', '--model', 'Ratings', '--out', 'run', '--set', 'train.epochs=1'];
    expect((await call(line)).status).toBe(0);
    expect((await call(['fit-dims', 'run', '--ratio', '0.6', '--out', 'small.rec'])).status).toBe(0);
    expect(read(folder, 'small.rec')).toContain('import { Ratings } from "./..specs/ratings.rec"');
  }, 60_000);

  test('takes other settings of the command line along', async () => {
    const { call, folder } = workplace(files);
    await train(call, '--set', 'train.epochs=1', '--set', 'train.optimizer=sgd(0.5)');
    const { error } = await call(['fit-dims', 'run', '--ratio', '0.6', '--out', 'specs/small.rec']);
    expect(error).toContain(`next: reccompile train specs/small.rec --set train.epochs=1 --set 'train.optimizer=sgd(0.5)'\n`);
    expect(read(folder, 'specs/small.rec')).toContain('import {');
    await call([
      'train',
      'specs/ratings.rec',
      '--model',
      'Ratings',
      '--out',
      'other',
      '--data',
      'source=specs/data/ratings.csv',
      '--set',
      'train.epochs=1',
    ]);
    const other = await call(['fit-dims', 'other', '--ratio', '0.6']);
    expect(other.error).toContain(
      'next: reccompile train specs/RatingsFitted.rec --set train.epochs=1 --data source=specs/data/ratings.csv\n',
    );
  }, 60_000);

  test('writes nothing where the network needs equal sizes, and says what to do', async () => {
    const { call, folder } = workplace(files);
    expect((await call(['train', 'specs/ratings.rec', '--model', 'Pairs', '--out', 'run'])).status).toBe(0);
    const { status, out, error } = await call(['fit-dims', 'run', '--ratio', '0.85']);
    expect(status).toBe(1);
    expect(out).toContain('Pairs: the smallest sizes');
    expect(error).toContain('error unequal-embedding-dims: ');
    expect(error).toContain('specs/ratings.rec:16:');
    expect(error).toMatch(
      /error: the network of Pairs does not take these sizes: nothing was written\n {2}With --equal every table gets the largest of them; a network that concatenates, such as concat\(…\) in place of fields\(…\), takes any\.\n$/,
    );
    expect(error).toContain(' (in the spec that would be written:');
    expect(error).not.toContain('PairsFitted.rec');
    expect(existsSync(path.join(folder, 'specs/PairsFitted.rec'))).toBe(false);
    const equal = await call(['fit-dims', 'run', '--ratio', '0.85', '--equal']);
    expect(equal).toMatchObject({ status: 0, error: expect.stringContaining('wrote specs/PairsFitted.rec') as string });
    const sizes = [...read(folder, 'specs/PairsFitted.rec').matchAll(/dim: (\d)/g)].map(([, dim]) => dim);
    expect(sizes).toHaveLength(3);
    expect(new Set(sizes).size).toBe(1);
  }, 60_000);

  test('gives a number that has a vector the size of the tables, where that is one', async () => {
    const numbers = spec
      .replace('price: { dim: 3 }', 'price: { dim: 6 }')
      .replace('fields(user, item, both)', 'fields(features)');
    const { call, folder } = workplace({ ...files, 'specs/ratings.rec': numbers });
    expect((await call(['train', 'specs/ratings.rec', '--model', 'Pairs', '--out', 'run'])).status).toBe(0);
    const { status, out } = await call(['fit-dims', 'run', '--ratio', '0.7', '--equal']);
    expect(status).toBe(0);
    const [size, ...more] = [...read(folder, 'specs/PairsFitted.rec').matchAll(/\w+: \{ dim: (\d) \}/g)].map(([, dim]) => dim);
    expect(more).toEqual([size, size, size]);
    expect(out).toContain(`price: its vector gets the size of the tables, ${size ?? ''} in place of 6\n`);
    expect((await call(['check', 'specs/PairsFitted.rec'])).status).toBe(0);
  }, 60_000);

  test.skipIf(process.platform === 'win32')(
    'says names of files so that a shell takes them for nothing else',
    async () => {
      const name = "a $(id) `id` it's.csv";
      const { call, folder } = workplace({ ...files, [`specs/data/${name}`]: ratings });
      const data = `source=specs/data/${name}`;
      const trained = await call([
        ...['train', 'specs/ratings.rec', '--model', 'Ratings', '--out', 'run\nmodel X {}', '--data', data],
        ...['--set', 'train.epochs=1'],
      ]);
      expect(trained.error).toContain("next: reccompile predict $'run\\u000amodel X {}' rows.csv\n");
      const { error } = await call(['fit-dims', 'run\nmodel X {}', '--ratio', '0.6', '--out', 'specs/s m.rec']);
      const [, line = ''] = /^next: reccompile (.*)$/m.exec(error) ?? [];
      const words = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' });
      expect(words).toBe(`train\nspecs/s m.rec\n--set\ntrain.epochs=1\n--data\n${data}\n`);
      expect(read(folder, 'specs/s m.rec')).toContain(
        '/// Ratings with the sizes of embeddings that explain 60% of the variance in run model X {}.\n',
      );
    },
    60_000,
  );

  test('has nothing to write where every table needs its size', async () => {
    const { call, folder } = workplace(files);
    await train(call, '--set', 'train.epochs=1', '--set', 'embeddings.dim=1');
    const { status, out, error } = await call(['fit-dims', 'run']);
    expect({ status, error }).toEqual({ status: 0, error: 'every table keeps its size: there is nothing to write\n' });
    expect(out).toContain('0 of ');
    expect(existsSync(path.join(folder, 'specs/RatingsFitted.rec'))).toBe(false);
  }, 60_000);

  test.each([['0'], ['1.1'], ['90%'], ['-1']])('--ratio %s is refused', async (ratio) => {
    const { call } = workplace();
    expect(await call(['fit-dims', 'run', `--ratio=${ratio}`])).toEqual({
      status: 2,
      out: '',
      error: `error: --ratio is a number above 0, at most 1, not ${ratio}\n`,
    });
  });
});
