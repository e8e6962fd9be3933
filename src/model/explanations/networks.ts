import { specs, type Explanation } from './explanation.js';

/** Of networks and blocks, and lints. */
export const networkExplanations = {
  'size-mismatch': {
    explain:
      'An argument does not have the size, or the number of axes, that the parameter asks for. A size that stands twice in a block (`vector[d]` and `vector[d]`) takes the first size it meets, and must meet the same one again; the note shows where it came from.',
    ...specs(`
model Clicks {
  features { user: number[8], movie: number[«16|8»] }
  label clicked: binary
  network { clicked = dot(user, movie) }
}`),
  },
  'shape-mismatch': {
    explain:
      'The operator cannot take these two shapes. `+ - * /` work on equal shapes, or on one shape and a scalar; nothing is spread out silently. `@` takes matrix[n, m] and vector[m] or matrix[m, k].',
    ...specs(`
model Clicks {
  features { user: number[8], movie: number[16] }
  label clicked: binary
  network { clicked = linear(«user|linear(user, 16)» * movie, 1) }
}`),
  },
  'wrong-argument': {
    explain: "The argument is not of the parameter's type: a tensor for a size, a number for a list, a text for a function.",
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  deep { units: «16|[16]» }
}`),
  },
  'missing-argument': {
    explain: 'The call leaves out a parameter that has no default.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(price«|, 1») }
}`),
  },
  'unknown-argument': {
    explain:
      'The block or function has no parameter of this name. Every call of a block also takes `init` and `l2`, which it hands to the weights within.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(price, «unit|units»: 1) }
}`),
  },
  'too-many-arguments': {
    explain:
      'The call gives more arguments than there are parameters. If the first parameter is a list, everything that is not an element of it is given by name.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(relu(price«, 0|»), 1) }
}`),
  },
  'wrong-result': {
    explain:
      'What the block returns does not have the shape that it promises after `->`. Change the type or the result; `_` is any size.',
    ...specs(`
block halves(x: vector[d]) -> vector[«d|d / 2»] { return x[..d / 2] + x[d / 2..] }
model Clicks {
  features { user: number[8] }
  label clicked: binary
  network { clicked = linear(halves(user), 1) }
}`),
  },
  'missing-return': {
    explain: 'A block gives its value with `return`, as its last statement.',
    ...specs(`
block double(x: vector[d]) -> vector[d] {
  «y =|return» 2 * x
}
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(«price|double(price)», 1) }
}`),
  },
  'not-a-function': {
    explain: 'Only blocks, built-in functions and calls with holes can be called. A product is written with `*`.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = price«(2)| * 2» }
}`),
  },
  'wrong-operand': {
    explain:
      'The operation cannot work on this: a tensor is wanted and there is a text or a list, or a number has to be known while compiling and depends on the row. The message says what is wanted.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(price * «"2"|2», 1) }
}`),
  },
  'not-whole': {
    explain:
      'A size or a count has to be a whole number. `/` on sizes has to come out whole; `floor(…)`, `ceil(…)` and `round(…)` say which way to go where it does not.',
    ...specs(`
model Clicks {
  features { user: number[9] }
  label clicked: binary
  network { clicked = linear(linear(user, «9 / 2|floor(9 / 2)»), 1) }
}`),
  },
  'out-of-bounds': {
    explain:
      'The subscript lies outside the axis or list. Counting begins at 0, so the last element of 8 is `x[7]`; the end of a slice `a..b` is not in it.',
    ...specs(`
model Clicks {
  features { user: number[8] }
  label clicked: binary
  network { clicked = user[«8|7»] }
}`),
  },
  'not-an-index': {
    explain:
      'In brackets stands a number, a slice, or an index that a function around it has made: `sum[i](…)`, `stack[i](…)`, or `y[i] = …`.',
    ...specs(`
model Clicks {
  features { user: number[8] }
  label clicked: binary
  network { clicked = «sum|sum[i]»(user[i] * user[i]) }
}`),
  },
  'index-not-new': {
    explain:
      'An index is made where it is bound, and its name must not stand for anything else there: an index within another one needs another name.',
    ...specs(`
model Clicks {
  features { user: number[8] }
  label clicked: binary
  network { clicked = sum[i](user[i] * sum[«i|j»](user[«i|j»])) }
}`),
  },
  'index-sizes-differ': {
    explain:
      'An index runs over the axis at which it stands, and over the same range wherever it stands. Two axes of different length need two indices.',
    ...specs(`
model Clicks {
  features { user: number[8], movie: number[16] }
  label clicked: binary
  network { clicked = «sum[i](user[i] * movie[i])|sum[i, j](user[i] * movie[j])» }
}`),
  },
  'index-without-range': {
    explain:
      'The range of an index is the length of the axis at which it stands, so it has to stand as a subscript at least once in what it is bound around. Plain `sum(x)` adds up all elements of one tensor.',
    ...specs(`
model Clicks {
  features { user: number[8] }
  label clicked: binary
  network { clicked = «sum[i]|sum»(user) }
}`),
  },
  'ragged-axis': {
    explain:
      'The first axis of a sequence is as long as a row has values, and that of `batch(x)` as the batch is. Such an axis can be put under an index, reduced, put through softmax or handed on; nothing else, because no size can be said for it. `sum[t](…)`, `mean[t](…)`, `max[t](…)` or `y[t] = …` take its places one by one.',
    ...specs(`
model Clicks {
  features { history: category[](max_length: 50) }
  embeddings { dim: 8 }
  label clicked: binary
  network { clicked = linear(«flatten(sequence(history))|sum[t](sequence(history)[t])», 1) }
}`),
  },
  'loss-only': {
    explain:
      'What a model serves depends on one row of features. The answer (`target`), the other rows of a batch (`batch`) and how often a value was seen (`log_frequency`) are known while training only, so they may stand in the loss of a label, not in its logit or in an output.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network {
    score = linear(price, 1)
    clicked = «score - target(clicked)|score»
    clicked.loss = abs(«score|score - target(clicked)»)
  }
}`),
  },
  'cannot-rebind': {
    explain:
      'Features, parameters, sizes and loop variables keep their value; only a name that an earlier line has given can be given another. Choose a new name.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network {
    «price|scaled» = price / 100
    clicked = linear(«price|scaled», 1)
  }
}`),
  },
  'misplaced-hole': {
    explain:
      '`_` stands as an argument of a call, and makes of it a function of what is left out: `mlp(_, [64, 32])`. It has no value of its own.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(«_ + 1|price + 1», 1) }
}`),
  },
  recursion: {
    explain:
      'A call of a block is replaced by its body, so a block that reaches itself would never end. `repeat n { … }` does a thing many times.',
    ...specs(`
block tower(x: vector[d]) -> vector[d] { return relu(«tower(x)|linear(x, d)») }
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = linear(tower(price), 1) }
}`),
  },
  'too-many-calls': {
    explain:
      'Loops are unrolled and calls are replaced by bodies, and a network of more than 25,000 calls and turns helps nobody. An index (`sum[i](…)`) does a thing for each element without unrolling.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network {
    x = price
    repeat «1_000_000|10» { x = tanh(x) }
    clicked = linear(x, 1)
  }
}`),
  },
  'too-large': {
    explain:
      'One weight, or one tensor of one row, has more numbers than any engine can hold, or the networks of the file take more than 200,000 steps to expand.',
    ...specs(`
model Clicks {
  features { user: number[64] }
  label clicked: binary
  deep { units: [«100_000_000|128»] }
}`),
  },
  'label-not-computed': {
    explain: 'The network gives the name of each label its logit. End it with a line that does.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { «click|clicked» = linear(price, 1) }
}`),
  },
  'label-shape': {
    explain:
      'A `binary` or `number` label takes one number for each row, a `class(n)` label a vector of n logits, and each depends on at least one feature. `linear(x, 1)` makes one number of a vector.',
    ...specs(`
model Clicks {
  features { user: number[8] }
  label clicked: binary
  network { clicked = «relu(user)|linear(relu(user), 1)» }
}`),
  },
  'untrained-output': {
    explain:
      'An output is computed from weights or tables that no loss reaches, so they keep the values they start with and the output says nothing. Let a label depend on them, or list a name that a label depends on.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network {
    vector = linear(price, 4)
    clicked = linear(«price|vector», 1)
  }
  outputs: [clicked, vector]
}`),
  },
  'probability-as-logit': {
    explain:
      'What the network gives for a label is its logit: the loss takes the sigmoid of a `binary`, the softmax of a `class`, in a stable form, and so does `predict`. Taken twice, every probability lies between 0.5 and 0.73, and little is learned.',
    ...specs(`
model Clicks {
  features { price: number }
  label clicked: binary
  network { clicked = «sigmoid(linear(price, 1))|linear(price, 1)» }
}`),
  },
  'unused-feature': {
    explain:
      'The label does not depend on this feature, so nothing learns from it, and no table is made for it. Use it, or leave it out; a model that extends this one may still use it.',
    ...specs(`
model Clicks {
  features { price: number«, discount: number|» }
  label clicked: binary
  network { clicked = linear(price, 1) }
}`),
  },
  'unused-tensor': {
    explain:
      'No label and no output depends on what this statement makes, so it is not computed and its weights are not trained: most often a part was forgotten where the parts are put together. In a block, the result does not depend on it. Use it, or leave it out. A name that begins with `_` says that it is meant so.',
    ...specs(`
model Clicks {
  features { price: number, discount: number }
  label clicked: binary
  network {
    x = concat(features)
    deep = mlp(x, [16])
    wide = linear(x, 1)
    clicked = wide«| + linear(deep, 1)»
  }
}`),
  },
  'unused-setting': {
    explain: 'The setting is understood, but something else takes away its effect. Usually one of the two is a mistake.',
    ...specs(`
model Clicks {
  data { source: "clicks.csv", split: random(train: 0.8, «|valid: 0.1, »test: «0.2|0.1») }
  features { price: number }
  label clicked: binary
  deep { units: [16] }
  train { stop: no_improvement(patience: 2) }
}`),
  },
  'rank-saves-nothing': {
    explain:
      'A low-rank cross layer has two matrices of d × rank instead of one of d × d. From rank = d / 2 on it has as many weights as the full layer, and can express less.',
    ...specs(`
model Clicks {
  features { user: number[64] }
  label clicked: binary
  cross { rank: «32|8» }
}`),
  },
  'leaking-label': {
    explain:
      'The feature is computed from the column that the label is computed from, or, which `check --data` finds, it alone tells nearly all of the label in the training rows: it was written after it, or made of it. The model can read the answer. It will look perfect in testing and fail in use, where the column is not known.',
    ...specs(`
model Clicks {
  features { price: number, «stars: number = rating|discount: number» }
  label liked: binary = rating >= 4
  deep { units: [16] }
}`),
  },
} as const satisfies Record<string, Explanation>;
