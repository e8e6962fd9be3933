import { describe, expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import type { Explanation } from '../../src/model/explanations/explanation.js';
import { explanations } from '../../src/model/explanations.js';
import { isOfData, messages, type Code } from '../../src/model/messages.js';
import { renderDiagnostics } from '../../src/model/render.js';

test('every diagnostic is explained, and nothing else', () => {
  expect(Object.keys(explanations).sort()).toEqual(Object.keys(messages).sort());
});

const ofData = Object.entries<Explanation>(explanations).filter(([, { data }]) => data !== undefined);
const ofSpecs = Object.entries<Explanation>(explanations).filter(([, { data }]) => data === undefined);

test.each(ofData)('%s is a warning of what data hold: both specs check without them', (code, { wrong, right, explain }) => {
  expect(isOfData(code as Code)).toBe(true);
  for (const text of [wrong, right]) expect(renderDiagnostics(check({ path: 'a.rec', text }).diagnostics)).toBe('');
  expect(explain).toMatch(/^Found with `check --data`\. .*\.$/s);
});

describe.each(ofSpecs)('%s', (code, { explain, wrong, right, options }) => {
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
