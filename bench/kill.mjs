import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const program = fileURLToPath(new URL('../dist/reccompile.js', import.meta.url));

const spec = (epochs) => `model Killed {
  data { source: "rows.csv" split: random(train: 0.8, valid: 0.1, test: 0.1) }
  features { user: category, item: category, price: number(standardize) }
  label liked: binary
  embeddings { dim: 16 }
  cross { depth: 1 }
  deep { units: [64, 32], dropout: 0.1 }
  train { optimizer: adam(0.001), batch: 64, epochs: ${epochs} }
}
`;

/** Milliseconds that a process is left alive at most. */
const longest = 4000;

const rows = (count) =>
  Array.from({ length: count }, (_, i) => {
    const [user, item] = [(i * 7919) % 401, (i * 104_729) % 307];
    return `${user},${item},${(i * 31) % 50},${Number((user * item + (i % 7)) % 5 > 2)}`;
  }).join('\n');

/** Runs the command line; ends it by SIGKILL so many milliseconds after its start, or after it has begun to train. */
const call = (line, folder, kill) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...line], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
    const written = { out: '', error: '' };
    const moments = {};
    let timer;
    const killLater = () => {
      timer = setTimeout(() => {
        moments.killed = Date.now();
        child.kill('SIGKILL');
      }, kill.after);
    };
    if (kill?.from === 'start') killLater();
    child.stdout.setEncoding('utf8').on('data', (text) => (written.out += text));
    child.stderr.setEncoding('utf8').on('data', (text) => {
      written.error += text;
      if (moments.begun !== undefined || !written.error.includes(' parameters, ')) return;
      moments.begun = Date.now();
      if (kill?.from === 'training') killLater();
    });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, moments, ...written });
    });
  });

/** The files that are to be the same: weights, tables, and metrics without times. */
const bitsOf = (run) => {
  const tables = readdirSync(path.join(run, 'tables')).map((name) => `tables/${name}`);
  const files = ['weights.safetensors', ...tables.sort()].map((name) => readFileSync(path.join(run, name)).toString('base64'));
  const lines = readFileSync(path.join(run, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  const { metrics, progress } = JSON.parse(readFileSync(path.join(run, 'run.json'), 'utf8'));
  return JSON.stringify([files, lines.map((line) => ({ ...JSON.parse(line), seconds: 0 })), metrics, progress]);
};

/** Whether a run ended by itself: a kill can come between its last write and the end of its process. */
const isFinished = (run) => {
  const record = path.join(run, 'run.json');
  return existsSync(record) && JSON.parse(readFileSync(record, 'utf8')).status === 'finished';
};

/** Numbers from 0 to 1: the same for the same seed (mulberry32). */
const randomNumbers = (seed) => {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
};

/**
 * Trains, kills the process at random moments, reads the run each time, goes on with it, and compares the end to that of a training that
 * nobody has killed.
 *
 * @param tell is given a line for each kill
 * @returns how many kills there were, how many found something to read, how many runs ended with the same bits, and the most seconds of
 * training that a kill has cost
 */
export async function killAtRandom({ kills, epochs = 60, count = 8000, seed = 1, threads = 2, tell = () => undefined }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-kill-'));
  const random = randomNumbers(seed);
  const result = { kills: 0, readable: 0, refused: 0, runs: 0, sameBits: 0, lostSeconds: 0, faults: [] };
  const fault = (what, { status, error }) => result.faults.push(`${what} left with ${status}: ${error}`);
  try {
    writeFileSync(path.join(folder, 'killed.rec'), spec(epochs));
    writeFileSync(path.join(folder, 'rows.csv'), `user,item,price,liked\n${rows(count)}\n`);
    writeFileSync(path.join(folder, 'few.csv'), `user,item,price\n1,2,3\n`);
    const shared = ['--checkpoint', '1', '--threads', String(threads)];
    const whole = await call(['train', 'killed.rec', '--out', 'whole', ...shared], folder);
    if (whole.status !== 0) throw new Error(whole.error);
    const expected = bitsOf(path.join(folder, 'whole'));

    while (result.kills < kills) {
      const name = `run-${++result.runs}`;
      const run = path.join(folder, name);
      const first = ['train', 'killed.rec', '--out', name, ...shared];
      for (;;) {
        const isBegun = existsSync(path.join(run, 'run.json'));
        const line = isBegun ? ['train', '--resume', name, ...shared] : first;
        if (!isBegun) for (const left of [run, `${run}.partial`]) rmSync(left, { recursive: true, force: true });
        // One in four at any moment, also while data are read.
        const from = random() < 0.25 ? 'start' : 'training';
        const kill = result.kills < kills ? { from, after: random() * longest } : undefined;
        const ended = await call(line, folder, kill);
        if (ended.signal !== 'SIGKILL') {
          if (ended.status !== 0) fault(line.join(' '), ended);
          break;
        }
        result.kills++;
        const { begun, killed } = ended.moments;
        const latest = path.join(run, 'checkpoints/latest');
        const saved = existsSync(latest) ? statSync(latest).mtimeMs : 0;
        if (begun !== undefined) result.lostSeconds = Math.max(result.lostSeconds, (killed - Math.max(begun, saved)) / 1000);
        const readers = [
          ['eval', name],
          ['predict', name, 'few.csv'],
        ];
        const answers = await Promise.all(readers.map((reader) => call(reader, folder)));
        const read = answers.every(({ status }) => status === 0);
        // What has no weights yet says so.
        const isClear = ({ status, error }) => status === 0 || (status === 1 && /^error: .+\n( {2}.+\n)+$/.test(error));
        for (const [i, answer] of answers.entries()) if (!isClear(answer)) fault(readers[i].join(' '), answer);
        result[read ? 'readable' : 'refused']++;
        tell(
          `kill ${result.kills}: ${name} ${Math.round(kill.after)} ms after ${from}, ${read ? 'read' : answers[0].error.split('\n', 1)[0]}`,
        );
        if (isFinished(run)) break;
      }
      const same = existsSync(path.join(run, 'weights.safetensors')) && bitsOf(run) === expected;
      if (same) result.sameBits++;
      tell(`${name}: ${same ? 'the same bits' : 'OTHER BITS'}`);
      rmSync(run, { recursive: true, force: true });
    }
    return result;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '100' },
      epochs: { type: 'string', default: '60' },
      seed: { type: 'string', default: '1' },
      threads: { type: 'string', default: '2' },
    },
  });
  const [kills, epochs, seed, threads] = [values.kills, values.epochs, values.seed, values.threads].map(Number);
  const result = await killAtRandom({ kills, epochs, seed, threads, tell: console.log });
  console.log(JSON.stringify(result, undefined, 2));
  if (result.faults.length > 0 || result.sameBits < result.runs) process.exitCode = 1;
}
