import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WorkspaceEdit } from 'vscode-languageserver';
import { edited, hostOf, placeOf, startServer, type Client } from './client.js';

const spec = `import { layer } from "./blocks.rec"
model A {
  data { source: "d.csv" }
  features { c: category, t: number }
  label y: binary
  embeddings { dim: 4 }
  network {
    v = concat(c, t)
    y = linear(layer(v), 1)
  }
}
`;
const blocks = `block layer(x: vector[d]) -> vector[d] {
  h = relu(x)
  return h
}
`;
const child = `import { A } from "./a.rec"
model Child extends A { features { more: number } }
`;
const other = `import { layer } from "./blocks.rec"
block twice(x: vector[d]) -> vector[d] { return layer(layer(x)) }
`;
const files = { '/specs/a.rec': spec, '/specs/blocks.rec': blocks, '/specs/child.rec': child, '/specs/other.rec': other };
const uriOf = (name: string): string => `file:///specs/${name}.rec`;

let client: Client;
beforeAll(async () => {
  client = await startServer(hostOf(files), ['file:///specs']);
  await client.open(uriOf('a'), spec);
  await client.open(uriOf('blocks'), blocks);
});
afterAll(() => client.end());

const rename = (wanted: string, newName: string, name = 'a', text = spec): Promise<WorkspaceEdit> =>
  client.ask('rename', uriOf(name), { position: placeOf(text, wanted), newName });

describe('rename', () => {
  it.each([
    ['v =', 'c', 'there is a feature `c` already'],
    ['v =', 'y', 'there is a label `y` already'],
    ['v =', 'linear', 'there is a block or function `linear` already'],
    ['v =', 'more', 'there is a feature `more` already'],
    ['v =', 'repeat', 'cannot be a name'],
    ['c: category', 'v', 'there is a tensor `v` already'],
    ['t: number', 'more', 'there is a feature `more` already'],
    ['y: binary', 'v', 'there is a tensor `v` already'],
    ['layer', 'A', 'there is a model `A` already'],
    ['layer', 'twice', 'there is a block or function `twice` already'],
  ])('of %s to %s is refused', async (wanted, newName, why) => {
    await expect(rename(wanted, newName)).rejects.toThrow(why);
  });

  it('is refused in the file of a block for the files that import it', async () => {
    await expect(rename('layer', 'twice', 'blocks', blocks)).rejects.toThrow('there is a block or function `twice` already');
    await expect(rename('layer', 'A', 'blocks', blocks)).rejects.toThrow('there is a model `A` already');
    await expect(rename('h =', 'x', 'blocks', blocks)).rejects.toThrow('there is a parameter `x` already');
  });

  it('is refused where a name would mean something else, or nothing', async () => {
    await expect(rename('v =', 'categories')).rejects.toThrow(/with the name `categories` /);
  });

  it('is made where nothing has the name', async () => {
    const { changes = {} } = await rename('layer', 'dense');
    expect(Object.keys(changes).sort()).toEqual(['a', 'blocks', 'other'].map(uriOf));
    expect(edited(other, changes[uriOf('other')] ?? [])).toContain('return dense(dense(x))');
    const tensor = await rename('v =', 'joined');
    expect(edited(spec, tensor.changes?.[uriOf('a')] ?? [])).toContain('joined = concat(c, t)\n    y = linear(layer(joined), 1)');
  });
});
