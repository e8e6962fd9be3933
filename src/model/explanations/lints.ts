import { specs, table, type Explanation } from './explanation.js';

/** Numbers without a pattern, the same in every run: whole, below `size`. */
const mixed = (i: number, size: number): number => (Math.imul(i + 1, 0x9e3779b1) >>> 8) % size;

/** Of what may be as it is written, but seldom is meant; and of the comments that say that it is. */
export const lintExplanations = {
  'gate-without-experts': {
    explain:
      'A gate says how much each expert has to say, as a softmax over them. Over one expert the softmax is always 1: its weights are trained and change nothing. Take several experts, or leave the gate out.',
    ...specs(`
model Clicks {
  features { user: number[16] }
  label clicked: binary
  cross { rank: 4, experts: «1|2», gate: softmax }
}`),
  },
  'depth-plateaus': {
    explain:
      'Each cross layer raises the degree of the interactions by one, and costs as much as the first. The cross networks of the papers have 1 to 6 layers, mostly 2 to 4, and each further one brings less than the one before.',
    ...specs(`
model Clicks {
  features { user: number[16] }
  label clicked: binary
  cross { depth: «12|3» }
}`),
  },
  'constant-feature': {
    explain:
      'The feature has the same value in every row, so nothing can be learned from it. Its value reads no column, or, with `check --data`, its column has one value among the training rows. Leave it out, or look whether it is the right column.',
    ...specs(`
model Clicks {
  features { price: number«, one: number = 1|» }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'id-like-feature': {
    explain:
      'Found with `check --data`. Almost every training row has a value of its own, more than 90% of them: a row number, or the name of an order or session. A table of such values learns single rows by heart and knows nothing of the next one. Leave it out, or use what it stands for.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv" }
  features { device: category«, session: category|» }
  label clicked: binary
  embeddings { dim: 4 }
  deep { units: [16] }
}`),
    data: {
      says: '400 rows, each with another `session`',
      csv: () => table(400, 'device,session,clicked', (i) => `d${String(mixed(i, 5))},s${String(i)},${String(mixed(i + 9, 2))}`),
    },
  },
  'skewed-number': {
    explain:
      'Found with `check --data`. A few values are far larger than the others (a skewness above 3; a normal distribution has 0), so after `standardize` nearly all rows look alike and a few decide the steps. `log1p` takes the logarithm of 1 + x, as is usual for prices and counts; `buckets` are another way.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv" }
  features { price: number(«|log1p, »standardize) }
  label clicked: binary
  deep { units: [16] }
}`),
    data: {
      says: '400 rows with prices around 20, and some up to 100,000',
      csv: () =>
        table(400, 'price,clicked', (i) => {
          const price = Math.round(20 * Math.exp(mixed(i, 1000) / 500 + (mixed(i, 50) === 0 ? 6 : 0)));
          return `${String(price)},${String(mixed(i + 9, 2))}`;
        }),
    },
  },
  'empty-vocabulary': {
    explain:
      'Found with `check --data`. A learned vocabulary has the values that stand at least `min_count` times among the training rows, and here none does: all rows have the row of the unknown value, and the feature says nothing. Lower `min_count`, or leave the feature out.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv" }
  features { device: category(min_count: «1_000|5») }
  label clicked: binary
  embeddings { dim: 4 }
  deep { units: [16] }
}`),
    data: {
      says: '400 rows, each of 5 devices in about 80 of them',
      csv: () => table(400, 'device,clicked', (i) => `d${String(mixed(i, 5))},${String(mixed(i + 9, 2))}`),
    },
  },
  'unusable-data': {
    explain:
      'Found with `check --data`. The model cannot be trained with the data as they are: a file or column is not there, a column is stored as another type than a feature or label reads, or too many rows are bad. The message says which and what to do; the place is what reads it.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv" }
  features { device: category = «divice|device» }
  label clicked: binary
  embeddings { dim: 4 }
  deep { units: [16] }
}`),
    data: {
      says: '400 rows with the columns `device` and `clicked`',
      csv: () => table(400, 'device,clicked', (i) => `d${String(mixed(i, 5))},${String(mixed(i + 9, 2))}`),
    },
  },
  'unknown-to-vocabulary': {
    explain:
      'Found with `check --data`. A feature that shares a vocabulary has rows of the other one for its values, and more than half of them are unknown there: both read different things, ids and categories, say. Let it share the vocabulary of the feature that has its values, or learn one of its own.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv" }
  features { item: category, kind: category, before: category(vocabulary: «kind|item») }
  label clicked: binary
  embeddings { dim: 4 }
  deep { units: [16] }
}`),
    data: {
      says: '400 rows, with an item and the one `before` it',
      csv: () =>
        table(400, 'item,kind,before,clicked', (i) => {
          const [item, before] = [mixed(i, 20), mixed(i + 5, 20)];
          return `i${String(item)},k${String(item % 4)},i${String(before)},${String(mixed(i + 9, 2))}`;
        }),
    },
  },
  'unshared-categories': {
    explain:
      'Found with `check --data`. No test (or validation) row has a value of this feature that training has met, so the feature is unknown in all of them and the measured quality says nothing about it. It is so when a split parts exactly the values of a feature: by time, and the feature is the day; by user, and the feature is the user. Split otherwise, or describe new values by features that are shared.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv", split: «by_time(day, train: 0.75, test: 0.25)|random(train: 0.75, test: 0.25, seed: 1)» }
  features { day: category }
  label clicked: binary
  embeddings { dim: 4 }
  deep { units: [16] }
}`),
    data: {
      says: '400 rows of 8 days, one after the other',
      csv: () => table(400, 'day,clicked', (i) => `${String(1 + Math.floor(i / 50))},${String(mixed(i + 9, 2))}`),
    },
  },
  'time-split-of-ties': {
    explain:
      'Found with `check --data`. `by_time` trains on the oldest rows and tests on the newest. Where many rows have the very time at which it cuts, more than the share of the test rows, it is their place in the file that decides, and training and test rows are of one time. Split by a finer time; or, if the column is no time, by another or at random.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv", split: by_time(«year|second», train: 0.8, test: 0.2) }
  features { device: category }
  label clicked: binary
  embeddings { dim: 4 }
  deep { units: [16] }
}`),
    data: {
      says: '400 rows, all of one `year`, each of another `second`',
      csv: () =>
        table(
          400,
          'device,year,second,clicked',
          (i) => `d${String(mixed(i, 5))},2024,${String(1_700_000_000 + 60 * i)},${String(mixed(i + 9, 2))}`,
        ),
    },
  },
  'constant-label': {
    explain:
      'Found with `check --data`. All training rows have one value of the label, so a model learns to answer it always. Perhaps the label compares with a text that no row has, `keep` leaves only the rows of one kind, or a split by time leaves the others to the test.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv" }
  features { device: category }
  label clicked: binary = outcome == "«yes|click»"
  embeddings { dim: 4 }
  deep { units: [16] }
}`),
    data: {
      says: '400 rows with `click` or `none` as their `outcome`',
      csv: () => table(400, 'device,outcome', (i) => `d${String(mixed(i, 5))},${mixed(i + 9, 2) === 1 ? 'click' : 'none'}`),
    },
  },
  'outside-values': {
    explain:
      'Found with `check --data`. Rows have values that the closed set `values: […]` of the feature lacks; all of them share the row for unknown ones. The most frequent ones are named, each with the value of the list that is most like it. Add them, mend the rows, or leave `values` out, so that the vocabulary is learned from the training rows.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv" }
  features { device: category(values: ["phone", "«tablett|tablet»", "desktop"]) }
  label clicked: binary
  embeddings { dim: 4 }
  deep { units: [16] }
}`),
    data: {
      says: '400 rows with `phone`, `tablet` or `desktop` as their `device`',
      csv: () =>
        table(400, 'device,clicked', (i) => `${['phone', 'tablet', 'desktop'][mixed(i, 3)] ?? ''},${String(mixed(i + 9, 2))}`),
    },
  },
  'ignore-of-unknown': {
    explain:
      '`// rec-ignore code: reason` leaves out one kind of warning at the line below it, or at its own line. There is no diagnostic of this code; `reccompile explain` lists them all.',
    ...specs(`
model Clicks {
  features {
    price: number
    // rec-ignore unused-«features|feature»: the next model reads it
    discount: number
  }
  label clicked: binary
  network { clicked = linear(«concat(price, discount)|price», 1) }
}`),
  },
  'ignore-of-error': {
    explain:
      'Only warnings can be ignored: with an error there is no model to go on with. Mend the error, and remove the comment.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  «// rec-ignore unknown-key: we need it
  |»deep { units: [16] }
}`),
  },
  'ignore-without-reason': {
    explain:
      'A warning is left out for a reason, and the next reader wants to know it: `// rec-ignore unused-feature: the next model reads it`.',
    ...specs(`
model Clicks {
  features {
    price: number
    discount: number // rec-ignore unused-feature«|: the next model reads it»
  }
  label clicked: binary
  network { clicked = linear(«concat(price, discount)|price», 1) }
}`),
  },
  'unused-ignore': {
    explain:
      'The comment tells to ignore a warning that is not there, on its line or on the one below: it was mended, or has moved. Remove the comment, so that it hides nothing one day.',
    ...specs(`
model Clicks {
  features {
    «// rec-ignore unused-feature: the next model reads it
    |»price: number
  }
  label clicked: binary
  network { clicked = linear(price, 1) }
}`),
  },
} as const satisfies Record<string, Explanation>;
