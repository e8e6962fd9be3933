import type { Dim, Shape } from '../../graph/graph.js';
import { sizeOf, sizesOf } from '../../graph/shapes.js';
import { attributeProto, doubleTensor, floatTensor, int64Tensor, stringTensor } from './proto.js';
import type { Attribute, ElementType, NodeProto, TensorProto } from './proto.js';

/** Collects the ONNX nodes and initializers of one graph. Values are known by name. */
export interface Emitter {
  /** Size of the batch axis, or that every run decides it. */
  readonly rows: number | 'dynamic';
  /** Version of the default domain that its nodes are of. */
  readonly opset: number;
  /** Adds one node; returns the name of its result. */
  readonly node: (opType: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>) => string;
  /** Adds one node of several results; returns their names. */
  readonly split: (
    opType: string,
    inputs: readonly string[],
    results: number,
    attributes?: Readonly<Record<string, Attribute>>,
  ) => readonly string[];
  /** The op, or the choice of a kernel, that the nodes to come are written for: their names tell. */
  readonly from: (what: string) => void;
  readonly float: (value: number) => string;
  readonly floats: (values: readonly number[], dims: readonly number[]) => string;
  readonly double: (value: number) => string;
  readonly doubles: (values: readonly number[]) => string;
  /** A text without axes. */
  readonly string: (value: string) => string;
  /** An int64 vector, or a tensor of these sizes. */
  readonly ints: (values: readonly number[], dims?: readonly number[]) => string;
  /** A shape as an int64 vector. */
  readonly dims: (shape: Shape) => string;
  readonly cast: (value: string, to: ElementType) => string;
}

/** Where a node is that is none of the default domain. */
const domains: Readonly<Record<string, string>> = { LabelEncoder: 'ai.onnx.ml', MurmurHash3: 'com.microsoft' };

/** Versions of the other domains. */
export const domainVersions: Readonly<Record<string, number>> = { 'ai.onnx.ml': 2, 'com.microsoft': 1 };

export interface EmitterOptions {
  readonly rows: number | 'dynamic';
  readonly opset: number;
  /** Read only where `rows` is 'dynamic' and a node needs its size. */
  readonly rowsOf: RowsOf | undefined;
  /** Names that others have. */
  readonly taken: ReadonlySet<string>;
}

export interface Emitted {
  readonly nodes: readonly NodeProto[];
  readonly initializers: readonly TensorProto[];
}

/** A value one of whose axes is `less` longer than the batch. */
export interface RowsOf {
  readonly value: string;
  readonly axis: number;
  readonly less: 0 | 1;
}

/** Names made here begin with `%`, which no path in a spec does; names of columns may. */
export function createEmitter({ rows, opset, rowsOf, taken }: EmitterOptions): { emitter: Emitter; emitted: Emitted } {
  const nodes: NodeProto[] = [];
  const initializers = new Map<string, TensorProto>();
  let count = 0;
  let origin = '';
  const fresh = (): string => {
    const name = `%${String(count++)}`;
    return taken.has(name) ? fresh() : name;
  };

  const initializer = (key: string, make: (name: string) => TensorProto): string => {
    const known = initializers.get(key);
    if (known) return known.name;
    const tensor = make(fresh());
    initializers.set(key, tensor);
    return tensor.name;
  };

  const split: Emitter['split'] = (opType, inputs, results, attributes = {}) => {
    const output = Array.from({ length: results }, fresh);
    const attribute = Object.entries(attributes).map(([name, value]) => attributeProto(name, value));
    const domain = domains[opType];
    const name = `${origin} ${output[0] ?? ''}`;
    nodes.push({ input: inputs, output, name, op_type: opType, ...(domain !== undefined && { domain }), attribute });
    return output;
  };
  const node: Emitter['node'] = (opType, inputs, attributes) => split(opType, inputs, 1, attributes)[0] ?? '';

  const floats: Emitter['floats'] = (values, dims) =>
    initializer(`float:${dims.join('x')}:${values.map((v) => (Object.is(v, -0) ? '-0' : String(v))).join()}`, (name) =>
      floatTensor(name, dims, values),
    );
  const ints: Emitter['ints'] = (values, dims = [values.length]) =>
    initializer(`int:${dims.join('x')}:${values.join()}`, (name) => int64Tensor(name, dims, values));

  const doublesOf = (values: readonly number[], dims: readonly number[]): string =>
    initializer(`double:${dims.join('x')}:${values.join()}`, (name) => doubleTensor(name, dims, values));
  const string: Emitter['string'] = (value) => initializer(`string:${value}`, (name) => stringTensor(name, [], [value]));

  let rowCount: string | undefined;
  const dynamicRows = (): string => {
    if (!rowsOf) throw new Error('a graph with a dynamic batch axis needs an input that has this axis');
    if (rowCount !== undefined) return rowCount;
    const size = node('Shape', [rowsOf.value], { start: { int: rowsOf.axis }, end: { int: rowsOf.axis + 1 } });
    rowCount = rowsOf.less === 0 ? size : node('Sub', [size, ints([rowsOf.less])]);
    return rowCount;
  };
  const dynamicSize = (dim: Dim): string => {
    if (typeof dim === 'number') return ints([dim]);
    if (dim === 'rows') return dynamicRows();
    const [at0, at1] = [sizeOf(dim, 0), sizeOf(dim, 1)];
    if (at0 === undefined || at1 === undefined) throw new Error(`the size of ${dim} is not known here`);
    const multiple = at1 - at0 === 1 ? dynamicRows() : node('Mul', [dynamicRows(), ints([at1 - at0])]);
    return at0 === 0 ? multiple : node('Add', [multiple, ints([at0])]);
  };

  const dims: Emitter['dims'] = (shape) => {
    if (rows !== 'dynamic') return ints(sizesOf(shape, rows));
    const known = shape.filter((dim) => typeof dim === 'number');
    if (known.length === shape.length) return ints(known);
    const parts = shape.map(dynamicSize);
    return parts.length === 1 ? (parts[0] ?? '') : node('Concat', parts, { axis: { int: 0 } });
  };

  const emitter: Emitter = {
    rows,
    opset,
    node,
    split,
    from: (what) => {
      origin = what;
    },
    float: (value) => floats([value], []),
    floats,
    double: (value) => doublesOf([value], []),
    doubles: (values) => doublesOf(values, [values.length]),
    string,
    ints,
    dims,
    cast: (value, to) => node('Cast', [value], { to: { int: to } }),
  };
  const emitted: Emitted = {
    nodes,
    get initializers() {
      return [...initializers.values()];
    },
  };
  return { emitter, emitted };
}
