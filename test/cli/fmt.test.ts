import { chmodSync, lstatSync, readFileSync, readdirSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../src/cli/host.js';
import { workplace } from './workplace.js';

const loose = 'model   A{ metrics:[auc] // c\n}';
const canonical = 'model A {\n  metrics: [auc]  // c\n}\n';
const broken = 'model A { metrics: [auc }\n';

const typed = (text: string): Partial<Host> => ({
  async *input() {
    yield Buffer.from(text.slice(0, 5));
    yield Buffer.from(text.slice(5));
  },
});

describe('files', () => {
  test('are formatted in their place, others are not touched', async () => {
    const { folder, call } = workplace({ 'a.rec': loose, 'b.rec': canonical });
    const old = new Date(2020, 1, 1);
    utimesSync(path.join(folder, 'b.rec'), old, old);
    expect(await call(['fmt', 'a.rec', 'b.rec'])).toEqual({
      status: 0,
      out: 'formatted: a.rec\n',
      error: '1 formatted, 1 unchanged\n',
    });
    expect(readFileSync(path.join(folder, 'a.rec'), 'utf8')).toBe(canonical);
    expect(statSync(path.join(folder, 'b.rec')).mtime).toEqual(old);
    expect(readdirSync(folder)).toEqual(['a.rec', 'b.rec']);
  });

  test('are only listed with --check', async () => {
    const { folder, call } = workplace({ 'a.rec': loose, 'b.rec': canonical });
    expect(await call(['fmt', '--check', 'a.rec', 'b.rec'])).toMatchObject({ status: 1, out: 'would change: a.rec\n' });
    expect(readFileSync(path.join(folder, 'a.rec'), 'utf8')).toBe(loose);
    expect(await call(['fmt', '--check', 'b.rec'])).toMatchObject({ status: 0, out: '' });
  });

  test('with errors stay as they are, and the others are formatted', async () => {
    const { folder, call } = workplace({ 'a.rec': broken, 'b.rec': loose });
    const { status, out, error } = await call(['fmt', 'a.rec', 'b.rec']);
    expect([status, out]).toEqual([1, 'formatted: b.rec\n']);
    expect(error).toMatch(/^a\.rec:1:25: error unclosed-bracket: [^]*\na\.rec has 1 error, and is left as it is\n1 formatted/);
    expect(readFileSync(path.join(folder, 'a.rec'), 'utf8')).toBe(broken);
  });

  test('that cannot be read are named, and the others are formatted', async () => {
    const { call } = workplace({ 'a.rec': Buffer.from([0xff, 0xfe, 0x41]), 'b.rec': loose });
    const { status, out, error } = await call(['fmt', 'a.rec', 'none.rec', 'b.rec']);
    expect([status, out]).toEqual([1, 'formatted: b.rec\n']);
    expect(error).toContain('cannot read a.rec: it is not UTF-8 text');
    expect(error).toContain('cannot read none.rec: there is no such file or folder');
    expect(error).toContain('1 formatted, 0 unchanged, 2 failed');
  });

  test('keep their permissions, line endings and byte order mark', async () => {
    const { folder, call } = workplace({ 'a.rec': `\uFEFF${loose.replace('\n', '\r\n')}` });
    chmodSync(path.join(folder, 'a.rec'), 0o640);
    expect((await call(['fmt', 'a.rec'])).status).toBe(0);
    expect(readFileSync(path.join(folder, 'a.rec'), 'utf8')).toBe(`\uFEFF${canonical.replaceAll('\n', '\r\n')}`);
    expect(statSync(path.join(folder, 'a.rec')).mode & 0o777).toBe(0o640);
    expect(await call(['fmt', '--check', 'a.rec'])).toMatchObject({ status: 0 });
  });

  test('behind a link are formatted where they are', async () => {
    const { folder, call } = workplace({ 'real/a.rec': loose });
    symlinkSync('real/a.rec', path.join(folder, 'link.rec'));
    expect(await call(['fmt', 'link.rec'])).toMatchObject({ status: 0 });
    expect(lstatSync(path.join(folder, 'link.rec')).isSymbolicLink()).toBe(true);
    expect(readFileSync(path.join(folder, 'real/a.rec'), 'utf8')).toBe(canonical);
  });
});

describe('which files', () => {
  const files = {
    'a.rec': loose,
    'deep/b.rec': loose,
    'deep/er/c.rec': loose,
    'deep/d.txt': loose,
    'node_modules/e.rec': loose,
    '.git/f.rec': loose,
  };

  test.each([
    ['a folder: all below', ['.'], ['a.rec', 'deep/b.rec', 'deep/er/c.rec']],
    ['a folder and a file in it: once', ['deep', 'deep/b.rec'], ['deep/b.rec', 'deep/er/c.rec']],
    ['a pattern', ['deep/*.rec'], ['deep/b.rec']],
    ['a pattern over folders', ['**/*.rec'], ['a.rec', 'deep/b.rec', 'deep/er/c.rec']],
    ['one by its name', ['node_modules/e.rec'], ['node_modules/e.rec']],
  ])('%s', async (_, given, wanted) => {
    const { folder, call } = workplace(files);
    symlinkSync('..', path.join(folder, 'deep/up'));
    const { out } = await call(['fmt', '--check', ...given]);
    expect(out).toBe(wanted.map((file) => `would change: ${file}\n`).join(''));
  });

  test.each([
    ['a folder without any', ['empty'], 1, /there is no \.rec file in empty/],
    ['a pattern that matches none', ['x*.rec'], 1, /no \.rec file matches x\*\.rec/],
    ['nothing', [], 2, /there is nothing to format/],
    ['files and standard input', ['-', 'a.rec'], 2, /not both/],
  ])('%s', async (_, given, status, error) => {
    const { call } = workplace({ ...files, 'empty/x.txt': '' });
    const called = await call(['fmt', ...given]);
    expect([called.status, called.out]).toEqual([status, '']);
    expect(called.error).toMatch(error);
  });
});

describe('standard input', () => {
  test.each([[['-']], [['--stdin']]])('is written to standard output with %j', async (line) => {
    const { call } = workplace();
    expect(await call(['fmt', ...line], typed(loose))).toEqual({ status: 0, out: canonical, error: '' });
  });

  test('is not written where it has errors, which have its name', async () => {
    const { call } = workplace();
    const { status, out, error } = await call(['fmt', '--stdin-filepath', 'x/y.rec'], typed(broken));
    expect([status, out]).toEqual([1, '']);
    expect(error).toMatch(/^x\/y\.rec:1:25: error/);
  });

  test('is only judged with --check', async () => {
    const { call } = workplace();
    expect(await call(['fmt', '-', '--check'], typed(loose))).toMatchObject({ status: 1, out: 'would change: standard input\n' });
    expect(await call(['fmt', '-', '--check'], typed(canonical))).toMatchObject({ status: 0, out: '' });
  });
});

test('--pin names the edition once', async () => {
  const { folder, call } = workplace({ 'a.rec': `// licence\n\n${loose}` });
  for (const out of ['formatted: a.rec\n', '']) expect(await call(['fmt', '--pin', 'a.rec'])).toMatchObject({ status: 0, out });
  expect(readFileSync(path.join(folder, 'a.rec'), 'utf8')).toBe(`edition 1\n\n// licence\n\n${canonical}`);
});

test('--width breaks lines', async () => {
  const { call } = workplace();
  const text = 'model A {\n  metrics: [auc, log_loss, accuracy, precision]\n}\n';
  const { out } = await call(['fmt', '-', '--width', '40'], typed(text));
  expect(out).toBe('model A {\n  metrics: [\n    auc,\n    log_loss,\n    accuracy,\n    precision,\n  ]\n}\n');
});
