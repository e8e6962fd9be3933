import { describe, expect, it, test } from 'vitest';
import { parse, parseExpression } from '../../src/language/parser.js';
import { mergeSpans, spanText } from '../../src/language/source.js';
import type { Expression } from '../../src/language/syntax.js';
import { bare, fixtures, nodes, parsed, source, told } from './trees.js';

/** An expression with all its structure in round brackets. */
function shape(node: Expression): string {
  const each = (list: readonly Expression[]): string => list.map(shape).join(' ');
  switch (node.kind) {
    case 'number':
    case 'name':
      return node.text;
    case 'string':
      return JSON.stringify(node.value);
    case 'boolean':
      return String(node.value);
    case 'hole':
      return '_';
    case 'group':
      return `(group ${shape(node.inner)})`;
    case 'list':
      return `(list ${each(node.elements)})`;
    case 'comprehension':
      return `(each ${shape(node.element)} ${node.variable.text} ${shape(node.over)})`;
    case 'record':
      return `(record ${node.entries.map(({ name, value, from }) => [name.text, ...[value, from].filter((e) => !!e).map(shape)].join(' ')).join(', ')})`;
    case 'call':
      return `(call ${[shape(node.callee), ...node.arguments.map(({ name, value }) => (name ? `${name.text}: ` : '') + shape(value))].join(' ')})`;
    case 'subscript': {
      const subs = node.subscripts.map((sub) =>
        sub.kind === 'range' ? `${sub.from ? shape(sub.from) : ''}..${sub.to ? shape(sub.to) : ''}` : shape(sub),
      );
      return `(at ${[shape(node.target), ...subs].join(' ')})`;
    }
    case 'member':
      return `(. ${shape(node.target)} ${node.name.text})`;
    case 'unary':
      return `(${node.operator} ${shape(node.operand)})`;
    case 'binary':
      return `(${node.operator} ${shape(node.left)} ${shape(node.right)})`;
    case 'if':
      return `(if ${shape(node.condition)} ${shape(node.then)} ${shape(node.else)})`;
    default:
      return node satisfies never;
  }
}

describe('expressions', () => {
  test.each([
    ['a + b * c', '(+ a (* b c))'],
    ['a - b - c', '(- (- a b) c)'],
    ['a * b / c % d', '(% (/ (* a b) c) d)'],
    ['U @ V.T @ x', '(@ U (@ (. V T) x))'],
    ['a * U @ x', '(* a (@ U x))'],
    ['-a @ b', '(- (@ a b))'],
    ['-a * b', '(* (- a) b)'],
    ['a - -b', '(- a (- b))'],
    ['a or b and not c == d + 1', '(or a (and b (not (== c (+ d 1)))))'],
    ['not not a', '(not (not a))'],
    ['a in [1, 2] and b != c', '(and (in a (list 1 2)) (!= b c))'],
    ['a < b or c <= d or e > f or g >= h', '(or (or (or (< a b) (<= c d)) (> e f)) (>= g h))'],
    ['(a + b) * c', '(* (group (+ a b)) c)'],
    ['if a then b else c + 1', '(if a b (+ c 1))'],
    ['if a then b else if c then d else e', '(if a b (if c d e))'],
    ['if if a then b else c then d else e', '(if (if a b c) d e)'],
    ['1 + (if a then b else c)', '(+ 1 (group (if a b c)))'],
    ['category[](separator: "|")', '(call (at category) separator: "|")'],
    ['number[64]', '(at number 64)'],
    ['weight[d, k](init: 1)[0].T', '(. (at (call (at weight d k) init: 1) 0) T)'],
    ['x[i, 2, ..3, 1.., a..b + 1]', '(at x i 2 ..3 1.. a..(+ b 1))'],
    ['f()', '(call f)'],
    ['f(a, b: c, _, [], {})', '(call f a b: c _ (list ) (record ))'],
    ['f(a,)(b)', '(call (call f a) b)'],
    ['[a, b,]', '(list a b)'],
    ['[f(x) for x in a + b]', '(each (call f x) x (+ a b))'],
    ['[[e for a in b] for c in d]', '(each (each e a b) c d)'],
    ['{ a: 1, b: 2 c: d = e }', '(record a 1, b 2, c d e)'],
    ['model(block: label, import: from)', '(call model block: label import: from)'],
    ['true == false', '(== true false)'],
    ['"a" in _', '(in "a" _)'],
  ])('%s', (text, expected) => {
    const { expression, problems } = parseExpression(source(text));
    expect(problems.map(told)).toEqual([]);
    expect(expression && shape(expression)).toBe(expected);
  });

  it('stand alone', () => {
    expect(parseExpression(source('a b')).problems.map(told)).toEqual(['expected at "b", found "b", expected end of file']);
    expect(parseExpression(source('')).expression).toBeUndefined();
    expect(parseExpression(source('')).problems).toHaveLength(1);
  });
});

describe('declarations', () => {
  it('reads imports', () => {
    expect(bare(parsed('import { a, model, } from "x.rec"').items)).toEqual([
      {
        kind: 'import',
        names: [
          { kind: 'name', text: 'a' },
          { kind: 'name', text: 'model' },
        ],
        from: { kind: 'string', value: 'x.rec' },
      },
    ]);
  });

  it('reads models and their items', () => {
    const [model] = parsed('model A extends B { label x: binary = y  network { x = 1 } deep { units: 1 } combine: z }').items;
    expect(bare(model)).toMatchObject({
      kind: 'model',
      name: { text: 'A' },
      extends: { text: 'B' },
      items: [
        { kind: 'label', entry: { name: { text: 'x' }, value: { text: 'binary' }, from: { text: 'y' } } },
        { kind: 'network', body: { statements: [{ kind: 'assign' }] } },
        { kind: 'section', name: { text: 'deep' }, record: { entries: [{ name: { text: 'units' } }] } },
        { kind: 'property', name: { text: 'combine' }, value: { text: 'z' } },
      ],
    });
  });

  it('reads blocks, parameters and types', () => {
    const [block] = parsed('block f(x: vector[k][], n: int = 3, g: function) -> fields[a + 1, _] { return x }').items;
    expect(bare(block)).toMatchObject({
      kind: 'block',
      name: { text: 'f' },
      parameters: [
        { name: { text: 'x' }, type: { name: { text: 'vector' }, brackets: [[{ text: 'k' }], []] } },
        { name: { text: 'n' }, type: { name: { text: 'int' }, brackets: [] }, default: { value: 3 } },
        { name: { text: 'g' }, type: { name: { text: 'function' } } },
      ],
      result: { name: { text: 'fields' }, brackets: [[{ kind: 'binary' }, { kind: 'hole' }]] },
      body: { statements: [{ kind: 'return', value: { text: 'x' } }] },
    });
  });

  it('reads which blocks override', () => {
    const file = parsed('override block f() {} block override() {} override block override(override: int) {}');
    expect(file.items.map((item) => item.kind === 'block' && item.overrides)).toEqual([true, undefined, true]);
    expect(file.items.map(({ span }) => span.start)).toEqual([0, 22, 42]);
  });

  it('reads statements', () => {
    const [block] = parsed(`block f() {
      a = 1  p, q, r = b  y[i, j] = c  liked.loss = d
      repeat 3 { a = a } for u in units { b = u }
      return a
    }`).items;
    expect(bare(block)).toMatchObject({
      body: {
        statements: [
          { kind: 'assign', targets: [{ text: 'a' }] },
          { kind: 'assign', targets: [{ text: 'p' }, { text: 'q' }, { text: 'r' }] },
          { kind: 'indexed-assign', target: { text: 'y' }, indices: [{ text: 'i' }, { text: 'j' }] },
          { kind: 'member-assign', target: { text: 'liked' }, member: { text: 'loss' } },
          { kind: 'repeat', count: { value: 3 }, body: { statements: [{}] } },
          { kind: 'for', variable: { text: 'u' }, over: { text: 'units' }, body: { statements: [{}] } },
          { kind: 'return' },
        ],
      },
    });
  });

  it('reads an edition', () => {
    expect(parsed('edition 1 model A {}').edition).toMatchObject({ value: 1 });
    expect(parsed('model A {}')).not.toHaveProperty('edition');
  });

  it('takes contextual keywords for names', () => {
    const words = ['model', 'block', 'override', 'extends', 'import', 'from', 'label', 'network', 'edition'];
    for (const word of words) {
      parsed(`model ${word} extends ${word} { features { ${word}: category } label ${word}: binary = ${word} }`);
      parsed(
        `block ${word}(${word}: ${word}[${word}]) { ${word} = ${word}.${word}[${word}](${word}: ${word}) x = ${word} return ${word} }`,
      );
      parsed(
        `model A { combine: ${word} deep { a: ${word} b: 1 } } block f() { for ${word} in ${word} { ${word}[${word}] = ${word} } }`,
      );
    }
  });
});

describe('spans', () => {
  it.each(fixtures.map((fixture) => [fixture.path, fixture] as const))('of %s are exact', (_, fixture) => {
    const { file } = parse(fixture);
    for (const node of nodes(file)) {
      const text = spanText(node.span);
      if ('text' in node && 'kind' in node) expect(text).toBe(node.text);
      else if (node.kind === 'string') expect(text).toMatch(/^"[^]*"$/);
      else if (node.kind === undefined && 'statements' in node) expect(text).toMatch(/^\{[^]*\}$/);
      else if (node.kind !== 'file' && 'kind' in node) expect(text).toBe(text.trim());
      const inside = nodes(Object.values(node)).filter((inner) => 'kind' in inner);
      for (const inner of inside) if (node.kind !== undefined) expect(mergeSpans(node.span, inner.span)).toEqual(node.span);
    }
  });

  it('point at what a reader would point at', () => {
    const text = 'model A { label x: f(a, b: 1) = -c + (d)[..2].T  network { y[i] = [e for e in g] } }';
    const { file } = parse(source(text));
    const spans = nodes(file).flatMap((node) =>
      node.kind && node.kind !== 'name' ? [`${node.kind}: ${spanText(node.span)}`] : [],
    );
    expect(spans.slice(2)).toEqual([
      'label: label x: f(a, b: 1) = -c + (d)[..2].T',
      'entry: x: f(a, b: 1) = -c + (d)[..2].T',
      'call: f(a, b: 1)',
      'argument: a',
      'argument: b: 1',
      'number: 1',
      'binary: -c + (d)[..2].T',
      'unary: -c',
      'member: (d)[..2].T',
      'subscript: (d)[..2]',
      'group: (d)',
      'range: ..2',
      'number: 2',
      'network: network { y[i] = [e for e in g] }',
      'indexed-assign: y[i] = [e for e in g]',
      'comprehension: [e for e in g]',
    ]);
  });
});
