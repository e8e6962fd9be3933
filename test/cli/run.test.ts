import { describe, expect, test } from 'vitest';
import { command } from '../../src/cli/command.js';
import { commands } from '../../src/cli/commands.js';
import { complaint } from '../../src/cli/errors.js';
import { wantsColour } from '../../src/cli/host.js';
import { choice, count, text, texts, toggle } from '../../src/cli/options.js';
import { run } from '../../src/cli/run.js';
import { version } from '../../src/cli/version.js';
import { quietHost } from './host.js';

interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly error: string;
}

type Table = NonNullable<Parameters<typeof run>[2]>;

async function outcome(line: readonly string[], table?: Table): Promise<Outcome> {
  const { host, written } = quietHost();
  return { status: await run(line, host, table), ...written };
}

const probe = command({
  description: 'Prints what it was given.',
  arguments: [{ name: 'file', help: 'files', many: true }],
  options: {
    format: choice('--format', ['text', 'json'], 'form'),
    stage: choice('--stage', ['one', 'two', 'three'], 'which'),
    limit: count('-n, --limit', 'N', 1, 'how many'),
    out: text('--out', 'FOLDER', 'where to'),
    set: texts('--set', 'KEY=VALUE', 'another value'),
    json: toggle('--json', 'as JSON'),
  },
  examples: [{ line: 'reccompile probe a', says: 'an example' }],
  run: (given, options, host) => {
    host.write(JSON.stringify([given, options]));
    return 1;
  },
});
const table: Table = [{ name: 'probe', summary: 'a probe', load: () => Promise.resolve({ default: probe }) }];

describe('the command line', () => {
  test('prints the version', async () => {
    expect(await outcome(['--version'])).toEqual({ status: 0, out: `${version}\n`, error: '' });
  });

  test('lists every command', async () => {
    const { status, out } = await outcome(['--help']);
    expect(status).toBe(0);
    for (const { name, summary } of commands) expect(out).toMatch(new RegExp(` ${name} .*${summary}`));
    expect(out).toContain('Examples:');
  });

  test.each(commands.map(({ name }) => name))('%s has help with examples', async (name) => {
    const { status, out } = await outcome([name, '--help']);
    expect(status).toBe(0);
    expect(out).toContain(`Usage: reccompile ${name}`);
    expect(out).toMatch(new RegExp(`Examples:\n  reccompile ${name}`));
    expect(await outcome(['help', name])).toEqual({ status, out, error: '' });
  });

  test('predict names every form of rows, and no default among them', async () => {
    const { out } = await outcome(['predict', '--help']);
    expect(out).toContain('--format <csv|jsonl|parquet> ');
    expect(out).not.toContain('default: csv');
  });

  test('names the nearest command', async () => {
    const { status, error } = await outcome(['explian', 'x']);
    expect(status).toBe(2);
    expect(error).toMatch(/unknown command 'explian'\n\(Did you mean explain\?\)/);
  });

  test('init takes --out as --output', async () => {
    expect((await outcome(['init', '--out'])).error).toContain("option '--out <FILE>' argument missing");
  });

  test.each([
    ['--epochs', '3', 'train.epochs=3'],
    ['--batch-size=64', '', 'train.batch=64'],
    ['--lr', '1e-3', "'train.optimizer=adam(1e-3)'"],
  ])('%s is a --set', async (option, value, wanted) => {
    const { status, error } = await outcome(['train', 'x.rec', option, ...(value === '' ? [] : [value])]);
    expect(status).toBe(2);
    expect(error).toContain(`(Say it with --set ${wanted}.)`);
  });

  test.each([
    [['--nonsense'], /unknown option '--nonsense'/],
    [['probe'], /missing required argument 'file'/],
    [['probe', 'a', '--fromat', 'json'], /unknown option '--fromat'\n\(Did you mean --format\?\)/],
    [['probe', 'a', '--out'], /argument missing/],
  ])('%j is wrong', async (line, message) => {
    const { status, error } = await outcome(line, table);
    expect(status).toBe(2);
    expect(error).toMatch(message);
  });

  test.each([
    [['probe', 'a', '--format', 'xml'], '--format is text or json, not xml'],
    [['probe', 'a', '--stage', 'four'], '--stage is one, two or three, not four'],
    [['probe', 'a', '--stage', 'thre'], '--stage is one, two or three, not thre; did you mean three?'],
    [['probe', 'a', '--out', ''], '--out needs FOLDER'],
    [['probe', 'a', '--limit', '0'], '--limit is a whole number from 1, not 0'],
    [['probe', 'a', '-n', '1e3'], '--limit is a whole number from 1, not 1e3'],
  ])('%j has a wrong value', async (line, message) => {
    await expect(outcome(line, table)).rejects.toMatchObject({ message, exitStatus: 2 });
  });

  test('hands options over by name, with their defaults', async () => {
    const { status, out } = await outcome(['probe', 'a', '-n', '3', '--set', 'x=1', 'b', '--set', 'y=2', '--json'], table);
    expect(status).toBe(1);
    expect(JSON.parse(out)).toEqual([['a', 'b'], { format: 'text', stage: 'one', limit: 3, set: ['x=1', 'y=2'], json: true }]);
    expect(JSON.parse((await outcome(['probe', 'a'], table)).out)).toEqual([
      ['a'],
      { format: 'text', stage: 'one', set: [], json: false },
    ]);
  });

  test('lets through what a command throws', async () => {
    const broken = command({ ...probe, options: {}, run: () => Promise.reject(complaint('no')) });
    const entry = { name: 'probe', summary: 'a probe', load: () => Promise.resolve({ default: broken }) };
    await expect(outcome(['probe', 'a'], [entry])).rejects.toThrow('no');
  });
});

test.each([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { NO_COLOR: '' }, true],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
  [true, { TERM: 'dumb' }, false],
])('terminal %j with %j has colour: %j', (isTerminal, environment, expected) => {
  expect(wantsColour(isTerminal, environment)).toBe(expected);
});
