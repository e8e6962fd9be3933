import type { Label as ModelLabel, Table } from '../../model/model.js';
import type { NodeId, Site, Size, State, TensorNode, Weight } from '../../model/network.js';
import type { Builder } from '../builder.js';
import type { Dim, NodeId as GraphNodeId } from '../graph.js';
import type { Label, Labelled } from '../labelled.js';

export type Mode = 'train' | 'infer';
/** `code` is for what is written to do both: dropout as in training, batch norm as in inference. */
export type LoweringMode = Mode | 'code';

/** The value of a node of the network: its axes are `rows`, `i<index id>`, `c<position in its own shape>`. */
export type Lowered = (id: NodeId) => Labelled;

export type NodeOf<K extends TensorNode['kind']> = Extract<TensorNode, { readonly kind: K }>;

/** What the rules of lowering share. */
export interface Context {
  readonly b: Builder;
  readonly mode: LoweringMode;
  readonly node: (id: NodeId) => TensorNode;
  readonly value: Lowered;
  readonly weight: (name: string) => Weight;
  readonly state: (name: string) => State;
  readonly site: (name: string) => Site;
  readonly table: (name: string) => Table;
  readonly label: (name: string) => ModelLabel;
  /** Computed as part of the one sum of products that uses it. */
  readonly absorbed: ReadonlySet<NodeId>;
  /** What the step gives for the next value of each running statistic. */
  readonly nextStates: Map<string, GraphNodeId>;
  readonly freshLabel: () => Label;
}

export function found<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the network lacks ${what}`);
  return value;
}

export const coreLabel = (axis: number): Label => `c${String(axis)}`;
export const indexLabel = (index: { readonly id: number }): Label => `i${String(index.id)}`;
export const coreLabels = (shape: readonly unknown[]): Label[] => shape.map((_, axis) => coreLabel(axis));

/** Position in the value's own shape, or undefined for the batch axis and indices. */
export function coreAxis(label: Label): number | undefined {
  return label.startsWith('c') ? Number(label.slice(1)) : undefined;
}

/** Renames the axes of the value's own shape. */
export const onCore =
  (to: (axis: number) => Label) =>
  (label: Label): Label => {
    const axis = coreAxis(label);
    return axis === undefined ? label : to(axis);
  };

/** A ragged axis is as long as its longest row may be. */
export function dimOfSize(size: Size): Dim {
  if (typeof size === 'number') return size;
  return size.ragged === 'batch' ? 'rows' : size.length;
}

/** The axis `label` of a node's value. */
export function dimOfLabel(node: TensorNode, label: Label): Dim {
  if (label === 'rows') return 'rows';
  const axis = coreAxis(label);
  const size = axis === undefined ? node.indices.find((index) => indexLabel(index) === label)?.size : node.shape[axis];
  return dimOfSize(found(size, `an axis ${label}`));
}
