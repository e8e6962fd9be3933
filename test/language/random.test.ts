import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse, parseExpression } from '../../src/language/parser.js';
import { print, printExpression } from '../../src/language/printer.js';
import { scan } from '../../src/language/scanner.js';
import { infix } from '../../src/language/operators.js';
import type * as s from '../../src/language/syntax.js';
import { endOf, vocabulary, textOf } from '../../src/language/tokens.js';
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

const nowhere = { source: source(''), start: 0, end: 0 };
const node = <Kind extends string, Fields extends object>(kind: Kind, fields: Fields) => ({ kind, ...fields, span: nowhere });
const reserved = new Set(['return', 'repeat', 'for', 'if', 'then', 'else', 'and', 'or', 'not', 'in', 'true', 'false', '_']);
const text = fc.oneof(
  fc.constantFrom('a', 'x0', 'model', 'override', 'label', 'from', 'network', 'edition'),
  fc.stringMatching(/^[a-z_][a-z0-9_]{0,12}$/).filter((word) => !reserved.has(word)),
);
const name = text.map((word) => node('name', { text: word }));
const string = fc.string({ unit: 'grapheme', maxLength: 8 }).map((value) => node('string', { value }));
const number = fc
  .constantFrom('0', '1_000', '2.5', '1e-3')
  .map((written) => node('number', { value: Number(written.replace('_', '')), text: written }));
const operators = Object.keys(infix) as s.BinaryOperator[];
const few = <T>(arbitrary: fc.Arbitrary<T>, minLength = 0): fc.Arbitrary<T[]> => fc.array(arbitrary, { minLength, maxLength: 3 });
const maybe = <Key extends string, T>(key: Key, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Partial<Record<Key, T>>> => {
  return fc.option(arbitrary, { nil: undefined }).map((value) => (value === undefined ? {} : { [key]: value })) as fc.Arbitrary<
    Partial<Record<Key, T>>
  >;
};
const doc = maybe('doc', fc.constantFrom('one line', 'two\n lines'));

const { expression, entry } = fc.letrec<{ expression: s.Expression; leaf: s.Expression; inner: s.Expression; entry: s.Entry }>(
  (tie) => ({
    expression: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('leaf'), tie('inner')),
    leaf: fc.oneof(
      name,
      number,
      string,
      fc.boolean().map((value) => node('boolean', { value })),
      fc.constant(node('hole', {})),
    ),
    entry: fc
      .tuple(name, tie('expression'), maybe('from', tie('expression')), doc)
      .map(([entryName, value, from, documentation]) => node('entry', { name: entryName, value, ...from, ...documentation })),
    inner: fc.oneof(
      tie('expression').map((inner) => node('group', { inner })),
      few(tie('expression')).map((elements) => node('list', { elements })),
      fc
        .tuple(tie('expression'), name, tie('expression'))
        .map(([element, variable, over]) => node('comprehension', { element, variable, over })),
      few(tie('entry')).map((entries) => node('record', { entries })),
      fc
        .tuple(tie('expression'), few(fc.tuple(maybe('name', name), tie('expression'))))
        .map(([callee, args]) =>
          node('call', { callee, arguments: args.map(([named, value]) => node('argument', { ...named, value })) }),
        ),
      fc
        .tuple(
          tie('expression'),
          few(
            fc.oneof(
              tie('expression'),
              fc.tuple(tie('expression'), maybe('to', tie('expression'))).map(([from, to]) => node('range', { from, ...to })),
            ),
          ),
        )
        .map(([target, subscripts]) => node('subscript', { target, subscripts })),
      fc.tuple(tie('expression'), name).map(([target, member]) => node('member', { target, name: member })),
      fc
        .tuple(fc.constantFrom('-' as const, 'not' as const), tie('expression'))
        .map(([operator, operand]) => node('unary', { operator, operand })),
      fc
        .tuple(tie('expression'), fc.constantFrom(...operators), tie('expression'))
        .map(([left, operator, right]) => node('binary', { operator, operatorSpan: nowhere, left, right })),
      fc
        .tuple(tie('expression'), tie('expression'), tie('expression'))
        .map(([condition, then, other]) => node('if', { condition, then, else: other })),
    ),
  }),
) as { expression: fc.Arbitrary<s.Expression>; entry: fc.Arbitrary<s.Entry> };

const record = few(entry).map((entries) => node('record', { entries }));
const statement: fc.Arbitrary<s.Statement> = fc.oneof(
  fc
    .tuple(few(name, 1), expression, doc)
    .map(([targets, value, documentation]) => node('assign', { targets, value, ...documentation })),
  fc.tuple(name, few(name, 1), expression).map(([target, indices, value]) => node('indexed-assign', { target, indices, value })),
  fc.tuple(name, name, expression).map(([target, member, value]) => node('member-assign', { target, member, value })),
);
const simple = few(statement).map((statements): s.Body => ({ statements, span: nowhere }));
const loop: fc.Arbitrary<s.Statement> = fc.oneof(
  statement,
  fc.tuple(expression, simple).map(([count, body]) => node('repeat', { count, body })),
  fc.tuple(name, expression, simple).map(([variable, over, body]) => node('for', { variable, over, body })),
);
const body = few(loop).map((statements): s.Body => ({ statements, span: nowhere }));
const sectionName = fc.constantFrom('data', 'features', 'deep', 'combine').map((word) => node('name', { text: word }));
const item: fc.Arbitrary<s.Item> = fc.oneof(
  entry.map(({ doc: documentation, ...rest }) =>
    node('label', { entry: rest, ...(documentation !== undefined && { doc: documentation }) }),
  ),
  body.map((statements) => node('network', { keyword: nowhere, body: statements })),
  fc
    .tuple(sectionName, record, doc)
    .map(([section, entries, documentation]) => node('section', { name: section, record: entries, ...documentation })),
  fc.tuple(sectionName, expression).map(([property, value]) => node('property', { name: property, value })),
);
const type = fc
  .tuple(name, few(few(expression)))
  .map(([typeName, brackets]): s.TypeExpression => node('type', { name: typeName, brackets }));
const parameter = fc
  .tuple(name, type, maybe('default', expression), doc)
  .map(([parameterName, its, value, documentation]): s.Parameter =>
    node('parameter', { name: parameterName, type: its, ...value, ...documentation }),
  );
const declaration: fc.Arbitrary<s.Declaration> = fc.oneof(
  fc.tuple(few(name, 1), string).map(([names, from]) => node('import', { names, from })),
  fc
    .tuple(name, maybe('extends', name), few(item), doc)
    .map(([model, base, items, documentation]) => node('model', { name: model, ...base, items, ...documentation })),
  fc
    .tuple(name, maybe('overrides', fc.constant(true as const)), few(parameter), maybe('result', type), body, expression, doc)
    .map(([block, overrides, parameters, result, { statements }, value, documentation]) => {
      const last: s.Return = node('return', { value });
      return node('block', {
        ...overrides,
        name: block,
        parameters,
        ...result,
        body: { statements: [...statements, last], span: nowhere },
        ...documentation,
      });
    }),
);

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
      fc.property(few(declaration), (items) => {
        const tree: s.File = node('file', { items });
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
