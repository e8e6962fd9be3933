import { zipSync } from 'fflate';
import { createNumbers } from '../target/tfjs/graph-model-support.js';

/** A file as Playwright gives it to a page. */
export interface GivenFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export const given = (name: string, content: string | Uint8Array): GivenFile => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: typeof content === 'string' ? Buffer.from(content, 'latin1') : Buffer.from(content),
});

const users = 40;
const films = 60;
const count = 600;
const jobs = ['artist', 'engineer', 'writer'];

/** Ratings in the files of MovieLens 100K, which follow from a mood of the user and a quality of the film. */
export function smallRatings(): Readonly<Record<'u.data' | 'u.user' | 'u.item', string>> {
  const next = createNumbers(11);
  const below = (bound: number): number => Math.floor(next() * bound);
  const shifts = (length: number): readonly number[] => Array.from({ length }, () => 2 * next() - 1);
  const [moods, qualities] = [shifts(users), shifts(films)];
  const ratings = Array.from({ length: count }, () => {
    const [user, film] = [below(users), below(films)];
    const stars = Math.round(3 + (moods[user] ?? 0) + (qualities[film] ?? 0));
    return [user + 1, film + 1, stars, 880_000_000 + below(1000)].join('\t');
  });
  const people = Array.from({ length: users }, (_, i) =>
    [i + 1, 18 + below(40), i % 2 ? 'M' : 'F', jobs[i % jobs.length], '02138'].join('|'),
  );
  const titles = Array.from(
    { length: films },
    (_, i) => `${String(i + 1)}|Café ${String(i + 1)} (1990)|01-Jan-1990||http://film`,
  );
  return { 'u.data': `${ratings.join('\n')}\n`, 'u.user': `${people.join('\n')}\n`, 'u.item': `${titles.join('\n')}\n` };
}

/** The same as an archive with the folder of GroupLens's. */
export const smallArchive = (): GivenFile =>
  given(
    'ml-100k.zip',
    zipSync(
      Object.fromEntries(Object.entries(smallRatings()).map(([name, text]) => [`ml-100k/${name}`, Buffer.from(text, 'latin1')])),
    ),
  );
