import { describe, expect, it } from 'vitest';
import { check, type Checked } from '../../src/model/check.js';
import { createMemory } from '../../src/model/memory.js';
import { apply, random, someEdit, specs } from '../editor/edits.js';

const load = (path: string) => {
  const text = specs[path];
  return text === undefined ? { problem: 'there is no such file' } : { source: { path, text } };
};

const told = ({ diagnostics, sound, models }: Checked): unknown => ({
  diagnostics: diagnostics.map(({ span, labels, notes, trace, fix, ...rest }) => ({
    ...rest,
    places: [span, ...[...labels, ...notes, ...trace, ...(fix ? [fix] : [])].map((marked) => marked.span)].map(
      ({ source, start, end }) => `${source.path} ${String(start)} ${String(end)} ${source.text.slice(start, end)}`,
    ),
    texts: [...labels, ...notes, ...trace, ...(fix ? [fix] : [])].map((marked) => marked.text),
  })),
  sound: sound.map(({ name, span, network }) => [name, span.start, network.nodes.length, network.weights.length]),
  models: models.length,
});

const text = `import { MovieLens } from "./movielens.rec"

block twice(x: vector[d], units: int) -> vector[units] {
  return linear(linear(x, d), units)
}

block once(x: vector[d]) -> vector[d] { return relu(x) }

model A extends MovieLens {
  network {
    v = fields(features)
    liked = twice(flatten(v), 1)
  }
}

model B extends MovieLens {
  network {
    liked = linear(once(concat(features)), 1)
  }
  train { epochs: 3 }
}

model C extends A { embeddings { dim: 4 } }
model D extends MovieLens { deep { units: [8] } }
`;

describe('checking a text that changes', () => {
  it('says of each text what a first check of it says', () => {
    const next = random(7);
    const memory = createMemory();
    let now = text;
    for (let i = 0; i < 25; i++) {
      now = i % 6 === 5 ? text : apply(now, someEdit(now, next));
      const source = { path: 'a.rec', text: now };
      expect(told(check(source, { load, memory })), now).toEqual(told(check(source, { load })));
    }
  });

  it('checks again only what an edit is of', () => {
    const memory = createMemory();
    const first = check({ path: 'a.rec', text }, { load, memory });
    expect(first.diagnostics).toEqual([]);
    const again = check({ path: 'a.rec', text: text.replace('epochs: 3', 'epochs: 30') }, { load, memory });
    const kept = again.sound.map((model, i) => model.network === first.sound[i]?.network);
    expect(kept).toEqual([true, false, true, true]);
    const block = check({ path: 'a.rec', text: text.replace('relu(x)', 'tanh(x)') }, { load, memory });
    expect(block.sound.map((model, i) => model.network === first.sound[i]?.network)).toEqual([true, false, true, true]);
  });
});
