import protobuf from 'protobufjs/light.js';

export const ElementType = { float: 1, int32: 6, int64: 7, string: 8, bool: 9, double: 11 } as const;
export type ElementType = (typeof ElementType)[keyof typeof ElementType];

const AttributeType = { float: 1, int: 2, string: 3, ints: 7, strings: 8 } as const;

export interface AttributeProto {
  readonly name: string;
  readonly type: number;
  readonly f?: number;
  readonly i?: number;
  readonly s?: Uint8Array;
  readonly ints?: readonly number[];
  readonly strings?: readonly Uint8Array[];
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly op_type: string;
  /** Of the default domain without it. */
  readonly domain?: string;
  readonly attribute: readonly AttributeProto[];
}

export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data_type: ElementType;
  /** Little-endian elements in row-major order. */
  readonly raw_data?: Uint8Array;
  /** Elements that are texts, in UTF-8. */
  readonly string_data?: readonly Uint8Array[];
  /** Where the elements lie instead: `location`, a path beside the model, `offset` and `length` in bytes. */
  readonly external_data?: readonly EntryProto[];
  readonly data_location?: number;
}

export interface EntryProto {
  readonly key: string;
  readonly value: string;
}

/** A known size, or the name of one that each run decides. */
export type Dimension = { readonly dim_value: number } | { readonly dim_param: string };

export interface ValueInfoProto {
  readonly name: string;
  readonly type: {
    readonly tensor_type: { readonly elem_type: ElementType; readonly shape: { readonly dim: readonly Dimension[] } };
  };
  readonly doc_string?: string;
}

export interface ModelProto {
  readonly ir_version: number;
  readonly producer_name: string;
  readonly doc_string?: string;
  readonly metadata_props?: readonly EntryProto[];
  readonly opset_import: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: {
    readonly name: string;
    readonly node: readonly NodeProto[];
    readonly initializer: readonly TensorProto[];
    readonly input: readonly ValueInfoProto[];
    readonly output: readonly ValueInfoProto[];
  };
}

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ type, id, rule: 'repeated' });
const message = (fields: Record<string, protobuf.IField>) => ({ edition: 'proto2', fields });

/** The messages of onnx.proto (IR version 8) and those of their fields that are written here. */
const descriptor = {
  nested: {
    ModelProto: message({
      ir_version: one('int64', 1),
      producer_name: one('string', 2),
      doc_string: one('string', 6),
      graph: one('GraphProto', 7),
      opset_import: many('OperatorSetIdProto', 8),
      metadata_props: many('StringStringEntryProto', 14),
    }),
    StringStringEntryProto: message({ key: one('string', 1), value: one('string', 2) }),
    OperatorSetIdProto: message({ domain: one('string', 1), version: one('int64', 2) }),
    GraphProto: message({
      node: many('NodeProto', 1),
      name: one('string', 2),
      initializer: many('TensorProto', 5),
      input: many('ValueInfoProto', 11),
      output: many('ValueInfoProto', 12),
    }),
    NodeProto: message({
      input: many('string', 1),
      output: many('string', 2),
      name: one('string', 3),
      op_type: one('string', 4),
      attribute: many('AttributeProto', 5),
      domain: one('string', 7),
    }),
    AttributeProto: message({
      name: one('string', 1),
      f: one('float', 2),
      i: one('int64', 3),
      s: one('bytes', 4),
      ints: many('int64', 8),
      strings: many('bytes', 9),
      type: one('int32', 20),
    }),
    TensorProto: message({
      dims: many('int64', 1),
      data_type: one('int32', 2),
      string_data: many('bytes', 6),
      name: one('string', 8),
      raw_data: one('bytes', 9),
      external_data: many('StringStringEntryProto', 13),
      data_location: one('int32', 14),
    }),
    ValueInfoProto: message({ name: one('string', 1), type: one('TypeProto', 2), doc_string: one('string', 3) }),
    TypeProto: message({ tensor_type: one('TensorType', 1) }),
    TensorType: message({ elem_type: one('int32', 1), shape: one('TensorShapeProto', 2) }),
    TensorShapeProto: message({ dim: many('Dimension', 1) }),
    Dimension: message({ dim_value: one('int64', 1), dim_param: one('string', 2) }),
  },
};

export function encodeModel(model: ModelProto): Uint8Array {
  return messageType().encode(model).finish();
}

/** The inverse of `encodeModel`, for tests and tools. */
export function decodeModel(bytes: Uint8Array): ModelProto {
  const type = messageType();
  return type.toObject(type.decode(bytes), { longs: Number, arrays: true }) as ModelProto;
}

let root: protobuf.Root | undefined;

function messageType(): protobuf.Type {
  root ??= protobuf.Root.fromJSON(descriptor);
  return root.lookupType('ModelProto');
}

export type Attribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly strings: readonly string[] }
  | string;

const utf8 = new TextEncoder();

export function attributeProto(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'string') return { name, type: AttributeType.string, s: utf8.encode(value) };
  if ('float' in value) return { name, type: AttributeType.float, f: value.float };
  if ('int' in value) return { name, type: AttributeType.int, i: value.int };
  if ('strings' in value) return { name, type: AttributeType.strings, strings: value.strings.map((one) => utf8.encode(one)) };
  return { name, type: AttributeType.ints, ints: value.ints };
}

type Numbers = ArrayLike<number>;

const littleEndian =
  (type: ElementType, bytes: number, put: (view: DataView, at: number, value: number) => void) =>
  (name: string, dims: readonly number[], values: Numbers): TensorProto => {
    const data = new Uint8Array(values.length * bytes);
    const view = new DataView(data.buffer);
    for (let i = 0; i < values.length; i++) put(view, i * bytes, values[i] ?? 0);
    return { name, dims, data_type: type, raw_data: data };
  };

const floats = littleEndian(ElementType.float, 4, (view, at, value) => view.setFloat32(at, value, true));
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Of a Float32Array it may be the array's own memory. */
export function floatTensor(name: string, dims: readonly number[], values: readonly number[] | Float32Array): TensorProto {
  if (!(values instanceof Float32Array) || !isLittleEndian) return floats(name, dims, values);
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dims, data_type: ElementType.float, raw_data: bytes };
}

export const doubleTensor = littleEndian(ElementType.double, 8, (view, at, value) => view.setFloat64(at, value, true));

export const int64Tensor = littleEndian(ElementType.int64, 8, (view, at, value) => view.setBigInt64(at, BigInt(value), true));

export const stringTensor = (name: string, dims: readonly number[], values: readonly string[]): TensorProto => ({
  name,
  dims,
  data_type: ElementType.string,
  string_data: values.map((value) => utf8.encode(value)),
});
