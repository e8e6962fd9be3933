import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../../bench/peers.mjs', import.meta.url));
const call = (given: string) => {
  const env = { ...process.env, PYTHON: path.join(path.dirname(script), 'no-python') };
  return spawnSync(process.execPath, [script, given], { encoding: 'utf8', timeout: 10_000, env });
};

describe('bench:peers installs nothing', () => {
  test.each(['--help', '-h'])('for %s, but says what it would', (given) => {
    const { status, stdout, stderr } = call(given);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^usage: npm run bench:peers\n\nInstalls PyTorch and Keras .* 3 GB,\n/);
  });

  test.each(['--force', 'torch'])('for the unknown argument %s', (given) => {
    const { status, stdout, stderr } = call(given);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(`bench:peers has no argument ${given}\n\nusage:`);
  });
});
