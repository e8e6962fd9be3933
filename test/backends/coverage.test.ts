import { expect, test } from 'vitest';
import { ops } from '../../src/graph/ops/index.js';
import { lowerStep } from '../../src/graph/lower.js';
import { forEngine, forwardGraph, inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import type { CheckedModel, Feature } from '../../src/model/model.js';
import { chosen } from './kit/chosen.js';
import { modelsOf } from './kit/subjects.js';

const models = chosen.map(([file, name]): CheckedModel => {
  const model = modelsOf(file).get(name);
  if (model === undefined) throw new Error(`${file} has no ${name}`);
  return model;
});

const kindsOf = (feature: Feature): readonly string[] =>
  feature.kind === 'category'
    ? [feature.codes.kind, ...(feature.cross ? ['cross'] : []), ...(feature.many ? [`${feature.many.pool} of many`] : [])]
    : [feature.kind];

test('the chosen models have every op', () => {
  const graphs = models.flatMap((model) => {
    const [step, inference] = [stepGraph(model), inferenceGraph(model)];
    return [
      lowerStep(model),
      forwardGraph(model),
      ...[step, forEngine(step), inference, forEngine(inference)].map(({ graph }) => graph),
    ];
  });
  const seen = new Set<string>(graphs.flatMap(({ nodes }) => nodes.map(({ kind }) => kind)));
  expect(Object.keys(ops).filter((kind) => !seen.has(kind))).toEqual([]);
});

test('every kind of feature, code, pool and site', () => {
  const features = new Set(models.flatMap((model) => model.features.flatMap(kindsOf)));
  expect([...features].sort()).toEqual(
    [
      'buckets',
      'cross',
      'hash',
      'mean of many',
      'number',
      'size',
      'sum of many',
      'time',
      'values',
      'vector',
      'vocabulary',
    ].sort(),
  );
  const sites = new Set(models.flatMap(({ network }) => network.sites.map(({ form }) => form)));
  expect([...sites].sort()).toEqual(['mean', 'row', 'sequence', 'sum']);
});

test('every kind of loss', () => {
  const tasks = new Set(models.flatMap(({ labels }) => labels.map(({ task }) => task.kind)));
  expect([...tasks].sort()).toEqual(['binary', 'class', 'number']);
  const isOwn = ({ network }: CheckedModel): boolean => network.nodes.some(({ kind }) => kind === 'target');
  expect(models.some(isOwn)).toBe(true);
});
