import type { CheckedModel } from '../../src/model/model.js';
import { modelOf } from '../model/support.js';
import type { Equation, Sizes } from './equations.js';
import { list, tensor, type Numbers, type Shape, type Tensor } from './tensors.js';

/** What `x0` and `x` are: vector features, concatenated number features, or rows of tables. */
export type Inputs = 'vectors' | 'numbers' | 'tables';

const names = (d: number, stem: string): string[] => list(d, (i) => `${stem}_${i}`);

const declared: Readonly<Record<Inputs, (d: number) => { readonly features: string; readonly network: string }>> = {
  vectors: (d) => ({ features: `x0: number[${d}], x: number[${d}]`, network: '' }),
  numbers: (d) => ({
    features: [...names(d, 'x0'), ...names(d, 'x')].map((name) => `${name}: number`).join(', '),
    network: `x0 = concat(${names(d, 'x0').join(', ')}) x = concat(${names(d, 'x').join(', ')})`,
  }),
  tables: () => ({ features: 'x0: category(size: 7), x: category(size: 5)', network: '' }),
};

/** A model over `x0` and `x`, both of size d, with a label `y`. */
export function modelOver(d: number, inputs: Inputs, label: string, network: string): CheckedModel {
  const { features, network: before } = declared[inputs](d);
  const tables = inputs === 'tables' ? `embeddings { dim: ${d} }` : '';
  return modelOf(`model M { features { ${features} } label y: ${label} ${tables} network { ${before} ${network} } }`);
}

/** The type of a label whose logits are a vector of this size. */
export const labelOf = (size: number): string => (size === 1 ? 'number' : `class(${size})`);

/** The model whose logits are the value of the block. */
export const modelOfBlock = (equation: Equation, s: Sizes, inputs: Inputs): CheckedModel =>
  modelOver(s.d, inputs, labelOf(equation.size(s)), `y = ${equation.call(s)}`);

/** Shapes of everything the host gives for a batch, by the names that the graph has for them. */
export function inputShapes(d: number, inputs: Inputs, rows: number): Readonly<Record<string, Shape>> {
  if (inputs === 'numbers')
    return Object.fromEntries([...names(d, 'x0'), ...names(d, 'x')].map((name) => [`dense.${name}`, [rows, 1]]));
  const stem = inputs === 'vectors' ? 'dense' : 'rows';
  return { [`${stem}.x0`]: [rows, d], [`${stem}.x`]: [rows, d] };
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

/** The same shapes below a name of the network. */
export const shapesBelow = (name: string, shapes: Readonly<Record<string, Shape>>): Readonly<Record<string, Shape>> =>
  Object.fromEntries(Object.entries(shapes).map(([weight, shape]) => [`${name}.${weight}`, shape]));

/** The shape of each weight that the network makes. */
export const weightShapes = (model: CheckedModel): Readonly<Record<string, Shape>> =>
  Object.fromEntries(model.network.weights.map(({ name, shape }) => [name, shape]));
