import type { CompletionItem, Hover, MarkupContent } from 'vscode-languageserver';
import { describe, expect, it } from 'vitest';
import { inlineCode, prose } from '../../src/editor/words.js';
import { hostOf, marked, placeOf, startServer } from './client.js';

const uri = 'file:///shop/strange.rec';
const image = '`![x](http://evil/i.png)<img src=x>`';
const doc = '![](http://evil/i.png) <img src=x> [run](command:evil) [ref]: command:evil `![y](http://evil/i.png)';

const text = `/// ${doc}
model M {
  data { source: "ratings.csv" }
  features {
    /// ${doc}
    device: category
  }
  label liked: binary
  network { liked = linear(embed(device), 1) }
}
`;

const columns = () => Promise.resolve([{ name: 'device', type: 'text', frequent: [image, 'a\n\n# b'] }]);
const host = hostOf({ '/shop/strange.rec': text, '/shop/ratings.csv': '' }, { columns });

const dangerous = /!\[|<img|\]\(command:|\]:/;

describe('what a stranger wrote', () => {
  it('is text in a hover: no image, no HTML, no command', async () => {
    const client = await startServer(host);
    await client.open(uri, text);
    const told = async (wanted: string): Promise<string> => {
      const hover = await client.ask<Hover>('hover', uri, { position: placeOf(text, wanted) });
      return (hover.contents as MarkupContent).value;
    };
    const feature = await told('device');
    expect(feature).toContain(`most often \`\` ${image} \`\`, \`a # b\``);
    expect(feature.replace(`\`\` ${image} \`\``, '')).not.toMatch(dangerous);
    expect(await told('M {')).not.toMatch(dangerous);
    await client.end();
  });

  it('is text beside a completion', async () => {
    const client = await startServer(host);
    const { text: plain, position } = marked(text.replace('embed(device)', '|'));
    await client.open(uri, plain);
    const inNetwork = await client.ask<CompletionItem[]>('completion', uri, { position });
    const device = inNetwork.find(({ label }) => label === 'device');
    expect((device?.documentation as MarkupContent).value).toContain('run&#93;(command:evil)');
    expect((device?.documentation as MarkupContent).value).not.toMatch(dangerous);
    await client.end();
  });
});

describe('prose', () => {
  it('keeps links to the web, sizes and comparisons', () => {
    const plain = 'Of [a paper](https://arxiv.org/abs/1) with x[i] < y, `vector[d]`.';
    expect(prose(plain)).toBe(plain);
  });

  it('is not undone by a backslash', () => {
    expect(prose('\\![x](http://evil) \\<img>')).toBe('\\!&#91;x](http://evil) \\&lt;img>');
  });
});

describe('inlineCode', () => {
  it('has a longer fence than its text, and one line', () => {
    expect(inlineCode('a')).toBe('`a`');
    expect(inlineCode('`')).toBe('`` ` ``');
    expect(inlineCode('a``b')).toBe('```a``b```');
    expect(inlineCode('a\r\n\u0000b')).toBe('`a b`');
    expect(inlineCode('')).toBe('` `');
    expect(inlineCode('x'.repeat(100))).toHaveLength(82);
  });
});
