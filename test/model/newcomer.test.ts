import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import { mend } from '../../src/model/mend.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { general, mistakes, short } from './mistakes.js';
import { found, spec } from './support.js';

test('the specs themselves are right', () => {
  for (const text of [short, general]) expect(found(text)).toEqual([]);
});

describe.each(Object.entries(mistakes))('%s', (_, all) => {
  test.each(all)('%#: %s, %s', (text, from, to, wanted, fixes) => {
    const wrong = from === '' && to === '' ? text : text.replace(from, to);
    expect(text === wrong && from !== '').toBe(false);
    expect(found(wrong)).toEqual(wanted.map(([place]) => place));
    const printed = renderDiagnostics(check(spec(wrong)).diagnostics);
    for (const [, phrase] of wanted) expect(printed).toContain(phrase);
    const mended = mend(spec(wrong));
    if (fixes) expect(found(mended.text)).toEqual([]);
    else expect(found(mended.text)).not.toEqual([]);
  });
});
