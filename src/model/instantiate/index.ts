import type { Span } from '../../language/source.js';
import type { Name, Network as NetworkSyntax } from '../../language/syntax.js';
import type { Report } from '../diagnostics.js';
import type { Feature, Initializer, Label, Table } from '../model.js';
import type { Index, Network, TensorNode } from '../network.js';
import { assignedNames, runStatement } from './body.js';
import { childScope, Stop, type Context, type EmbeddingDefaults, type OpenIndex, type Place, rootPath } from './context.js';
import { checkLossOnly, logitOf, outputOf, type Output } from './ends.js';
import type { Functions } from './functions.js';
import type { Effort } from './limits.js';
import { pruned } from './prune.js';
import { poison, type Value } from './values.js';

export interface NetworkInput {
  readonly syntax: NetworkSyntax;
  readonly features: readonly Feature[];
  /** Features that are declared, but wrong: names that stay silent. */
  readonly broken: readonly string[];
  readonly tables: readonly Table[];
  readonly embeddings: EmbeddingDefaults;
  readonly labels: readonly Label[];
  /** What `outputs` lists. */
  readonly outputs: readonly Output[];
  readonly functions: Functions;
  readonly initializer: Initializer;
  readonly isStd: (span: Span) => boolean;
  /** Shared by all networks of a file. */
  readonly effort: Effort;
  readonly report: Report;
  /** Told what each name of the user's text stands for, as it is assigned. */
  readonly observe?: ((name: Name, value: Value) => void) | undefined;
}

export interface Instantiated {
  readonly network: Network;
  /** Those of the embeddings section, then those that the network makes. */
  readonly tables: readonly Table[];
  /** Every name of the network, whether a label depends on it or not. */
  readonly names: readonly string[];
}

/** Expands a network: blocks are instantiated, loops unrolled, every tensor becomes a node. Undefined after an error. */
export function instantiate(input: NetworkInput): Instantiated | undefined {
  const { syntax, report } = input;
  const nodes: TensorNode[] = [];
  const indices = new Map<number, Index>();
  const root = rootPath();
  const context: Context = {
    functions: input.functions,
    features: input.features,
    tables: new Map(input.tables.map((t) => [t.name, t])),
    report,
    initializer: input.initializer,
    nodes,
    weights: new Map(),
    states: new Map(),
    names: new Map(),
    root,
    sites: new Map(),
    noises: { text: '', used: new Map() },
    losses: new Map(),
    embeddings: input.embeddings,
    labels: input.labels,
    isStd: input.isStd,
    featureNodes: new Map(),
    observe: input.observe,
    indexOf: (open: OpenIndex) => {
      const made = indices.get(open.id) ?? { id: open.id, name: open.name, size: open.size ?? 1 };
      indices.set(open.id, made);
      return made;
    },
    nextIndex: 0,
    calls: 0,
    effort: input.effort,
    active: [],
  };
  const scope = childScope();
  for (const [name, value] of featureLists(input))
    if (!input.labels.some((l) => l.name === name)) scope.values.set(name, { value });
  for (const name of input.broken) scope.values.set(name, { value: poison, fixed: 'a feature' });
  for (const feature of input.features)
    scope.values.set(feature.name, { value: { kind: 'feature', feature }, fixed: 'a feature' });
  const place: Place = { context, scope: childScope(scope), path: root, options: {} };
  let failed = false;
  for (const statement of syntax.body.statements) {
    if (statement.kind === 'return') continue;
    try {
      runStatement(place, statement);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      failed = true;
      for (const name of assignedNames(statement)) place.scope.values.set(name, { value: poison });
    }
  }
  const attempt = <T>(make: () => T | undefined): T | undefined => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      return undefined;
    }
  };
  const logits = input.labels.map((label) => attempt(() => logitOf(place, label, syntax)));
  const outputs = input.outputs
    .filter(({ name }) => !input.labels.some((l) => l.name === name))
    .map((output) => attempt(() => outputOf(place, output)));
  if (failed || !logits.every((l) => l !== undefined) || !outputs.every((o) => o !== undefined)) return undefined;
  const named = [...place.scope.values].flatMap(([name, { value }]) =>
    value.kind === 'tensor' ? [{ name, node: value.node }] : [],
  );
  const { weights, states, sites, tables } = context;
  const network: Network = {
    nodes,
    weights: [...weights.values()],
    states: [...states.values()],
    sites: [...sites.values()],
    named,
    logits,
    outputs,
  };
  if (attempt(() => checkLossOnly(place, network)) !== true) return undefined;
  return {
    network: pruned(network),
    tables: [...tables.values()],
    names: [...new Set(syntax.body.statements.flatMap(assignedNames))],
  };
}

/** Lists of features; a feature of the same name wins over them. */
function featureLists({ features }: NetworkInput): ReadonlyMap<string, Value> {
  const list = (wanted: readonly Feature[]): Value => ({
    kind: 'list',
    elements: wanted.map((feature) => ({ value: { kind: 'feature', feature }, span: feature.span })),
  });
  return new Map<string, Value>([
    ['features', list(features)],
    ['categories', list(features.filter((f) => f.kind === 'category'))],
    ['numbers', list(features.filter((f) => f.kind !== 'category'))],
  ]);
}
