import { expect, test } from 'vitest';
import explain from '../../src/cli/commands/explain.js';
import { messages } from '../../src/model/messages.js';
import { quietHost } from './host.js';

async function explained(...line: string[]): Promise<string> {
  const { host, written } = quietHost();
  expect(await explain.run(line, {}, host)).toBe(0);
  return written.out;
}

test('says what a diagnostic means, with a wrong spec and a right one', async () => {
  const text = await explained('unknown-model');
  expect(text).toMatch(/^error unknown-model\n\n[A-Z]/);
  expect(text).toMatch(/\nWrong:\n {4}model [^]*extends Click \{[^]*\nRight:\n {4}model [^]*extends Clicks \{/);
});

test.each(Object.keys(messages))('keeps the explanation of %s within 80 columns', async (code) => {
  const [, prose = ''] = (await explained(code)).split('\n\n');
  expect(prose).not.toBe('');
  expect(Math.max(...prose.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
});

test('lists all', async () => {
  const lines = (await explained()).trim().split('\n');
  expect(lines.map((line) => line.split(/\s+/)[0])).toEqual(Object.keys(messages));
});

test('names the nearest one', async () => {
  const { host } = quietHost();
  await expect(explain.run(['unkown-model'], {}, host)).rejects.toMatchObject({
    exitStatus: 2,
    help: 'Did you mean unknown-model?',
  });
});
