import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseExpression } from '../../src/language/parser.js';
import { print, printExpression } from '../../src/language/printer.js';
import { scan } from '../../src/language/scanner.js';
import { endOf, vocabulary, textOf } from '../../src/language/tokens.js';
import { expression, program } from './programs.js';
import { bare, fixtures, nodes, source } from './trees.js';

const settings = { seed: 20240229, numRuns: 150 } as const;

/** Reads a text that may be broken, and checks what must hold for every text. */
function survives(text: string): void {
  const { file, problems } = parse(source(text));
  for (const { span } of [...nodes(file), ...problems]) {
    expect(span.start).toBeGreaterThanOrEqual(0);
    expect(span.end).toBeGreaterThanOrEqual(span.start);
    expect(span.end).toBeLessThanOrEqual(text.length);
  }
  expect(() => print(file)).not.toThrow();
  expect(() => parseExpression(source(text))).not.toThrow();
}

describe('no text makes the parser throw', () => {
  it('not one of random tokens', () => {
    const tokens = [
      ...vocabulary.map(textOf).filter((text) => text !== ''),
      'x',
      'y',
      '1',
      '2.5',
      '"s"',
      '"',
      '\n',
      '\n  ',
      '// c\n',
      '/// d\n',
      '?',
      '\\',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...tokens), { maxLength: 60 }), (soup) => survives(soup.join(' '))),
      settings,
    );
  });

  it('not one of random characters', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 80 }), survives), settings);
  });

  it('not a spec in which tokens are missing, doubled, swapped or replaced', () => {
    const specs = fixtures.map(({ text }) => {
      return scan(source(text)).tokens.map((token, index, all) =>
        text.slice(index === 0 ? 0 : endOf(all[index - 1] ?? token), endOf(token)),
      );
    });
    const change = fc.record({ at: fc.nat(), kind: fc.constantFrom('drop', 'double', 'swap', 'bracket', 'noise') });
    const mutated = fc.record({ spec: fc.constantFrom(...specs), changes: fc.array(change, { minLength: 1, maxLength: 6 }) });
    const edit = (pieces: string[], { at, kind }: { at: number; kind: string }): void => {
      const index = at % pieces.length;
      const piece = pieces[index] ?? '';
      if (kind === 'drop') pieces.splice(index, 1);
      else if (kind === 'double') pieces.splice(index, 0, piece);
      else if (kind === 'swap') pieces.splice(index, 2, pieces[index + 1] ?? '', piece);
      else
        pieces.splice(
          index,
          0,
          (kind === 'bracket' ? ['(', ')', '[', ']', '{', '}'] : [' = ', ' : ', ' in ', ' 3 ', ' ? ', ' "'])[at % 6] ?? '',
        );
    };
    fc.assert(
      fc.property(mutated, ({ spec, changes }) => {
        const pieces = [...spec];
        for (const one of changes) edit(pieces, one);
        survives(pieces.join(''));
      }),
      settings,
    );
  });
});

describe('every tree is printed so that it is read again', () => {
  it('if it is an expression', () => {
    fc.assert(
      fc.property(expression, (tree) => {
        const printed = printExpression(tree);
        const again = parseExpression(source(printed));
        expect(again.problems).toEqual([]);
        expect(bare(again.expression, false)).toEqual(bare(tree, false));
        expect(again.expression && printExpression(again.expression)).toBe(printed);
      }),
      { ...settings, numRuns: 500 },
    );
  });

  it('if it is a file', () => {
    fc.assert(
      fc.property(program, (tree) => {
        const printed = print(tree);
        const again = parse(source(printed));
        expect(again.problems).toEqual([]);
        expect(bare(again.file, false)).toEqual(bare(tree, false));
        expect(print(again.file)).toBe(printed);
      }),
      settings,
    );
  });
});

it('prints a spec with comments anywhere so that it stays as it is', () => {
  const comment = fc.record({
    at: fc.nat(),
    written: fc.constantFrom(' // c', '\n// c', '\n\n// c\n', ' /// d', '\n/// d', '\n//// e'),
  });
  fc.assert(
    fc.property(fc.constantFrom(...fixtures), fc.array(comment, { minLength: 1, maxLength: 8 }), ({ text: spec }, comments) => {
      const { tokens } = scan(source(spec));
      const places = comments.map(({ at, written }) => ({
        offset: endOf(tokens[at % tokens.length] ?? ({ startOffset: 0 } as never)),
        written,
      }));
      let changed = spec;
      for (const { offset, written } of places.sort((a, b) => b.offset - a.offset))
        changed = `${changed.slice(0, offset)}${written}\n${changed.slice(offset)}`;
      const first = parse(source(changed));
      expect(first.problems).toEqual([]);
      const printed = print(first.file);
      expect(printed.match(/\/\/+ ?\S/g)?.length).toBe(changed.match(/\/\/+ ?\S/g)?.length);
      const second = parse(source(printed));
      expect(second.problems).toEqual([]);
      expect(bare(second.file)).toEqual(bare(first.file));
      expect(print(second.file)).toBe(printed);
    }),
    settings,
  );
});
