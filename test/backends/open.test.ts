import { expect, test } from 'vitest';
import { engineError, type EngineError } from '../../src/train/engines/errors.js';
import { backends, openProgram, required, type OpenBackend } from './kit/open.js';
import { whyNotStarted, type Missing } from './kit/start.js';

const openCode = (code: string): Promise<OpenBackend | Missing> => openProgram(process.execPath, ['-e', code], () => '');

test.each([
  ['does not parse', 'const = 1', 'SyntaxError'],
  ['imports what is not there', "require('./nowhere.js')", 'Cannot find module'],
  ['throws', "throw new TypeError('a bug')", 'a bug'],
  ['ends without a word', '', 'it has ended'],
  ['names an error', `console.log('> ' + JSON.stringify({ error: 'a bug of the engine' }))`, 'a bug of the engine'],
  ['says what cannot be read', "console.log('> {')", 'JSON'],
])('a program that %s does not open', async (_, code, message) => {
  await expect(openCode(code)).rejects.toThrow(message);
});

test('a program that does not exist does not open', async () => {
  await expect(openProgram('/nowhere/program', [], () => '')).rejects.toThrow('ENOENT');
});

test('what a program calls missing is missing, but no error where a checkout may lack it', async () => {
  const open = (): Promise<OpenBackend | Missing> => openCode(`console.log('> ' + JSON.stringify({ missing: 'no GPU' }))`);
  expect(await open()).toEqual({ missing: 'no GPU' });
  await expect(required(open)()).rejects.toThrow('no GPU');
});

test('missing packages and GPUs are missing; all else is an error', () => {
  const of = (code: EngineError['code']) => whyNotStarted(engineError(code, 'why', 'help'));
  expect(of('engine-missing')).toEqual({ missing: 'why' });
  expect(of('engine-adapter')).toEqual({ missing: 'why' });
  expect(of('engine-unknown')).toEqual({ error: 'EngineError: why' });
  expect(whyNotStarted(new TypeError('a bug'))).toEqual({ error: 'TypeError: a bug' });
});

test.each(['tfjs cpu', 'tfjs wasm', 'onnxruntime'])('%s must not be missing', (name) => {
  expect(backends.find((backend) => backend.name === name)).toMatchObject({ everyTime: true, inEveryCheckout: true });
});
