import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ratings, workplace, type Workplace } from './workplace.js';

const base = `model Ratings {
  data { source: "ratings.csv" split: random(train: 0.7, valid: 0.15, test: 0.15, seed: 1) }
  features { user: category item: category(size: 11) price: number(standardize) }
  label liked: binary = rating >= 4
  embeddings { dim: 2 }
  train { batch: 16 epochs: 2 }
}
`;
const blocks = `block widen(x: vector[d]) -> vector[_] { return act(linear(x, 2 * d)) }
block act(x: vector[d]) -> vector[d] { return tanh(x) }
`;
/** Its block `act` is another one than that of the file it imports. */
const spec = `import { Ratings } from "./shared/base.rec"
import { widen } from "./shared/blocks.rec"
block act(x: vector[d]) -> vector[d] { return relu(x) }
model Wide extends Ratings { network { liked = linear(widen(act(concat(features))), 1) } }
`;

const place = (more: Readonly<Record<string, string | Uint8Array>> = {}): Workplace =>
  workplace({
    'specs/wide.rec': spec,
    'specs/shared/base.rec': base,
    'specs/shared/blocks.rec': blocks,
    'specs/shared/ratings.csv': ratings,
    ...more,
  });

describe('a spec that imports', () => {
  test('is checked, wherever one stands', async () => {
    const { call, folder } = place();
    expect(await call(['check', 'specs/wide.rec'])).toMatchObject({ status: 0, out: '1 model: no errors\n' });
    expect(await call(['check', '../wide.rec'], { folder: path.join(folder, 'specs/shared') })).toMatchObject({ status: 0 });
    expect(await call(['check', path.join(folder, 'specs/wide.rec')], { folder: '/' })).toMatchObject({ status: 0 });
  });

  test('has errors at the files that have them, each once', async () => {
    const { call } = place({ 'specs/shared/base.rec': base.replace('dim: 2', 'dim: 0'), 'specs/more.rec': spec });
    const { status, out } = await call(['check', 'specs/wide.rec', 'specs/more.rec']);
    expect(status).toBe(1);
    expect(out.match(/^\S+ error .*/gm)).toEqual([
      'specs/shared/base.rec:5:21: error out-of-range: `dim` of `embeddings` is a whole number ≥ 1 and ≤ 65536, not 0',
    ]);
  });

  test('is expanded into one file', async () => {
    const { call, write } = place();
    const { status, out } = await call(['expand', 'specs/wide.rec']);
    expect(status).toBe(0);
    expect(out).toContain('source: "shared/ratings.csv"');
    write('specs/expanded.rec', out);
    for (const stage of ['graph', 'step', 'onnx', 'sql']) {
      const emitted = await call(['emit', 'specs/wide.rec', `--stage=${stage}`]);
      expect(emitted).toMatchObject({ status: 0, error: '' });
      expect((await call(['emit', 'specs/expanded.rec', `--stage=${stage}`])).out).toBe(emitted.out);
    }
    const whole = await call(['expand', 'specs/wide.rec', '--library']);
    expect(whole.out).toMatch(/override block linear/);
  });
});

describe('a run of a spec that imports', () => {
  const rows = 'user,item,price\n1,2,3.5\n4,10,40\n';

  test('predicts alone, and keeps every file as written', async () => {
    const { call, folder, write } = place();
    expect(await call(['train', 'specs/wide.rec', '--out', 'run', '--quiet'])).toMatchObject({ status: 0 });
    write('rows.csv', rows);
    const before = await call(['predict', 'run', 'rows.csv']);
    expect(before).toMatchObject({ status: 0 });
    const evaluated = await call(['eval', 'run']);
    expect(evaluated).toMatchObject({ status: 0 });
    const kept = readdirSync(path.join(folder, 'run/source')).sort();
    expect(kept).toEqual(['specs%2fshared%2fbase.rec', 'specs%2fshared%2fblocks.rec', 'specs%2fwide.rec']);
    expect(readFileSync(path.join(folder, 'run/source/specs%2fshared%2fblocks.rec'), 'utf8')).toBe(blocks);
    expect(readFileSync(path.join(folder, 'run/model.rec'), 'utf8')).not.toContain('import');
    rmSync(path.join(folder, 'specs'), { recursive: true });
    expect(await call(['predict', 'run', 'rows.csv'])).toEqual(before);
  });

  test('finds its data again where --data named their folder', async () => {
    const { call, write, folder } = place({ 'elsewhere/ratings.csv': ratings });
    rmSync(path.join(folder, 'specs/shared/ratings.csv'));
    const data = path.join(folder, 'elsewhere');
    expect(await call(['train', 'specs/wide.rec', '--data', data, '--out', 'run', '--quiet'])).toMatchObject({ status: 0 });
    write('rows.csv', rows);
    expect(await call(['eval', 'run'])).toMatchObject({ status: 0 });
  });

  test('knows the features of an imported model before its vocabulary', async () => {
    const { call } = place({ 'specs/shared/base.rec': base.replace('dim: 2', 'dim: auto') });
    expect(await call(['train', 'specs/wide.rec', '--out', 'run', '--quiet'])).toMatchObject({ status: 0 });
  });
});

describe('a file that cannot be imported', () => {
  const importing = (name: string): Readonly<Record<string, string>> => ({ 'a/spec.rec': `import { f } from "${name}"` });
  const said = async ({ call }: Workplace): Promise<string> => (await call(['check', 'a/spec.rec'])).out;

  test('is not there, but one like it is', async () => {
    const out = await said(workplace({ ...importing('./blcks.rec'), 'a/blocks.rec': blocks }));
    expect(out).toContain('cannot import from "./blcks.rec": there is no such file or folder');
    expect(out).toContain('help: did you mean blocks.rec?');
  });

  test('is in a folder that is not there', async () => {
    expect(await said(workplace(importing('./sub/blocks.rec')))).toContain('there is no such file or folder');
  });

  test('is a folder', async () => {
    const at = workplace(importing('./blocks.rec'));
    mkdirSync(path.join(at.folder, 'a/blocks.rec'));
    expect(await said(at)).toContain('cannot import from "./blocks.rec": it is a folder');
  });

  test('is no text', async () => {
    expect(await said(workplace({ ...importing('./b.rec'), 'a/b.rec': Uint8Array.of(0x6d, 0xe9) }))).toContain(
      'it is not UTF-8 text',
    );
  });

  test('is too large', async () => {
    const at = workplace({ ...importing('./b.rec'), 'a/b.rec': '' });
    truncateSync(path.join(at.folder, 'a/b.rec'), 10 * 2 ** 20 + 1);
    expect(await said(at)).toContain('it has 11 MiB, a spec at most 10');
  });

  test.skipIf(process.platform === 'win32')('is a link that leads out of the folder of the spec', async () => {
    const at = workplace({
      ...importing('./b.rec'),
      'secret.rec': blocks,
      'a/c.rec': 'block f(x: vector[d]) -> vector[d] { return x }',
    });
    symlinkSync('../secret.rec', path.join(at.folder, 'a/b.rec'));
    expect(await said(at)).toContain('it is a link that leads out of the folder of the spec');
    rmSync(path.join(at.folder, 'a/b.rec'));
    symlinkSync('c.rec', path.join(at.folder, 'a/b.rec'));
    expect(await said(at)).not.toContain('error');
  });

  test.skipIf(process.platform === 'win32').each<[string, string, string]>([
    ['a file', '../out/b.rec', './x.rec'],
    ['a folder', '../out/folder.rec', './x.rec'],
    ['no text', '../out/picture.rec', './x.rec'],
    ['a large file', '../out/large.rec', './x.rec'],
    ['nothing', '../out/none.rec', './x.rec'],
    ['a file in a folder', '../out', './x.rec/b.rec'],
    ['nothing in a folder', '../out', './x.rec/non.rec'],
    ['a folder above', '..', './x.rec/out/b.rec'],
    ['itself', 'x.rec', './x.rec'],
  ])('through a link says nothing of what lies outside: %s', async (_, target, name) => {
    const at = workplace({
      ...importing(name),
      'out/b.rec': blocks,
      'out/folder.rec/x': '',
      'out/picture.rec': Uint8Array.of(0x6d, 0xe9),
      'out/large.rec': '',
    });
    truncateSync(path.join(at.folder, 'out/large.rec'), 10 * 2 ** 20 + 1);
    symlinkSync(target, path.join(at.folder, 'a/x.rec'));
    expect((await said(at)).split('\n').slice(0, 4)).toEqual([
      `a/spec.rec:1:19: error cannot-import: cannot import from "${name}": it is a link that leads out of the folder of the spec, or nowhere`,
      `    1 | import { f } from "${name}"`,
      expect.stringMatching(/^ +\| +\^+$/),
      '',
    ]);
  });
});

test.skipIf(process.platform === 'win32')('a file is itself by whatever path it is imported', async () => {
  const text = `import { f } from "./loop/spec.rec"
block f(x: vector[d]) -> vector[d] { return x }
model M { features { user: number[4] } label y: binary network { y = linear(f(user), 1) } }
`;
  const at = workplace({ 'a/spec.rec': text });
  symlinkSync('.', path.join(at.folder, 'a/loop'));
  const circle = 'error import-cycle: spec.rec imports spec.rec';
  expect((await at.call(['check', 'a/spec.rec'])).out).toContain(circle);
  symlinkSync('spec.rec', path.join(at.folder, 'a/other.rec'));
  expect((await at.call(['check', 'a/other.rec'])).out).toContain('error import-cycle: other.rec imports other.rec');
  at.write(
    'a/spec.rec',
    text.replace('import { f } from "./loop/spec.rec"', 'import { f } from "./loop/b.rec"').replace(/block .*/, ''),
  );
  at.write('a/b.rec', 'import { g } from "./sub/c.rec"\nblock f(x: vector[d]) -> vector[d] { return g(x, 0) }');
  at.write('a/sub/c.rec', 'block g(x: vector[d]) -> vector[d] { return x }');
  expect((await at.call(['check', 'a/spec.rec'])).out).toMatch(/^a\/b\.rec:2:\d+: error/);
});

test('a folder whose name begins with dots is below', async () => {
  const { call } = place({ 'specs/..more/b.rec': blocks, 'specs/wide.rec': spec.replace('./shared/blocks', './..more/b') });
  expect(await call(['check', 'specs/wide.rec'])).toMatchObject({ status: 0, out: '1 model: no errors\n' });
});

test('paths of data are found from a folder below, whose specs are imported', async () => {
  const { call, folder } = place();
  const { out } = await call(['expand', '../wide.rec'], { folder: path.join(folder, 'specs/shared') });
  expect(out).toContain('source: "shared/ratings.csv"');
});
