import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { printExpression } from '../../src/language/printer.js';
import { check } from '../../src/model/check.js';
import { renderDiagnostics } from '../../src/model/render.js';
import { modelOf, parameters } from '../model/support.js';

const fixture = (name: string): string => readFileSync(`test/docs/fixtures/${name}.rec`, 'utf8');

test.each(['short-form', 'full-models', 'general-form'])('%s.rec compiles', (name) => {
  const { diagnostics, models } = check({ path: `${name}.rec`, text: fixture(name) });
  expect(renderDiagnostics(diagnostics.filter(({ severity }) => severity === 'error'))).toBe('');
  expect(models.length).toBeGreaterThan(0);
});

test('the example of Keras Recommenders has 77,497 weights besides its tables', () => {
  const dlrm = modelOf(fixture('full-models'));
  expect(dlrm.name).toBe('Dlrm');
  expect(parameters(dlrm)).toBe(77_497);
});

test('the short form is a network', () => {
  const { expansions } = check({ path: 'short-form.rec', text: fixture('short-form') });
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
