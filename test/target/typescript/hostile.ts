import type { CheckedModel } from '../../../src/model/model.js';

export const attack = '*/ globalThis.pwned = true; /* ${globalThis.pwned = true} `\'"\\\u2028\n// @ts-nocheck\n*/';
/** A name that would run if it stood in code as it is. */
export const renamed = (name: string): string => `${name}"; globalThis.pwned = true; //`;
/** The model with hostile text wherever a spec has text, whether or not a parser would let it pass. */
export const hostileModel = (base: CheckedModel): CheckedModel => ({
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
          ...(feature.many && { many: { ...feature.many, separator: attack } }),
        };
      default:
        return { ...feature, ...common };
    }
  }),
  labels: base.labels.map((label) => ({ ...label, name: renamed(label.name), doc: attack })),
  outputs: base.outputs.map(renamed),
  tables: base.tables.map((table) => ({
    ...table,
    name: renamed(table.name),
    features: table.features.map(renamed),
    rows: table.rows.kind === 'known' ? table.rows : { kind: 'vocabulary', name: renamed(table.rows.name) },
  })),
  network: {
    nodes: base.network.nodes.map((node) => {
      if (node.kind === 'feature' || node.kind === 'code') return { ...node, feature: renamed(node.feature) };
      if (node.kind === 'lookup') return { ...node, site: renamed(node.site) };
      return node.kind === 'weight' ? { ...node, weight: renamed(node.weight) } : node;
    }),
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
