import fc from 'fast-check';
import { infix } from '../../src/language/operators.js';
import type * as s from '../../src/language/syntax.js';
import { source } from './trees.js';

const nowhere = { source: source(''), start: 0, end: 0 };
export const node = <Kind extends string, Fields extends object>(kind: Kind, fields: Fields) => ({
  kind,
  ...fields,
  span: nowhere,
});
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
export const few = <T>(arbitrary: fc.Arbitrary<T>, minLength = 0): fc.Arbitrary<T[]> =>
  fc.array(arbitrary, { minLength, maxLength: 3 });
const maybe = <Key extends string, T>(key: Key, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<Partial<Record<Key, T>>> => {
  return fc.option(arbitrary, { nil: undefined }).map((value) => (value === undefined ? {} : { [key]: value })) as fc.Arbitrary<
    Partial<Record<Key, T>>
  >;
};
const doc = maybe('doc', fc.constantFrom('one line', 'two\n lines'));

export const { expression, entry } = fc.letrec<{
  expression: s.Expression;
  leaf: s.Expression;
  inner: s.Expression;
  entry: s.Entry;
}>((tie) => ({
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
})) as { expression: fc.Arbitrary<s.Expression>; entry: fc.Arbitrary<s.Entry> };

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
export const declaration: fc.Arbitrary<s.Declaration> = fc.oneof(
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

export const program: fc.Arbitrary<s.File> = few(declaration).map((items) => node('file', { items }));
