import { binary, permute, unary, type Labelled } from '../labelled.js';
import { coreLabels, dimOfLabel, indexLabel, type Context, type NodeOf } from './context.js';
import { masksOf, presentRows } from './masks.js';
import { evaluateProduct } from './products.js';

/** x · m / (1 - rate), m = 1 where the noise is at least `rate`. */
export function lowerDropout({ b, value, mode }: Context, node: NodeOf<'dropout'>): Labelled {
  const x = value(node.x);
  if (mode === 'infer' || node.rate === 0) return x;
  const labels = [...(node.rows ? ['rows'] : []), ...node.indices.map(indexLabel), ...coreLabels(node.shape)];
  const noise = b.noise(
    `noise.${node.path}`,
    labels.map((label) => dimOfLabel(node, label)),
  );
  const dropped = b.binary('greater', b.constant(node.rate), noise);
  const mask = b.select(dropped, b.constant(0), b.constant(1 / (1 - node.rate)));
  return binary(b, 'multiply', x, { node: mask, labels });
}

/** (x - μ) / √(σ² + ε) with the statistics of the batch, or with the running ones  [Ioffe and Szegedy 2015, Algorithms 1 and 2] */
export function lowerBatchNorm(context: Context, node: NodeOf<'batch_norm'>): Labelled {
  const { b, mode } = context;
  const x = context.value(node.x);
  const running = (name: string): Labelled => {
    const { shape } = context.state(name);
    return { node: b.state(name, shape), labels: coreLabels(shape) };
  };
  const normed = (centered: Labelled, variance: Labelled) => {
    const deviation = unary(b, 'sqrt', binary(b, 'add', variance, { node: b.constant(node.epsilon), labels: [] }));
    return binary(b, 'multiply', centered, binary(b, 'divide', { node: b.constant(1), labels: [] }, deviation));
  };
  if (mode !== 'train') return normed(binary(b, 'subtract', x, running(node.mean)), running(node.variance));

  const average = averageOf(context, node);
  const mean = average(x);
  const centered = binary(b, 'subtract', x, mean);
  const variance = average(binary(b, 'multiply', centered, centered));
  move(context, node, running(node.mean), mean, node.mean);
  move(context, node, running(node.variance), variance, node.variance);
  return normed(centered, variance);
}

/** The mean over the rows of the batch and the free indices, of the places that are there. */
function averageOf(context: Context, node: NodeOf<'batch_norm'>): (x: Labelled) => Labelled {
  const { b } = context;
  const indices = node.indices.map((index) => ({ label: indexLabel(index), size: index.size }));
  const masks = [presentRows(b, 'rows'), ...masksOf(context, indices).map(({ present }) => present)];
  const sizes = indices.map(({ label, size }): [string, number] => [label, typeof size === 'number' ? size : 1]);
  const contracted = new Map([['rows', 1], ...sizes]);
  const total = evaluateProduct(b, { scale: 1, factors: masks, contracted });
  const count = b.binary('maximum', total.node, b.constant(1));
  const share: Labelled = { node: b.binary('divide', b.constant(1), count), labels: [] };
  return (x) => binary(b, 'multiply', evaluateProduct(b, { scale: 1, factors: [x, ...masks], contracted }), share);
}

/** momentum · old + (1 - momentum) · new, in the shape of the state. */
function move({ b, nextStates }: Context, { momentum }: NodeOf<'batch_norm'>, old: Labelled, now: Labelled, name: string): void {
  const scaled = (x: Labelled, by: number) => binary(b, 'multiply', x, { node: b.constant(by), labels: [] });
  const next = binary(b, 'add', scaled(old, momentum), scaled(now, 1 - momentum));
  nextStates.set(name, permute(b, next, old.labels).node);
}
