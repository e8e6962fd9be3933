import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { languageConfiguration } from '../../scripts/grammar/configuration.js';
import * as t from '../../src/language/tokens.js';

const { increaseIndentPattern, decreaseIndentPattern } = languageConfiguration.indentationRules;

describe('indentation', () => {
  test.each(['model M {', 'block f(x: vector[d],', '  units: [', '  cross { // layers', '  a: f("}", {'])(
    'grows after: %s',
    (line) => {
      expect(line).toMatch(new RegExp(increaseIndentPattern));
    },
  );
  test.each(['cross { depth: 3 }', '// {', '  a: "{"', '}', 'a: f(x)'])('stays after: %s', (line) => {
    expect(line).not.toMatch(new RegExp(increaseIndentPattern));
  });
  test.each(['}', '  ]', ') -> vector[d] {'])('shrinks at: %s', (line) => {
    expect(line).toMatch(new RegExp(decreaseIndentPattern));
  });
});

test('a documentation comment goes on in the next line', () => {
  const [rule] = languageConfiguration.onEnterRules;
  expect('  /// A model').toMatch(new RegExp(rule.beforeText));
  expect('  // not this one').not.toMatch(new RegExp(rule.beforeText));
});

test('every bracket of the lexer is a pair', () => {
  expect(languageConfiguration.brackets).toHaveLength(t.closerOf.size);
});

describe('railroad diagrams', () => {
  const page = readFileSync(new URL('../../grammar/railroad.html', import.meta.url), 'utf8');

  test('load nothing and run nothing', () => {
    expect(page).not.toMatch(/<script|<link|@import|url\(|src=/);
    expect([...page.matchAll(/href="([^"]*)"/g)].map(([, to = '']) => to).filter((to) => !to.startsWith('#'))).toEqual([
      'rec.ebnf',
    ]);
  });

  test('there is one for each rule of the grammar, and every link leads to one', () => {
    const ebnf = readFileSync(new URL('../../grammar/rec.ebnf', import.meta.url), 'utf8');
    const places = [...page.matchAll(/<h2 id="(\w+)"/g)].map(([, id]) => id);
    const rules = [...ebnf.matchAll(/^([a-z]+) = /gm)].map(([, name]) => name).filter((name) => !name?.endsWith('fix'));
    expect(places).toEqual(expect.arrayContaining(rules));
    for (const [, to] of page.matchAll(/href="#([^"]*)"/g)) expect(places).toContain(to);
  });
});
