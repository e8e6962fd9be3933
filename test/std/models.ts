import type { CheckedModel } from '../../src/model/model.js';
import { modelOf } from '../model/support.js';
import { widthsOf, type Equation, type Sizes, type Widths } from './equations/equation.js';
import { list, tensor, type Numbers, type Shape, type Tensor } from './tensors.js';

/** What `x0` and `x` are: vector features, concatenated number features, or rows of tables. */
export type Inputs = 'vectors' | 'numbers' | 'tables';

const names = (d: number, stem: string): string[] => list(d, (i) => `${stem}_${i}`);

const declared: Readonly<Record<Inputs, (sizes: Widths) => { readonly features: string; readonly network: string }>> = {
  vectors: ({ x0, x }) => ({ features: `x0: number[${x0}], x: number[${x}]`, network: '' }),
  numbers: ({ x0, x }) => ({
    features: [...names(x0, 'x0'), ...names(x, 'x')].map((name) => `${name}: number`).join(', '),
    network: `x0 = concat(${names(x0, 'x0').join(', ')}) x = concat(${names(x, 'x').join(', ')})`,
  }),
  tables: () => ({ features: 'x0: category(size: 7), x: category(size: 5)', network: '' }),
};

/** Both of one size, or each of its own. */
const widths = (d: number | Widths): Widths => (typeof d === 'number' ? { x0: d, x: d } : d);

/** A model over `x0` and `x`, with a label `y`. */
export function modelOver(d: number | Widths, inputs: Inputs, label: string, network: string): CheckedModel {
  const sizes = widths(d);
  const { features, network: before } = declared[inputs](sizes);
  const tables = inputs === 'tables' ? `embeddings { x0: { dim: ${sizes.x0} }, x: { dim: ${sizes.x} } }` : '';
  return modelOf(`model M { features { ${features} } label y: ${label} ${tables} network { ${before} ${network} } }`);
}

/** The type of a label whose logits are a vector of this size. */
export const labelOf = (size: number): string => (size === 1 ? 'number' : `class(${size})`);

/** The model whose logits are the value of the block. */
export const modelOfBlock = (equation: Equation, s: Sizes, inputs: Inputs): CheckedModel =>
  modelOver(widthsOf(equation, s), inputs, labelOf(equation.size(s)), `y = ${equation.call(s)}`);

/** Shapes of everything the host gives for a batch, by the names that the graph has for them. */
export function inputShapes(d: number | Widths, inputs: Inputs, rows: number): Readonly<Record<string, Shape>> {
  const { x0, x } = widths(d);
  if (inputs === 'numbers')
    return Object.fromEntries([...names(x0, 'x0'), ...names(x, 'x')].map((name) => [`dense.${name}`, [rows, 1]]));
  const stem = inputs === 'vectors' ? 'dense' : 'rows';
  return { [`${stem}.x0`]: [rows, x0], [`${stem}.x`]: [rows, x] };
}

/** `x0` or `x` of one row of the batch. */
export function inputOf(numbers: Numbers, stem: 'x0' | 'x', d: number, inputs: Inputs, rows: number, row: number): Tensor {
  const from =
    inputs === 'numbers'
      ? (i: number) => tensor([rows, 1], numbers[`dense.${stem}_${i}`]!)(row, 0)
      : (i: number) => tensor([rows, d], numbers[`${inputs === 'vectors' ? 'dense' : 'rows'}.${stem}`]!)(row, i);
  return tensor([d], list(d, from));
}

/** The weights below a name of the network. */
export const weightsBelow =
  (name: string, shapes: Readonly<Record<string, Shape>>, numbers: Numbers) =>
  (weight: string): Tensor => {
    const shape = shapes[weight];
    if (!shape) throw new Error(`no weight ${weight}`);
    return tensor(shape, numbers[`${name}.${weight}`]!);
  };

/** The shape of each weight that the network makes. */
export const weightShapes = (model: CheckedModel): Readonly<Record<string, Shape>> =>
  Object.fromEntries(model.network.weights.map(({ name, shape }) => [name, shape]));
