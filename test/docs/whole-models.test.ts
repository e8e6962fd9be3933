import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { spanText } from '../../src/language/source.js';
import { printExpression } from '../../src/language/printer.js';
import { check } from '../../src/model/check.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { modelOf, parameters } from '../model/support.js';

const fixture = (name: string): string => readFileSync(`test/docs/fixtures/${name}.rec`, 'utf8');

/** What the language has and this version does not build, as it stands in the fixtures. */
const later = /, ema: 0\.9999|\n *ema: 0\.9999|\n *schedule: plateau\(factor: 0\.1\)/g;

test.each([
  ['short-form', ['ema', 'schedule']],
  ['full-models', ['ema']],
  ['general-form', []],
])('%s.rec compiles, but for what is not built yet: %j', (name, notYet) => {
  const text = fixture(name);
  const { diagnostics } = check({ path: `${name}.rec`, text });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  expect(errors.map(({ code, span }) => [code, spanText(span)])).toEqual(notYet.map((key) => ['not-yet', key]));
  const built = check({ path: `${name}.rec`, text: text.replaceAll(later, '') });
  expect(renderDiagnostics(built.diagnostics.filter(({ severity }) => severity === 'error'))).toBe('');
  expect(built.models.length).toBeGreaterThan(0);
});

test('the example of Keras Recommenders has 77,497 weights besides its tables', () => {
  const dlrm = modelOf(fixture('full-models').replaceAll(later, ''));
  expect(dlrm.name).toBe('Dlrm');
  expect(parameters(dlrm)).toBe(77_497);
});

test('the short form is a network', () => {
  const { expansions } = check({ path: 'short-form.rec', text: fixture('short-form').replaceAll(later, '') });
  const lines = (model: string): readonly string[] =>
    (expansions.get(model)?.network.body.statements ?? []).map((s) =>
      s.kind === 'assign' ? `${s.targets.map((t) => t.text).join(', ')} = ${printExpression(s.value)}` : s.kind,
    );
  const cross = 'cross(x0, depth: 3, layer: cross_mix(_, _, rank: 64, experts: 4, gate: softmax, activation: tanh))';
  const options = 'units: [512, 256], activation: relu, dropout: 0.1, norm: batch_norm';
  expect(lines('MovieRanker')).toEqual([
    'x0 = concat(features)',
    `cross = ${cross}`,
    `deep = mlp(cross, ${options})`,
    'liked = linear(deep, 1)',
  ]);
  expect(lines('MovieRankerParallel').slice(2)).toEqual([`deep = mlp(x0, ${options})`, 'liked = linear(concat(cross, deep), 1)']);
});
