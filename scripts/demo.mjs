import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fetchMovieLens, simulateMovieLens } from './movielens.mjs';
import { writeToys } from './toy-data.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const program = path.join(root, 'dist', 'reccompile.js');
const work = path.join(root, 'build', 'demo');

const title = (/** @type {string} */ text) => {
  console.log(`\n${text}\n${'─'.repeat(text.length)}`);
};

/**
 * Runs reccompile with its progress on this terminal; gives its last line of JSON.
 * @param {readonly string[]} given
 * @returns {Promise<{ parameters: number, metrics: Record<string, Record<string, number>> }>}
 */
async function train(...given) {
  console.log(
    `$ npx reccompile train ${given.map((g) => (/\s/.test(g) ? `"${g}"` : path.isAbsolute(g) ? path.relative(process.cwd(), g) : g)).join(' ')}`,
  );
  const child = spawn(process.execPath, [program, 'train', ...given, '--json'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += String(chunk);
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) {
    process.exitCode = Number(status ?? 1);
    throw new Error(`train ended with status ${String(status)}`);
  }
  return JSON.parse(output);
}

async function movieLens() {
  try {
    return { folder: await fetchMovieLens('ml-100k'), simulated: false };
  } catch (error) {
    const reason = error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error);
    console.log(`MovieLens 100K is not on this machine and could not be fetched (${reason}).`);
    console.log('These are simulated ratings instead: the figures below say nothing about films.');
    const folder = path.join(work, 'simulated');
    simulateMovieLens(folder);
    return { folder, simulated: true };
  }
}

/** @param {string} file @param {string} separator */
const table = (file, separator) =>
  readFileSync(file, 'latin1')
    .trimEnd()
    .split('\n')
    .map((line) => line.split(separator));

const begin = performance.now();
if (!existsSync(program)) throw new Error('dist/ is missing: run `npm run build` first');
rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });

title('1. A toy: y = 0.1 a + 0.4 b + 0.7 c + 0.1 a b + 3.1 b c + 0.1 c²');
writeToys(path.join(work, 'toys'));
const toys = ['specs/blender.rec', '--data', path.join(work, 'toys'), '--quiet'];
const cross = await train(...toys, '--model', 'BlenderCross', '--out', path.join(work, 'BlenderCross'));
const deep = await train(...toys, '--model', 'BlenderDeep', '--set', 'train.epochs=10', '--out', path.join(work, 'BlenderDeep'));
for (const [name, { parameters, metrics }] of Object.entries({ 'one cross layer': cross, 'a deep network ': deep })) {
  console.log(
    `  ${name}  ${parameters.toLocaleString('en-US').padStart(7)} parameters  test RMSE ${metrics.test?.rmse?.toPrecision(2) ?? '–'}`,
  );
}

title('2. MovieLens 100K: how many stars?');
const { folder, simulated } = await movieLens();
const run = path.join(work, 'Cross');
await train('specs/movielens-100k.rec', '--data', folder, '--model', 'Cross', '--out', run);
if (!simulated) console.log('  the published RMSE of this model is 0.9334');

title('3. Five predictions');
const films = new Map(table(path.join(folder, 'ml-100k', 'u.item'), '|').map(([id, name]) => [id, name]));
const users = new Map(table(path.join(folder, 'ml-100k', 'u.user'), '|').map((u) => [u[0], u]));
const ratings = table(path.join(folder, 'ml-100k', 'u.data'), '\t').filter(([user]) => user === '13');
const wanted = [0, 0.2, 0.4, 0.6, 0.8].flatMap((share) => ratings[Math.floor(share * ratings.length)] ?? []);
const rows = Array.from({ length: 5 }, (_, i) => wanted.slice(4 * i, 4 * i + 4)).map(([user_id, movie_id, rating]) => {
  const [, age, gender, occupation, zip] = users.get(user_id) ?? [];
  return { user_id, movie_id, rating, age, gender, occupation, zip };
});
const file = path.join(work, 'rows.jsonl');
writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
const { stdout } = await promisify(execFile)(process.execPath, [program, 'predict', run, file]);
const [first] = rows;
console.log(`  user ${first?.user_id}, ${first?.gender === 'M' ? 'a man' : 'a woman'} of ${first?.age}, ${first?.occupation}`);
stdout
  .trimEnd()
  .split('\n')
  .forEach((line, i) => {
    const stars = Number(JSON.parse(line).rating);
    console.log(`  ${(films.get(rows[i]?.movie_id) ?? '?').padEnd(44)} predicted ${stars.toFixed(1)}  gave ${rows[i]?.rating}`);
  });
console.log(
  `\nDone in ${((performance.now() - begin) / 1000).toFixed(0)} s. The runs are in build/demo; the specs that they came from are in specs/.`,
);
