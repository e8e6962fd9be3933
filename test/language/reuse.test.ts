import { describe, expect, it } from 'vitest';
import { parse, type Parsed } from '../../src/language/parser.js';
import type { Source } from '../../src/language/source.js';
import { apply, random, someEdit, specs } from '../editor/edits.js';
import { fixtures, nodes, source } from './trees.js';

const two = `/// The first.
block first(x: vector[d]) -> vector[d] {
  return relu(x) // as it is
}

// Before the second.
block second(x: vector[d], units: int = 4) -> vector[units] {
  h = linear(x, units)
  return h
} // after it

model M {
  features { a: category }
  label y: binary
  // inside
}
`;

/** With every place as numbers, and the text that it is in. */
const told = ({ file, problems }: Parsed, of: Source): string => {
  for (const { span } of [...nodes(file), ...problems]) if (span.source !== of) throw new Error('a place in another text');
  return JSON.stringify({ file, problems }, (key, value: unknown) => (key === 'source' ? undefined : value));
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
  const texts = [two, `${two}${two}`, ...Object.values(specs), ...fixtures.map(({ text }) => text)];
  for (let round = 0; round < 40; round++) {
    let text = texts[Math.floor(next() * texts.length)] ?? '';
    if (next() < 0.3) text = text.replaceAll('\n', next() < 0.5 ? '\r\n' : '\r');
    let before = parse(source(text));
    for (let i = 0; i < 25; i++) {
      text = apply(text, someEdit(text, next));
      const { now, told, alone } = again(before, text);
      expect(told).toBe(alone);
      before = now;
    }
  }
}, 60_000);

/** The declarations of an edited text that were read, and not taken over from the text before. */
function readAnew(text: string, edited: string): readonly string[] {
  const before = parse(source(text));
  const pieces = before.pieces.map((piece) => ({ ...piece, node: { ...piece.node, doc: 'taken over' } }));
  const { file } = parse(source(edited), { ...before, pieces });
  return file.items.flatMap((item) => (item.kind === 'import' || item.doc === 'taken over' ? [] : [item.name.text]));
}

describe('only what an edit touches is read anew', () => {
  it.each([
    ['a letter', 'linear(x, units)', 'linear(x, unit)', ['second']],
    ['a bracket that is not closed', 'linear(x, units)', 'linear(x, units', ['second']],
    ['a sign that is none', 'relu(x)', 'relu($x)', ['first']],
    ['a comment before it', '// Before', '// Long before', ['second']],
    ['documentation', 'The first', 'The very first', ['first']],
    ['lines between two', '\n// Before', '\n\n\n// Before', []],
    ['a comment behind it', '// after it', '// behind it', ['second']],
    ['a declaration behind it, on its line', '// after it', 'model N { }', ['second', 'N']],
    ['a word that is nothing', 'model M {', 'modl\nmodel M {', ['M']],
    ['a new one', 'model M {', 'model N { }\nmodel M {', ['N', 'M']],
    ['the last line', '  // inside', '  // within', ['M']],
    ['nothing', '', '', []],
  ])('%s', (_, from, to, names) => {
    expect(readAnew(two, two.replace(from, to))).toEqual(names);
  });

  it('also beside a bracket that is not closed', () => {
    const broken = two.replace('relu(x)', 'relu(x');
    expect(readAnew(broken, broken.replace('category', 'number'))).toEqual(['M']);
  });
});
