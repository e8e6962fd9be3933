import type { Builder } from './builder.js';
import type { Shape } from './graph.js';
import {
  align,
  binary,
  commonOrder,
  dimOf,
  permute,
  sameOrder,
  sumOver,
  weightOf,
  type Label,
  type Labelled,
} from './labelled.js';
import { elementsOf, foldDims, NOMINAL_ROWS } from './shapes.js';

export type { Label, Labelled } from './labelled.js';

/**
 * What a contraction costs, in elements moved for a nominal batch: a multiply-add inside a matrix product counts a
 * sixteenth, each matrix of a batch a little besides. Only their order of size matters.
 */
export const PRODUCT = 1 / 16;
const BATCH_ITEM = 64;
export const MOVE = 2;

interface Plan {
  readonly cost: number;
  readonly build: () => Labelled;
}

/**
 * Σ over `contracted` of x · y, axes matched by name: the einsum of two operands. The axes of the result are the others of
 * both, in the order `wanted`, or in the one that costs least. Tried: a matrix product either way round, with flags for
 * transposes; leading axes as its batch; and, where nothing grows, a product element by element and its sum.
 */
export function contract(
  b: Builder,
  x: Labelled,
  y: Labelled,
  contracted: ReadonlySet<Label>,
  wanted?: readonly Label[],
): Labelled {
  const isOne = (side: Labelled, label: Label) => contracted.has(label) && dimOf(b, side, label) === 1;
  const alone = (side: Labelled, other: Labelled) =>
    new Set(side.labels.filter((label) => contracted.has(label) && !other.labels.includes(label)));
  const left = drop(b, sumOver(b, x, alone(x, y)), (label, side) => isOne(side, label));
  const right = drop(b, sumOver(b, y, alone(y, x)), (label, side) => isOne(side, label));
  const shared = left.labels.filter((label) => contracted.has(label));
  const ordered = (result: Labelled) => (wanted ? permute(b, result, wanted) : result);
  if (shared.length === 0) return ordered(wanted ? multiplyAs(b, left, right, wanted) : binary(b, 'multiply', left, right));

  const plans = [
    ...productPlans(b, left, right, shared, wanted),
    ...productPlans(b, right, left, shared, wanted),
    ...elementwisePlans(b, left, right, shared, wanted),
  ];
  const best = plans.reduce((a, c) => (c.cost < a.cost ? c : a));
  return ordered(best.build());
}

function multiplyAs(b: Builder, x: Labelled, y: Labelled, order: readonly Label[]): Labelled {
  return { node: b.binary('multiply', align(b, x, order), align(b, y, order)), labels: order };
}

function drop(b: Builder, x: Labelled, unwanted: (label: Label, x: Labelled) => boolean): Labelled {
  const labels = x.labels.filter((label) => !unwanted(label, x));
  return { node: b.reshape(x.node, shapeOf(b, x, labels)), labels };
}

function shapeOf(b: Builder, x: Labelled, labels: readonly Label[]): Shape {
  return labels.map((label) => dimOf(b, x, label));
}

function elements(b: Builder, xs: readonly Labelled[], labels: readonly Label[]): number {
  return labels.reduce((product, label) => {
    const x = xs.find((one) => one.labels.includes(label));
    return product * (x ? elementsOf([dimOf(b, x, label)], NOMINAL_ROWS) : 1);
  }, 1);
}

function union(x: Labelled, y: Labelled): Label[] {
  return [...x.labels, ...y.labels.filter((label) => !x.labels.includes(label))];
}

/** Multiply and sum: only where the product is no larger than one of the operands. */
function elementwisePlans(b: Builder, x: Labelled, y: Labelled, shared: readonly Label[], wanted?: readonly Label[]): Plan[] {
  const all = union(x, y);
  const size = elements(b, [x, y], all);
  if (size > Math.max(weightOf(b, x), weightOf(b, y))) return [];
  const order = commonOrder(b, [x, y]);
  const result = order.filter((label) => !shared.includes(label));
  const moves = [x, y].map((side) => {
    const inOrder = order.filter((label) => side.labels.includes(label));
    return sameOrder(inOrder, side.labels) ? 0 : MOVE * weightOf(b, side);
  });
  const last = wanted && !sameOrder(result, wanted) ? MOVE * elements(b, [x, y], result) : 0;
  // A product of two vectors for each row is no work for a matrix kernel.
  const isDot = sameSet(x.labels, y.labels);
  const cost = (isDot ? 0 : MOVE * size) + moves.reduce((a, c) => a + c, 0) + last;
  return [{ cost, build: () => sumOver(b, binary(b, 'multiply', x, y), new Set(shared)) }];
}

function sameSet(a: readonly Label[], c: readonly Label[]): boolean {
  return a.length === c.length && a.every((label) => c.includes(label));
}

/** Matrix products with `x` on the left. */
function productPlans(b: Builder, x: Labelled, y: Labelled, shared: readonly Label[], wanted?: readonly Label[]): Plan[] {
  const common = x.labels.filter((label) => y.labels.includes(label) && !shared.includes(label));
  const batches: Label[][] = [common];
  if (common.length === 0) {
    for (const { labels } of [x, y]) {
      const lead = labels.findIndex((label) => shared.includes(label));
      for (let length = 1; length <= lead; length++) batches.push(labels.slice(0, length));
    }
  }
  for (let length = 1; length < shared.length; length++) batches.push([...common, ...shared.slice(0, length)]);
  return batches.flatMap((batch) =>
    [x, y].flatMap((side) => {
      const inner = side.labels.filter((label) => shared.includes(label) && !batch.includes(label));
      const inOrder = side.labels.filter((label) => batch.includes(label));
      const order = inOrder.length === batch.length ? inOrder : batch;
      const summed = new Set(order.filter((label) => shared.includes(label)));
      return productPlan(b, x, y, { batch: order, inner, summed }, wanted) ?? [];
    }),
  );
}

interface Roles {
  /** Leading axes of the product: of both operands, or of one alone. */
  readonly batch: readonly Label[];
  /** Contracted inside the product. */
  readonly inner: readonly Label[];
  /** Axes of the batch that are summed after it. */
  readonly summed: ReadonlySet<Label>;
}

function productPlan(b: Builder, x: Labelled, y: Labelled, roles: Roles, wanted?: readonly Label[]): Plan | undefined {
  const { batch, inner, summed } = roles;
  const free = (side: Labelled) => side.labels.filter((label) => !batch.includes(label) && !inner.includes(label));
  const [freeX, freeY] = [free(x), free(y)];
  const left = arrange(b, x, batch, freeX, inner);
  const right = arrange(b, y, batch, inner, freeY);
  if (!left || !right) return undefined;

  const labels = [...batch, ...freeX, ...freeY];
  const result = labels.filter((label) => !summed.has(label));
  const size = (some: readonly Label[]) => elements(b, [x, y], some);
  const oneProduct = !right.hasBatch && !left.flipped;
  const cost =
    PRODUCT * size([...labels, ...inner]) +
    left.cost +
    right.cost +
    (batch.length === 0 || oneProduct ? 0 : BATCH_ITEM * size(batch)) +
    (summed.size > 0 ? MOVE * size(labels) : 0) +
    (wanted && !sameOrder(result, wanted) ? MOVE * size(result) : 0) +
    (freeY.includes('rows') ? 1 : 0);
  const build = () => {
    const product = b.matmul(left.build(), right.build(), { transposeA: left.flipped, transposeB: right.flipped });
    const shape = labels.map((label) => dimOf(b, x.labels.includes(label) ? x : y, label));
    return sumOver(b, { node: b.reshape(product, shape), labels }, summed);
  };
  return { cost, build };
}

interface Arranged {
  readonly cost: number;
  readonly flipped: boolean;
  readonly hasBatch: boolean;
  readonly build: () => number;
}

/** An operand as [...batch, first, second], or flipped; undefined where its axes cannot be folded so. */
function arrange(
  b: Builder,
  x: Labelled,
  batch: readonly Label[],
  first: readonly Label[],
  second: readonly Label[],
): Arranged | undefined {
  const own = batch.filter((label) => x.labels.includes(label));
  if (own.length !== 0 && own.length !== batch.length) return undefined;
  const [straight, flip] = [
    [...own, ...first, ...second],
    [...own, ...second, ...first],
  ];
  const flipped = !sameOrder(x.labels, straight) && sameOrder(x.labels, flip);
  const order = flipped ? flip : straight;
  const [foldedFirst, foldedSecond] = [foldDims(shapeOf(b, x, first)), foldDims(shapeOf(b, x, second))];
  if (foldedFirst === undefined || foldedSecond === undefined) return undefined;
  const folded = flipped ? [foldedSecond, foldedFirst] : [foldedFirst, foldedSecond];
  const moves = sameOrder(x.labels, order) ? 0 : MOVE * weightOf(b, x);
  // A tie goes to the axes as they are: the batch axis folded with others is only a last resort.
  const folds = folded.some((dim) => typeof dim === 'string' && dim !== 'rows') ? 1 : 0;
  return {
    cost: moves + folds,
    flipped,
    hasBatch: own.length > 0,
    build: () => b.reshape(permute(b, x, order).node, [...shapeOf(b, x, own), ...folded]),
  };
}
