import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import type { Explanation } from '../../src/model/explanations/explanation.js';
import { explanations } from '../../src/model/explanations.js';
import { messages } from '../../src/model/messages.js';
import { renderDiagnostics } from '../../src/model/render.js';

test('every diagnostic is explained, and nothing else', () => {
  expect(Object.keys(explanations).sort()).toEqual(Object.keys(messages).sort());
});

describe.each(Object.entries<Explanation>(explanations))('%s', (code, { explain, wrong, right, options }) => {
  test('the wrong spec yields it alone', () => {
    const { diagnostics } = check({ path: 'wrong.rec', text: wrong }, options);
    expect(diagnostics.map((d) => d.code)).toEqual([code]);
  });

  test('the right spec yields nothing', () => {
    const { diagnostics, models } = check({ path: 'right.rec', text: right }, options);
    expect(renderDiagnostics(diagnostics)).toBe('');
    expect(models).not.toEqual([]);
  });

  test('the explanation is whole sentences', () => {
    expect(explain).toMatch(/^[A-Z`].*[.)]$/s);
  });
});
