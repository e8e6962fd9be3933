import { createUniform } from '../encode/split.js';

const genres = ['Action', 'Comedy', 'Crime', 'Drama', 'Romance', 'Thriller', 'War'];
const occupations = ['artist', 'doctor', 'engineer', 'lawyer', 'student', 'writer'];

/** Made-up ratings of films, the same at every call, for templates that are given no data: csv with a header line. */
export function exampleRatings(rows = 1_000): string {
  const uniform = createUniform(7);
  let drawn = 0;
  const random = (): number => uniform(drawn++);
  const below = (n: number): number => Math.floor(random() * n);
  const users = Array.from({ length: 60 }, () => ({
    gender: below(2) === 0 ? 'F' : 'M',
    age: 16 + below(50),
    occupation: occupations[below(occupations.length)] ?? '',
    zip: String(10_000 + below(90)).padStart(5, '0'),
    likes: below(genres.length),
    seen: [] as string[],
  }));
  const films = Array.from({ length: 80 }, () => ({
    genres: genres.filter(() => random() < 0.25),
    quality: random(),
  }));
  const lines = Array.from({ length: rows }, (_, i) => {
    const user = below(users.length);
    const film = below(films.length);
    const who = users[user];
    const what = films[film];
    if (!who || !what) return '';
    const suits = what.genres.includes(genres[who.likes] ?? '') ? 1.5 : 0;
    const rating = Math.max(1, Math.min(5, Math.round(1.5 + suits + 2 * what.quality + random())));
    const history = who.seen.slice(-10).join('|');
    if (rating >= 4) who.seen.push(`m${String(film)}`);
    const time = 1_700_000_000 + i * 1_811;
    return [
      `u${String(user)}`,
      `m${String(film)}`,
      who.gender,
      who.age,
      who.occupation,
      who.zip,
      what.genres.join('|'),
      history,
      rating,
      time,
    ].join(',');
  });
  return `user_id,movie_id,gender,age,occupation,zip_code,genres,history,rating,timestamp\n${lines.join('\n')}\n`;
}
