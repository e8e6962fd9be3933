import { specs, type Explanation } from './explanation.js';

/** Of data, features and embeddings. */
export const dataExplanations = {
  'remote-source': {
    explain:
      'A source is a file below the folder of the spec, so that a spec from a stranger reaches nothing else. Download the file, and name the local copy.',
    ...specs(`
model Clicks {
  data { source: "«https://example.com/|»clicks.csv" }
  features { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'split-shares': {
    explain:
      'Every row belongs to exactly one part, so the shares of `train`, `valid` and `test` add up to 1. A share that is left out takes what the others leave.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv", split: random(train: 0.8, valid: «0.2|0.1», test: 0.1) }
  features { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'column-type': {
    explain:
      'An operator over columns takes numbers, texts, times or yes-or-no, and never turns one into the other on its own. A bare column is read as what its place wants; compare two sides of one type.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv", keep: «"3"|rating >= 3» }
  features { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'not-over-columns': {
    explain:
      'After `=` in a feature or label, and in `keep`, stands an expression over the columns of one row: columns, numbers, texts, `+ - * / %`, comparisons, `in`, `and`, `or`, `not`, and the functions abs, log, exp, sqrt, floor, ceil, lower and upper. Tensors, lists and records belong elsewhere.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv", keep: «if member then price > 0 else true|not member or price > 0» }
  features { price: number }
  label clicked: binary
  deep { units: [16] }
}`),
  },
  'cross-of-crossed': {
    explain:
      'A crossed feature combines the values of categories that come from columns. A number becomes a category with `buckets`; to combine three categories name all three.',
    ...specs(`
model Clicks {
  features {
    device: category
    price: number«|(buckets: [10, 100])»
    device_price: category(cross: [device, price], hash: 1_000)
  }
  label clicked: binary
  embeddings { dim: 8 }
  deep { units: [16] }
}`),
  },
  'vocabulary-of-none': {
    explain:
      '`vocabulary` names a category that has numbered its values itself. One with buckets, a number, or a feature that borrows its own vocabulary has none to share; name the feature that it borrows from.',
    ...specs(`
model Clicks {
  features {
    movie_id: category
    previous: category(vocabulary: movie_id)
    history: category[](vocabulary: «previous|movie_id»)
  }
  label clicked: binary
  embeddings { dim: 8 }
  deep { units: [16] }
}`),
  },
  'no-table': {
    explain:
      'An embedding table has one row for each value of a category. Numbers, vectors and times go into the network as they are.',
    ...specs(`
model Clicks {
  features { seen_at: time(cycle: day)«|, device: category» }
  label clicked: binary
  embeddings { «seen_at|device»: { dim: 8 } }
  deep { units: [16] }
}`),
  },
  'two-tables': {
    explain: 'Each category has one embedding table. Leave the feature out of one of the two.',
    ...specs(`
model Clicks {
  features { movie_id: category, history: category[](vocabulary: movie_id) }
  label clicked: binary
  embeddings { movie_id: { dim: 8 }«, movies: { dim: 8, features: [movie_id, history] }|, history: { dim: 8 }» }
  deep { units: [16] }
}`),
  },
  'empty-value': {
    explain:
      'An empty text is missing, and what is missing has row 0 of the table, so the row that `values` gives to `""` is never used. Leave it out; or say `default: ""`, and missing values have it.',
    ...specs(`
model Clicks {
  features { device: category(values: [«"", |»"ios", "android"]) }
  label clicked: binary
  embeddings { dim: 8 }
  deep { units: [16] }
}`),
  },
  'unlike-codes': {
    explain:
      'Features that share a table have to agree on which row is which value. Two learned vocabularies number their values apart; `vocabulary: other` makes one feature use the numbers of the other.',
    ...specs(`
model Clicks {
  features { movie_id: category, history: category[]«|(vocabulary: movie_id)» }
  label clicked: binary
  embeddings { movies: { dim: 8, features: [movie_id, history] } }
  deep { units: [16] }
}`),
  },
  'missing-dim': {
    explain:
      'Every category becomes a vector, and its size is the first decision about a model, so it has no default. Say `dim` once for all tables, or for each.',
    ...specs(`
model Clicks {
  features { user_id: category }
  label clicked: binary
  «|embeddings { dim: 8 }
  »deep { units: [16] }
}`),
  },
  'auto-dim-needs-facts': {
    explain:
      '`auto` is 6·V^(1/4) of the number of rows V of the table. The rows of a learned vocabulary are known only when data are read, and sizes are checked before. Give the feature `values`, `size` or `hash`, or write a number; a run writes what it learned, and `--facts` passes it on.',
    ...specs(`
model Clicks {
  features { zip_code: category«|(hash: 1_000)» }
  label clicked: binary
  embeddings { dim: auto }
  deep { units: [16] }
}`),
  },
  'unequal-embedding-dims': {
    explain:
      'The block stacks the vectors of its features, or multiplies them with each other, so all must have one size. Set one `dim` for these features, or use `concat`, which takes any sizes.',
    ...specs(`
model Clicks {
  features { user_id: category, movie_id: category }
  label clicked: binary
  embeddings { dim: 8, user_id: { dim: «16|8» } }
  network { clicked = linear(flatten(fields(user_id, movie_id)), 1) }
}`),
  },
} as const satisfies Record<string, Explanation>;
