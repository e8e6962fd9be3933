import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reccompile, runProgram } from './command.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'reccompile-check-'));
  mkdirSync(path.join(folder, 'specs'));
  const good = 'model Good { features { price: number } label liked: binary cross { depth: 1 } train { optimizer: sgd(0.1) } }\n';
  writeFileSync(path.join(folder, 'specs/good.rec'), good);
  writeFileSync(path.join(folder, 'specs/bad.rec'), good.replace('depth: 1', 'dpeth: 1').replace('Good', 'Bad'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('reccompile check', () => {
  test('is content with a good spec', async () => {
    expect(await reccompile(['check', 'specs/good.rec'], { folder })).toEqual({
      status: 0,
      out: '1 model: no errors\n',
      error: '',
    });
  });

  test('draws an error with its place, and exits with 1', async () => {
    const { status, out, error } = await reccompile(['check', 'specs/good.rec', './specs/bad.rec'], { folder });
    expect({ status, error }).toEqual({ status: 1, error: '' });
    expect(out).toMatch(/^specs\/bad\.rec:1:\d+: error unknown-key: .*`dpeth`/);
    expect(out).toMatch(/\^/);
    expect(out).toMatch(/`depth`/);
    expect(out).toMatch(/\n1 error\n$/);
    expect(out).not.toContain('\u001B');
  });

  test('draws in colour where asked', async () => {
    const { out } = await reccompile(['check', 'specs/bad.rec'], { folder, environment: { NO_COLOR: '', FORCE_COLOR: '1' } });
    expect(out).toContain('\u001B[31m');
  });

  test('writes JSON', async () => {
    const { status, out } = await reccompile(['check', 'specs/bad.rec', '--format', 'json'], { folder });
    expect(status).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      diagnostics: [{ code: 'unknown-key', severity: 'error', file: 'specs/bad.rec', line: 1 }],
      errors: 1,
      warnings: 0,
      unread: [],
    });
  });

  test('takes a value from the command line', async () => {
    const { status, out } = await reccompile(['check', 'specs/good.rec', '--set', 'cross.dpeth=2'], { folder });
    expect(status).toBe(1);
    expect(out).toMatch(/^--set:1:\d+: error unknown-key/);
  });

  test('names a file that it cannot read, and checks the others, also those of a folder', async () => {
    const { status, out, error } = await reccompile(['check', 'none.rec', 'specs'], { folder });
    expect(status).toBe(1);
    expect(error).toBe('error: cannot read none.rec: there is no such file or folder\n');
    expect(out).toContain('unknown-key');
  });

  test('wants a file', async () => {
    const { status, error } = await reccompile(['check'], { folder });
    expect(status).toBe(2);
    expect(error).toContain('there is nothing to check');
  });
});

describe.skipIf(process.platform === 'win32')('what is written', () => {
  test('may find no reader', async () => {
    const program = path.resolve('dist/reccompile.js');
    const line = `"${process.execPath}" "${program}" explain | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { out, error } = await runProgram('bash', ['-c', line]);
    expect({ lines: out.trim().split('\n').length, error }).toEqual({ lines: 2, error: '' });
    expect(out).toMatch(/\n0\n$/);
  });

  test.skipIf(process.platform !== 'linux')('may find a full disk', async () => {
    const program = path.resolve('dist/reccompile.js');
    const { status, error } = await runProgram('bash', ['-c', `"${process.execPath}" "${program}" --version > /dev/full`]);
    expect({ status, error }).toEqual({ status: 1, error: 'error: cannot write the output: the disk is full\n' });
  });
});
