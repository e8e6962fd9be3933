import { readFileSync } from 'node:fs';

const specs = ['blender', 'almonds', 'movielens-100k', 'movielens-1m'].map((name) => readFileSync(`specs/${name}.rec`, 'utf8'));

/** Specs that use much of the language, and have no errors. */
const rich = [
  `/// Every kind of feature, every section.
model Base {
  data {
    source: csv("a.dat", separator: "::", columns: [user, movie, genres, price, seen, title, rating, city, part, x, y])
    join: { more: tsv("b.tsv.gz", on: user, columns: [user, age], required: true) }
    keep: rating != 3 and (price > 0 or city in ["Paris", "Rome"]) and not (x == y)
    split: by_column(part, train: ["a", "b"], valid: "c", test: "d")
    bad_rows: 0.05
  }
  features {
    user: category(min_count: 2)
    movie: category
    genres: category[](separator: "|", pool: sum, max_length: 5)
    last: category(vocabulary: movie) = x
    zip: category(hash: 1_000, default: "none") = lower(column("city"))
    slot: category(size: 24) = y
    device: category(values: ["ios", "android"], default: "ios") = city
    age: number(buckets: [18, 25, 35.5])
    price: number(log1p, standardize, default: 0) = abs(price) / 100 % 7
    title: number[8]
    seen: time(unit: second, cycle: [day, week], standardize)
    both: category(cross: [user, genres], hash: 100_000)
  }
  label liked: binary(weight: 0.5) = rating >= 4
  embeddings {
    dim: 4
    l2: 1e-6
    user: { dim: 8, init: normal(0, 0.01) }
    movies: { dim: 6, features: [movie, last] }
    zip: { dim: auto }
  }
  train {
    optimizer: { embeddings: adagrad(0.05, initial_accumulator: 0), rest: adamw(1e-3, weight_decay: 0.01) }
    batch: 128, epochs: 3, clip_norm: each(1), l2: 1e-5, init: truncated_normal(0, 0.1)
    stop: no_improvement(patience: 2), monitor: log_loss, shuffle: false, seed: 7
  }
  metrics: [auc, log_loss]
}
model Mixed extends Base { cross { depth: 2, rank: 3, experts: 2, gate: sigmoid, activation: tanh } deep { units: [8, 4], dropout: 0.1 } combine: parallel }
model Heads extends Base { cross { depth: 1, heads: 2, kind: gated } }
model Classes extends Mixed { cross: none label liked: class(3) = rating metrics: [accuracy] }
`,
  `/// Tables of the network, sequences, shared functions, several labels, losses over the batch, outputs.
block pooled(h: sequence[n, k], w: vector[n]) -> vector[k] { return sum[t](softmax(w)[t] * h[t]) }
block tower(f: feature[], units: int[]) -> vector[_] { return normalize(mlp(concat([embed(x, 3) for x in f]), units, norm: batch_norm)) }
model General {
  features {
    user: category, movie: category, price: number, seen: time(cycle: day), title: number[6]
    history: category[](vocabulary: movie, max_length: 5)
    when: category[](size: 24, max_length: 5, parallel: history)
    user_movie: category(cross: [user, movie], hash: 100)
  }
  label liked: binary
  label stars: number(weight: 0.1)
  embeddings { dim: 4, price: { dim: 4, l2: 0.1 }, movies: { features: [movie, history] } }
  network {
    f      = share(linear(_, 4, frozen: true))
    h      = sequence(history)
    w[t]   = dot(f(h[t]), f(movie)) + mean(sequence(when)[t])
    bag    = pooled(h, w) + max[t](h[t])
    user_v = tower(user, user_movie, units: [8, 3])
    item_v = tower(movie, price, title, units: [3])
    p, q   = pairs(fields(user, movie, bag, price), self: true)
    x      = concat(stack[m](dot(p[m], q[m])), embed(seen, 2), where(price > 0.5 * movie, bag, 0), code(user) == code(movie))
    wide   = sum([embed(c, 1, init: 0) for c in [user, user_movie]])
    liked  = match(user_v, item_v, cosine, temperature: 0.2) + wide
    stars  = linear(mlp(x, [8], activation: dice), 1)
    I      = batch(item_v)
    s[r]   = where(batch(code(movie))[r] == code(movie), -1e9, dot(user_v, I[r]) - batch(log_frequency(movie))[r])
    liked.loss = target(liked) * softplus(log_sum_exp(s) - liked) + abs(target(stars) - stars)
  }
  train { optimizer: { wide: ftrl(0.05), rest: adam }, monitor: stars.rmse }
  metrics: { liked: [auc], stars: [rmse] }
  outputs: [user_v, item_v, stars]
}
`,
  `block gate(x: vector[d], n: int = 2 * d, f: function = linear(_, n, use_bias: false)) -> vector[n] {
  h = f(x)
  repeat 2 { h = h * sigmoid(linear(h, n)) }
  return h
}
block attention(v: fields[n, k], heads: int = 2) -> fields[n, k] {
  Q = weight[heads, k, k](init: he_normal, l2: 1e-4)
  a[h, i, j] = softmax[j](dot(Q[h] @ v[i], v[j]) / sqrt(k))
  y[i] = mean[h](sum[j](a[h, i, j] * v[j]))
  return relu(y + v)
}
block pyramid(x: vector[d], layers: function[]) -> vector[_] {
  out = []
  for f in layers { out = out + [f(x)] }
  return concat(out)
}
model Network {
  features { user: number[4], movie: number[4], price: number, words: number[6] }
  label liked: binary
  network {
    v     = fields(user, movie, unflatten(linear(words, 8), 2)[1])
    a     = flatten(attention(v, heads: 3))
    g     = pyramid(a, [gate(_), linear(_, 3), mlp(_, [5, 2], activation: tanh), max(_, 0)])
    c     = cross(g[..8], depth: 2, layer: cross_low_rank(_, _, rank: 2))
    big   = if len(words) > 4 and not (1 == 2) then words[1..4] else words
    s     = sum[i](v[i])
    p, q  = [dot(s, s), log_sum_exp(big)]
    extra = sum([linear(relu(words), n + 1)[0] * weight[1] for n in 2]) + p * q - 3 / 4
    liked = linear(concat(c, extra, price), 1) + bias[1]
  }
}
`,
  `model Tiny { features { price: number } label y: number network { y = linear(price, 1, init: 0.5, l2: 1e-3) } }
`,
];

/** Texts for other tests to take apart. */
export const goodSpecs: readonly string[] = [...specs, ...rich];
