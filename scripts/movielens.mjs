import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { unzipSync } from 'fflate';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const publisher = 'https://files.grouplens.org/datasets/movielens';

/** MD5 as GroupLens publishes them beside the archives. */
const sets = {
  'ml-100k': { md5: '0e33842e24a9c977be4e0107933c0723', files: ['u.data', 'u.user', 'u.item'] },
  'ml-1m': { md5: 'c4d9eecfca2ab87c1945afe126590906', files: ['ratings.csv.gz', 'users.dat', 'movies.dat'] },
};

/** @typedef {keyof typeof sets} SetName */

const cacheFolder = () => path.join(process.env.XDG_CACHE_HOME ?? path.join(homedir(), '.cache'), 'reccompile', 'data');

/**
 * The folder that holds a MovieLens data set: $RECCOMPILE_DATA, ../shared/data, or the cache.
 * @param {SetName} name
 * @returns {string | undefined}
 */
export function findMovieLens(name) {
  const folders = [process.env.RECCOMPILE_DATA, path.join(root, '..', 'shared', 'data'), cacheFolder()];
  return folders.find((folder) => folder && sets[name].files.every((file) => existsSync(path.join(folder, name, file))));
}

/**
 * As `findMovieLens`, and downloads it from GroupLens where there is none. It is for research use and must not be redistributed.
 * @param {SetName} name
 * @returns {Promise<string>}
 */
export async function fetchMovieLens(name) {
  const found = findMovieLens(name);
  if (found) return found;
  const response = await fetch(`${publisher}/${name}.zip`, { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`GroupLens answered ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const md5 = createHash('md5').update(bytes).digest('hex');
  if (md5 !== sets[name].md5) throw new Error(`${name}.zip has the checksum ${md5}, not ${sets[name].md5}`);
  const folder = path.join(cacheFolder(), name);
  const partial = `${folder}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  for (const [entry, content] of Object.entries(unzipSync(bytes))) {
    const file = path.basename(entry);
    if (content.length > 0) writeFileSync(path.join(partial, file), content);
  }
  if (name === 'ml-1m') writeRatings(partial);
  rmSync(folder, { recursive: true, force: true });
  renameSync(partial, folder);
  return cacheFolder();
}

/**
 * `ratings.dat` as the csv that `specs/movielens-1m.rec` reads.
 * @param {string} folder
 */
function writeRatings(folder) {
  const rows = readFileSync(path.join(folder, 'ratings.dat'), 'latin1').trimEnd().split('\n');
  const csv = rows.map((row) => row.split('::').slice(0, 3).join(','));
  writeFileSync(path.join(folder, 'ratings.csv.gz'), gzipSync(`user_id,movie_id,rating\n${csv.join('\n')}\n`));
}

/**
 * Ratings of the form of MovieLens 100K, drawn from tastes that users and films have: for a machine without data or network.
 * @param {string} folder
 */
export function simulateMovieLens(folder) {
  const into = path.join(folder, 'ml-100k');
  mkdirSync(into, { recursive: true });
  let state = 7;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const whole = (/** @type {number} */ below) => Math.floor(uniform() * below);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const taste = () => [normal(), normal(), normal()];
  const users = Array.from({ length: 943 }, () => ({ taste: taste(), bias: 0.4 * normal() }));
  const films = Array.from({ length: 1682 }, () => ({ taste: taste(), bias: 0.5 * normal() }));
  const jobs = ['student', 'teacher', 'engineer', 'writer', 'artist', 'other'];
  const ratings = Array.from({ length: 100_000 }, () => {
    const [u, f] = [whole(users.length), Math.floor(films.length * uniform() ** 2)];
    const [user, film] = [users[u], films[f]];
    if (!user || !film) throw new Error('outside the lists');
    const liking = user.taste.reduce((sum, t, i) => sum + t * (film.taste[i] ?? 0), 0);
    const stars = Math.round(3.5 + user.bias + film.bias + 0.3 * liking + 0.7 * normal());
    return [u + 1, f + 1, Math.min(5, Math.max(1, stars)), 880_000_000 + whole(20_000_000)].join('\t');
  });
  const people = users.map((_, i) =>
    [i + 1, 16 + whole(50), whole(2) ? 'M' : 'F', jobs[whole(jobs.length)], 10_000 + whole(400)].join('|'),
  );
  writeFileSync(path.join(into, 'u.data'), `${ratings.join('\n')}\n`);
  writeFileSync(path.join(into, 'u.user'), `${people.join('\n')}\n`);
  writeFileSync(path.join(into, 'u.item'), `${films.map((_, i) => `${i + 1}|Simulated film ${i + 1}||`).join('\n')}\n`);
}
