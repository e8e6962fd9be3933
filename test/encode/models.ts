import type {
  CategoryFeature,
  CheckedModel,
  DataSection,
  Feature,
  FileSource,
  Label,
  NumberFeature,
  Optimizer,
  TimeFeature,
  VectorFeature,
} from '../../src/model/model.js';
import { rowOperators, type ColumnType, type RowExpression, type RowOperator } from '../../src/model/row-expression.js';

export const span = { source: { path: 'specs/test.rec', text: '' }, start: 0, end: 0 };

export const column = (name: string, type: ColumnType = 'text'): RowExpression => ({ kind: 'column', name, type });
export const literal = (value: string | number | boolean): RowExpression => ({
  kind: 'literal',
  value,
  type: typeof value === 'string' ? 'text' : typeof value === 'number' ? 'number' : 'boolean',
});
export const operation = (operator: RowOperator, ...operands: RowExpression[]): RowExpression => ({
  kind: 'operation',
  operator,
  operands,
  type: rowOperators[operator][0].result,
});

type Options<F> = Partial<Omit<F, 'kind' | 'name' | 'span'>>;

export const category = (name: string, options: Options<CategoryFeature> = {}): CategoryFeature => ({
  kind: 'category',
  name,
  span,
  codes: { kind: 'vocabulary', name, minCount: 1 },
  table: name,
  ...(options.cross ? {} : { value: column(name) }),
  ...options,
});
export const number = (name: string, options: Options<NumberFeature> = {}): NumberFeature => ({
  kind: 'number',
  name,
  span,
  value: column(name, 'number'),
  transforms: [],
  ...options,
});
export const vector = (name: string, size: number, options: Options<VectorFeature> = {}): VectorFeature => ({
  kind: 'vector',
  name,
  span,
  value: column(name),
  size,
  ...options,
});
export const time = (name: string, options: Options<TimeFeature> = {}): TimeFeature => ({
  kind: 'time',
  name,
  span,
  value: column(name, options.unit ? 'number' : 'time'),
  cycles: ['day'],
  standardize: false,
  ...options,
});
export const label = (name: string, task: Label['task'], value: RowExpression = column(name, 'number')): Label => ({
  name,
  task,
  weight: 1,
  value,
  span,
});

export const source = (path: string, options: Partial<FileSource> = {}): FileSource => ({
  format: 'csv',
  path,
  saidIn: 'specs/test.rec',
  encoding: 'utf8',
  span,
  ...options,
});

export const data = (from: FileSource, options: Partial<DataSection> = {}): DataSection => ({
  source: from,
  joins: [],
  split: { kind: 'random', train: 1, valid: 0, test: 0, seed: 1 },
  badRows: 0,
  span,
  ...options,
});

const optimizer: Optimizer = { rule: 'sgd', parameters: { learning_rate: 0.1 }, exact: false };

export function model(features: readonly Feature[], labels: readonly Label[], section?: DataSection): CheckedModel {
  return {
    name: 'Test',
    span,
    ...(section && { data: section }),
    features,
    labels,
    tables: [],
    network: { nodes: [], weights: [], states: [], sites: [], named: [], logits: [], outputs: [] },
    outputs: labels.map(({ name }) => name),
    train: {
      optimizer: { embeddings: optimizer, rest: optimizer, parts: {} },
      accumulate: 1,
      coupled: 'batch',
      batch: 8,
      epochs: 1,
      l2: 0,
      initializer: { kind: 'constant', value: 0 },
      monitor: 'loss',
      shuffle: true,
      seed: 1,
    },
    metrics: [],
  };
}
