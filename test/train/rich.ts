import { check } from '../../src/model/check.js';
import type { CheckedModel } from '../../src/model/model.js';

export interface RichOptions {
  readonly labels?: string;
  readonly network: string;
  readonly train?: string;
  readonly more?: string;
  /** Of all tables; 6 unless given. */
  readonly dim?: number;
  /** What else the section of tables says. */
  readonly tables?: string;
}

/** A model over a sequence that shares a vocabulary with a single category, a bag, and a number. */
export const richModel = ({ labels, network, train, more, dim = 6, tables = '' }: RichOptions): CheckedModel => {
  const text = `model Rich {
    data { source: "rich.csv" }
    features {
      user: category(size: 23)
      item: category
      history: category[](vocabulary: item, max_length: 4, pool: mean)
      tags: category[](values: ["a", "b", "c"], separator: "|", pool: sum)
      x: number
    }
    ${labels ?? 'label y: binary'}
    embeddings { dim: ${String(dim)} ${tables} }
    network { ${network} }
    train { ${train ?? 'optimizer: sgd(1), batch: 10, epochs: 1'} }
    ${more ?? ''}
  }`;
  const { models, diagnostics } = check({ path: 'rich.rec', text });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [model] = models;
  if (model === undefined || errors.length > 0) throw new Error(errors.map(({ message }) => message).join('\n'));
  return model;
};

/** What couples rows, what reads a sequence or its length alone, what has several tables of one feature; `beside` has an output `u`. */
export const richNetworks = {
  attention: `h = sequence(history)
    a[t] = dot(h[t], item)
    pooled = sum[t](softmax(a)[t] * h[t])
    y = linear(mlp(concat(user, pooled, history, tags, x), [8]), 1) + wide(user, item, tags)`,
  norm: `u = mlp(concat(user, item, tags, x), [8], norm: batch_norm)
    y = linear(u, 1)`,
  dice: `y = linear(din(item, sequence(history), [4]), 1) + linear(user, 1)`,
  towers: `u = normalize(linear(concat(user, x), 4))
    i = normalize(linear(concat(item, tags), 4))
    y = match(u, i, temperature: 0.5)
    y.loss = target(y) * in_batch_softmax(u, i, item, temperature: 0.5)`,
  lengths: `h = sequence(history)
    y = linear(mlp(stack([sum[t](sum(ones(h[t]))), sum(x)]), [8]), 1)`,
  beside: `u = batch_norm(linear(concat(user, x), 3))
    y = linear(mlp(concat(user, item), [4], norm: batch_norm), 1)`,
  frozen: `u = linear(user, 4, frozen: true)
    y = linear(concat(u, item), 1)`,
} as const;
