import { unzipSync } from 'fflate';
import type { LabelledExample } from '../../generated/movielens-100k/Cross/encoder.js';
import { splitRows } from '../../generated/movielens-100k/Cross/split.js';
import type { Film, User } from './messages.js';

/** A rating with its user's columns, as the spec joins them. */
export interface Example extends LabelledExample {
  readonly user_id: string;
  readonly movie_id: string;
  readonly rating: number;
}

export interface Ratings {
  readonly train: readonly Example[];
  readonly test: readonly Example[];
  readonly users: readonly User[];
  readonly films: readonly Film[];
  /** No file said how films are called. */
  readonly untitled: boolean;
}

const wanted = ['u.data', 'u.user', 'u.item'] as const;
type FileName = (typeof wanted)[number];

const isWanted = (name: string): name is FileName => (wanted as readonly string[]).includes(name);
const baseName = (path: string) => path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
const count = (items: Iterable<string>) => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};

function unpack(name: string, bytes: Uint8Array): [string, Uint8Array][] {
  try {
    return Object.entries(unzipSync(bytes, { filter: (entry) => isWanted(baseName(entry.name)) }));
  } catch (error) {
    throw new Error(`${name} cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** The texts of MovieLens 100K among files, or in an archive among them. */
async function textsOf(files: readonly File[]): Promise<ReadonlyMap<FileName, string>> {
  const texts = new Map<FileName, string>();
  const add = (path: string, bytes: Uint8Array) => {
    const name = baseName(path);
    // Titles are Latin-1.
    if (isWanted(name)) texts.set(name, new TextDecoder('latin1').decode(bytes));
  };
  for (const file of files) {
    if (!isWanted(file.name) && !/\.zip$/i.test(file.name)) continue;
    const bytes = new Uint8Array(await file.arrayBuffer());
    if (isWanted(file.name)) add(file.name, bytes);
    else for (const [path, content] of unpack(file.name, bytes)) add(path, content);
  }
  return texts;
}

function required(texts: ReadonlyMap<FileName, string>, name: FileName, files: readonly File[]): string {
  const text = texts.get(name);
  if (text !== undefined) return text;
  const given = files.slice(0, 4).map((file) => file.name);
  const rest = files.length > given.length ? ` and ${files.length - given.length} more` : '';
  throw new Error(
    `${name} is missing. Choose ml-100k.zip, or u.data, u.user and u.item; this was ${given.join(', ') || 'nothing'}${rest}.`,
  );
}

/** The fields of each line; says which line has too few, or one where a number should be. */
function table(
  name: FileName,
  text: string,
  separator: string,
  columns: readonly string[],
  numbers: readonly number[],
): string[][] {
  const rows: string[][] = [];
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (line === '') continue;
    const fields = line.split(separator);
    if (fields.length < columns.length)
      throw new Error(`${name}, line ${i + 1}: expected ${columns.join(', ')}, found ${JSON.stringify(line.slice(0, 60))}.`);
    for (const at of numbers)
      if (!/^\d+$/.test(fields[at]))
        throw new Error(
          `${name}, line ${i + 1}: ${columns[at]} should be a number, but is ${JSON.stringify(fields[at].slice(0, 60))}.`,
        );
    rows.push(fields);
  }
  if (rows.length === 0) throw new Error(`${name} is empty.`);
  return rows;
}

/**
 * Reads MovieLens 100K (GroupLens): ratings joined with their users, split as the spec says.
 * Throws an error to show where files are missing or not of that form.
 */
export async function readRatings(files: readonly File[]): Promise<Ratings> {
  const texts = await textsOf(files);
  const ratings = table('u.data', required(texts, 'u.data', files), '\t', ['user', 'film', 'stars', 'time'], [2]);
  const people = table('u.user', required(texts, 'u.user', files), '|', ['user', 'age', 'gender', 'occupation', 'zip'], [1]);
  const items = texts.get('u.item');
  const titles = new Map(
    items === undefined ? [] : table('u.item', items, '|', ['film', 'title'], []).map(([id, title]) => [id, title]),
  );
  const perUser = count(ratings.map(([user]) => user));
  const perFilm = count(ratings.map(([, film]) => film));
  const users = people.map(([id, age, gender, occupation, zip]): User => ({
    ...{ id, age: Number(age), gender, occupation, zip },
    ratings: perUser.get(id) ?? 0,
  }));
  const byId = new Map(users.map((user) => [user.id, user]));
  const examples = ratings.map(([user, movie, rating]): Example => {
    const person = byId.get(user);
    if (!person) throw new Error(`u.user lacks user ${user}, who rates film ${movie} in u.data.`);
    const { age, gender, occupation, zip } = person;
    return { user_id: user, movie_id: movie, rating: Number(rating), age, gender, occupation, zip };
  });
  const splits = splitRows(examples.map((example, place) => [place, { ...example }]));
  const [train, test] = (['train', 'test'] as const).map((name) => examples.filter((_, place) => splits[place] === name));
  if (train.length === 0 || test.length === 0) throw new Error(`u.data has ${ratings.length} ratings: too few.`);
  const films = [...perFilm].map(([id, n]): Film => ({ id, title: titles.get(id) ?? `Film ${id}`, ratings: n }));
  return { train, test, users, films, untitled: titles.size === 0 };
}
