import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { reccompile } from './command.js';

const program = fileURLToPath(new URL('../../dist/reccompile.js', import.meta.url));
const spec = `model M {
  data { source: "rows.csv" split: random(train: 0.8, test: 0.2) }
  features { user: category, item: category }
  label y: number
  embeddings { dim: 8 }
  deep { units: [16] }
  train { batch: 32, epochs: 1_000_000 }
}`;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'reccompile-checkpoint-'));
  const rows = Array.from({ length: 2000 }, (_, i) => `${String(i % 40)},${String((i * 7) % 90)},${String((i % 5) / 4)}`);
  writeFileSync(path.join(folder, 'rows.csv'), `user,item,y\n${rows.join('\n')}\n`);
  writeFileSync(path.join(folder, 'm.rec'), spec);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('a run that was killed is read from its last checkpoint', async () => {
  const run = path.join(folder, 'run');
  const child = spawn(process.execPath, [program, 'train', 'm.rec', '--out', 'run', '--checkpoint', '1'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const closed = new Promise((resolve) => child.on('close', resolve));
  while (!existsSync(path.join(run, 'checkpoints', 'latest'))) {
    expect(child.exitCode).toBeNull();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  await closed;
  expect(JSON.parse(readFileSync(path.join(run, 'run.json'), 'utf8'))).toMatchObject({ status: 'running' });
  expect(existsSync(path.join(run, 'weights.safetensors'))).toBe(false);
  const { status, out } = await reccompile(['eval', 'run', '--json'], { folder });
  expect(status).toBe(0);
  const measured = JSON.parse(out) as { readonly split: string; readonly metrics: { readonly rmse: number } };
  expect(measured.split).toBe('test');
  expect(measured.metrics.rmse).toBeGreaterThan(0);
});
