import type { Builder } from '../builder.js';
import { contract } from '../contract.js';
import { binary, dimOf, sumOver, type Label, type Labelled } from '../labelled.js';
import { elementsOf, NOMINAL_ROWS } from '../shapes.js';
import { takenPairs } from './pairs.js';

/** scale · Σ over `contracted` of the product of the factors. */
export interface Product {
  readonly scale: number;
  readonly factors: readonly Labelled[];
  /** With the size of each axis, for factors that are constant along it. */
  readonly contracted: ReadonlyMap<Label, number>;
}

export function factor(x: Labelled): Product {
  return { scale: 1, factors: [x], contracted: new Map() };
}

export function withFactor(product: Product, x: Labelled): Product {
  return { ...product, factors: [...product.factors, x] };
}

export function multiplyProducts(a: Product, c: Product): Product {
  return {
    scale: a.scale * c.scale,
    factors: [...a.factors, ...c.factors],
    contracted: new Map([...a.contracted, ...c.contracted]),
  };
}

export function scaled(product: Product, by: number): Product {
  return { ...product, scale: product.scale * by };
}

/** The free axes under other names; contracted ones have names of their own and keep them. */
export function renameProduct(product: Product, to: (label: Label) => Label): Product {
  const rename = (label: Label) => (product.contracted.has(label) ? label : to(label));
  return { ...product, factors: product.factors.map((x) => ({ node: x.node, labels: x.labels.map(rename) })) };
}

export function evaluateProduct(b: Builder, { scale, factors, contracted }: Product): Labelled {
  const present = new Set(factors.flatMap((x) => x.labels));
  const repeated = [...contracted].reduce((product, [label, size]) => (present.has(label) ? product : product * size), scale);
  const result = contractAll(b, takenPairs(b, factors, new Set(contracted.keys())), new Set(contracted.keys()));
  if (result && repeated === 1) return result;
  const factor: Labelled = { node: b.constant(repeated), labels: [] };
  return result ? binary(b, 'multiply', result, factor) : factor;
}

/** More factors than these are taken greedily, pair by pair; the best order of fewer is found by trying all. */
const TRY_ALL = 5;

/** Two at a time, in the order that costs least. */
function contractAll(b: Builder, factors: readonly Labelled[], contracted: ReadonlySet<Label>): Labelled | undefined {
  const sizes = new Map<Label, number>();
  for (const x of factors) for (const label of x.labels) sizes.set(label, elementsOf([dimOf(b, x, label)], NOMINAL_ROWS));
  let left = [...factors];
  for (;;) {
    const { pair } = cheapest(
      left.map((x) => x.labels),
      sizes,
      contracted,
      left.length <= TRY_ALL,
    );
    const [x, y] = pair ? [left[pair.i], left[pair.j]] : [];
    if (!pair || !x || !y) break;
    left = [contract(b, x, y, pair.inner), ...left.filter((_, k) => k !== pair.i && k !== pair.j)];
  }
  const [last] = left;
  return last && sumOver(b, last, contracted);
}

interface Pair {
  readonly i: number;
  readonly j: number;
  /** Axes that no other factor has and the result has not. */
  readonly inner: ReadonlySet<Label>;
}

type Axes = readonly Label[];

/** The pair to begin with, and what it costs: with all that follows it, or alone. */
function cheapest(
  factors: readonly Axes[],
  sizes: ReadonlyMap<Label, number>,
  contracted: ReadonlySet<Label>,
  withRest: boolean,
): { readonly cost: number; readonly pair?: Pair } {
  let best: { readonly cost: number; readonly pair?: Pair } = { cost: factors.length > 1 ? Infinity : 0 };
  factors.forEach((x, i) => {
    factors.forEach((y, j) => {
      if (j <= i) return;
      const others = factors.filter((_, k) => k !== i && k !== j);
      const union = [...new Set([...x, ...y])];
      const inner = new Set(union.filter((label) => contracted.has(label) && !others.some((other) => other.includes(label))));
      const result = union.filter((label) => !inner.has(label));
      const rest = withRest ? cheapest([result, ...others], sizes, contracted, true).cost : 0;
      const cost = costOf(x, y, factors, inner, sizes) + rest;
      if (cost < best.cost || !best.pair) best = { cost, pair: { i, j, inner } };
    });
  });
  return best;
}

/** Elements written, and multiply-adds: inside a product of matrices sixteen of them count as one element. */
function costOf(x: Axes, y: Axes, all: readonly Axes[], inner: ReadonlySet<Label>, sizes: ReadonlyMap<Label, number>): number {
  const size = (labels: Iterable<Label>) => [...labels].reduce((product, label) => product * (sizes.get(label) ?? 1), 1);
  const union = new Set([...x, ...y]);
  const shared = x.filter((label) => y.includes(label));
  const isProduct = shared.some((label) => inner.has(label));
  const isBatched = shared.some((label) => !inner.has(label));
  const isFree = (side: Axes, other: Axes) => side.some((label) => !inner.has(label) && !other.includes(label));
  const isMatrix = isProduct && (!isBatched || (isFree(x, y) && isFree(y, x)));
  // Two weights are not multiplied out while a tensor of the batch waits: U @ V.T @ x never forms U @ V.T.
  const hasRows = (axes: Axes) => axes.includes('rows');
  if (isProduct && !hasRows(x) && !hasRows(y) && all.some(hasRows)) return Infinity;
  return size([...union].filter((label) => !inner.has(label))) + size(union) * (isMatrix ? 1 / 16 : 1);
}
