import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ebnf } from '../../src/language/ebnf.js';
import { Grammar } from '../../src/language/grammar.js';

it('passes the checks that are left out at start-up', () => {
  expect(() => new Grammar(true)).not.toThrow();
});

it('is what grammar/rec.ebnf says (UPDATE_GOLDEN=1 writes it)', () => {
  const golden = new URL('../../grammar/rec.ebnf', import.meta.url);
  if (process.env.UPDATE_GOLDEN) writeFileSync(golden, ebnf());
  expect(ebnf()).toBe(readFileSync(golden, 'utf8'));
});
