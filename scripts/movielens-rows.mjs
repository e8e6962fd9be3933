import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchMovieLens } from './movielens.mjs';

const genres = [
  ...['unknown', 'Action', 'Adventure', 'Animation', "Children's", 'Comedy', 'Crime', 'Documentary', 'Drama', 'Fantasy'],
  ...['Film-Noir', 'Horror', 'Musical', 'Mystery', 'Romance', 'Sci-Fi', 'Thriller', 'War', 'Western'],
];

/** Films that a user liked before: the last so many. */
const longestHistory = 20;

const lines = (/** @type {string} */ file, /** @type {string} */ separator) =>
  readFileSync(file, 'latin1')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(separator));

/**
 * Writes `movielens.csv`, the rows of MovieLens 100K that the architectures of `specs/` share: each rating with its user, its
 * film's genres, the films that the user gave four stars or more before, and its place among the user's ratings, in tens.
 * @param {string} source folder that holds `ml-100k`
 * @param {string} folder
 */
export function writeMovieLensRows(source, folder) {
  const users = new Map(lines(path.join(source, 'ml-100k', 'u.user'), '|').map(([id, ...rest]) => [id, rest]));
  const films = new Map(
    lines(path.join(source, 'ml-100k', 'u.item'), '|').map(([id, , , , , ...flags]) => [
      id,
      genres.filter((_, i) => flags[i] === '1').join('|'),
    ]),
  );
  const ratings = lines(path.join(source, 'ml-100k', 'u.data'), '\t');
  /** @type {Map<string | undefined, { seen: number, liked: (string | undefined)[] }>} */
  const past = new Map();
  const rows = ratings.map(() => '');
  const inTime = ratings.map((_, i) => i).sort((a, b) => Number(ratings[a]?.[3]) - Number(ratings[b]?.[3]) || a - b);
  for (const i of inTime) {
    const [user, film, rating, time] = ratings[i] ?? [];
    const before = past.get(user) ?? { seen: 0, liked: [] };
    const history = before.liked.slice(-longestHistory).join('|');
    const [age, gender, occupation, zip] = users.get(user) ?? [];
    const position = Math.min(23, Math.floor(before.seen / 10));
    rows[i] = [user, film, rating, time, age, gender, occupation, zip, films.get(film), history, position].join(',');
    past.set(user, { seen: before.seen + 1, liked: Number(rating) >= 4 ? [...before.liked, film] : before.liked });
  }
  mkdirSync(folder, { recursive: true });
  const header = 'user_id,movie_id,rating,timestamp,age,gender,occupation,zip,genres,history,position';
  writeFileSync(path.join(folder, 'movielens.csv'), `${header}\n${rows.join('\n')}\n`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? 'build/movielens';
  try {
    writeMovieLensRows(await fetchMovieLens('ml-100k'), folder);
    console.log(`wrote movielens.csv to ${folder}`);
  } catch (error) {
    console.error(`MovieLens 100K is neither here nor to be had (${error instanceof Error ? error.message : String(error)}).`);
    console.error('Set RECCOMPILE_DATA to a folder that has ml-100k/u.data.');
    process.exitCode = 1;
  }
}
