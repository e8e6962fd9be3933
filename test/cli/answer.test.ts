import { existsSync, readFileSync, rmSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { answer } from '../../src/cli/answer.js';
import { complaint } from '../../src/cli/errors.js';
import type { Host } from '../../src/cli/host.js';
import { quietHost } from './host.js';

function answered(error: unknown, environment: Host['environment'] = {}): { status: number; error: string } {
  const { host, written } = quietHost({ environment });
  return { status: answer(error, ['train', 'a.rec'], host), error: written.error };
}

const systemError = (): unknown => {
  try {
    return readdirSync('/no/such/folder');
  } catch (error) {
    return error;
  }
};

describe('an error that ends a command', () => {
  test.each([
    [complaint('no such thing', { help: 'Try another.' }), 1, 'error: no such thing\n  Try another.\n'],
    [complaint('no such word', { exitStatus: 2 }), 2, 'error: no such word\n'],
    [Object.assign(new Error('the loss is not finite'), { name: 'TrainError' }), 1, 'error: the loss is not finite\n'],
    [
      Object.assign(new Error('3 bad rows'), { name: 'DataError', details: ['a.csv, record 7: no price'], help: 'Mend them.' }),
      1,
      'error: 3 bad rows\n  a.csv, record 7: no price\n  Mend them.\n',
    ],
    [systemError(), 1, 'error: cannot read /no/such/folder: there is no such file or folder\n'],
    [Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }), 1, 'error: cannot use a file: the disk is full\n'],
  ])('%s is the user’s, without a stack', (error, status, text) => {
    expect(answered(error)).toEqual({ status, error: text });
  });

  test.each([
    [
      "Cannot find package '@duckdb/node-api' imported from /x/dist/y.js",
      'ERR_MODULE_NOT_FOUND',
      'the package @duckdb/node-api is missing',
    ],
    [
      "Cannot find module '@duckdb/node-bindings-linux-x64/duckdb.node'\nRequire stack:",
      'MODULE_NOT_FOUND',
      'the package @duckdb/node-bindings-linux-x64/duckdb.node is missing',
    ],
    [
      'libstdc++.so.6: cannot open shared object file\nmore',
      'ERR_DLOPEN_FAILED',
      'a package does not start: libstdc++.so.6: cannot open shared object file',
    ],
  ])('%j is of the installation', (message, code, told) => {
    const { status, error } = answered(Object.assign(new Error(message), { code }));
    expect({ status, error: error.split('\n')[0] }).toEqual({ status: 1, error: `error: ${told}` });
    expect(error).toContain(`${process.platform} ${process.arch}`);
  });

  test("a module of reccompile's own that is missing is a bug", () => {
    expect(
      answered(Object.assign(new Error("Cannot find module '/x/dist/chunks/a.js'"), { code: 'ERR_MODULE_NOT_FOUND' }), {
        RECCOMPILE_DEBUG: '1',
      }).status,
    ).toBe(70);
  });

  test('shortens paths below the current folder, and no others', () => {
    const error = complaint('cannot use /shop/a/b.csv, /shops/c.csv and /old/shop/d.csv', { help: 'look at /shop/e.csv' });
    expect(answered(error).error).toBe('error: cannot use a/b.csv, /shops/c.csv and /old/shop/d.csv\n  Look at e.csv\n');
  });

  test.each([
    ['reccompile train --resume m/k9', 'reccompile train --resume m/k9'],
    ['npx reccompile@0.1.0 train --resume run', 'npx reccompile@0.1.0 train --resume run'],
    ['npm install onnxruntime-node', 'npm install onnxruntime-node'],
    ['write another', 'Write another'],
  ])('helps with %j, a command as it is typed', (help, told) => {
    expect(answered(complaint('no', { help })).error).toBe(`error: no\n  ${told}\n`);
  });

  test('says which file could not be written', () => {
    const error = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write', path: '/shop/run/weights.safetensors' });
    expect(answered(error)).toEqual({ status: 1, error: 'error: cannot write run/weights.safetensors: the disk is full\n' });
  });

  test('is a bug otherwise, with the details in a file', () => {
    const { status, error } = answered(new TypeError('x is not a function'));
    expect(status).toBe(70);
    expect(error).toMatch(/^error: this is a bug in reccompile: TypeError: x is not a function\n {2}Please report it/);
    expect(error).not.toContain('answer.test');
    const file = /and with (.+), which has the details/.exec(error)?.[1] ?? '';
    expect(readFileSync(file, 'utf8')).toMatch(/command line: reccompile train a.rec\n[^]*answer\.test/);
    rmSync(file);
    expect(existsSync(file)).toBe(false);
  });

  test.each([[new TypeError('x is not a function')], ['a text']])('prints the details of %s where asked', (error) => {
    const { status, error: text } = answered(error, { RECCOMPILE_DEBUG: '1' });
    expect(status).toBe(70);
    expect(text).toMatch(/Node v\d/);
    expect(text).toContain(typeof error === 'string' ? error : 'answer.test');
  });
});
