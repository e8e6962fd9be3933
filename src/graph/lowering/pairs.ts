import type { Builder } from '../builder.js';
import { contract, MOVE, PRODUCT } from '../contract.js';
import type { Node } from '../graph.js';
import { dimOf, weightOf, type Label, type Labelled } from '../labelled.js';
import { elementsOf, NOMINAL_ROWS } from '../shapes.js';

/**
 * Σ_k take(u, I)[m, k] · take(v, J)[m, k] as the elements (I_m, J_m) of the product u vᵀ: neither take is made, where that moves
 * fewer elements. For two factors that are takes along one axis, with a contracted axis that no other factor has.
 */
export function takenPairs(b: Builder, factors: readonly Labelled[], contracted: ReadonlySet<Label>): readonly Labelled[] {
  for (const [i, x] of factors.entries()) {
    for (const [j, y] of factors.entries()) {
      if (j <= i) continue;
      const others = factors.filter((_, k) => k !== i && k !== j);
      const pair = takenPair(b, x, y, innerOf(x, y, others, contracted));
      if (pair) return takenPairs(b, [pair, ...others], contracted);
    }
  }
  return factors;
}

function innerOf(x: Labelled, y: Labelled, others: readonly Labelled[], contracted: ReadonlySet<Label>): Label[] {
  const shared = x.labels.filter((label) => contracted.has(label) && y.labels.includes(label));
  return shared.filter((label) => !others.some((other) => other.labels.includes(label)));
}

interface Taken {
  readonly node: Node<'take'>;
  readonly label: Label;
  readonly source: Labelled;
}

/** What the factor is a take of, its axis under the name `side`. */
function takenOf(b: Builder, x: Labelled, side: Label): Taken | undefined {
  const node = b.node(x.node);
  if (node.kind !== 'take') return undefined;
  const [source = -1] = node.inputs;
  const label = x.labels[node.axis] ?? '';
  return { node, label, source: { node: source, labels: x.labels.with(node.axis, side) } };
}

function takenPair(b: Builder, x: Labelled, y: Labelled, shared: readonly Label[]): Labelled | undefined {
  const [first, second] = [takenOf(b, x, 'pair0'), takenOf(b, y, 'pair1')];
  if (!first || second?.label !== first.label) return undefined;
  const inner = shared.filter((label) => label !== first.label);
  if (inner.length === 0) return undefined;

  const sides = [first.source, second.source] as const;
  const all = new Map(sides.flatMap((side) => side.labels.map((label) => [label, dimOf(b, side, label)] as const)));
  const size = (labels: readonly Label[]) =>
    elementsOf(
      labels.map((label) => all.get(label) ?? 1),
      NOMINAL_ROWS,
    );
  const axes = [...all.keys()].filter((label) => !inner.includes(label) && label !== 'pair0' && label !== 'pair1');
  const matrix = [...axes, 'pair0', 'pair1'];
  const count = first.node.at.length;
  const spread = MOVE * (weightOf(b, x) + weightOf(b, y)) + count * size([...axes, ...inner]);
  const taken = PRODUCT * size([...all.keys()]) + size(matrix) + MOVE * count * size(axes);
  if (taken >= spread) return undefined;

  const width = Number(all.get('pair1'));
  const product = contract(b, sides[0], sides[1], new Set(inner), matrix);
  const flat = b.reshape(product.node, [...axes.map((label) => all.get(label) ?? 1), Number(all.get('pair0')) * width]);
  const at = first.node.at.map((row, i) => row * width + (second.node.at[i] ?? 0));
  return { node: b.take(flat, axes.length, at), labels: [...axes, first.label] };
}
