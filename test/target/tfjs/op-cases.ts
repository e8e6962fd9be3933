import type { BinaryKind, Builder, UnaryKind } from '../../../src/graph/builder.js';
import { createBuilder } from '../../../src/graph/builder.js';
import type { Graph, NodeId, OpName, Shape } from '../../../src/graph/graph.js';
import type { Numbers } from '../../graph/numbers.js';
import { graphOf, randomValues } from '../../graph/numbers.js';

/** A graph with an output `y`, and what it is run on. */
export interface OpCase {
  readonly name: string;
  readonly op: OpName;
  readonly graph: Graph;
  readonly rows: number;
  readonly values: Numbers;
}

type Make = (b: Builder, xs: readonly NodeId[]) => NodeId;

const rows = 5;

const caseOf = (op: OpName, about: string, shapes: readonly Shape[], make: Make, change?: (x: number) => number): OpCase => {
  const graph = graphOf(shapes, make);
  const values = randomValues(graph, rows, op.length + about.length);
  for (const [name, numbers] of Object.entries(values)) values[name] = change ? numbers.map(change) : numbers;
  return { name: `${op} ${about}`, op, graph, rows, values };
};

const unary = (kind: UnaryKind): OpCase =>
  caseOf(
    kind,
    'of a matrix',
    [['rows', 7]],
    (b, [x = -1]) => b.unary(kind, x),
    kind === 'log' || kind === 'sqrt' ? (x) => Math.abs(x) + 0.01 : (x) => 6 * x,
  );

const binary = (kind: BinaryKind): OpCase[] => {
  const make: Make = (b, [x = -1, y = -1]) => b.binary(kind, x, y);
  return [
    caseOf(kind, 'of a matrix and a row', [['rows', 3], [3]], make),
    caseOf(kind, 'of a column and a number', [['rows', 1], []], make),
    caseOf(
      kind,
      'of five axes',
      [
        ['rows', 2, 1, 3, 2],
        [2, 4, 1, 2],
      ],
      make,
    ),
  ];
};

const along = (axes: readonly number[]): string => `along ${axes.join()}`;

const reductions = (['sum', 'max'] as const).flatMap((kind) =>
  [[], [0], [1], [2], [0, 1], [1, 2], [0, 2], [0, 1, 2]].flatMap((axes) =>
    [true, false].map((keep) =>
      caseOf(kind, `${along(axes)}${keep ? ' kept' : ''}`, [['rows', 3, 4]], (b, [x = -1]) => b[kind](x, axes, keep)),
    ),
  ),
);

const products = (
  [
    [['rows', 3], [3, 4], false, false],
    [['rows', 3], ['rows', 4], true, false],
    [['rows', 3], [4, 3], false, true],
    [[3, 4], ['rows', 3], true, true],
    [['rows', 2, 3], [3, 4], false, false],
    [['rows', 2, 3], [4, 3], false, true],
    [['rows', 3, 2], [3, 4], true, false],
    [['rows', 2, 3], ['rows', 3, 4], false, false],
    [['rows', 3, 2], ['rows', 4, 3], true, true],
    [[2, 3], ['rows', 3, 4], false, false],
    [[3, 2], ['rows', 2, 4, 3], true, true],
    [['rows', 2, 4, 3], ['rows', 2, 3, 1], false, false],
  ] as const
).map(([a, c, transposeA, transposeB]) =>
  caseOf(
    'matmul',
    `${a.join('×')} by ${c.join('×')} ${String(transposeA)} ${String(transposeB)}`,
    [a, c],
    (b, [x = -1, y = -1]) => b.matmul(x, y, { transposeA, transposeB }),
  ),
);

const CUBE: Shape = ['rows', 3, 4];

const layouts: readonly OpCase[] = [
  ...[
    [1, 0, 2],
    [0, 2, 1],
    [2, 1, 0],
    [0, 1, 2],
  ].map((order) => caseOf('transpose', order.join(), [CUBE], (b, [x = -1]) => b.transpose(x, order))),
  caseOf('transpose', 'of six axes', [['rows', 2, 1, 3, 2, 2]], (b, [x = -1]) => b.transpose(x, [0, 4, 5, 2, 1, 3])),
  caseOf('reshape', 'to fold the batch', [CUBE], (b, [x = -1]) => b.reshape(x, ['rows*3', 4])),
  caseOf('broadcast', 'of a row', [[3]], (b, [x = -1]) => b.broadcast(x, ['rows', 3])),
  caseOf('broadcast', 'of five axes', [['rows', 1, 2, 1, 3]], (b, [x = -1]) => b.broadcast(x, ['rows', 4, 2, 2, 3])),
  caseOf('concat', 'of two', [CUBE, ['rows', 1, 4]], (b, xs) => b.concat(xs, 1)),
  caseOf(
    'concat',
    'of three columns',
    [['rows'], ['rows'], ['rows']].map(() => ['rows', 1]),
    (b, xs) => b.concat(xs, 1),
  ),
  caseOf('slice', 'in the middle', [CUBE], (b, [x = -1]) => b.slice(x, 1, 1, 3)),
  caseOf('slice', 'at the end', [CUBE], (b, [x = -1]) => b.slice(x, 2, 3, 4)),
  caseOf('pad', 'both ends', [CUBE], (b, [x = -1]) => b.pad(x, 1, 2, 1)),
  caseOf('take', 'out of order', [CUBE], (b, [x = -1]) => b.take(x, 1, [2, 0, 2, 1])),
  caseOf('take', 'neighbours', [CUBE], (b, [x = -1]) => b.take(x, 2, [1, 2, 3])),
  caseOf('place', 'apart', [CUBE], (b, [x = -1]) => b.place(x, 1, [4, 0, 2], 5)),
  caseOf('place', 'together', [CUBE], (b, [x = -1]) => b.place(x, 1, [1, 1, 0], 3)),
  caseOf('place', 'together at the end', [CUBE], (b, [x = -1]) => b.place(x, 2, [2, 0, 2, 1], 3)),
];

const embeddings = (): readonly OpCase[] => {
  const ids = Float64Array.of(3, 0, 3, 6, 1);
  const offsets = Float64Array.of(0, 2, 2, 3, 5, 5);
  const made = (op: 'lookup' | 'scatter_rows', about: string, make: (b: Builder) => NodeId, more: Numbers): OpCase => {
    const b = createBuilder();
    const graph = b.finish({ y: make(b) });
    return { name: `${op} ${about}`, op, graph, rows, values: { ...randomValues(graph, rows, 5), ...more } };
  };
  const table = (b: Builder): NodeId => b.parameter('table.t', [7, 3]);
  const bag = (b: Builder) => [b.input('ids', ['ids(f)'], 'int'), b.input('offsets', ['rows+1'], 'int')] as const;
  const pools = ['mean', 'sum'] as const;
  return [
    made('lookup', 'of one id', (b) => b.lookup('s', table(b), b.input('ids', ['rows'], 'int')), { ids }),
    made('lookup', 'of a sequence', (b) => b.lookup('s', table(b), b.input('ids', ['rows', 1], 'int')), { ids }),
    made(
      'scatter_rows',
      'of one id',
      (b) => b.scatterRows('s', table(b), b.input('ids', ['rows'], 'int'), b.input('g', ['rows', 3])),
      { ids },
    ),
    ...pools.flatMap((pool) => [
      made(
        'lookup',
        `pooled by ${pool}`,
        (b) => {
          const [of, at] = bag(b);
          return b.lookup('s', table(b), of, { offsets: at, pool });
        },
        { ids, offsets },
      ),
      made(
        'scatter_rows',
        `pooled by ${pool}`,
        (b) => {
          const [of, at] = bag(b);
          return b.scatterRows('s', table(b), of, b.input('g', ['rows', 3]), { offsets: at, pool });
        },
        { ids, offsets },
      ),
    ]),
  ];
};

/** Each op of the graph on random numbers, in each layout that its kernels tell apart. */
export const opCases: readonly OpCase[] = [
  ...(['negate', 'exp', 'log', 'sqrt', 'abs', 'sign', 'sigmoid', 'tanh', 'relu', 'softplus'] as const).map(unary),
  ...(['add', 'subtract', 'multiply', 'divide', 'maximum', 'minimum', 'greater'] as const).flatMap(binary),
  caseOf('select', 'of a column, a matrix and a number', [['rows', 1], ['rows', 3], []], (b, [c = -1, x = -1, y = -1]) =>
    b.select(b.binary('greater', c, b.constant(0)), x, y),
  ),
  caseOf('select', 'of five axes', [['rows', 2, 1, 3, 2], [2, 4, 1, 2], []], (b, [c = -1, x = -1, y = -1]) =>
    b.select(b.binary('greater', c, b.constant(0)), x, y),
  ),
  caseOf('constant', 'of numbers', [[3]], (b, [x = -1]) => b.binary('add', x, b.constant([1, 2, 3], [3]))),
  caseOf('constant', 'of the batch', [['rows', 2]], (b, [x = -1]) => b.concat([b.constant(2, ['rows', 3]), x], 1)),
  ...reductions,
  ...[0, 1, 2].flatMap((axis) => [
    caseOf(
      'softmax',
      along([axis]),
      [CUBE],
      (b, [x = -1]) => b.softmax(x, axis),
      (x) => 20 * x,
    ),
    caseOf(
      'log_softmax',
      along([axis]),
      [CUBE],
      (b, [x = -1]) => b.logSoftmax(x, axis),
      (x) => 20 * x,
    ),
  ]),
  ...products,
  ...layouts,
  ...embeddings(),
];
