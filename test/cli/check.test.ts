import { chmodSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { workplace } from './workplace.js';

const spec = (features = 'price: number', more = ''): string =>
  `model Clicks {\n  features { ${features} }\n  label clicked: binary\n  deep { units: [4] }\n${more}}\n`;

describe('--format', () => {
  test('github, with files that cannot be read', async () => {
    const { call } = workplace({ 'a.rec': spec('price: numbr') });
    expect(await call(['check', 'a.rec', 'b.rec', '--format', 'github'])).toMatchObject({
      status: 1,
      out: '::error file=a.rec,line=2,col=21,endColumn=26,title=unknown-type::there is no type `numbr`%0Ahelp: did you mean `number`?\n::error::cannot read b.rec: there is no such file or folder\n',
    });
  });

  test('sarif has the version of the compiler', async () => {
    const { call } = workplace({ 'a.rec': spec() });
    const { status, out } = await call(['check', 'a.rec', '--format', 'sarif']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      version: '2.1.0',
      runs: [{ tool: { driver: { version: expect.stringMatching(/^\d+\.\d+\.\d+$/) as string } }, results: [] }],
    });
  });

  test('one that there is not', async () => {
    const { call } = workplace({ 'a.rec': spec() });
    expect(await call(['check', 'a.rec', '--format', 'xml'])).toMatchObject({ status: 2 });
  });
});

describe('--fix', () => {
  test('mends what is certain, says what, and reports the rest', async () => {
    const { call, folder } = workplace({ 'a.rec': spec('price: numbr, place: category', '  trian { epoch: 3 }\n') });
    const { status, out, error } = await call(['check', 'a.rec', '--fix']);
    expect(readFileSync(path.join(folder, 'a.rec'), 'utf8')).toBe(
      spec('price: number, place: category', '  train { epochs: 3 }\n'),
    );
    expect(error).toBe(
      'fixed a.rec:2: unknown-type: `numbr` is now `number`\n' +
        'fixed a.rec:5: unknown-section: `trian` is now `train`\n' +
        'fixed a.rec:5: unknown-key: `epoch` is now `epochs`\n',
    );
    expect(status).toBe(1);
    expect(out).toContain('error missing-dim');
  });

  test('touches no file without a fix, and keeps links, rights and the byte order mark of others', async () => {
    const { call, folder } = workplace({ 'right.rec': spec(), 'real.rec': `\uFEFF${spec('price: numbr')}` });
    const at = (name: string): string => path.join(folder, name);
    const before = statSync(at('right.rec')).mtimeMs;
    chmodSync(at('real.rec'), 0o640);
    symlinkSync('real.rec', at('link.rec'));
    expect(await call(['check', 'right.rec', 'link.rec', '--fix'])).toMatchObject({ status: 0 });
    expect(statSync(at('right.rec')).mtimeMs).toBe(before);
    expect(readFileSync(at('real.rec'), 'utf8')).toBe(`\uFEFF${spec()}`);
    expect(statSync(at('real.rec')).mode & 0o777).toBe(0o640);
    expect(readFileSync(at('link.rec'), 'utf8')).toBe(`\uFEFF${spec()}`);
  });

  test('leaves an imported file as it is', async () => {
    const base = 'model Base {\n  features { price: numbr }\n  label clicked: binary\n}\n';
    const { call, folder } = workplace({
      'base.rec': base,
      'a.rec': 'import { Base } from "./base.rec"\nmodel Clicks extends Base { deep { units: [4] } }\n',
    });
    expect(await call(['check', 'a.rec', '--fix'])).toMatchObject({ status: 1, error: '' });
    expect(readFileSync(path.join(folder, 'base.rec'), 'utf8')).toBe(base);
  });
});

describe('--watch', () => {
  test('checks again at each change, on a clear screen, until Ctrl-C', async () => {
    const { call, write } = workplace({ 'a.rec': spec('price: numbr') });
    let stop = (): void => undefined;
    let rounds = 0;
    const { status, out } = await call(['check', 'a.rec', '--watch'], {
      terminal: true,
      onInterrupt: (listener) => {
        stop = listener;
        return () => undefined;
      },
      writeError: () => {
        rounds += 1;
        if (rounds === 1)
          setTimeout(() => {
            write('a.rec', `${spec()}\n`);
          }, 20);
        else stop();
      },
    });
    expect(status).toBe(130);
    expect(out.split('\u001B[2J\u001B[3J\u001B[H').slice(1)).toEqual([
      expect.stringMatching(/error unknown-type[^]*1 error\n$/),
      '1 model: no errors\n',
    ]);
  });
});

test('checks the specs of a folder and of a pattern, each once', async () => {
  const own = spec('price: number');
  const { call } = workplace({ 'm/a.rec': own, 'm/deep/b.rec': own, 'm/c.txt': 'no spec', 'd.rec': own });
  expect((await call(['check', 'm'])).out).toBe('2 models: no errors\n');
  expect((await call(['check', 'm/*.rec', 'm/a.rec', 'd.rec'])).out).toBe('2 models: no errors\n');
  expect(await call(['check', 'd.rec', 'none/*.rec'])).toMatchObject({
    status: 1,
    error: expect.stringContaining('no .rec file matches none/*.rec') as string,
  });
});

describe('--data', () => {
  const rows = Array.from({ length: 100 }, (_, i) => `${String(i % 7)},same,${String(i % 2)}`);
  const files = {
    'a.rec': spec('price: number, place: category', '  data { source: "a.csv" }\n  embeddings { dim: 4 }\n'),
    'a.csv': `price,place,clicked\n${rows.join('\n')}\n`,
  };

  test('warns of what they hold', async () => {
    const { call } = workplace(files);
    expect(await call(['check', 'a.rec'])).toMatchObject({ status: 0, out: '1 model: no errors\n' });
    const { status, out } = await call(['check', 'a.rec', '--data', '--format', 'json']);
    expect(status).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      diagnostics: [{ code: 'constant-feature', message: 'feature `place` is "same" in every row', line: 2 }],
    });
  });

  test('reads them elsewhere', async () => {
    const { call } = workplace({
      'a.rec': files['a.rec'],
      'data/a.csv': files['a.csv'],
      'b.csv': files['a.csv'].replaceAll('same', 'same,'),
    });
    expect((await call(['check', 'a.rec', '--data', 'data'])).out).toContain('warning constant-feature');
    expect(await call(['check', 'a.rec', '--data'])).toMatchObject({
      status: 1,
      out: expect.stringContaining('a.csv') as string,
    });
  });

  test('a comment ignores what they show, and one that ignores nothing is told', async () => {
    const ignoring = files['a.rec'].replace(
      'place: category }',
      'place: category } // rec-ignore constant-feature: more places to come',
    );
    const { call } = workplace({
      ...files,
      'a.rec': ignoring,
      'b.rec': ignoring.replace('place: category', 'place: number = price'),
    });
    expect(await call(['check', 'a.rec', '--data'])).toMatchObject({ status: 0, out: '1 model: no errors\n' });
    expect((await call(['check', 'b.rec'])).out).toBe('1 model: no errors\n');
    expect((await call(['check', 'b.rec', '--data'])).out).toContain('warning unused-ignore');
  });

  test('a spec behind it, and none before, is told apart from a forgotten one', async () => {
    const { call } = workplace(files);
    expect(await call(['check', '--data', 'a.rec'])).toMatchObject({
      status: 2,
      error: 'error: --data takes a.rec for a place of data\n  Name the specs first: check movies.rec --data.\n',
    });
    expect(await call(['check'])).toMatchObject({
      status: 2,
      error: expect.stringMatching(/^error: there is nothing to check/) as string,
    });
  });

  test('a spec is no place of data', async () => {
    const { call } = workplace(files);
    expect(await call(['check', 'a.rec', '--data', 'a.rec'])).toMatchObject({
      status: 2,
      error: expect.stringContaining('Name the specs first') as string,
    });
  });
});
