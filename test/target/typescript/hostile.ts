import type { CheckedModel } from '../../../src/model/model.js';
import type { Index, Size, TensorNode } from '../../../src/model/network.js';

export const attack = '*/ globalThis.pwned = true; /* ${globalThis.pwned = true} `\'"\\\u2028\n// @ts-nocheck\n*/';
/** A name that would run if it stood in code as it is. */
export const renamed = (name: string): string => `${name}"; globalThis.pwned = true; //`;
const usual = { attack, renamed };
/** Texts that take the place of a spec's. */
export interface Hostility {
  readonly attack: string;
  /** Another name for each. */
  readonly renamed: (name: string) => string;
}

/** The model with hostile text wherever a spec has text, whether or not a parser would let it pass. */
export const hostileModel = (base: CheckedModel, { attack, renamed }: Hostility = usual): CheckedModel => ({
  ...base,
  name: attack,
  doc: attack,
  features: base.features.map((feature) => {
    const common = { doc: attack, name: renamed(feature.name) };
    switch (feature.kind) {
      case 'category':
        return {
          ...feature,
          ...common,
          table: renamed(feature.table),
          ...(feature.default === undefined ? {} : { default: attack }),
          ...(feature.cross && { cross: feature.cross.map(renamed) }),
          ...(feature.value?.kind === 'column' && { value: { ...feature.value, name: attack + feature.name } }),
          codes:
            feature.codes.kind === 'vocabulary'
              ? { ...feature.codes, name: renamed(feature.codes.name) }
              : feature.codes.kind === 'values'
                ? { ...feature.codes, values: [attack, '__proto__', 'ios'] }
                : feature.codes,
          ...(feature.many && {
            many: {
              ...feature.many,
              separator: attack,
              ...(feature.many.parallel !== undefined && { parallel: renamed(feature.many.parallel) }),
            },
          }),
        };
      default:
        return { ...feature, ...common };
    }
  }),
  labels: base.labels.map((label) => ({ ...label, name: renamed(label.name), doc: attack })),
  outputs: base.outputs.map(renamed),
  metrics: base.metrics.map((metric) => ({ ...metric, label: renamed(metric.label) })),
  tables: base.tables.map((table) => ({
    ...table,
    name: renamed(table.name),
    features: table.features.map(renamed),
    rows: table.rows.kind === 'known' ? table.rows : { kind: 'vocabulary', name: renamed(table.rows.name) },
  })),
  network: {
    nodes: base.network.nodes.map((node) => renamedNode(withRenamedSizes(node, renamed), renamed)),
    weights: base.network.weights.map((weight) => ({ ...weight, name: renamed(weight.name) })),
    states: base.network.states.map((state) => ({ ...state, name: renamed(state.name) })),
    sites: base.network.sites.map((site) => ({
      ...site,
      name: renamed(site.name),
      feature: renamed(site.feature),
      table: renamed(site.table),
    })),
    outputs: base.network.outputs.map((output) => ({ ...output, name: renamed(output.name) })),
    named: base.network.named.map((named) => ({ ...named, name: renamed(named.name) })),
    logits: base.network.logits.map((logit) => ({ ...logit, label: renamed(logit.label) })),
  },
});

function renamedNode(node: TensorNode, renamed: Hostility['renamed']): TensorNode {
  switch (node.kind) {
    case 'feature':
    case 'code':
    case 'log_frequency':
      return { ...node, feature: renamed(node.feature) };
    case 'lookup':
      return { ...node, site: renamed(node.site) };
    case 'target':
      return { ...node, label: renamed(node.label) };
    case 'weight':
      return { ...node, weight: renamed(node.weight) };
    case 'batch_norm':
      return { ...node, mean: renamed(node.mean), variance: renamed(node.variance) };
    case 'dropout':
      return { ...node, path: renamed(node.path) };
    default:
      return node;
  }
}

/** Ragged axes know their feature. */
function withRenamedSizes(node: TensorNode, renamed: Hostility['renamed']): TensorNode {
  const size = (one: Size): Size =>
    typeof one === 'object' && one.ragged === 'sequence' ? { ...one, feature: renamed(one.feature) } : one;
  const index = (one: Index): Index => ({ ...one, size: size(one.size) });
  const common = { shape: node.shape.map(size), indices: node.indices.map(index) };
  if ('index' in node) return { ...node, ...common, index: index(node.index) };
  if ('over' in node && typeof node.over === 'object') return { ...node, ...common, over: index(node.over) };
  return { ...node, ...common };
}
