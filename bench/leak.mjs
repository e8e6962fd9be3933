import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const program = fileURLToPath(new URL('../dist/reccompile.js', import.meta.url));
const stepsOfEpoch = 1000;

const spec = (epochs, batch) => `model Small {
  data { source: "rows.csv" split: by_column(part, train: "train", valid: "valid") }
  features { user: category, item: category, price: number(standardize) }
  label liked: binary
  embeddings { dim: 8 }
  deep { units: [16] }
  train { optimizer: adam(1e-5), batch: ${batch}, epochs: ${epochs} }
}
`;

const rows = (batch) => {
  const row = (i, part) => `${(i * 7919) % 401},${(i * 104_729) % 307},${(i * 31) % 50},${i % 2},${part}`;
  const train = Array.from({ length: stepsOfEpoch * batch }, (_, i) => row(i, 'train'));
  return [...train, ...Array.from({ length: 500 }, (_, i) => row(i + 7, 'valid'))].join('\n');
};

/** Megabytes of a process that are in memory. */
const residentOf = (pid) => Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout) / 1024;

/** Steps that a run has written down so far. */
const stepsIn = (file) => {
  if (!existsSync(file) || statSync(file).size === 0) return 0;
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  try {
    return JSON.parse(lines.at(-1)).steps;
  } catch {
    return JSON.parse(lines.at(-2) ?? '{"steps":0}').steps;
  }
};

/**
 * Trains a small model for so many steps, with a checkpoint every few seconds, and looks at the memory of the process in between.
 *
 * @returns the megabytes at each tenth of the steps, and the steps a second
 */
export async function watchMemory({ steps, threads, batch, tell = () => undefined }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-leak-'));
  try {
    writeFileSync(path.join(folder, 'small.rec'), spec(Math.ceil(steps / stepsOfEpoch), batch));
    writeFileSync(path.join(folder, 'rows.csv'), `user,item,price,liked,part\n${rows(batch)}\n`);
    const line = ['train', 'small.rec', '--out', 'run', '--threads', String(threads), '--checkpoint', '5', '--quiet'];
    const child = spawn(process.execPath, [program, ...line], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
    const closed = new Promise((resolve) => child.on('close', resolve));
    const metrics = path.join(folder, 'run/metrics.jsonl');
    const resident = [];
    let begin;
    for (let tenth = 0; tenth <= 10 && child.exitCode === null; tenth++) {
      // The first look is after the first epoch, when all is loaded.
      const wanted = Math.max(stepsOfEpoch, Math.min(Math.floor((tenth * steps) / 10), steps - stepsOfEpoch));
      while (child.exitCode === null && stepsIn(metrics) < wanted) await wait(100);
      begin ??= performance.now();
      const megabytes = residentOf(child.pid);
      if (megabytes > 0) resident.push(Math.round(megabytes));
      tell(`${String(tenth * 10).padStart(3)}%  ${stepsIn(metrics).toLocaleString('en-US')} steps  ${Math.round(megabytes)} MB`);
    }
    const status = await closed;
    if (status !== 0) throw new Error(`train left with ${status}`);
    return { resident, stepsPerSecond: Math.round((1000 * (steps - stepsOfEpoch)) / (performance.now() - begin)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      steps: { type: 'string', default: '1000000' },
      threads: { type: 'string', default: '1' },
      batch: { type: 'string', default: '16' },
    },
  });
  const [steps, threads, batch] = [values.steps, values.threads, values.batch].map(Number);
  const result = await watchMemory({ steps, threads, batch, tell: console.log });
  console.log(JSON.stringify(result));
}
