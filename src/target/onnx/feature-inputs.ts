import type { Graph, Node } from '../../graph/graph.js';
import type { Site } from '../../model/network.js';
import type { Emitter } from './emitter.js';
import { ElementType } from './proto.js';

/** A feature's ids: [rows], or of a bag those of all rows, with the offsets [rows + 1] where each row's begin. */
export interface FeatureIds {
  readonly ids: string;
  readonly offsets?: string;
}

/** The encoded features of a batch, by name. */
export interface FeatureValues {
  readonly ids: (feature: string) => FeatureIds;
  /** [rows, width] */
  readonly dense: (feature: string) => string;
}

/** What an input of the inference graph is: of which feature, and in which form. */
export interface FeatureInput {
  readonly node: Node<'input'>;
  readonly form: 'dense' | 'id' | 'bag' | 'offsets' | 'sequence' | 'mask' | 'code';
  readonly feature: string;
}

/** The inputs of an inference graph, in its order. */
export function featureInputs(graph: Graph, sites: readonly Site[]): readonly FeatureInput[] {
  const featureOf = new Map(sites.map(({ name, feature }) => [name, feature]));
  return graph.nodes.flatMap((node): FeatureInput[] => {
    if (node.kind !== 'input') return [];
    const dot = node.name.indexOf('.');
    const [prefix, name] = [node.name.slice(0, dot), node.name.slice(dot + 1)];
    switch (prefix) {
      case 'dense':
      case 'offsets':
      case 'mask':
      case 'code':
        return [{ node, form: prefix, feature: name }];
      case 'ids':
        if (node.shape.length === 2) return [{ node, form: 'sequence', feature: featureOf.get(name) ?? name }];
        return [{ node, form: node.shape[0] === 'rows' ? 'id' : 'bag', feature: name }];
      default:
        throw new Error(`${node.name} is no input of an inference graph`);
    }
  });
}

/** Computes the inputs of a graph from one value for each feature: places of sequences, masks and codes follow from ids. */
export function writeFeatures(
  inputs: readonly FeatureInput[],
  values: FeatureValues,
  emit: Emitter,
): ReadonlyMap<string, string> {
  const places = new Map<string, Places>();
  const placesOf = (feature: string, { shape }: Node<'input'>): Places => {
    const key = `${String(shape[1])} ${feature}`;
    const known = places.get(key) ?? writePlaces(values.ids(feature), Number(shape[1]), emit);
    places.set(key, known);
    return known;
  };
  const valueOf = ({ node, form, feature }: FeatureInput): string => {
    switch (form) {
      case 'dense':
        return values.dense(feature);
      case 'id':
      case 'bag':
        return values.ids(feature).ids;
      case 'offsets':
        return values.ids(feature).offsets ?? '';
      case 'sequence':
        return placesOf(feature, node).ids;
      case 'mask':
        return placesOf(feature, node).mask;
      case 'code':
        return emit.cast(values.ids(feature).ids, ElementType.float);
      default:
        return form satisfies never;
    }
  };
  return new Map(inputs.map((input) => [input.node.name, valueOf(input)]));
}

/** The places of each row, [rows, length]: ids, 0 where a row has no more, and 1 where it has, else 0. */
interface Places {
  readonly ids: string;
  readonly mask: string;
}

function writePlaces({ ids, offsets = '' }: FeatureIds, length: number, emit: Emitter): Places {
  const last = emit.ints([1]);
  const wide = emit.cast(offsets, ElementType.int64);
  const axis = emit.ints([0]);
  const begin = emit.node('Unsqueeze', [emit.node('Slice', [wide, emit.ints([0]), emit.ints([-1]), axis]), last]);
  const end = emit.node('Slice', [wide, emit.ints([1]), emit.ints([Number.MAX_SAFE_INTEGER]), axis]);
  const at = emit.node('Add', [begin, emit.ints(Array.from({ length }, (_, i) => i))]);
  const isThere = emit.node('Less', [at, emit.node('Unsqueeze', [end, last])]);
  const all = emit.node('Concat', [emit.cast(ids, ElementType.int64), emit.ints([0])], { axis: { int: 0 } });
  const source = emit.node('Where', [isThere, at, emit.node('Shape', [ids])]);
  return { ids: emit.node('Gather', [all, source], { axis: { int: 0 } }), mask: emit.cast(isThere, ElementType.float) };
}
