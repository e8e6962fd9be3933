import { afterAll, describe, expect, test } from 'vitest';
import { reccompile } from './command.js';
import { folderOf, spec } from './support.js';

/** Numbers from 0 to 1, the same on every run. */
function randoms(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
const random = randoms(7);
const pick = (from: string): string => from[Math.floor(random() * from.length)] ?? '';
const noise = (letters: string, length: number): string => Array.from({ length }, () => pick(letters)).join('');
const printable = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i), 10);
const words = [
  'model',
  'network',
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  '"',
  ':',
  ',',
  '=',
  'x',
  '1',
  'features',
  'data',
  'repeat',
  'if',
  '\n',
];

const specs: Readonly<Record<string, string | Uint8Array>> = {
  'printable.rec': noise(printable, 1_000_000),
  'words.rec': Array.from({ length: 200_000 }, () => words[Math.floor(random() * words.length)]).join(' '),
  'letters.rec': noise('äß漢字🎬 \n{}', 300_000),
  'binary.rec': Uint8Array.from({ length: 1_000_000 }, () => Math.floor(256 * random())),
  'records.rec': `model A ${'{ a '.repeat(50_000)}`,
  'bodies.rec': `model A { network { ${'repeat 2 { '.repeat(20_000)}x = 1${' }'.repeat(20_000)} } }`,
  'brackets.rec': `model A { network { x = ${'('.repeat(100_000)}1 } }`,
  'sum.rec': `model A { label y: number = ${'x + '.repeat(100_000)}x }`,
  'turns.rec':
    'model A { features { x: number } label y: number network { h = concat(x, x) repeat 100000000 { h = h + h } y = linear(h, 1) } }',
};
const { folder, remove } = folderOf('noise', {
  ...specs,
  'empty.rec': '',
  'comments.rec': '// nothing\n/// at all\n',
  'mark.rec': `\ufeff${spec}`,
  'crlf.rec': spec.replaceAll('\n', '\r\n'),
  'sub/x': '',
});
afterAll(remove);

describe('a spec of', () => {
  test.each(Object.keys(specs))('%s is refused in time and without a stack', async (file) => {
    const began = performance.now();
    const { status, out, error } = await reccompile(['check', file], { folder });
    expect({ status, error: file === 'binary.rec' ? '' : error }).toEqual({ status: 1, error: '' });
    expect(out + error).not.toMatch(/ at .*\.js|RangeError|TypeError|bug in reccompile/);
    expect((out + error).length).toBeLessThan(100_000);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test.each(['mark.rec', 'crlf.rec'])('%s is good', async (file) => {
    expect(await reccompile(['check', file], { folder })).toEqual({ status: 0, out: '1 model: no errors\n', error: '' });
  });

  test('nothing is no error, and nothing to train', async () => {
    expect(await reccompile(['check', 'empty.rec', 'comments.rec'], { folder })).toMatchObject({
      status: 0,
      out: 'no errors, and no model to train\n',
    });
    expect(await reccompile(['train', 'empty.rec'], { folder })).toMatchObject({
      status: 1,
      error: expect.stringContaining('empty.rec has no model that can be built') as string,
    });
  });

  test('a folder is refused', async () => {
    expect(await reccompile(['train', 'sub'], { folder })).toMatchObject({
      status: 1,
      error: 'error: cannot read sub: it is a folder\n  Name the .rec file in it.\n',
    });
  });
});

test.each([
  ['train.epochs', '`--set` is of the form `train.epochs=3`'],
  ['=3', '`--set` is of the form'],
  ['foo.bar=1', 'unknown-section'],
  ['train.foo=1', 'unknown-key'],
  ['train.epochs=abc', '`epochs` of `train` is a whole number'],
  ['train.epochs=-3', 'out-of-range'],
  ['train.epochs=', 'expected an expression'],
  ['train.epochs=(3', 'unclosed-bracket'],
  ['features.x=categry', 'unknown-type'],
])('--set %s', async (setting, message) => {
  const { status, out } = await reccompile(['check', 'mark.rec', '--set', setting], { folder });
  expect(status).toBe(1);
  expect(out).toMatch(/^--set:1:\d+: error /);
  expect(out).toContain(message);
});
