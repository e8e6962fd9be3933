import type { Builder } from '../builder.js';
import { contract } from '../contract.js';
import { binary, dimOf, sumOver, type Label, type Labelled } from '../labelled.js';
import { elementsOf, NOMINAL_ROWS } from '../shapes.js';

/** scale · Σ over `contracted` of the product of the factors. */
export interface Product {
  readonly scale: number;
  readonly factors: readonly Labelled[];
  /** With the size of each axis, for factors that are constant along it. */
  readonly contracted: ReadonlyMap<Label, number>;
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
  const result = contractAll(b, factors, new Set(contracted.keys()));
  const factor: Labelled = { node: b.constant(repeated), labels: [] };
  if (!result) return factor;
  return repeated === 1 ? result : binary(b, 'multiply', result, factor);
}

/** Pair by pair, the cheapest first. */
function contractAll(b: Builder, factors: readonly Labelled[], contracted: ReadonlySet<Label>): Labelled | undefined {
  let left = [...factors];
  while (left.length > 1) {
    const pairs = left.flatMap((x, i) => left.slice(i + 1).map((y) => pairOf(b, x, y, left, contracted)));
    const [first, ...others] = pairs;
    if (!first) break;
    const best = others.reduce((a, c) => (c.cost < a.cost ? c : a), first);
    const result = contract(b, best.x, best.y, best.inner);
    left = [result, ...left.filter((x) => x !== best.x && x !== best.y)];
  }
  const [last] = left;
  return last && sumOver(b, last, contracted);
}

interface Pair {
  readonly x: Labelled;
  readonly y: Labelled;
  readonly inner: ReadonlySet<Label>;
  readonly cost: number;
}

/** Sixteen multiply-adds inside a matrix product count as much as one element written. */
function pairOf(b: Builder, x: Labelled, y: Labelled, all: readonly Labelled[], contracted: ReadonlySet<Label>): Pair {
  const others = all.filter((other) => other !== x && other !== y);
  const union = [...x.labels, ...y.labels.filter((label) => !x.labels.includes(label))];
  const inner = new Set(union.filter((label) => contracted.has(label) && !others.some((other) => other.labels.includes(label))));
  const size = (labels: readonly Label[]) =>
    labels.reduce((product, label) => {
      const dim = dimOf(b, x.labels.includes(label) ? x : y, label);
      return product * elementsOf([dim], NOMINAL_ROWS);
    }, 1);
  const result = size(union.filter((label) => !inner.has(label)));
  const isMatrix = union.some((label) => inner.has(label) && x.labels.includes(label) && y.labels.includes(label));
  // Two weights are not multiplied out while a tensor of the batch waits: U @ V.T @ x never forms U @ V.T.
  const hasRows = (one: Labelled) => one.labels.includes('rows');
  const weightsFirst = isMatrix && !hasRows(x) && !hasRows(y) && all.some(hasRows);
  return { x, y, inner, cost: weightsFirst ? Infinity : result + size(union) * (isMatrix ? 1 / 16 : 1) };
}
