import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyChanges, compareFolder } from '../../src/cli/output-folder.js';
import { shellWord } from '../../src/cli/shell.js';
import type { ProjectFile } from '../../src/target/files.js';
import { decodeModel } from '../../src/target/onnx/proto.js';
import { spec, workplace } from './workplace.js';

const containing = (text: string): unknown => expect.stringContaining(text);
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

/** All that the targets need is known without data. */
const known = `/// Ratings, "quoted" */ \${x}
model Known {
  features { user: category(hash: 7) item: category(size: 11) price: number }
  label liked: binary = rating >= 4
  embeddings { dim: 2 }
  cross { depth: 1 }
}
`;

const modelIn = (folder: string, name = 'model.onnx') => decodeModel(readFileSync(path.join(folder, name)));

describe('build', () => {
  test('several targets, each in the folder of the model, and nothing anew the second time', async () => {
    const { folder, call } = workplace({ 'known.rec': known });
    const line = ['build', 'known.rec', '--target', 'onnx', '--target', 'tfjs', '--target', 'onnx', '--train-step'];
    expect(await call(line)).toMatchObject({ status: 0, error: matching(/^generated\/known: \d+ written, 0 un/) });
    const made = path.join(folder, 'generated/known/Known');
    expect(readdirSync(made)).toEqual(expect.arrayContaining(['model.json', 'model.onnx', 'train.onnx']));
    expect(readdirSync(made)).not.toContain('model.ts');
    const before = statSync(path.join(made, 'model.onnx')).mtimeMs;
    expect(await call(line)).toMatchObject({ status: 0, error: matching(/: 0 written/) });
    expect(statSync(path.join(made, 'model.onnx')).mtimeMs).toBe(before);
    expect((await call([...line, '--check'])).status).toBe(0);
    expect(readdirSync(path.join(folder, 'generated/known')).sort()).toEqual(['Known', 'manifest.json']);
  });

  test.each([
    ['', ''],
    [' --target typescript', ''],
    [' --target onnx --raw --train-step --out=made', ' --target onnx --raw --train-step --out made'],
    [
      ' --set train.epochs=3 -m Known -o made --target onnx --target tfjs --set=train.seed=2',
      ' --model Known --set train.epochs=3 --set train.seed=2 --target tfjs --target onnx --out made',
    ],
  ])('--check%s names the command that mends what it finds', async (given, named) => {
    const { call } = workplace({ 'known.rec': known });
    const words = given.split(' ').slice(1);
    const { status, error } = await call(['build', 'known.rec', ...words, '--check']);
    const [, line = ''] = /^Run `reccompile (.*)` to bring/m.exec(error) ?? [];
    expect({ status, line }).toEqual({ status: 1, line: `build known.rec${named}` });
    expect((await call(line.split(' '))).status).toBe(0);
    expect((await call(['build', 'known.rec', ...words, '--check'])).status).toBe(0);
  });

  test('a model says what it is, and texts of the spec stay texts', async () => {
    const { folder, call } = workplace({ 'known.rec': known });
    await call(['build', 'known.rec', '--target', 'onnx', '--train-step']);
    const { doc_string: doc, metadata_props: metadata, graph } = modelIn(path.join(folder, 'generated/known/Known'));
    expect(doc).toBe('Ratings, "quoted" */ ${x}');
    expect(metadata).toContainEqual({ key: 'reccompile.model', value: 'Known' });
    expect(metadata).toContainEqual({ key: 'reccompile.inputs', value: 'encoded' });
    expect(graph.input.map(({ name }) => name).sort()).toEqual(['dense.price', 'ids.item', 'ids.user']);
    expect(graph.output.map(({ name }) => name).sort()).toEqual(['logit.liked', 'prediction.liked']);
    expect([...graph.input, ...graph.output].filter(({ doc_string: text }) => !text)).toEqual([]);
    const step = modelIn(path.join(folder, 'generated/known/Known'), 'train.onnx').graph;
    expect([...step.input, ...step.output].filter(({ doc_string: text }) => !text)).toEqual([]);
    expect(step.output.map(({ name }) => name)).toEqual(expect.arrayContaining(['loss', 'gradient.rows.user']));
  });

  test('what only training knows is refused, with the way to get it', async () => {
    const { call, folder } = workplace({ 'ratings.rec': spec });
    const { status, error } = await call(['build', 'ratings.rec', '--target', 'onnx']);
    expect({ status, error }).toEqual({
      status: 1,
      error:
        'error: Ratings cannot be written for ONNX before it is trained: the rows of its table user are learned from data\n' +
        '  Train it, then: reccompile export RUN --target onnx\n',
    });
    expect(existsSync(path.join(folder, 'generated'))).toBe(false);
  });

  test('what ONNX cannot say is refused by name', async () => {
    const text = known.replace('price: number', 'price: number place: category(hash: 5) = lower(place)');
    const { call } = workplace({ 'known.rec': text });
    expect(await call(['build', 'known.rec', '--target', 'onnx', '--raw'])).toMatchObject({
      status: 1,
      error: containing('--raw cannot encode place: ONNX changes the case of every letter'),
    });
    expect(await call(['build', 'known.rec', '--raw'])).toMatchObject({ status: 2 });
    expect(await call(['build', 'known.rec', '--target', 'keras'])).toMatchObject({ status: 2 });
  });

  test('says what to do next', async () => {
    const { call } = workplace({ 'known.rec': known, 'two.rec': `${known}\n${known.replace('model Known', 'model Other')}` });
    const next = async (...words: readonly string[]) => (await call(['build', ...words])).error.trimEnd().split('\n').at(-1);
    expect(await next('known.rec', '--out', 'a b')).toBe(`next: cd ${shellWord('a b/Known')} && npm ci && npm start -- --help`);
    expect(await next('known.rec', '--target', 'tfjs', '--set', 'train.epochs=2')).toBe(
      'next: reccompile train known.rec --set train.epochs=2',
    );
    expect(await next('two.rec', '--target', 'onnx')).toBe('next: reccompile train two.rec --model Known');
  });

  test('a file that somebody has changed is neither overwritten nor removed', async () => {
    const { folder, call } = workplace({ 'known.rec': known });
    const line = ['build', 'known.rec', '--target', 'tfjs'];
    await call(line);
    const file = path.join(folder, 'generated/known/Known/model.json');
    writeFileSync(file, 'mine');
    writeFileSync(path.join(folder, 'known.rec'), known.replace('dim: 2', 'dim: 3'));
    expect(await call(line)).toMatchObject({ status: 1, error: containing('nothing is overwritten') });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await call([...line, '--check'])).toMatchObject({
      out: containing('changed by hand: generated/known/Known/model.json'),
      error: containing(
        'Move away what was changed by hand (generated/known/Known/model.json), or undo the change; then run `reccompile build',
      ),
    });
    expect(await call(['build', 'known.rec', '--target', 'onnx'])).toMatchObject({
      status: 0,
      error: expect.not.stringContaining('stays') as unknown,
    });
    expect(await call(line)).toMatchObject({ status: 1, error: containing('nothing is overwritten') });
    writeFileSync(path.join(folder, 'known.rec'), known.replace('model Known', 'model Other'));
    expect(await call(line)).toMatchObject({
      status: 0,
      error: containing('no longer written, but was changed: it stays'),
    });
    expect(readFileSync(file, 'utf8')).toBe('mine');
    writeFileSync(path.join(folder, 'known.rec'), known);
    expect(await call(line)).toMatchObject({ status: 1, error: containing('is in the way: no build wrote it') });
  });

  test('--watch builds again when a spec or what it imports changes, shows errors, and goes on until Ctrl-C', async () => {
    const extended = 'import { Known } from "./known.rec"\nmodel Wide extends Known { cross { depth: 2 } }\n';
    const { write, call } = workplace({ 'known.rec': known, 'wide.rec': extended });
    let stop = (): void => undefined;
    const told: string[] = [];
    const steps: (() => void)[] = [
      () => write('known.rec', known.replace('dim: 2', 'dim: 3')),
      () => write('known.rec', known.replace('hash: 7', 'hash: ')),
      () => write('known.rec', known.replace('dim: 2', 'dim: 4')),
      () => stop(),
    ];
    const { status } = await call(['build', 'wide.rec', '--target', 'onnx', '--watch'], {
      onInterrupt: (end) => {
        stop = end;
        return () => undefined;
      },
      writeError: (text) => {
        told.push(text);
        if (text.startsWith('Watching')) setTimeout(() => steps.shift()?.(), 20);
      },
    });
    expect(status).toBe(130);
    const errors = told.filter((text) => text.startsWith('error'));
    expect(errors).toHaveLength(1);
    expect(told.filter((text) => text.includes(' written, '))).toHaveLength(3);
  });
});

describe('a folder', () => {
  const files = (mark: string): ProjectFile[] =>
    Array.from({ length: 40 }, (_, i) => ({ path: `m/${String(i)}.bin`, bytes: Buffer.alloc(2 ** 20, `${mark}${String(i)}`) }));

  test('is whole after a process was killed while it wrote, at whatever moment', { timeout: 120_000 }, async () => {
    const { folder, write } = workplace();
    const out = path.join(folder, 'out');
    const text = (mark: string, i: number): Buffer => Buffer.alloc(2 ** 20, `${mark}${String(i)}`);
    const module = path.resolve('build/test-output-folder.mjs');
    const { build } = await import('esbuild');
    const entry = path.resolve('src/cli/output-folder.ts');
    await build({ entryPoints: [entry], bundle: true, platform: 'node', format: 'esm', outfile: module, logLevel: 'silent' });
    write(
      'write.mjs',
      `import { applyChanges, compareFolder } from ${JSON.stringify(module)};
       const files = Array.from({ length: 40 }, (_, i) => ({ path: 'm/' + i + '.bin', bytes: Buffer.alloc(2 ** 20, process.argv[2] + i) }));
       const changes = await compareFolder(process.argv[3], files);
       if (changes.edited.length > 0) throw new Error('edited: ' + changes.edited.join());
       console.log('start');
       await applyChanges(process.argv[3], changes);`,
    );
    await applyChanges(out, await compareFolder(out, files('a')));
    let last = 'a';
    for (const [round, mark] of ['b', 'c', 'd', 'e', 'f', 'g'].entries()) {
      const child = spawn(process.execPath, [path.join(folder, 'write.mjs'), mark, out], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      setTimeout(() => child.kill('SIGKILL'), 15 * round);
      await new Promise((resolve) => child.once('close', resolve));
      for (let i = 0; i < 40; i++) {
        const found = readFileSync(path.join(out, `m/${String(i)}.bin`));
        expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].some((one) => found.equals(text(one, i)))).toBe(true);
      }
      last = mark;
    }
    const changes = await compareFolder(out, files(last));
    expect(changes.edited).toEqual([]);
    await applyChanges(out, changes);
    expect(readdirSync(out).sort()).toEqual(['m', 'manifest.json']);
    expect(Object.keys(JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8')) as object)).toEqual(['files']);
  });

  test('takes bytes as they are', async () => {
    const { folder } = workplace();
    const bytes = Uint8Array.of(0, 255, 254, 13, 10);
    await applyChanges(folder, await compareFolder(folder, [{ path: 'a/x.bin', bytes }]));
    expect(new Uint8Array(readFileSync(path.join(folder, 'a/x.bin')))).toEqual(bytes);
    expect((await compareFolder(folder, [{ path: 'a/x.bin', bytes }])).write).toEqual([]);
  });

  test('what a killed process left in its own folder is removed', async () => {
    const { folder } = workplace();
    mkdirSync(path.join(folder, '.building-999999999'));
    mkdirSync(path.join(folder, '.building-mine'));
    await applyChanges(folder, await compareFolder(folder, [{ path: 'a.txt', text: 'x' }]));
    expect(readdirSync(folder).sort()).toEqual(['.building-mine', 'a.txt', 'manifest.json']);
  });
});
