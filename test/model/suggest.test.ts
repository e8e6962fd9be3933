import { expect, test } from 'vitest';
import { nearest } from '../../src/model/suggest.js';

const names = ['cross', 'deep', 'depth', 'dim', 'rank', 'train', 'rmse', 'embeddings', 'no_improvement'];

test.each([
  ['corss', 'cross'],
  ['depe', 'deep'],
  ['dpeth', 'depth'],
  ['dmi', 'dim'],
  ['rnak', 'rank'],
  ['trian', 'train'],
  ['rsme', 'rmse'],
  ['Train', 'train'],
  ['embedings', 'embeddings'],
  ['noImprovement', 'no_improvement'],
  ['no-improvement', 'no_improvement'],
])('%s is meant to be %s', (wrong, right) => {
  expect(nearest(wrong, names)).toBe(right);
});

test('equal but for dashes is nearer than a beginning', () => {
  expect(nearest('dcnv2', ['dcn', 'dcn-v2'])).toBe('dcn-v2');
});

test.each(['shuffle', 'x', '', 'mid', 'a'.repeat(150)])('%j is near nothing', (name) => {
  expect(nearest(name, names)).toBeUndefined();
});
