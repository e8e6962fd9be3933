import type { Span } from '../../language/source.js';
import type { Network as NetworkSyntax } from '../../language/syntax.js';
import type { Report } from '../diagnostics.js';
import type { Feature, Initializer, Label, Table } from '../model.js';
import type { Index, Network, TensorNode } from '../network.js';
import { nearest } from '../suggest.js';
import { childScope, Stop, type Binding, type Context, type OpenIndex, type Place, rootPath } from './context.js';
import type { Effort } from './limits.js';
import { pruned } from './prune.js';
import { runStatement } from './body.js';
import { asTensor, reshape } from './tensors.js';
import { poison, shapeText, valueText, type FunctionValue, type TensorValue, type Value } from './values.js';

export interface NetworkInput {
  readonly syntax: NetworkSyntax;
  readonly features: readonly Feature[];
  /** Features that are declared, but wrong: names that stay silent. */
  readonly broken: readonly string[];
  readonly tables: readonly Table[];
  readonly labels: readonly Label[];
  readonly functions: ReadonlyMap<string, FunctionValue>;
  readonly initializer: Initializer;
  readonly isStd: (span: Span) => boolean;
  /** Shared by all networks of a file. */
  readonly effort: Effort;
  readonly report: Report;
}

/** Expands a network: blocks are instantiated, loops unrolled, every tensor becomes a node. Undefined after an error. */
export function instantiate(input: NetworkInput): Network | undefined {
  const { syntax, report } = input;
  const nodes: TensorNode[] = [];
  const indices = new Map<number, Index>();
  const context: Context = {
    functions: input.functions,
    features: input.features,
    tables: new Map(input.tables.map((t) => [t.name, t])),
    report,
    initializer: input.initializer,
    nodes,
    weights: new Map(),
    isStd: input.isStd,
    featureNodes: new Map(),
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
  const place: Place = { context, scope: childScope(scope), path: rootPath(), options: {} };
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
  const logits = input.labels.map((label) => {
    try {
      return logit(place, label, place.scope.values.get(label.name), syntax, report);
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
      return undefined;
    }
  });
  if (failed || !logits.every((l) => l !== undefined)) return undefined;
  const named = [...place.scope.values].flatMap(([name, { value }]) =>
    value.kind === 'tensor' ? [{ name, node: value.node }] : [],
  );
  return pruned({ nodes, weights: [...context.weights.values()], named, logits });
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

function logit(
  place: Place,
  label: Label,
  bound: Binding | undefined,
  syntax: NetworkSyntax,
  report: Report,
): { label: string; node: number } | undefined {
  if (!bound) {
    const near = nearest(label.name, place.scope.values.keys());
    report(
      'label-not-computed',
      syntax.keyword,
      { label: label.name },
      {
        notes: [{ span: label.span, text: 'the label is here' }],
        help: near ? `did you mean it by \`${near}\`?` : `end the network with \`${label.name} = …\`, its logit`,
      },
    );
    return undefined;
  }
  if (bound.value.kind === 'poison') return undefined;
  const statement = [...syntax.body.statements].reverse().find((s) => assignedNames(s).includes(label.name));
  const span = statement?.span ?? syntax.keyword;
  const x: TensorValue = asTensor(place, bound.value, span, `\`${label.name}\``);
  const wanted = label.task.kind === 'class' ? [label.task.classes] : [];
  const fitted = wanted.length === 0 && x.shape.length === 1 && x.shape[0] === 1 ? reshape(place, span, x, []) : x;
  if (fitted.shape.length !== wanted.length || fitted.shape.some((s, i) => s !== wanted[i])) {
    report(
      'label-shape',
      span,
      { label: label.name, wanted: `a ${shapeText(wanted)}`, found: valueText(x) },
      {
        notes: [{ span: label.span, text: 'the label is here' }],
        help: `linear(…, ${String(wanted[0] ?? 1)}) makes a ${shapeText(wanted)} of a vector`,
      },
    );
    return undefined;
  }
  if (!fitted.rows) {
    report('label-shape', span, { label: label.name, wanted: 'computed from features', found: 'the same for every row' });
    return undefined;
  }
  return { label: label.name, node: fitted.node };
}

function assignedNames(statement: NetworkSyntax['body']['statements'][number]): readonly string[] {
  switch (statement.kind) {
    case 'assign':
      return statement.targets.map((t) => t.text);
    case 'indexed-assign':
    case 'member-assign':
      return [statement.target.text];
    case 'repeat':
    case 'for':
      return statement.body.statements.flatMap(assignedNames);
    case 'return':
      return [];
    default:
      return statement satisfies never;
  }
}
