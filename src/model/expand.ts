import { newestEdition } from '../language/edition.js';
import { writeNumber } from '../language/literals.js';
import { parseExpression } from '../language/parser.js';
import type { Source, Span } from '../language/source.js';
import type { Entry, Expression, File, Item, Model, Name, Network, NumberLiteral, RecordExpression } from '../language/syntax.js';
import type { Checked } from './check.js';
import { initializerText } from './initializers.js';
import { inline } from './inline.js';
import type { MergedModel } from './merge.js';
import type { CheckedModel, Optimizer, Optimizers } from './model.js';
import { neededSections } from './needed-features.js';
import { optimizerRules } from './optimizers.js';
import { scheduleText } from './schedules.js';

export interface ExpandOptions {
  /** One model, with the blocks that it reaches; without it all models and all blocks of the file. */
  readonly only?: string;
  /** With the blocks of the library too, and the edition: nothing but this text says what the model is. */
  readonly whole?: boolean;
  /** Paths of data as their files say them, where a folder is named that they all start from; otherwise from the folder of the spec. */
  readonly pathsAsSaid?: boolean;
}

/**
 * A file that stands alone: in it every checked model has what it inherits and imports, its short form written out and its
 * training in full.
 */
export function expand(checked: Checked, options: ExpandOptions = {}): File {
  const { file, functions } = checked;
  const { only, whole = false, pathsAsSaid = false } = options;
  const parts = checked.models
    .filter((m) => only === undefined || m.name === only)
    .flatMap((model) => {
      const expansion = checked.expansions.get(model.name);
      return expansion ? [{ model, ...expansion }] : [];
    });
  const { blocks, networks } = inline(
    functions,
    {
      blocks: only === undefined ? file.items.filter((i) => i.kind === 'block') : [],
      networks: parts.map(({ network, merged }) => ({ network, bound: boundIn(merged) })),
      taken: parts.map(({ model }) => model.name),
    },
    whole,
  );
  const { source } = file.span;
  const edition = file.edition ?? (whole ? editionOf(file.span) : undefined);
  return {
    kind: 'file',
    span: file.span,
    ...(edition && { edition }),
    items: [
      ...blocks,
      ...parts.map(({ model, merged }, i) => {
        const network = networks[i];
        if (!network) throw new Error(`${model.name} has lost its network`);
        return expandModel(model, merged, network, pathsAsSaid ? undefined : source);
      }),
    ],
  };
}

const editionOf = (span: Span): NumberLiteral => ({
  kind: 'number',
  value: newestEdition,
  text: String(newestEdition),
  span,
});

/** Names that stand in a network for features, lists of them, and labels. */
const boundIn = ({ sections, labels }: MergedModel): readonly string[] => {
  const features = sections.get('features')?.value;
  const entries = [...(features?.kind === 'record' ? features.entries : []), ...labels];
  return [...entries.map(({ name }) => name.text), 'features', 'categories', 'numbers'];
};

function expandModel(model: CheckedModel, merged: MergedModel, network: Network, beside: Source | undefined): Model {
  const { span } = model;
  const name = (text: string): Name => ({ kind: 'name', text, span });
  const property = (text: string, value: Expression): Item => ({ kind: 'property', name: name(text), value, span });
  const sections = neededSections(merged, model, network);
  const said = (text: string): Expression | undefined => sections.get(text)?.value;
  const section = (text: string, value = said(text)): readonly Item[] =>
    value?.kind === 'record' ? [{ kind: 'section', name: name(text), record: value, span }] : [];
  const data = said('data');
  const outputs = said('outputs');
  const items: Item[] = [
    ...section('data', beside && data?.kind === 'record' ? rebased(data, beside) : data),
    ...section('features'),
    ...merged.labels.map((entry): Item => {
      const { doc, ...rest } = entry;
      return { kind: 'label', entry: rest, span, ...(doc !== undefined && { doc }) };
    }),
    ...section('embeddings'),
    { kind: 'network', keyword: span, body: network.body, span },
    ...section('train', written(trainText(model), span)),
    property('metrics', said('metrics') ?? read(metricsText(model))),
    ...(outputs ? [property('outputs', outputs)] : []),
  ];
  return { kind: 'model', name: name(model.name), items, span, ...(model.doc !== undefined && { doc: model.doc }) };
}

/** A data section whose paths start from the folder of another file than the ones that say them. */
function rebased(data: RecordExpression, beside: Source): RecordExpression {
  const folderOf = ({ path }: Source): string => path.slice(0, path.lastIndexOf('/') + 1);
  const home = folderOf(beside);
  const moved = (e: Expression): Expression => {
    const folder = folderOf(e.span.source);
    if (e.kind === 'record') return { ...e, entries: e.entries.map((entry) => ({ ...entry, value: moved(entry.value) })) };
    if (folder === home || !folder.startsWith(home)) return e;
    if (e.kind === 'string') return e.value.startsWith('/') ? e : { ...e, value: folder.slice(home.length) + e.value };
    if (e.kind !== 'call') return e;
    const path = e.arguments.find((a) => a.name?.text === 'path') ?? e.arguments.find((a) => !a.name);
    return { ...e, arguments: e.arguments.map((a) => (a === path ? { ...a, value: moved(a.value) } : a)) };
  };
  const isFile = ({ name }: Entry): boolean => name.text === 'source' || name.text === 'join';
  return { ...data, entries: data.entries.map((entry) => (isFile(entry) ? { ...entry, value: moved(entry.value) } : entry)) };
}

function read(text: string): Expression {
  const { expression } = parseExpression({ path: 'expand', text });
  if (!expression) throw new Error(`expand wrote what does not parse: ${text}`);
  return expression;
}

function written(entries: readonly (readonly [string, string])[], span: Span): RecordExpression {
  return {
    kind: 'record',
    span,
    entries: entries.map(([key, text]): Entry => ({
      kind: 'entry',
      name: { kind: 'name', text: key, span },
      value: read(text),
      span,
    })),
  };
}

function optimizerText(o: Optimizer): string {
  const switches = new Set(optimizerRules[o.rule].parameters.flatMap(({ name, isSwitch }) => (isSwitch === true ? [name] : [])));
  const given = Object.entries(o.parameters).map(([k, v]) => `${k}: ${switches.has(k) ? String(v === 1) : writeNumber(v)}`);
  return `${o.rule}(${[...given, ...(o.exact ? ['exact'] : [])].join(', ')})`;
}

function optimizersText({ embeddings, rest, parts }: Optimizers): string {
  const others = Object.entries({ embeddings, ...parts }).map(([name, o]) => [name, optimizerText(o)] as const);
  const all = optimizerText(rest);
  if (Object.keys(parts).length === 0 && others.every(([, text]) => text === all)) return all;
  return `{ ${others.map(([name, text]) => `${name}: ${text}`).join(', ')}, rest: ${all} }`;
}

/** The metrics that a model has if it does not say: of each label its own. */
function metricsText({ labels, metrics }: CheckedModel): string {
  const of = (label: string): string => `[${metrics.flatMap((m) => (m.label === label ? [m.name] : [])).join(', ')}]`;
  const [only, ...more] = labels.map(({ name }) => name);
  if (only !== undefined && more.length === 0) return of(only);
  return `{ ${labels.map(({ name }) => `${name}: ${of(name)}`).join(', ')} }`;
}

/** The train section with every default filled in. */
function trainText({ train }: CheckedModel): readonly (readonly [string, string])[] {
  return [
    ['optimizer', optimizersText(train.optimizer)],
    ['batch', String(train.batch)],
    ['accumulate', String(train.accumulate)],
    ['coupled', train.coupled],
    ['epochs', String(train.epochs)],
    ...(train.schedule ? [['schedule', scheduleText(train.schedule)] as const] : []),
    ...(train.ema === undefined ? [] : [['ema', writeNumber(train.ema)] as const]),
    ...(train.clipNorm
      ? [
          [
            'clip_norm',
            train.clipNorm.scope === 'each' ? `each(${writeNumber(train.clipNorm.norm)})` : writeNumber(train.clipNorm.norm),
          ] as const,
        ]
      : []),
    ['l2', writeNumber(train.l2)],
    ['init', initializerText(train.initializer)],
    ...(train.stop ? [['stop', `no_improvement(patience: ${String(train.stop.patience)})`] as const] : []),
    ['monitor', train.monitor],
    ['shuffle', String(train.shuffle)],
    ['seed', String(train.seed)],
  ];
}
