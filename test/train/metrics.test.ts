import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metric, MetricName } from '../../src/model/model.js';
import { improves, measure, measures, metricOfKey, monitored } from '../../src/train/metrics.js';

const binary = { kind: 'binary' } as const;
const number = { kind: 'number' } as const;
const classes = { kind: 'class', classes: 3 } as const;

/** Over all pairs, by the definition. */
const pairwiseAuc = (logits: readonly number[], labels: readonly number[]): number => {
  let sum = 0;
  let pairs = 0;
  for (const [i, a] of logits.entries())
    for (const [j, b] of logits.entries())
      if (labels[i] === 1 && labels[j] === 0) {
        pairs++;
        sum += a > b ? 1 : a === b ? 0.5 : 0;
      }
  return sum / pairs;
};

describe('metrics', () => {
  it('rmse and mae', () => {
    expect(measures.rmse([1, 2, 4], [0, 2, 2], number)).toBeCloseTo(Math.sqrt(5 / 3), 14);
    expect(measures.mae([1, 2, 4], [0, 2, 2], number)).toBe(1);
  });

  it('log loss from logits, without overflow', () => {
    const sigmoid = 1 / (1 + Math.exp(-0.3));
    expect(measures.log_loss([0.3, -2], [1, 0], binary)).toBeCloseTo(
      (-Math.log(sigmoid) - Math.log(1 - 1 / (1 + Math.exp(2)))) / 2,
      14,
    );
    expect(measures.log_loss([1000, -1000], [0, 0], binary)).toBe(500);
    const shares = [1, 2, 3].map((z) => Math.exp(z) / (Math.exp(1) + Math.exp(2) + Math.exp(3)));
    expect(measures.log_loss([1, 2, 3], [1], classes)).toBeCloseTo(-Math.log(shares[1]!), 14);
    expect(measures.log_loss([1e4, 0, 0], [1], classes)).toBe(1e4);
  });

  it('accuracy', () => {
    expect(measures.accuracy([0.1, -0.1, 3, 0], [1, 1, 0, 0], binary)).toBe(0.5);
    expect(measures.accuracy([1, 5, 2, 9, 0, 0], [1, 2], classes)).toBe(0.5);
  });

  it('auc counts pairs exactly, ties one half', () => {
    const row = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 1 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 30 }), (rows) => {
        const logits = rows.map(([logit]) => logit / 4);
        const labels = rows.map(([, label]) => label);
        fc.pre(new Set(labels).size === 2);
        expect(measures.auc(logits, labels, binary)).toBeCloseTo(pairwiseAuc(logits, labels), 12);
      }),
      { seed: 1, numRuns: 100 },
    );
    expect(measures.auc([1, 2], [1, 1], binary)).toBeNaN();
  });
});

describe('measure', () => {
  const click = { name: 'click', task: binary, weight: 1 };
  const stars = { name: 'stars', task: number, weight: 0.5 };
  const metricsOf = (...keys: readonly (readonly [MetricName, string])[]): Metric[] =>
    keys.map(([name, label]) => ({ name, label, key: `${label}.${name}` }));
  const network = {
    logits: [
      { label: 'click', node: 0 },
      { label: 'stars', node: 1 },
    ],
  };
  const logits = { click: [1, -1], stars: [3, 5] };
  const truth = { click: [1, 0], stars: [4, 5] };

  it('has no number for logits that are none', () => {
    const model = { labels: [click], network, metrics: metricsOf(['auc', 'click'], ['accuracy', 'click']) };
    const { loss, metrics } = measure(model, { click: [1, NaN, -1] }, { click: [1, 0, 0] });
    expect([loss, metrics]).toEqual([NaN, { 'click.auc': NaN, 'click.accuracy': NaN }]);
  });

  it('adds the losses by their weights and gives metrics by their keys', () => {
    const model = { labels: [click, stars], network, metrics: metricsOf(['auc', 'click'], ['rmse', 'stars']) };
    const both = measure(model, logits, truth);
    expect(both.loss).toBeCloseTo(Math.log1p(Math.exp(-1)) + 0.5 * 0.5, 14);
    expect(both.metrics).toEqual({ 'click.auc': 1, 'stars.rmse': Math.sqrt(0.5) });
    expect(both.rows).toBe(2);
    expect(monitored(both, 'click.auc')).toBe(1);
    expect(monitored(both, 'loss')).toBe(both.loss);
    expect(measure(model, logits, truth, []).metrics).toEqual({});
  });

  it('gives no loss where the network says that of a label', () => {
    const own = { logits: [{ label: 'click', node: 0, loss: 3 }] };
    const evaluation = measure({ labels: [click], network: own, metrics: metricsOf(['auc', 'click']) }, logits, truth);
    expect(evaluation).toEqual({ rows: 2, metrics: { 'click.auc': 1 } });
    expect(monitored(evaluation, 'loss')).toBeUndefined();
  });

  it('needs logits of every label', () => {
    const inherited = { ...click, name: 'constructor' };
    expect(() => measure({ labels: [inherited], network, metrics: [] }, { click: [1] }, { click: [1] })).toThrow(
      'measuring needs logits and values of constructor',
    );
    expect(() => measure({ labels: [click, stars], network, metrics: [] }, { click: [1, 2] }, truth)).toThrow(
      'logits and values of stars',
    );
  });

  it('finds the metric of a key', () => {
    expect(metricOfKey({ labels: [click] }, 'auc')).toEqual({ label: 'click', name: 'auc', key: 'auc' });
    expect(metricOfKey({ labels: [click, stars] }, 'stars.mae')).toEqual({ label: 'stars', name: 'mae', key: 'stars.mae' });
    expect(metricOfKey({ labels: [click, stars] }, 'loss')).toBeUndefined();
  });

  it('knows which way is better', () => {
    expect(improves(0.7, 0.6, 'auc')).toBe(true);
    expect(improves(0.7, 0.6, 'click.auc')).toBe(true);
    expect(improves(0.7, 0.6, 'stars.rmse')).toBe(false);
    expect(improves(0.5, 0.6, 'loss')).toBe(true);
    expect(improves(0.6, 0.6, 'loss')).toBe(false);
    expect(improves(NaN, undefined, 'auc')).toBe(false);
    expect(improves(0, undefined, 'auc')).toBe(true);
  });
});
