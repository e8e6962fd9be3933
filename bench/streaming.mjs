import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { buildCommand } from './kit/programs.mjs';
import { root } from './kit/root.mjs';

const usage =
  'usage: node bench/streaming.mjs [--rows MILLIONS] [--memory MB] [--users N] [--format csv|parquet] [--lists] [--program FILE]';

/** Clicks of users on items that a hidden score of both decides, so that there is something to learn. @param {number} rows @param {number} users */
const clicks = (rows, users) => `
  SELECT u AS "user", i AS item, h AS "hour", d AS device, p AS price,
    CAST(sin(u * 12.9898) + sin(i * 78.233) + 0.3 * sin(h) + (random() - 0.5) > 0 AS INTEGER) AS clicked
  FROM (
    SELECT CAST(floor(pow(random(), 2) * ${users}) AS INTEGER) AS u, CAST(floor(pow(random(), 2) * 50000) AS INTEGER) AS i,
      CAST(floor(random() * 24) AS INTEGER) AS h, CAST(floor(random() * 5) AS INTEGER) AS d, round(random() * 100, 2) AS p
    FROM range(${rows})
  )`;

/** The same with lists of one to fifteen items that a user has seen: nearly every row has one that no other has. @param {string} rows */
const withLists = (rows) => `
  SELECT *, array_to_string([CAST(floor(pow(random(), 2) * 50000) AS INTEGER) FOR x IN range(CAST(1 + floor(random() * 15) AS INTEGER))], '|') AS seen
  FROM (${rows})`;

/** @param {string} file @param {boolean} lists */
const spec = (file, lists) => `edition 1
model Clicks {
  data {
    source: "${file}"
    split: random(train: 0.9, valid: 0.05, test: 0.05, seed: 1)
  }
  features { user: category, item: category, hour: category, device: category, price: number${lists ? ', seen: category[](separator: "|", pool: mean)' : ''} }
  label clicked: binary
  embeddings { dim: 8 }
  deep { units: [16] }
  train { optimizer: adam(2e-3), batch: 4096, epochs: 1, monitor: auc }
  metrics: [auc, log_loss]
}
`;

/** The most memory that a process has had, in bytes; Linux alone tells it. @param {number | undefined} id */
const mostMemory = async (id) => {
  const status = await readFile(`/proc/${id}/status`, 'utf8').catch(() => '');
  return 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? NaN);
};

/** @param {string} program @param {readonly string[]} line @param {string} folder */
const measured = (program, line, folder) =>
  new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(process.execPath, [program, ...line], {
      cwd: folder,
      env: { ...process.env, RECCOMPILE_CACHE: path.join(folder, 'cache'), TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let most = 0;
    /** @type {Record<string, number>} */
    const at = {};
    const watch = setInterval(() => void mostMemory(child.pid).then((bytes) => (most = Math.max(most, bytes || 0))), 100);
    child.stdout.on('data', (text) => (out += text));
    child.stderr.on('data', (text) => {
      for (const told of String(text).split('\n').filter(Boolean)) {
        console.error(`  ${told}`);
        if (/ rows: /.test(told)) at.encoded = (performance.now() - begin) / 1000;
      }
    });
    child.on('exit', (status) => {
      clearInterval(watch);
      if (status === 0)
        resolve({ seconds: (performance.now() - begin) / 1000, encoded: at.encoded, most, answer: JSON.parse(out) });
      else reject(new Error(`train ended with ${status}`));
    });
  });

const mega = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '20' },
    memory: { type: 'string', default: '40' },
    users: { type: 'string', default: '200000' },
    format: { type: 'string', default: 'csv' },
    lists: { type: 'boolean', default: false },
    program: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (values.help) console.log(usage);
else {
  const rows = Math.round(Number(values.rows) * 1e6);
  const budget = Number(values.memory) * 1e6;
  const folder = mkdtempSync(path.join(tmpdir(), 'reccompile-streaming-'));
  try {
    const file = `clicks.${values.format}`;
    const instance = await DuckDBInstance.create(':memory:', { memory_limit: '1GB' });
    const connection = await instance.connect();
    const plain = clicks(rows, Number(values.users));
    await connection.run(`COPY (${values.lists ? withLists(plain) : plain}) TO '${path.join(folder, file)}'`);
    connection.closeSync();
    instance.closeSync();
    await writeFile(path.join(folder, 'clicks.rec'), spec(file, values.lists));
    if (values.program === undefined) await buildCommand();
    const program = values.program ?? path.join(root, 'dist', 'reccompile.js');
    const line = ['train', 'clicks.rec', '--memory', `${values.memory}MB`, '--json'];
    console.error('encoded and trained:');
    const first = await measured(program, [...line, '--out', 'first'], folder);
    console.error('trained again, from the cache:');
    const second = await measured(program, [...line, '--out', 'second'], folder);
    // Eight items and where they begin, on average.
    const encoded = rows * (values.lists ? 60 : 24);
    const trained = first.answer.rows.train / (second.seconds - second.encoded);
    const table = [
      ['rows', rows.toLocaleString('en-US')],
      ['source', `${mega(statSync(path.join(folder, file)).size)} of ${values.format}`],
      ['encoded', `${mega(encoded)}, ${(encoded / budget).toFixed(0)} times the memory for rows (${mega(budget)})`],
      ['peak memory, encoding and training', mega(first.most)],
      ['peak memory, training from the cache', mega(second.most)],
      ['rows encoded a second', Math.round(rows / first.encoded).toLocaleString('en-US')],
      ['rows trained a second', Math.round(trained).toLocaleString('en-US')],
      ['test AUC', first.answer.metrics.test.auc.toFixed(4)],
      ['same numbers both times', String(JSON.stringify(first.answer.metrics) === JSON.stringify(second.answer.metrics))],
    ];
    const width = Math.max(...table.map(([what]) => what.length));
    for (const [what, value] of table) console.log(`${what.padEnd(width)}   ${value}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
