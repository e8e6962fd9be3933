export type DataType = 'DT_FLOAT' | 'DT_INT32' | 'DT_BOOL';

/** Sizes as texts, as protocol buffers print int64 in JSON; `-1` is left to each run. */
export interface TensorShape {
  readonly dim: readonly { readonly size: string }[];
}

export type AttributeValue =
  | { readonly type: DataType }
  | { readonly shape: TensorShape }
  | { readonly b: boolean }
  | { readonly i: string }
  | { readonly tensor: { readonly dtype: DataType; readonly tensorShape: TensorShape } };

export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A node of TensorFlow's GraphDef as JSON (tensorflow/core/framework/node_def.proto). */
export interface NodeDef {
  readonly name: string;
  readonly op: TensorFlowOp;
  readonly input?: readonly string[];
  readonly attr: Attributes;
}

const onFloats = { T: { type: 'DT_FLOAT' } } as const satisfies Attributes;
const int32 = { type: 'DT_INT32' } as const satisfies AttributeValue;

/**
 * The operations of TensorFlow that graph models are made of, each with the types that its nodes have unless they say others.
 * All of them have kernels on the backends cpu, wasm, webgl, webgpu and tensorflow.
 */
export const tensorFlowOps = {
  Placeholder: {},
  Const: {},
  Identity: onFloats,
  Cast: {},
  AddV2: onFloats,
  Sub: onFloats,
  Mul: onFloats,
  RealDiv: onFloats,
  Maximum: onFloats,
  Minimum: onFloats,
  Greater: onFloats,
  NotEqual: onFloats,
  SelectV2: onFloats,
  Neg: onFloats,
  Exp: onFloats,
  Log: onFloats,
  Sqrt: onFloats,
  Abs: onFloats,
  Sign: onFloats,
  Sigmoid: onFloats,
  Tanh: onFloats,
  Relu: onFloats,
  Softplus: onFloats,
  Softmax: onFloats,
  LogSoftmax: onFloats,
  Sum: { ...onFloats, Tidx: int32 },
  Max: { ...onFloats, Tidx: int32 },
  MatMul: onFloats,
  BatchMatMulV2: onFloats,
  Transpose: { ...onFloats, Tperm: int32 },
  Reshape: { ...onFloats, Tshape: int32 },
  ExpandDims: { ...onFloats, Tdim: int32 },
  BroadcastTo: { ...onFloats, Tidx: int32 },
  ConcatV2: { ...onFloats, Tidx: int32 },
  Slice: { ...onFloats, Index: int32 },
  Pad: { ...onFloats, Tpaddings: int32 },
  GatherV2: { Tparams: onFloats.T, Tindices: int32, Taxis: int32, batch_dims: { i: '0' } },
  Shape: { ...onFloats, out_type: int32 },
  ZerosLike: onFloats,
} as const satisfies Readonly<Record<string, Attributes>>;

export type TensorFlowOp = keyof typeof tensorFlowOps;

export const tensorShape = (sizes: readonly number[]): TensorShape => ({ dim: sizes.map((size) => ({ size: String(size) })) });
