import { expect, it } from 'vitest';
import { depthOf } from '../../src/language/brackets.js';
import { parse, type Parsed } from '../../src/language/parser.js';
import type { Source } from '../../src/language/source.js';
import { apply, random, someEdit, specs } from '../editor/edits.js';
import { fixtures, nodes, source, twoBlocks } from './trees.js';

const signs = ["'", '#', '?', '$', '"', '{', '}', ')', '// ', '\r', '\n\n', 'model N { }', ' block q(x: vector[d]) { return x }'];

/** With every place as numbers, and the text that it is in. */
const told = ({ file, problems, scanned, pieces }: Parsed, of: Source): string => {
  for (const { span } of [...nodes(file), ...problems, ...scanned.comments])
    if (span.source !== of) throw new Error('a place in another text');
  const tokens = scanned.tokens.map((one) => [one.image, one.startOffset, one.endOffset, one.tokenType.name, depthOf(one)]);
  const kept = pieces.map(({ from, tokens: { length } }) => [from, length]);
  return JSON.stringify({ file, problems, tokens, comments: scanned.comments, kept }, (key, value: unknown) =>
    key === 'source' ? undefined : value,
  );
};

/** Reads an edited text with the help of what was before, which must give what it says alone. */
function again(before: Parsed, text: string): { readonly now: Parsed; readonly alone: string; readonly told: string } {
  const edited = source(text);
  const now = parse(edited, before);
  const fresh = source(text);
  return { now, told: told(now, edited), alone: told(parse(fresh), fresh) };
}

it('gives the same trees, comments, places and problems as a first reading', () => {
  const next = random(11);
  const texts = [twoBlocks, `${twoBlocks}${twoBlocks}`, ...Object.values(specs), ...fixtures.map(({ text }) => text)];
  for (let round = 0; round < 60; round++) {
    let text = texts[Math.floor(next() * texts.length)] ?? '';
    if (next() < 0.3) text = text.replaceAll('\n', next() < 0.5 ? '\r\n' : '\r');
    let before = parse(source(text));
    for (let i = 0; i < 25; i++) {
      for (let more = 1 + Math.floor(next() * 2); more > 0; more--) text = apply(text, someEdit(text, next));
      if (next() < 0.3) {
        const at = Math.floor(next() * text.length);
        text = apply(text, { start: at, end: at, text: signs[Math.floor(next() * signs.length)] ?? '' });
      }
      const { now, told, alone } = again(before, text);
      expect(told).toBe(alone);
      before = now;
    }
  }
}, 60_000);
