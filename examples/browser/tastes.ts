import type { Example as Row } from '../../generated/movielens-100k/Cross/encoder.js';
import type { Person, Recommendation, Stars, User, Viewer } from './messages.js';
import type { Ratings } from './ratings.js';

/** Predicted stars of rows. */
export type Predict = (rows: readonly Row[]) => Promise<Float32Array>;

/** Draws of users that stand in for somebody whom the model has never seen. */
const draws = 24;

/** Standard deviation of a rating about its prediction: the error of the model on ratings that it has not seen. */
const deviation = 0.93;

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

/** How many of the draws each user gets, by evenly spaced points on the sum of weights. */
function drawn<T>(items: readonly T[], weights: readonly number[]): ReadonlyMap<T, number> {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const counts = new Map<T, number>();
  let [at, reached] = [0, weights[0]];
  for (let draw = 0; draw < draws; draw++) {
    while (at < items.length - 1 && reached < ((draw + 0.5) / draws) * total) reached += weights[++at];
    counts.set(items[at], (counts.get(items[at]) ?? 0) + 1);
  }
  return counts;
}

/** Draws users by the likelihood of a person's ratings, were the person one of them. */
async function alikeOf(users: readonly User[], tastes: readonly Stars[], predict: Predict): Promise<ReadonlyMap<User, number>> {
  const stars = await predict(users.flatMap((user) => tastes.map(({ film }) => rowOf(user, film))));
  const errors = users.map((_, u) =>
    tastes.reduce((sum, { rating }, i) => sum + (stars[u * tastes.length + i] - rating) ** 2, 0),
  );
  const least = errors.reduce((a, b) => Math.min(a, b), Infinity);
  return drawn(
    users,
    errors.map((error) => Math.exp((least - error) / (2 * deviation ** 2))),
  );
}

/**
 * The model knows users by their number alone. Somebody without one is the unknown user of an age, a gender and an occupation; or,
 * with ratings of their own, the mean of users drawn by how likely they would have rated so.
 */
async function forPerson({ films, users }: Ratings, person: Person, predict: Predict): Promise<Recommendation> {
  const { age, gender, occupation, tastes } = person;
  const self = { ratings: 0, age, gender, occupation };
  const rated = new Set(tastes.map(({ film }) => film));
  const candidates = films.filter(({ id }) => !rated.has(id));
  const alike = tastes.length === 0 ? new Map<User, number>() : await alikeOf(users, tastes, predict);
  const viewers: readonly [User, number][] =
    alike.size === 0
      ? [[{ ...self, id: '', zip: '' }, 1]]
      : [...alike].map(([{ id, zip }, times]) => [{ ...self, id, zip }, times / draws]);
  const stars = await predict(viewers.flatMap(([viewer]) => candidates.map(({ id }) => rowOf(viewer, id))));
  const mean = (f: number) => viewers.reduce((sum, [, share], v) => sum + share * stars[v * candidates.length + f], 0);
  const mostAlike = [...alike].sort(([, a], [, b]) => b - a);
  return {
    films: candidates.map(({ id }, f) => ({ film: id, rating: mean(f) })).sort(mostFirst),
    known: [],
    alike: mostAlike.map(([{ id }]) => id),
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
