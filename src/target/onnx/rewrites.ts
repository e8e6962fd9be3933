import type { Graph, Node, NodeId, OpName, Shape } from '../../graph/graph.js';
import { broadcastShapes, sameShape, sizeOf } from '../../graph/shapes.js';
import type { Emitter } from './emitter.js';
import { gemmFlags } from './ops.js';

/** How one node is written when its op's own rule is not the fastest. What only the rewritten nodes used is not written at all. */
export interface Kernel {
  readonly rewrite: string;
  readonly operands: readonly NodeId[];
  readonly write: (emit: Emitter, operands: readonly string[]) => string;
}

/** What a rewrite may look at. */
interface View {
  readonly rows: number | 'dynamic';
  readonly node: (id: NodeId) => Node;
  readonly shape: (id: NodeId) => Shape;
  /** Whether its one reader is the node at hand: it can be taken in without computing it twice. */
  readonly usedOnce: (id: NodeId) => boolean;
  /** The relu of this node, if the graph has it before node `before`. */
  readonly reluOf: (id: NodeId, before: NodeId) => NodeId | undefined;
}

/** A batched product goes through its matrices one by one: for many small ones the sum itself is faster. */
const mostMatrices = 16;

type Rewrite = (node: Node, view: View) => Omit<Kernel, 'rewrite'> | undefined;

/**
 * Choices for speed on onnxruntime's CPU kernels, the first that matches. None changes a result beyond the order of a sum.
 */
export const rewrites: Readonly<Record<string, Rewrite>> = {
  /** add(matmul(a, b), c) → Gemm(a, b, c): the bias, or another gradient, is added while the product is written. */
  'gemm-adds': (node, view) => {
    if (node.kind !== 'add') return undefined;
    for (const [product = -1, other = -1] of [node.inputs, [...node.inputs].reverse()]) {
      const matmul = view.node(product);
      if (matmul.kind !== 'matmul' || !view.usedOnce(product) || !isPlainMatmul(matmul, view)) continue;
      const addend = unbroadcast(other, view);
      if (!sameShape(matmul.shape, node.shape) || view.shape(addend).length > 2) continue;
      return {
        operands: [...matmul.inputs, addend],
        write: (emit, operands) => emit.node('Gemm', operands, gemmFlags(matmul)),
      };
    }
    return undefined;
  },

  /** Sum over the rows of a matrix, or of each of a few → ones · matrix: a product is several times faster than ReduceSum over rows. */
  'sum-of-rows': (node, view) => {
    if (node.kind !== 'sum' || node.axes.length !== 1) return undefined;
    const [input = -1] = node.inputs;
    const shape = view.shape(input);
    const [height, width] = shape.slice(-2);
    if (node.axes[0] !== shape.length - 2 || height === undefined || width === undefined || width === 1) return undefined;
    const matrices = shape.slice(0, -2).reduce<number>((count, dim) => (typeof dim === 'number' ? count * dim : Infinity), 1);
    const length = typeof height === 'number' || view.rows === 'dynamic' ? height : sizeOf(height, view.rows);
    if (typeof length !== 'number' || matrices > mostMatrices) return undefined;
    return {
      operands: [input],
      write: (emit, [matrix = '']) => {
        const dims = node.keepDims ? [1, length] : [length];
        return emit.node('MatMul', [emit.node('Expand', [emit.float(1), emit.ints(dims)]), matrix]);
      },
    };
  },

  /** select(x > 0, g, 0), relu's gradient → g · step(x). */
  'step-times': (node, view) => {
    if (node.kind !== 'select') return undefined;
    const [condition = -1, kept = -1, other = -1] = node.inputs;
    const positive = positivePart(condition, view, node.id);
    if (positive === undefined || !isConstant(other, 0, view) || !sameShape(view.shape(kept), node.shape)) return undefined;
    if (!sameShape(view.shape(condition), node.shape)) return undefined;
    return {
      operands: [positive, kept],
      write: (emit, [x = '', g = '']) => emit.node('Mul', [step(x, emit), g]),
    };
  },

  /** x > 0, and the sign of a relu → one clamped line: Greater, Cast and Sign are several times slower. */
  step: (node, view) => {
    const positive = positivePart(node.id, view, node.id);
    if (positive === undefined) return undefined;
    return { operands: [positive], write: (emit, [x = '']) => step(x, emit) };
  },

  /** select(a > b, p, q) → Where(Greater(a, b), p, q), without the way through numbers. */
  'compare-and-select': (node, view) => {
    if (node.kind !== 'select') return undefined;
    const [condition = -1, p = -1, q = -1] = node.inputs;
    const greater = view.node(condition);
    if (greater.kind !== 'greater') return undefined;
    return {
      operands: [...greater.inputs, p, q],
      write: (emit, [a = '', b = '', yes = '', no = '']) => emit.node('Where', [emit.node('Greater', [a, b]), yes, no]),
    };
  },

  /** Operands of elementwise ops need not be spread out first: the kernels broadcast. */
  'broadcast-in-place': (node, view) => {
    const opType = elementwise[node.kind];
    if (opType === undefined) return undefined;
    const operands = node.inputs.map((id) => unbroadcast(id, view));
    if (operands.every((id, i) => id === node.inputs[i])) return undefined;
    if (!sameShape(broadcastShapes(operands.map(view.shape)), node.shape)) return undefined;
    return { operands, write: (emit, names) => emit.node(opType, names) };
  },

  /** transpose of a matrix, read by a product only → the product's own flag. */
  'gemm-transposes': (node, view) => {
    if (node.kind !== 'matmul' || !isPlainMatmul(node, view)) return undefined;
    const sides = node.inputs.map((id) => {
      const side = view.node(id);
      return side.kind === 'transpose' ? { id: side.inputs[0] ?? -1, flips: side.permutation[0] === 1 } : { id, flips: false };
    });
    if (sides.every((side, i) => side.id === node.inputs[i])) return undefined;
    const [left, right] = sides;
    const flags = gemmFlags({
      ...node,
      transposeA: node.transposeA !== (left?.flips === true),
      transposeB: node.transposeB !== (right?.flips === true),
    });
    return { operands: sides.map((side) => side.id), write: (emit, names) => emit.node('Gemm', names, flags) };
  },

  /** A reshape, broadcast or transpose that changes nothing is not written; of two reshapes the last is enough. */
  'no-move': (node, view) => {
    const [input = -1] = node.inputs;
    if (node.kind === 'reshape' || node.kind === 'broadcast') {
      if (sameShape(view.shape(input), node.shape)) return alias(input);
    }
    if (node.kind === 'transpose' && node.permutation.every((axis, i) => axis === i)) return alias(input);
    return undefined;
  },
};

export function chooseKernels(
  graph: Graph,
  rows: number | 'dynamic',
  rules: Readonly<Record<string, Rewrite>> = rewrites,
): Map<NodeId, Kernel | 'plain'> {
  const view = look(graph, rows);
  const needed = new Set<NodeId>(Object.values(graph.outputs));
  const chosen = new Map<NodeId, Kernel | 'plain'>();
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node.id)) continue;
    const kernel = firstMatch(node, view, rules);
    chosen.set(node.id, kernel);
    for (const id of kernel === 'plain' ? node.inputs : kernel.operands) needed.add(id);
  }
  return chosen;
}

function firstMatch(node: Node, view: View, rules: Readonly<Record<string, Rewrite>>): Kernel | 'plain' {
  for (const [rewrite, match] of Object.entries(rules)) {
    const kernel = match(node, view);
    if (kernel) return { rewrite, ...kernel };
  }
  return 'plain';
}

function look(graph: Graph, rows: number | 'dynamic'): View {
  const readers = new Map<NodeId, number>();
  const count = (id: NodeId) => readers.set(id, (readers.get(id) ?? 0) + 1);
  const relus = new Map<NodeId, NodeId>();
  for (const node of graph.nodes) {
    node.inputs.forEach(count);
    if (node.kind === 'relu') relus.set(node.inputs[0] ?? -1, node.id);
  }
  Object.values(graph.outputs).forEach(count);
  const node = (id: NodeId): Node => {
    const found = graph.nodes[id];
    if (!found) throw new Error(`the graph has no node ${String(id)}`);
    return found;
  };
  return {
    rows,
    node,
    shape: (id) => node(id).shape,
    usedOnce: (id) => readers.get(id) === 1,
    reluOf: (id, before) => {
      const relu = relus.get(id);
      return relu !== undefined && relu < before ? relu : undefined;
    },
  };
}

const elementwise: Partial<Record<OpName, string>> = {
  add: 'Add',
  subtract: 'Sub',
  multiply: 'Mul',
  divide: 'Div',
  maximum: 'Max',
  minimum: 'Min',
};

const alias = (id: NodeId): Omit<Kernel, 'rewrite'> => ({ operands: [id], write: (_emit, [name = '']) => name });

function isPlainMatmul(node: Node<'matmul'>, view: View): boolean {
  return node.inputs.every((id) => view.shape(id).length === 2);
}

/** The x of a condition `x > 0`; relu's result where there is one, so that x itself need not be kept. */
function positivePart(condition: NodeId, view: View, before: NodeId): NodeId | undefined {
  const node = view.node(condition);
  if (node.kind === 'sign') return node.inputs.find((id) => view.node(id).kind === 'relu');
  if (node.kind !== 'greater') return undefined;
  const [x = -1, zero = -1] = node.inputs;
  if (!isConstant(zero, 0, view) || !sameShape(view.shape(x), node.shape)) return undefined;
  return view.reluOf(x, before) ?? x;
}

/** 1 where x > 0, else 0: min(1, max(0, 3·10³⁸ x)), one vectorized pass; exact but for positive denormals, below 3.4·10⁻³⁹. */
function step(x: string, emit: Emitter): string {
  return emit.node('HardSigmoid', [x], { alpha: { float: 3e38 }, beta: { float: 0 } });
}

function isConstant(id: NodeId, value: number, view: View): boolean {
  const node = view.node(unbroadcast(id, view));
  return node.kind === 'constant' && node.value === value;
}

/** What an operand was before it was spread out along its leading or its unit axes. */
function unbroadcast(id: NodeId, view: View): NodeId {
  let current = id;
  for (;;) {
    const node = view.node(current);
    const [source = -1] = node.inputs;
    const spreads = node.kind === 'broadcast' || (node.kind === 'reshape' && addsLeadingOnes(view.shape(source), node.shape));
    if (!spreads) return current;
    current = source;
  }
}

function addsLeadingOnes(from: Shape, to: Shape): boolean {
  const added = to.length - from.length;
  return added >= 0 && to.every((dim, axis) => (axis < added ? dim === 1 : dim === from[axis - added]));
}
