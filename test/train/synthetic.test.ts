import { expect, it } from 'vitest';
import { check } from '../../src/model/check.js';
import { syntheticData } from '../../src/train/synthetic.js';

const { models } = check({
  path: 'synthetic.rec',
  text: `model Synthetic {
    data { source: "synthetic.csv" }
    features {
      item: category
      history: category[](vocabulary: item, max_length: 9)
      stars: category[](values: ["1", "2"], max_length: 9, parallel: history)
      tags: category[](size: 5)
    }
    label liked: binary
    label genre: class(3)
    embeddings { dim: 4 }
    network {
      h = sequence(history)
      s = sequence(stars)
      x = concat(sum[t](h[t] * s[t]), item, tags)
      liked = linear(x, 1)
      genre = linear(x, 3)
    }
  }`,
});
const [model] = models;

it('made-up rows have sequences, their neighbours, and every label', () => {
  const { train, valid } = syntheticData(model!, { train: 500, valid: 20, vocabulary: 30, seed: 2 });
  const lengths = (feature: string): readonly number[] => {
    const { offsets } = train.bags[feature]!;
    return [...offsets].slice(1).map((end, r) => end - offsets[r]!);
  };
  expect(new Set(lengths('history'))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
  expect(lengths('stars')).toEqual(lengths('history'));
  expect(Math.max(...lengths('tags'))).toBe(3);
  expect(lengths('tags')).not.toEqual(lengths('history'));
  const largest = (ids: Int32Array): number => ids.reduce((a, b) => Math.max(a, b));
  expect([largest(train.ids.item!), largest(train.bags.history!.ids)]).toEqual([29, 29]);
  expect([largest(train.bags.stars!.ids), largest(train.bags.tags!.ids)]).toEqual([2, 4]);
  expect(new Set(train.labels.liked)).toEqual(new Set([0, 1]));
  expect(new Set(train.labels.genre)).toEqual(new Set([0, 1, 2]));
  expect(valid.labels.genre).toHaveLength(20);
});
