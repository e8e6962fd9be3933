import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { reccompile, runProgram } from './command.js';
import { folderOf, program, ratings, spec, works } from './support.js';

const { folder, remove } = folderOf('disk', { 'ratings.rec': spec, 'ratings.csv': ratings(600) });
const small = path.join(folder, 'small');
mkdirSync(small);
const isRoot = process.getuid?.() === 0;
const mount = (options: string): boolean => works('mount', '-t', 'tmpfs', '-o', options, 'tmpfs', small);
const canMount = process.platform === 'linux' && isRoot && mount('size=8k') && works('umount', small);
const canDrop = isRoot && works('setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'true');
afterAll(remove);

const train = (out: string, ...more: readonly string[]) =>
  reccompile(['train', 'ratings.rec', '--engine', 'reference', '--set', 'train.epochs=1', '--out', out, ...more], { folder });

describe.skipIf(!canMount)('a small disk (needs mount)', () => {
  afterEach(() => {
    works('umount', small);
  });

  test('that the run does not fit on is refused before training', async () => {
    mount('size=60k');
    const { status, error } = await train('small/run', '--set', 'embeddings.dim=300');
    expect(status).toBe(1);
    expect(error).toMatch(/error: small\/run will need [\d.]+ MB, but its disk has [\d.]+ kB left\n {2}Make room/);
    expect(error).not.toContain('epoch 1');
    expect(existsSync(path.join(small, 'run'))).toBe(false);
  });

  test('that fills up is named with the file', async () => {
    mount('size=12k');
    const { status, error } = await train('small/run');
    expect(status).toBe(1);
    expect(error).toMatch(/error: cannot write small\/run\S* the disk is full\n$/);
    expect(existsSync(path.join(small, 'run'))).toBe(false);
  });

  test('that is read-only is refused before data are read', async () => {
    mount('ro');
    expect(await train('small/a/run')).toEqual({
      status: 1,
      out: '',
      error: 'error: cannot make small/a/run: the disk is read-only\n  Choose another folder with --out.\n',
    });
  });
});

describe.skipIf(!canDrop)('another user (needs setpriv)', () => {
  const asNobody = (...line: readonly string[]) =>
    runProgram('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, program, ...line], { folder });
  const refused = async (...line: readonly string[]): Promise<string> => {
    const { status, error } = await asNobody(...line);
    expect(status).toBe(1);
    return error.split('\n')[0] ?? '';
  };

  test('may not write, or not read', async () => {
    chmodSync(folder, 0o755);
    expect(await refused('train', 'ratings.rec', '--engine', 'reference')).toBe(
      'error: cannot make runs/Ratings-1: permission denied',
    );
    chmodSync(path.join(folder, 'ratings.csv'), 0o600);
    const out = path.join(folder, 'open');
    mkdirSync(out);
    chmodSync(out, 0o777);
    expect(await refused('train', 'ratings.rec', '--engine', 'reference', '--out', 'open/run')).toBe(
      'error: may not read ratings.csv, the source of ratings.rec: permission denied',
    );
    chmodSync(path.join(folder, 'ratings.rec'), 0o600);
    expect(await refused('check', 'ratings.rec')).toBe('error: cannot read ratings.rec: permission denied');
  });
});
