import { expect } from 'vitest';
import { check, type CheckOptions } from '../../src/model/check.js';
import type { CheckedModel } from '../../src/model/model.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { spanText } from '../../src/language/source.js';

export const spec = (text: string) => ({ path: 'spec.rec', text });

/** The last model of a spec that has no errors; warnings are let pass. */
export function modelOf(text: string, options?: CheckOptions): CheckedModel {
  const { models, diagnostics } = check(spec(text), options);
  expect(renderDiagnostics(diagnostics.filter((d) => d.severity === 'error'))).toBe('');
  const model = models.at(-1);
  if (!model) throw new Error('the spec has no model');
  return model;
}

/** Each diagnostic as `code «the text it stands at»`. */
export const found = (text: string, options?: CheckOptions): readonly string[] =>
  check(spec(text), options).diagnostics.map((d) => `${d.code} «${spanText(d.span)}»`);

export const messagesOf = (text: string, options?: CheckOptions): readonly string[] =>
  check(spec(text), options).diagnostics.map((d) => d.message);

/** A diagnostic that is expected alone: a part of a spec, `code «place»`, and its message. */
export type Wrong = readonly [part: string, found: string, message: RegExp];

/** Puts each part into a spec and expects its diagnostic, and no other. */
export function expectAlone(make: (part: string) => string, [part, wanted, message]: Wrong): void {
  const text = make(part);
  expect(found(text)).toEqual([wanted]);
  expect(messagesOf(text)[0]).toMatch(message);
}

/** A tree of plain data without its spans. */
export function withoutSpans(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSpans);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([k, v]) => (k === 'span' ? [] : [[k, withoutSpans(v)]])));
}

/** `name[shape]` of each weight. */
export const weightsOf = (model: CheckedModel): readonly string[] =>
  model.network.weights.map((w) => `${w.name}[${w.shape.join(', ')}]`);

export const parameters = (model: CheckedModel): number =>
  model.network.weights.reduce((sum, w) => sum + w.shape.reduce((a, b) => a * b, 1), 0);
