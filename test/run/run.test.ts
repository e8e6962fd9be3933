import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { EncoderProgram, EncoderState } from '../../src/encode/program.js';
import { isRunError } from '../../src/run/errors.js';
import { openRun } from '../../src/run/read.js';
import type { CheckpointProgress, RunRecord } from '../../src/run/record.js';
import { createRun, resumeRun } from '../../src/run/write.js';
import type { CheckpointContents, ModelTensors } from '../../src/run/checkpoints.js';
import type { RunContents } from '../../src/run/write.js';
import { bytesOf, memoryFiles } from './memory-files.js';
import type { MemoryFiles } from './memory-files.js';

const program: EncoderProgram = {
  features: [
    {
      kind: 'category',
      name: 'movie',
      value: {
        kind: 'operation',
        operator: 'lower',
        operands: [{ kind: 'column', name: 'movie', type: 'text' }],
        type: 'text',
      },
      codes: { kind: 'vocabulary', name: 'movie', minCount: 2 },
      many: { separator: '|', pool: 'mean', maxLength: 3, parallel: 'pair' },
      keepsPlaces: true,
      table: 'movie',
    },
    { kind: 'number', name: 'age', value: { kind: 'column', name: 'age', type: 'number' }, transforms: ['standardize'] },
    { kind: 'vector', name: 'image', value: { kind: 'column', name: 'image', type: 'number' }, size: 4 },
    {
      kind: 'time',
      name: 'at',
      value: { kind: 'column', name: 'at', type: 'time' },
      cycles: ['hour', 'week'],
      unit: 'second',
      standardize: false,
    },
    { kind: 'category', name: 'pair', codes: { kind: 'hash', buckets: 100 }, cross: ['movie', 'age'], table: 'pair' },
    {
      kind: 'category',
      name: 'era',
      value: { kind: 'column', name: 'era', type: 'number' },
      codes: { kind: 'buckets', boundaries: [1, 2.5] },
      table: 'era',
    },
  ],
  labels: [
    {
      name: 'liked',
      task: 'binary',
      value: {
        kind: 'in',
        operand: { kind: 'column', name: 'rating', type: 'number' },
        values: [4, 5],
        type: 'boolean',
      },
    },
  ],
};

const state: EncoderState = {
  vocabularies: { movie: ['alien', 'Amélie', 'line\nbreak "quoted"'] },
  statistics: { age: [{ mean: 30, deviation: 12.5 }] },
};

const contents: RunContents = {
  record: {
    compiler: '0.1.0',
    edition: 1,
    model: 'movies',
    engine: 'reference, float64 in JavaScript, 1 thread',
    plan: { batch: 8, shards: 1, shardRows: 8, inferenceRows: 1024 },
    seed: 1,
    outputs: ['liked', 'user'],
    optimizers: {
      embeddings: { rule: 'adagrad', parameters: { learning_rate: 0.05 }, exact: false },
      rest: { rule: 'adam', parameters: { learning_rate: 1e-3 }, exact: false },
      parts: { wide: { rule: 'ftrl', parameters: { learning_rate: 0.1 }, exact: true } },
    },
    facts: { vocabularies: { movie: 4 }, rows: { train: 80, valid: 10, test: 10 } },
  },
  model: 'model movies {}\n',
  sources: { 'specs/movies.rec': 'model movies {}', '../shared/Base.rec': '' },
  program,
  state,
  schema: { type: 'object' },
  environment: { node: '20.0.0' },
};

const tensors: ModelTensors = {
  weights: [
    { name: 'deep.0.b', shape: [2], data: Float32Array.of(1, 2) },
    { name: 'deep.0.batch_norm.mean', shape: [2], data: Float32Array.of(3, 4) },
  ],
  tables: [
    { name: '../movie', shape: [4, 1], data: Float32Array.of(1, 2, 3, 4) },
    { name: 'table.wide.embed', shape: [4, 1], data: Float32Array.of(5, 6, 7, 8) },
    { name: 'table.Wide.embed', shape: [4, 1], data: Float32Array.of(9, 6, 7, 8) },
  ],
};

const progressAt = (step: number, best?: number): CheckpointProgress => ({
  step,
  epoch: 2,
  epochSteps: step - 5,
  epochRows: 8 * (step - 5),
  epochLoss: 3.25,
  epochSeconds: 0.5,
  seconds: 1,
  history: [
    {
      epoch: 1,
      step: 5,
      loss: 'Infinity',
      validation: { rows: 10, loss: 0.5, metrics: { auc: 'NaN' } },
      isBest: true,
      seconds: 0.5,
      rowsPerSecond: 80,
    },
  ],
  ...(best !== undefined && { best: { epoch: best, value: 0.5 } }),
});

const checkpointAt = (step: number, best?: number): CheckpointContents => ({
  ...tensors,
  optimizer: [{ name: 'deep.0.b/mean', shape: [2], type: 'F64', data: Float64Array.of(0.1, step) }],
  progress: progressAt(step, best),
  ...(best !== undefined && { best: tensors }),
});

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

const failure = async (work: Promise<unknown>) => {
  const error: unknown = await work.then(
    () => undefined,
    (e: unknown) => e,
  );
  return isRunError(error) ? `${error.code}: ${error.message}` : error;
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

  test('keeps its last two checkpoints, with the weights of their best epochs', async () => {
    const { checkpoints } = await createRun(files, 'runs/1', contents);
    for (const [step, best] of [
      [10, 1],
      [20, 1],
      [30, 2],
      [40, 3],
    ] as const)
      await checkpoints.write(checkpointAt(step, best));
    expect((await files.list('runs/1/checkpoints')).toSorted()).toEqual(['30', '40', 'best-2', 'best-3', 'latest']);
    const last = await (await openRun(files, 'runs/1')).checkpoint('all');
    expect([last?.step, last?.progress, last?.passedOver]).toEqual([40, progressAt(40, 3), []]);
    expect([...((await (await last?.table('../movie'))?.read()) ?? [])]).toEqual([1, 2, 3, 4]);
    const slot = new Float64Array(2);
    await (await last?.optimizer())?.get('deep.0.b/mean')?.part(0, slot);
    expect([...slot]).toEqual([0.1, 40]);
    expect([...((await last?.best?.weights())?.keys() ?? [])]).toEqual(['deep.0.b', 'deep.0.batch_norm.mean']);
  });

  test('writes a second checkpoint of a step beside the first', async () => {
    const { checkpoints } = await createRun(files, 'runs/1', contents);
    for (let i = 0; i < 3; i++) await checkpoints.write(checkpointAt(10));
    expect((await files.list('runs/1/checkpoints')).toSorted()).toEqual(['10-2', '10-3', 'latest']);
    expect((await (await openRun(files, 'runs/1')).checkpoint('all'))?.name).toBe('10-3');
  });

  test('writes the best weights once, or when they are given alone', async () => {
    const { checkpoints } = await createRun(files, 'runs/1', contents);
    const { best: _best, ...without } = checkpointAt(10, 4);
    await checkpoints.best(4, tensors);
    await checkpoints.write(without);
    const written = files.contents.get('runs/1/checkpoints/best-4/manifest.json');
    await checkpoints.write(checkpointAt(20, 4));
    expect(files.contents.get('runs/1/checkpoints/best-4/manifest.json')).toBe(written);
    expect([...(await checkpoints.bestOf(4).weights()).keys()]).toEqual(['deep.0.b', 'deep.0.batch_norm.mean']);
    await checkpoints.removeAll();
    expect(await files.list('runs/1/checkpoints')).toEqual([]);
  });

  test('that goes on forgets what came after the checkpoint', async () => {
    const run = await createRun(files, 'runs/1', contents);
    await run.epoch({ epoch: 1, steps: 5, seconds: 0.5, loss: null });
    for (const step of [10, 20, 30]) await run.checkpoints.write(checkpointAt(step, 1));
    await run.epoch({ epoch: 2, steps: 50, seconds: 0.5, loss: 1 });
    await run.finish('interrupted', { progress: { steps: 50, epochs: 2 } }, tensors);
    const stored = await openRun(files, 'runs/1');
    const from = await stored.checkpoint('all');
    const again = await resumeRun(files, stored, { engine: 'other' }, from);
    const now = await openRun(files, 'runs/1');
    expect(now.record).toEqual({ ...contents.record, format: 2, status: 'running', engine: 'other' });
    expect((await now.history()).map(({ epoch }) => epoch)).toEqual([1]);
    expect(await failure(now.weights())).toMatch(/^run-incomplete/);
    await again.checkpoints.write(checkpointAt(40, 1));
    expect((await files.list('runs/1/checkpoints')).toSorted()).toEqual(['30', '40', 'best-1', 'latest']);
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

  test('a checkpoint that is damaged is passed over for the one before', async () => {
    const { checkpoints } = await createRun(files, 'runs/1', contents);
    for (const step of [10, 20]) await checkpoints.write(checkpointAt(step, 1));
    const path = 'runs/1/checkpoints/20/optimizer.safetensors';
    const bytes = files.contents.get(path)!.slice();
    bytes[bytes.length - 1]! ^= 1;
    files.contents.set(path, bytes);
    const run = await openRun(files, 'runs/1');
    const found = await run.checkpoint('all');
    expect([found?.step, found?.passedOver]).toEqual([
      10,
      [`${path} is damaged: its digest is not the one that was written down`],
    ]);
    expect((await run.checkpoint('weights'))?.step).toBe(20);
    files.contents.delete('runs/1/checkpoints/10/weights.safetensors');
    expect(await failure(run.checkpoint('all'))).toMatch(/^run-damaged: .*20\/optimizer/);
  });

  test.each([['../../../etc\n'], ['99\n'], ['']])('a `latest` that names none: %j', async (text) => {
    await change('checkpoints/latest', text);
    expect((await (await openRun(files, 'runs/1')).checkpoint('all'))?.step).toBe(10);
  });

  test('a checkpoint of an earlier version is read, and has nothing to go on from', async () => {
    await finished();
    files.contents.delete('runs/1/checkpoints/10/manifest.json');
    files.contents.set('runs/1/checkpoints/10/progress.json', bytesOf('{"step":10,"epoch":1}'));
    const found = await (await openRun(files, 'runs/1')).checkpoint('weights');
    expect([found?.step, found?.progress]).toEqual([10, undefined]);
    expect([...((await found?.weights())?.keys() ?? [])]).toContain('deep.0.b');
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
