import type { Graph } from '../../graph/graph.js';
import type { CheckedModel } from '../../model/model.js';
import type { Site } from '../../model/network.js';

/**
 * What a graph model is given of a batch. A feature has `ids.<feature>` and, with several values, `mask.<feature>`; or `dense.<feature>`.
 * The ids of a row with several values
 * are padded: to the feature's `max_length` where the network reads them place by place, else to what each call chooses.
 */
export type ModelInput = {
  /** As callers name it. */
  readonly name: string;
  readonly feature: string;
} & (
  | { readonly kind: 'id' }
  | { readonly kind: 'ids' | 'mask'; readonly places: number | undefined }
  | { readonly kind: 'numbers'; readonly width: number }
);

/** Sizes of an input: -1 where each call decides. */
export function sizesOfInput(input: ModelInput): readonly number[] {
  switch (input.kind) {
    case 'id':
      return [-1];
    case 'ids':
    case 'mask':
      return [-1, input.places ?? -1];
    case 'numbers':
      return [-1, input.width];
    default:
      return input satisfies never;
  }
}

export interface ModelInputs {
  /** In the order of the spec's features. */
  readonly inputs: readonly ModelInput[];
  /** For each input of the graph the name of the model's that stands for it: the mask for the offsets of bags. */
  readonly standsFor: ReadonlyMap<string, string>;
}

/** The inputs that a model needs so that the graph can be computed. */
export function modelInputs({ features, network }: Pick<CheckedModel, 'features' | 'network'>, { nodes }: Graph): ModelInputs {
  const read = nodes.flatMap((node) => (node.kind === 'input' ? [node] : []));
  const sequences = new Map<string, Site>();
  for (const site of network.sites) if (site.form === 'sequence') sequences.set(`ids.${site.name}`, site);
  const standsFor = new Map<string, string>();
  const byFeature = new Map<string, Map<string, ModelInput>>();
  const places = new Map<string, number>();
  for (const { name, shape } of read) {
    const length = shape[1];
    const feature = sequences.get(name)?.feature ?? afterDot(name);
    if (typeof length === 'number' && !name.startsWith('dense.')) places.set(feature, length);
  }

  const need = (graphName: string, feature: string, kind: 'ids' | 'mask' | 'id' | 'numbers', width = 1): void => {
    const name = `${prefixes[kind]}.${feature}`;
    const common = { name, feature };
    const input: ModelInput =
      kind === 'id'
        ? { ...common, kind }
        : kind === 'numbers'
          ? { ...common, kind, width }
          : { ...common, kind, places: places.get(feature) };
    const own = byFeature.get(feature) ?? new Map<string, ModelInput>();
    byFeature.set(feature, own.set(name, input));
    standsFor.set(graphName, name);
  };
  for (const { name, shape } of read) {
    const feature = afterDot(name);
    const sequence = sequences.get(name);
    switch (name.slice(0, name.indexOf('.'))) {
      case 'dense':
        need(name, feature, 'numbers', Number(shape[1]));
        break;
      case 'code':
        need(name, feature, 'id');
        break;
      case 'mask':
      case 'offsets':
        need(name, feature, 'mask');
        break;
      case 'ids':
        need(name, sequence?.feature ?? feature, sequence !== undefined || shape[0] !== 'rows' ? 'ids' : 'id');
        break;
      default:
        throw new Error(`a served model cannot be given ${name}`);
    }
  }
  return { inputs: features.flatMap(({ name }) => [...(byFeature.get(name)?.values() ?? [])].sort(idsFirst)), standsFor };
}

const prefixes = { id: 'ids', ids: 'ids', mask: 'mask', numbers: 'dense' } as const;
const afterDot = (name: string): string => name.slice(name.indexOf('.') + 1);
const idsFirst = (a: ModelInput, b: ModelInput): number => Number(a.kind === 'mask') - Number(b.kind === 'mask');
