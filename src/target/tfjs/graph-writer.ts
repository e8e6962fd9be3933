import type { Dim, Shape } from '../../graph/graph.js';
import { sizeOf } from '../../graph/shapes.js';
import type { TrainedArray } from '../trained.js';
import { tensorFlowOps, tensorShape, type Attributes, type DataType, type NodeDef, type TensorFlowOp } from './node-def.js';
import { createNodeNames } from './node-names.js';

/** A constant of the graph: its numbers stand in the files of weights. */
export interface StoredConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

/** A value that every prediction is given. */
export interface Placeholder {
  /** Of the node. */
  readonly node: string;
  readonly dtype: 'DT_FLOAT' | 'DT_INT32';
  /** -1 where each call decides. */
  readonly shape: readonly number[];
}

/** Collects the nodes of one GraphDef. Values are known by the names of their nodes; the same node is never written twice. */
export interface GraphWriter {
  readonly node: (op: TensorFlowOp, inputs: readonly string[], attributes?: Attributes) => string;
  /** What the nodes to come belong to: their names tell. */
  readonly from: (part: string) => void;
  readonly placeholder: (wanted: string, dtype: Placeholder['dtype'], shape: readonly number[]) => Placeholder;
  /** A node whose name follows from what it gives. */
  readonly output: (wanted: string, value: string) => string;
  readonly weight: (wanted: string, array: TrainedArray) => string;
  readonly floats: (values: readonly number[], shape: readonly number[]) => string;
  readonly float: (value: number) => string;
  /** Positions that a kernel reads. */
  readonly positions: (values: readonly number[], shape?: readonly number[]) => string;
  /** Axes and sizes, which the executor of TensorFlow.js reads before it calls a kernel: kept apart, so that they never leave the host. */
  readonly sizes: (values: readonly number[], shape?: readonly number[]) => string;
  /** A shape as a vector of `sizes`. */
  readonly shape: (shape: Shape) => string;
  /** Of a reshape: one axis that differs by batch is left to be inferred. */
  readonly newShape: (shape: Shape) => string;
  /** Zeros of the shape [rows, 1]. */
  readonly zeroOfEachRow: () => string;
  /** Truth values or whole numbers as floats: by a product, since webgpu's cast keeps them as they are, which its sums cannot read. */
  readonly asFloat: (value: string, from: DataType) => string;
}

export interface Written {
  readonly nodes: readonly NodeDef[];
  readonly constants: readonly StoredConstant[];
}

export function createGraphWriter(): { readonly writer: GraphWriter; readonly written: () => Written } {
  const name = createNodeNames();
  const nodes: NodeDef[] = [];
  const constants: StoredConstant[] = [];
  const ends = new Set<string>();
  const known = new Map<string, string>();
  let part = '';
  let rows: Placeholder | undefined;

  const once = (key: string, make: () => string): string => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const made = make();
    known.set(key, made);
    return made;
  };
  const add = (node: NodeDef): string => {
    nodes.push(node);
    return node.name;
  };
  const store = (constant: StoredConstant): string => {
    const dtype: DataType = constant.values instanceof Float32Array ? 'DT_FLOAT' : 'DT_INT32';
    constants.push(constant);
    const attr = { dtype: { type: dtype }, value: { tensor: { dtype, tensorShape: tensorShape(constant.shape) } } };
    return add({ name: constant.name, op: 'Const', attr });
  };

  const node: GraphWriter['node'] = (op, inputs, attributes = {}) => {
    const attr = { ...tensorFlowOps[op], ...attributes };
    return once(JSON.stringify([op, inputs, attr]), () =>
      add({ name: name('op/', part === '' ? op : `${part}/${op}`), op, input: inputs, attr }),
    );
  };
  const ints =
    (use: string): GraphWriter['sizes'] =>
    (values, shape = [values.length]) =>
      once(`${use} ${shape.join('x')} ${values.join()}`, () =>
        store({ name: name('constant/', use), shape, values: Int32Array.from(values) }),
      );
  const sizes = ints('sizes');
  const floats: GraphWriter['floats'] = (values, shape) =>
    once(`floats ${shape.join('x')} ${values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join()}`, () =>
      store({ name: name('constant/', 'floats'), shape, values: Float32Array.from(values) }),
    );
  const asFloat: GraphWriter['asFloat'] = (value, from) =>
    node('Mul', [node('Cast', [value], { SrcT: { type: from }, DstT: { type: 'DT_FLOAT' } }), floats([1], [])]);

  const rowsInput = (): Placeholder => {
    if (rows === undefined) throw new Error('the model reads nothing of a row');
    return rows;
  };
  const rowCount = (): string => {
    const { node: input, dtype } = rowsInput();
    const shape = node('Shape', [input], { T: { type: dtype } });
    return node('Slice', [shape, sizes([0]), sizes([1])], { T: { type: 'DT_INT32' } });
  };
  const dynamicSize = (dim: Dim): string => {
    const [at0, at1] = typeof dim === 'number' ? [dim, dim] : [sizeOf(dim, 0), sizeOf(dim, 1)];
    if (at0 === undefined || at1 === undefined) throw new Error(`the size of ${String(dim)} is not known here`);
    if (at0 === at1) return sizes([at0]);
    const T = { T: { type: 'DT_INT32' } } as const;
    const multiple = at1 - at0 === 1 ? rowCount() : node('Mul', [rowCount(), sizes([at1 - at0])], T);
    return at0 === 0 ? multiple : node('AddV2', [multiple, sizes([at0])], T);
  };
  const shapeOf: GraphWriter['shape'] = (shape) => {
    const fixed = shape.filter((dim) => typeof dim === 'number');
    if (fixed.length === shape.length) return sizes(fixed);
    const [only = '', ...more] = shape.map(dynamicSize);
    if (more.length === 0) return only;
    const attributes = { N: { i: String(shape.length) }, T: { type: 'DT_INT32' } } as const;
    return node('ConcatV2', [only, ...more, sizes([0], [])], attributes);
  };

  const writer: GraphWriter = {
    node,
    from: (of) => {
      part = of;
    },
    placeholder: (wanted, dtype, shape) => {
      const placeholder: Placeholder = { node: name('', wanted), dtype, shape };
      const attr = { dtype: { type: dtype }, shape: { shape: tensorShape(shape) } };
      add({ name: placeholder.node, op: 'Placeholder', attr });
      rows ??= placeholder;
      return placeholder;
    },
    output: (wanted, value) => {
      const output = add({ name: name('', wanted), op: 'Identity', input: [value], attr: tensorFlowOps.Identity });
      ends.add(output);
      return output;
    },
    weight: (wanted, { shape, values }) => store({ name: name('weight/', wanted), shape, values }),
    floats,
    float: (value) => floats([value], []),
    positions: ints('positions'),
    sizes,
    shape: shapeOf,
    newShape: (shape) => {
      const inferable = shape.filter((dim) => typeof dim !== 'number').length === 1 && !shape.includes(0);
      return inferable ? sizes(shape.map((dim) => (typeof dim === 'number' ? dim : -1))) : shapeOf(shape);
    },
    zeroOfEachRow: () => {
      const { node: input, dtype, shape } = rowsInput();
      const column =
        shape.length === 1
          ? node('ExpandDims', [input, sizes([1], [])], { T: { type: dtype } })
          : node('Slice', [input, sizes([0, 0]), sizes([-1, 1])], { T: { type: dtype } });
      return node('ZerosLike', [dtype === 'DT_FLOAT' ? column : asFloat(column, dtype)]);
    },
    asFloat,
  };
  return { writer, written: () => needed({ nodes, constants }, ends) };
}

/** Without what no output is made of; inputs stay. */
function needed({ nodes, constants }: Written, ends: ReadonlySet<string>): Written {
  const wanted = new Set(ends);
  for (const { name, op, input } of nodes.toReversed()) {
    if (op === 'Placeholder') wanted.add(name);
    if (wanted.has(name)) input?.forEach((one) => wanted.add(one));
  }
  return {
    nodes: nodes.filter(({ name }) => wanted.has(name)),
    constants: constants.filter(({ name }) => wanted.has(name)),
  };
}
