import { describe, expect, test } from 'vitest';
import { print } from '../../src/language/printer.js';
import { check } from '../../src/model/check.js';
import { expand } from '../../src/model/expand.js';
import type { CheckedModel } from '../../src/model/model.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { spec, withoutSpans } from './support.js';
import { goodSpecs } from './specs.js';

const expanded = (text: string, only?: string): string => print(expand(check(spec(text)), only));

/** What has to be the same of a model and of its expansion. */
const meaning = ({ name, doc, data, features, labels, tables, network, train, metrics }: CheckedModel): unknown =>
  withoutSpans({ name, doc, data, features, labels, tables, network, train, metrics });

describe.each(goodSpecs.map((text) => [text.slice(0, 60), text]))('%s …', (_, text) => {
  test('its expansion has no errors, and the same models', () => {
    const again = check(spec(expanded(text)));
    expect(renderDiagnostics(again.diagnostics.filter((d) => d.severity === 'error'))).toBe('');
    expect(again.models.map(meaning)).toEqual(check(spec(text)).models.map(meaning));
  });

  test('its expansion expands to itself', () => {
    const once = expanded(text);
    expect(expanded(once)).toBe(once);
  });
});
