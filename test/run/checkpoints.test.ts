import { beforeEach, describe, expect, test } from 'vitest';
import { openRun } from '../../src/run/read.js';
import { createRun, resumeRun } from '../../src/run/write.js';
import { bytesOf, memoryFiles } from './memory-files.js';
import type { MemoryFiles } from './memory-files.js';
import { checkpointAt, contents, failure, progressAt, tensors } from './samples.js';

let files: MemoryFiles;
beforeEach(() => {
  files = memoryFiles();
});

/** A run with one checkpoint, of which a file is changed. */
const changed = async (file: string, text: string) => {
  await (await createRun(files, 'runs/1', contents)).checkpoints.write(checkpointAt(10, 1));
  files.contents.set(`runs/1/${file}`, bytesOf(text));
};

describe('a run', () => {
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
});

describe('what is damaged', () => {
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
    await changed('checkpoints/latest', text);
    expect((await (await openRun(files, 'runs/1')).checkpoint('all'))?.step).toBe(10);
  });

  test('a checkpoint of an earlier version is read, and has nothing to go on from', async () => {
    await changed('checkpoints/10/progress.json', '{"step":10,"epoch":1}');
    files.contents.delete('runs/1/checkpoints/10/manifest.json');
    const found = await (await openRun(files, 'runs/1')).checkpoint('weights');
    expect([found?.step, found?.progress]).toEqual([10, undefined]);
    expect([...((await found?.weights())?.keys() ?? [])]).toContain('deep.0.b');
  });
});
