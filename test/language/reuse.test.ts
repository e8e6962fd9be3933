import { describe, expect, it } from 'vitest';
import { parse } from '../../src/language/parser.js';
import { source, twoBlocks } from './trees.js';

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
    expect(readAnew(twoBlocks, twoBlocks.replace(from, to))).toEqual(names);
  });

  it('also beside a bracket that is not closed', () => {
    const broken = twoBlocks.replace('relu(x)', 'relu(x');
    expect(readAnew(broken, broken.replace('category', 'number'))).toEqual(['M']);
  });
});
