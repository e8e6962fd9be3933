import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { interruptible } from '../../src/cli/interruption.js';
import { quietHost } from './host.js';
import { interruptedAt, status } from './interrupted.js';
import { ratings, spec } from './workplace.js';

describe('Ctrl-C', () => {
  function pressed() {
    const told: string[] = [];
    let press = (): void => undefined;
    let time = 5000;
    const { host } = quietHost({
      onInterrupt: (stop) => {
        press = stop;
        return () => told.push('released');
      },
      endAtOnce: () => told.push('ended'),
    });
    const made = interruptible(
      host,
      () => told.push('announced'),
      () => time,
    );
    return { ...made, told, press: (later: number) => ((time += later), press()) };
  }

  test('is announced once, and taken for its own echo within a second', () => {
    const { signal, told, press } = pressed();
    expect(signal.aborted).toBe(false);
    press(0);
    press(20);
    press(900);
    expect(signal.aborted).toBe(true);
    expect(told).toEqual(['announced']);
  });

  test('ends at once the second time', () => {
    const { told, press, release } = pressed();
    press(0);
    press(1500);
    release();
    expect(told).toEqual(['announced', 'ended', 'released']);
  });
});

describe('a training that is interrupted', () => {
  test('while it reads leaves no folder', async () => {
    const { status, out, error, folder } = await interruptedAt(/reading 0/);
    expect({ status, out }).toEqual({ status: 130, out: '' });
    expect(error).toMatch(/ending …\n[^]*interrupted before the first step: there is nothing to keep, and no run was written\n$/);
    expect(existsSync(path.join(folder, 'run'))).toBe(false);
  });

  test('before the first step leaves no folder', async () => {
    const { status, error, folder } = await interruptedAt(/parameters, reference/);
    expect(status).toBe(130);
    expect(error).toContain('ending after this step …');
    expect(existsSync(path.join(folder, 'run'))).toBe(false);
  });

  test('between two steps keeps what was learned', async () => {
    const {
      status: left,
      out,
      error,
      folder,
      call,
    } = await interruptedAt(/^epoch 1\/100 /m, spec.replace('epochs: 2', 'epochs: 100'));
    expect(left).toBe(130);
    expect(error).toMatch(
      /interrupted in epoch \d+, after \d+ steps in .*, weights of epoch \d+: run\nto go on: reccompile train --resume run\nnext: /,
    );
    expect(JSON.parse(out)).toMatchObject({ run: 'run', status: 'interrupted' });
    expect(status(folder)).toBe('interrupted');
    expect(await call(['eval', 'run'])).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^test, \d+ rows: auc/) as string,
    });
    expect((await call(['predict', 'run', 'ratings.csv'])).out.trimEnd().split('\n')).toHaveLength(120);
  });

  test('while the test rows are measured keeps the whole training', async () => {
    const tested = spec.replace(/random\(.*?\)/, 'random(train: 0.01, test: 0.99, seed: 1)').replace('epochs: 2', 'epochs: 1');
    const many = `user,item,price,rating\n${ratings.slice(ratings.indexOf('\n') + 1).repeat(400)}`;
    const { status: left, out, error, folder, call } = await interruptedAt(/epoch 1\/1 {2}loss/, tested, many);
    expect(left).toBe(130);
    expect(error).toContain('interrupted before the test rows were measured');
    expect(error).toMatch(/trained 1 epoch in /);
    expect(JSON.parse(out)).toMatchObject({ status: 'interrupted', epochs: 1, metrics: {} });
    expect(status(folder)).toBe('interrupted');
    expect((await call(['eval', 'run', '--split', 'train'])).status).toBe(0);
  });
});
