import { expect, test } from 'vitest';
import { check } from '../../src/model/check.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { spec } from './support.js';
import { goodSpecs } from './specs.js';

test.each(goodSpecs.map((text) => [text.slice(0, 60), text]))('%s … has no errors', (_, text) => {
  const { diagnostics, models } = check(spec(text));
  expect(renderDiagnostics(diagnostics.filter((d) => d.severity === 'error'))).toBe('');
  expect(models).not.toEqual([]);
});
