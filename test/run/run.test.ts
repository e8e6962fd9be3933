import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { openRun } from '../../src/run/read.js';
import type { RunRecord } from '../../src/run/record.js';
import { createRun } from '../../src/run/write.js';
import { bytesOf, memoryFiles } from './memory-files.js';
import type { MemoryFiles } from './memory-files.js';
import { checkpointAt, contents, failure, program, state, tensors } from './samples.js';

let files: MemoryFiles;
beforeEach(() => {
  files = memoryFiles();
});

const finished = async () => {
  const run = await createRun(files, 'runs/1', contents);
  await run.epoch({ epoch: 1, steps: 10, seconds: 0.5, loss: 1.25, valid: { auc: null, rmse: 0.9 } });
  await run.checkpoints.write(checkpointAt(10, 1));
  await run.finish('finished', { progress: { steps: 10, epochs: 1, bestEpoch: 1 }, metrics: { test: { rmse: 0.95 } } }, tensors);
  return run;
};

describe('a run', () => {
  test('is read as it was written', async () => {
    await finished();
    const run = await openRun(files, 'runs/1');
    expect(run.record).toEqual({
      ...contents.record,
      format: 2,
      status: 'finished',
      progress: { steps: 10, epochs: 1, bestEpoch: 1 },
      metrics: { test: { rmse: 0.95 } },
    } satisfies RunRecord);
    expect(await run.model()).toBe(contents.model);
    expect(await run.encoder()).toEqual({ program, state });
    expect(await run.schema()).toEqual(contents.schema);
    expect(await run.environment()).toEqual(contents.environment);
    expect(await run.history()).toEqual([{ epoch: 1, steps: 10, seconds: 0.5, loss: 1.25, valid: { auc: null, rmse: 0.9 } }]);
    const weights = await run.weights();
    expect([...weights.keys()]).toEqual(['deep.0.b', 'deep.0.batch_norm.mean']);
    expect([...((await weights.get('deep.0.batch_norm.mean')?.read()) ?? [])]).toEqual([3, 4]);
    for (const { name, data } of tensors.tables) expect(await (await run.table(name)).read()).toEqual(data);
  });

  test('has these files, whatever its parts are called', async () => {
    await finished();
    expect([...files.contents.keys()].sort()).toEqual(
      [
        'checkpoints/10/manifest.json',
        'checkpoints/10/optimizer.safetensors',
        'checkpoints/10/progress.json',
        'checkpoints/10/tables/%2e.%2fmovie.safetensors',
        'checkpoints/10/tables/table.%57ide.embed.safetensors',
        'checkpoints/10/tables/table.wide.embed.safetensors',
        'checkpoints/10/weights.safetensors',
        'checkpoints/best-1/manifest.json',
        'checkpoints/best-1/tables/%2e.%2fmovie.safetensors',
        'checkpoints/best-1/tables/table.%57ide.embed.safetensors',
        'checkpoints/best-1/tables/table.wide.embed.safetensors',
        'checkpoints/best-1/weights.safetensors',
        'checkpoints/latest',
        'encoder.json',
        'environment.json',
        'metrics.jsonl',
        'model.rec',
        'run.json',
        'schema.json',
        'source/%2e.%2fshared%2f%42ase.rec',
        'source/specs%2fmovies.rec',
        'tables/%2e.%2fmovie.safetensors',
        'tables/table.%57ide.embed.safetensors',
        'tables/table.wide.embed.safetensors',
        'vocabulary/movie',
        'weights.safetensors',
      ].map((path) => `runs/1/${path}`),
    );
  });

  test('of the format before is read', async () => {
    await finished();
    const { outputs: _outputs, optimizers: _optimizers, ...before } = contents.record;
    files.contents.set('runs/1/run.json', bytesOf(JSON.stringify({ ...before, format: 1, status: 'finished' })));
    const run = await openRun(files, 'runs/1');
    expect(run.record).toMatchObject({ format: 1, model: 'movies' });
    expect(run.record.outputs).toBeUndefined();
    expect([...(await run.weights()).keys()]).toContain('deep.0.b');
  });

  test('that is not finished says so', async () => {
    await createRun(files, 'runs/1', contents);
    const run = await openRun(files, 'runs/1');
    expect(run.record.status).toBe('running');
    expect(await run.history()).toEqual([]);
    expect(await run.checkpoint('all')).toBeUndefined();
    expect(await failure(run.weights())).toBe('run-incomplete: runs/1 has no weights.safetensors: its status is running');
    expect(await failure(run.table('movie'))).toContain('run-incomplete: runs/1 has no tables/movie.safetensors');
  });

  test('is not written over another, nor over a file', async () => {
    await finished();
    expect(await failure(createRun(files, 'runs/1', contents))).toBe('run-exists: runs/1 exists already');
    files.contents.set('notes', bytesOf('hello'));
    expect(await failure(createRun(files, 'notes', contents))).toBe('run-exists: notes exists already');
  });

  test('that cannot be written leaves nothing', async () => {
    const full = { ...files, write: (path: string) => Promise.reject(new Error(`no space for ${path}`)) };
    expect(await failure(createRun(full, 'runs/1', contents))).toEqual(new Error('no space for runs/1.partial/model.rec'));
    expect(files.contents.size).toBe(0);
  });

  test('reads a vocabulary of many parts', async () => {
    const values = Array.from({ length: 40_000 }, (_, i) => `é${String(i)}`.repeat(20));
    await createRun(files, 'runs/1', { ...contents, state: { ...state, vocabularies: { movie: values } } });
    expect((await (await openRun(files, 'runs/1')).encoder()).state.vocabularies.movie).toEqual(values);
  });
});

describe('what is not a run is refused', () => {
  const change = async (file: string, text: string) => {
    await finished();
    files.contents.set(`runs/1/${file}`, bytesOf(text));
  };
  const record = (changes: object) => JSON.stringify({ ...contents.record, format: 2, status: 'finished', ...changes });

  test('no folder', async () => {
    expect(await failure(openRun(files, 'nowhere'))).toBe('not-a-run: nowhere is not a run folder: it has no run.json');
  });

  test.each([
    ['empty', '', 'run-damaged: runs/1/run.json is damaged: it is not JSON'],
    ['without format', '{}', 'not-a-run: runs/1/run.json is not the record of a run: it has no format number'],
    ['a list', '[]', 'not-a-run: runs/1/run.json is not the record of a run: it has no format number'],
    ['null', 'null', 'not-a-run: runs/1/run.json is not the record of a run: it has no format number'],
    [
      'of a later format',
      record({ format: 3, more: 1 }),
      'run-too-new: runs/1/run.json has format 3; this version of reccompile reads formats up to 2',
    ],
    ['of format 0', record({ format: 0 }), 'run-damaged: runs/1/run.json is damaged: /format must be >= 1'],
    [
      'of another status',
      record({ status: 'done' }),
      'run-damaged: runs/1/run.json is damaged: /status must be equal to one of the allowed values',
    ],
    [
      'of an unknown shape of optimizers',
      record({ optimizers: { rest: {} } }),
      "run-damaged: runs/1/run.json is damaged: /optimizers must have required property 'embeddings'",
    ],
    ['without a plan', record({ plan: 1 }), 'run-damaged: runs/1/run.json is damaged: /plan must be object'],
    [
      'without a seed',
      record({ seed: undefined }),
      "run-damaged: runs/1/run.json is damaged: it must have required property 'seed'",
    ],
  ])('run.json %s', async (_title, text, message) => {
    await change('run.json', text);
    expect(await failure(openRun(files, 'runs/1'))).toBe(message);
  });

  const column = { kind: 'column', name: 'x', type: 'text' };
  const encoder = (feature: object) =>
    JSON.stringify({ format: 1, program: { features: [feature], labels: [] }, statistics: {}, vocabularies: [] });
  const deep = (depth: number) =>
    `${'{"kind":"operation","operator":"not","type":"boolean","operands":['.repeat(depth)}${JSON.stringify(column)}${']}'.repeat(depth)}`;

  test.each([
    ['another kind of feature', encoder({ kind: 'audio', name: 'x' })],
    [
      'another operator',
      encoder({ kind: 'vector', name: 'x', size: 2, value: { ...column, kind: 'operation', operator: 'eval', operands: [] } }),
    ],
    ['a size of 0', encoder({ kind: 'vector', name: 'x', size: 0, value: column })],
    [
      'an expression without end',
      encoder({ kind: 'vector', name: 'x', size: 1, value: 0 }).replace('"value":0', `"value":${deep(50_000)}`),
    ],
  ])('encoder.json with %s', async (_title, text) => {
    await change('encoder.json', text);
    expect(await failure((await openRun(files, 'runs/1')).encoder())).toContain('run-damaged: runs/1/encoder.json is damaged: ');
  });

  test.each([
    ['encoder.json', 'encoder', '{"format":3}', /^run-too-new/],
    ['vocabulary/movie', 'encoder', '"alien"\n"cut', /its last line is cut off$/],
    ['vocabulary/movie', 'encoder', '"alien"\nAliens\n', /a line of it is not a JSON string$/],
    ['schema.json', 'schema', '3', /schema.json is damaged: it is not a JSON object$/],
    ['metrics.jsonl', 'history', '{}\n{"epoch":2,"steps":3,"seconds":1,"loss":1}\n', /line 1 is not the record of an epoch$/],
    ['checkpoints/10/progress.json', 'checkpoint', '{"step":"10"}', /has 13 bytes, and should have \d+$/],
    ['checkpoints/10/manifest.json', 'checkpoint', '{"format":2}', /must have required property 'files'$/],
    ['checkpoints/10/manifest.json', 'checkpoint', '{"format":3}', /^run-too-new/],
    [
      'checkpoints/10/manifest.json',
      'checkpoint',
      '{"format":2,"files":{"../latest":{"bytes":3,"sha256":""}}}',
      /it names \.\.\/latest$/,
    ],
    ['checkpoints/best-1/weights.safetensors', 'checkpoint', '', /has 0 bytes, and should have \d+$/],
  ] as const)('%s', async (file, reader, text, message) => {
    await change(file, text);
    expect(await failure((await openRun(files, 'runs/1'))[reader]('all'))).toMatch(message);
  });

  test.each(['vocabulary/movie', 'encoder.json'])('a missing %s', async (file) => {
    await finished();
    files.contents.delete(`runs/1/${file}`);
    expect(await failure((await openRun(files, 'runs/1')).encoder())).toBe(`run-damaged: runs/1 is damaged: it has no ${file}`);
  });

  test('a last line of metrics that was cut off is left out', async () => {
    await change('metrics.jsonl', '{"epoch":1,"steps":3,"seconds":1,"loss":null}\n{"epoch":2,"st');
    expect(await (await openRun(files, 'runs/1')).history()).toHaveLength(1);
  });

  test('any change to any file is read or refused, never a crash', async () => {
    await finished();
    const written = new Map(files.contents);
    const paths = [...written.keys()];
    const readers = ['model', 'encoder', 'schema', 'environment', 'history', 'weights', 'checkpoint'] as const;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), fc.nat(255), fc.boolean(), async (path, at, byte, cut) => {
        const bytes = (written.get(path) ?? new Uint8Array(0)).slice();
        const place = at % Math.max(1, bytes.length);
        bytes[place] = byte;
        files.contents.clear();
        for (const [other, whole] of written)
          files.contents.set(other, other === path ? (cut ? bytes.subarray(0, place) : bytes) : whole);
        const opened = await failure(
          openRun(files, 'runs/1').then(async (run) => {
            for (const read of readers)
              expect([undefined, expect.stringMatching(/^run-/)]).toContainEqual(await failure(run[read]('all')));
          }),
        );
        expect([undefined, expect.stringMatching(/^(run-|not-a-run)/)]).toContainEqual(opened);
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});
