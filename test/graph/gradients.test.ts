import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBuilder, type BinaryKind, type Builder, type UnaryKind } from '../../src/graph/builder.js';
import { differentiate } from '../../src/graph/differentiate.js';
import type { NodeId, OpName, Shape } from '../../src/graph/graph.js';
import { interpret } from '../../src/graph/interpreter.js';
import { ops } from '../../src/graph/ops/index.js';
import { broadcastShapes } from '../../src/graph/shapes.js';
import { follow, recipes } from './expressions.js';
import { checkGradients } from './numbers.js';

const dims = fc.constantFrom<(number | 'rows')[]>(1, 2, 3, 'rows');
const shapes = fc.array(dims, { maxLength: 3 });
/** Two shapes that broadcast: the second has some axes of the first as 1 and lacks some leading ones. */
const pairs = fc
  .tuple(shapes, fc.nat(7), fc.nat(3), fc.boolean())
  .map(([shape, ones, dropped, swap]): readonly [Shape, Shape] => {
    const other = shape.map((dim, axis) => ((ones >> axis) % 2 === 1 ? 1 : dim)).slice(dropped);
    return swap ? [other, shape] : [shape, other];
  });
const nonEmpty = fc.array(dims, { minLength: 1, maxLength: 3 });

const x = (b: Builder, shape: Shape) => b.input('x', shape);
const positive = (b: Builder, id: NodeId) => b.binary('add', b.unary('softplus', id), b.constant(0.3));

const unary: Record<UnaryKind, (b: Builder, id: NodeId) => NodeId> = {
  negate: (b, id) => b.unary('negate', id),
  exp: (b, id) => b.unary('exp', id),
  log: (b, id) => b.unary('log', positive(b, id)),
  sqrt: (b, id) => b.unary('sqrt', positive(b, id)),
  abs: (b, id) => b.unary('abs', id),
  sign: (b, id) => b.unary('sign', id),
  sigmoid: (b, id) => b.unary('sigmoid', id),
  tanh: (b, id) => b.unary('tanh', id),
  relu: (b, id) => b.unary('relu', id),
  softplus: (b, id) => b.unary('softplus', id),
};

const binary: Record<BinaryKind, (b: Builder, p: NodeId, q: NodeId) => NodeId> = {
  add: (b, p, q) => b.binary('add', p, q),
  subtract: (b, p, q) => b.binary('subtract', p, q),
  multiply: (b, p, q) => b.binary('multiply', p, q),
  divide: (b, p, q) => b.binary('divide', p, positive(b, q)),
  maximum: (b, p, q) => b.binary('maximum', p, q),
  minimum: (b, p, q) => b.binary('minimum', p, q),
  greater: (b, p, q) => b.binary('greater', p, q),
};

function sample<T>(arbitrary: fc.Arbitrary<T>, check: (value: T, seed: number) => void): void {
  fc.assert(fc.property(arbitrary, fc.nat(10_000), check), { seed: 20_240_601, numRuns: 20 });
}

const leaves = ['input', 'parameter', 'state', 'noise', 'constant'] as const;
type Leaf = (typeof leaves)[number];

/** Random shapes and options of every other op; leaves have no gradient of their own. */
const others: Record<Exclude<OpName, UnaryKind | BinaryKind | Leaf>, () => void> = {
  select: () => {
    sample(pairs, ([p, q], seed) => {
      checkGradients((b) => b.select(b.unary('relu', b.input('c', p)), x(b, q), b.input('y', p)), 2, seed);
    });
  },
  sum: () => {
    sample(fc.tuple(shapes, fc.nat(7), fc.boolean()), ([shape, mask, keep], seed) => {
      checkGradients((b) => b.sum(x(b, shape), axesOf(shape, mask), keep), 2, seed);
    });
  },
  max: () => {
    sample(fc.tuple(shapes, fc.nat(7), fc.boolean()), ([shape, mask, keep], seed) => {
      checkGradients((b) => b.max(x(b, shape), axesOf(shape, mask), keep), 2, seed);
    });
  },
  softmax: () => {
    sample(fc.tuple(nonEmpty, fc.nat(5)), ([shape, axis], seed) => {
      checkGradients((b) => b.softmax(x(b, shape), axis % shape.length), 2, seed);
    });
  },
  log_softmax: () => {
    sample(fc.tuple(nonEmpty, fc.nat(5)), ([shape, axis], seed) => {
      checkGradients((b) => b.logSoftmax(x(b, shape), axis % shape.length), 2, seed);
    });
  },
  matmul: () => {
    const batch = fc.array(dims, { maxLength: 2 });
    const flags = fc.tuple(fc.boolean(), fc.boolean());
    const sides = fc.constantFrom('both', 'left', 'right');
    sample(
      fc.tuple(batch, fc.tuple(dims, dims, dims), flags, sides),
      ([lead, [n, m, k], [transposeA, transposeB], side], seed) => {
        const left = [...(side === 'right' ? [] : lead), ...(transposeA ? [m, n] : [n, m])];
        const right = [...(side === 'left' ? [] : lead), ...(transposeB ? [k, m] : [m, k])];
        checkGradients((b) => b.matmul(x(b, left), b.input('y', right), { transposeA, transposeB }), 2, seed);
      },
    );
  },
  transpose: () => {
    sample(fc.constantFrom([0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]), (permutation, seed) => {
      checkGradients((b) => b.transpose(x(b, ['rows', 2, 3]), permutation), 2, seed);
    });
  },
  reshape: () => {
    sample(fc.constantFrom<Shape[]>(['rows', 6], ['rows*6'], ['rows*2', 3], ['rows', 3, 2, 1], [6, 'rows']), (shape, seed) => {
      checkGradients((b) => b.reshape(x(b, ['rows', 2, 3]), shape), 2, seed);
    });
  },
  broadcast: () => {
    sample(pairs, ([p, q], seed) => {
      checkGradients((b) => b.broadcast(x(b, q), broadcastShapes([p, q])), 2, seed);
    });
  },
  concat: () => {
    sample(fc.nat(2), (axis, seed) => {
      const shape = (size: number) => ['rows', 2, 3].with(axis, size) as Shape;
      checkGradients((b) => b.concat([x(b, shape(2)), b.input('y', shape(1)), b.input('x', shape(2))], axis), 2, seed);
    });
  },
  slice: () => {
    sample(fc.tuple(fc.nat(3), fc.nat(3)), ([from, to], seed) => {
      checkGradients((b) => b.slice(x(b, ['rows', 3, 2]), 1, Math.min(from, to), Math.max(from, to)), 2, seed);
    });
  },
  pad: () => {
    sample(fc.tuple(fc.nat(3), fc.nat(3)), ([before, after], seed) => {
      checkGradients((b) => b.pad(x(b, ['rows', 3, 2]), 1, before, after), 2, seed);
    });
  },
  take: () => {
    sample(fc.tuple(fc.constantFrom(1, 2), fc.array(fc.nat(1), { maxLength: 4 })), ([axis, at], seed) => {
      checkGradients((b) => b.take(x(b, ['rows', 2, 2]), axis, at), 2, seed);
    });
  },
  place: () => {
    sample(fc.tuple(fc.constantFrom(1, 2), fc.array(fc.nat(3), { maxLength: 4 })), ([axis, at], seed) => {
      checkGradients((b) => b.place(x(b, ['rows', 2, 2].with(axis, at.length) as Shape), axis, at, 4), 2, seed);
    });
  },
  lookup: () => {
    sample(fc.constantFrom('mean', 'sum', 'sequence', undefined), (form, seed) => {
      checkGradients((b) => looked(b, form).rows, 3, seed, bags(form));
    });
  },
  scatter_rows: () => {
    sample(fc.constantFrom('mean', 'sum', 'sequence', undefined), (form, seed) => {
      const make = (b: Builder) => {
        const { table, ids, bag, rows } = looked(b, form);
        return b.scatterRows('s', table, ids, b.input('g', b.shape(rows)), bag);
      };
      checkGradients(make, 3, seed, bags(form));
    });
  },
};

function axesOf(shape: Shape, mask: number): number[] {
  return [...shape.keys()].filter((axis) => (mask >> axis) % 2 === 1);
}

type Form = 'mean' | 'sum' | 'sequence' | undefined;

function looked(b: Builder, form: Form) {
  const pool = form === 'sequence' ? undefined : form;
  const table = b.parameter('t', [4, 2]);
  const ids = b.input('ids', form === 'sequence' ? ['rows', 2] : [pool ? 'ids(s)' : 'rows'], 'int');
  const bag = pool && { pool, offsets: b.input('offsets', ['rows+1'], 'int') };
  return { table, ids, bag, rows: b.lookup('s', table, ids, bag) };
}

/** Three rows; of bags, the second is empty and the third has an id twice. */
function bags(form: Form): Record<string, Float64Array> {
  if (form === 'sequence') return { ids: Float64Array.of(3, 0, 1, 1, 3, 2) };
  if (!form) return { ids: Float64Array.of(2, 0, 2) };
  return { ids: Float64Array.of(3, 0, 1, 1, 3), offsets: Float64Array.of(0, 2, 2, 5) };
}

describe('gradients agree with finite differences', () => {
  for (const [kind, make] of Object.entries(unary)) {
    test(kind, () => {
      sample(shapes, (shape, seed) => {
        checkGradients((b) => make(b, x(b, shape)), 2, seed);
      });
    });
  }
  for (const [kind, make] of Object.entries(binary)) {
    test(kind, () => {
      sample(pairs, ([p, q], seed) => {
        checkGradients((b) => make(b, x(b, p), b.input('y', q)), 2, seed);
      });
    });
  }
  for (const [kind, check] of Object.entries(others)) test(kind, check);

  test('random expressions', () => {
    fc.assert(
      fc.property(recipes, fc.nat(10_000), (recipe, seed) => {
        checkGradients((b) => follow(b, recipe), 2, seed);
      }),
      { seed: 7, numRuns: 30 },
    );
  });

  test('every op is checked', () => {
    const checked = [...Object.keys(unary), ...Object.keys(binary), ...Object.keys(others), ...leaves];
    expect(checked.sort()).toEqual(Object.keys(ops).sort());
  });
});

describe('where there is no derivative', () => {
  const gradientAt = (make: (b: Builder, id: NodeId) => NodeId, shape: Shape) => {
    const b = createBuilder();
    const id = x(b, shape);
    const [gradient = -1] = differentiate(b, make(b, id), [id]);
    return b.finish({ gradient });
  };

  test('equal largest elements share the gradient of max', () => {
    const graph = gradientAt((b, id) => b.max(id, [0]), [4]);
    expect([...(interpret(graph, { x: [1, 3, 3, 0] }, 1).gradient?.data ?? [])]).toEqual([0, 0.5, 0.5, 0]);
  });

  test('what the loss does not depend on has gradient zero', () => {
    const graph = gradientAt((b) => b.constant(3), [2]);
    expect([...(interpret(graph, { x: [1, 2] }, 1).gradient?.data ?? [])]).toEqual([0, 0]);
  });
});
