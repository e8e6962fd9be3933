import type { Example as Row } from '../../generated/movielens-100k/Cross/encoder.js';
import type { Film, Person, Recommendation, Stars, User, Viewer } from './messages.js';
import type { Ratings } from './ratings.js';

/** Predicted stars of rows. */
export type Predict = (rows: readonly Row[]) => Promise<Float32Array>;

/** Users whose rows stand in for somebody whom the model has never seen. */
const neighbours = 10;

const mostFirst = (a: Stars, b: Stars) => b.rating - a.rating;

const rowOf = ({ id, age, gender, occupation, zip }: User, film: string): Row => ({
  ...{ movie_id: film, user_id: id, age, gender, occupation, zip },
});

async function forUser(ratings: Ratings, user: User, predict: Predict): Promise<Recommendation> {
  const of = (rows: Ratings['test']) => rows.filter(({ user_id }) => user_id === user.id);
  const test = of(ratings.test);
  const seen = new Set([...of(ratings.train), ...test].map(({ movie_id }) => movie_id));
  const unseen = ratings.films.filter(({ id }) => !seen.has(id));
  const stars = await predict([...unseen.map(({ id }) => rowOf(user, id)), ...test]);
  return {
    films: unseen.map(({ id }, i) => ({ film: id, rating: stars[i] })).sort(mostFirst),
    known: test.map(({ movie_id, rating }, i) => ({ film: movie_id, rating, predicted: stars[unseen.length + i] })),
    alike: [],
  };
}

/** The users whose predicted stars are nearest to a person's own, by squared error. */
async function nearest(users: readonly User[], tastes: readonly Stars[], predict: Predict): Promise<readonly User[]> {
  const stars = await predict(users.flatMap((user) => tastes.map(({ film }) => rowOf(user, film))));
  const error = (u: number) => tastes.reduce((sum, { rating }, i) => sum + (stars[u * tastes.length + i] - rating) ** 2, 0);
  return users
    .map((user, u) => ({ user, error: error(u) }))
    .sort((a, b) => a.error - b.error)
    .slice(0, neighbours)
    .map(({ user }) => user);
}

/**
 * The model knows users by their number alone. Somebody without one is the unknown user of an age, a gender and an occupation; or,
 * with ratings of their own, the mean of the users who would have rated alike.
 */
async function forPerson({ films, users }: Ratings, person: Person, predict: Predict): Promise<Recommendation> {
  const { age, gender, occupation, tastes } = person;
  const unknown: User = { id: '', zip: '', ratings: 0, age, gender, occupation };
  const rated = new Set(tastes.map(({ film }) => film));
  const candidates = films.filter(({ id }) => !rated.has(id));
  const alike = tastes.length === 0 ? [] : await nearest(users, tastes, predict);
  const viewers = alike.length === 0 ? [unknown] : alike.map(({ id, zip }) => ({ ...unknown, id, zip }));
  const stars = await predict(viewers.flatMap((viewer) => candidates.map((film: Film) => rowOf(viewer, film.id))));
  const mean = (f: number) => viewers.reduce((sum, _, v) => sum + stars[v * candidates.length + f], 0) / viewers.length;
  return {
    films: candidates.map(({ id }, f) => ({ film: id, rating: mean(f) })).sort(mostFirst),
    known: [],
    alike: alike.map(({ id }) => id),
  };
}

/** What somebody would like to see. Throws where there is no such user. */
export async function recommend(ratings: Ratings, viewer: Viewer, predict: Predict): Promise<Recommendation> {
  switch (viewer.kind) {
    case 'user': {
      const user = ratings.users.find(({ id }) => id === viewer.id);
      if (!user) throw new Error(`There is no user ${viewer.id}.`);
      return forUser(ratings, user, predict);
    }
    case 'person':
      return forPerson(ratings, viewer, predict);
    default:
      return viewer satisfies never;
  }
}
