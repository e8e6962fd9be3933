import type { Source, Span } from '../language/source.js';
import { isMissing, type Block, type Entry, type Model, type Name, type Network, type Parameter } from '../language/syntax.js';
import type { Form, Key } from '../model/reading.js';
import { standard } from '../model/library.js';
import type { SpecFile } from '../model/source-files.js';
import type { Builtin } from '../model/instantiate/given.js';
import type { ModelItem } from '../model/key-tables.js';

type EntryKind = 'feature' | 'label' | 'table' | 'join';
type OfEntry = { [K in EntryKind]: { readonly kind: K; readonly entry: Entry; readonly model: Model } }[EntryKind];

/** What a name in a text stands for. */
export type Symbol =
  | Declared
  | { readonly kind: 'builtin'; readonly name: string; readonly builtin: Pick<Builtin, 'doc' | 'parameters'> }
  | { readonly kind: 'column'; readonly name: string }
  | { readonly kind: 'key'; readonly name: string; readonly key: Key<unknown>; readonly of: string }
  | { readonly kind: 'form'; readonly name: string; readonly form: Form }
  | { readonly kind: 'section'; readonly name: string; readonly item: ModelItem }
  | { readonly kind: 'word'; readonly name: string; readonly doc?: string }
  | { readonly kind: 'type'; readonly name: string }
  | { readonly kind: 'file'; readonly name: string; readonly source: Source | undefined };

/** A symbol that a text declares: two are one if they are declared at one place. */
export type Declared = {
  readonly name: string;
  /** Where it is declared first: what a child model says again is declared by its base. */
  readonly declaration: Name;
  /** The whole of what declares it. */
  readonly whole: Span;
  readonly doc?: string;
} & (
  | { readonly kind: 'model'; readonly model: Model }
  | { readonly kind: 'block'; readonly block: Block; readonly isLibrary: boolean }
  | OfEntry
  | { readonly kind: 'parameter'; readonly parameter: Parameter; readonly block: Block }
  /** A name of a network or a block. */
  | { readonly kind: 'tensor'; readonly within: Network | Block }
  | { readonly kind: 'size' | 'index' | 'variable'; readonly within: Network | Block | undefined }
);

export const isDeclared = (symbol: Symbol): symbol is Declared => 'declaration' in symbol;

/** The same for all texts that speak of one declaration. */
export const identityOf = ({ kind, declaration: { span } }: Declared): string =>
  `${kind} ${span.source.path} ${String(span.start)}`;

export interface Occurrence {
  readonly span: Span;
  readonly role: 'declares' | 'reads' | 'writes';
  readonly symbol: Symbol;
}

/** The names of a model, with those that it inherits. */
export interface ModelNames {
  readonly model: Model;
  readonly symbol: Declared;
  readonly base?: ModelNames;
  readonly features: ReadonlyMap<string, Declared>;
  readonly labels: ReadonlyMap<string, Declared>;
  /** Tables that features share. */
  readonly tables: ReadonlyMap<string, Declared>;
  readonly joins: ReadonlyMap<string, Declared>;
}

/** What the names of a file stand for. */
export interface FileNames {
  readonly spec: SpecFile;
  readonly models: ReadonlyMap<string, ModelNames>;
  readonly function: (name: string) => Symbol | undefined;
  readonly functionNames: () => Iterable<string>;
}

/** Functions that the compiler reads by itself. */
const weights: ReadonlyMap<string, Symbol> = new Map(
  [
    ['weight', 'A weight that is trained, of the sizes in brackets.'],
    ['bias', 'A weight that starts at 0 and has no l2, of the sizes in brackets.'],
  ].map(([name = '', doc = '']) => [
    name,
    {
      kind: 'builtin',
      name,
      builtin: { doc, parameters: ['init', 'l2', 'frozen'].map((parameter) => ({ name: parameter, optional: true })) },
    },
  ]),
);

const library = new Map<string, Symbol | undefined>();

/** A block or function of the library. */
export function libraryFunction(name: string): Symbol | undefined {
  if (!library.has(name)) library.set(name, weights.get(name) ?? readLibrary(name));
  return library.get(name);
}

function readLibrary(name: string): Symbol | undefined {
  const found = standard().functions.get(name);
  if (found?.is === 'block') return blockSymbol(found.block, true);
  return found?.is === 'builtin' ? { kind: 'builtin', name, builtin: found.builtin } : undefined;
}

export const libraryNames = (): readonly string[] => [...standard().functions.keys(), ...weights.keys()];

const withDoc = (doc: string | undefined): { readonly doc?: string } => (doc === undefined ? {} : { doc });

const blockSymbol = (block: Block, isLibrary: boolean): Declared => ({
  kind: 'block',
  name: block.name.text,
  declaration: block.name,
  whole: block.span,
  block,
  isLibrary,
  ...withDoc(block.doc),
});

/** The names of a file, and, as far as it imports them, of others. */
export function fileNames(spec: SpecFile, known = new Map<SpecFile, FileNames>()): FileNames {
  const before = known.get(spec);
  if (before) return before;
  const functions = new Map<string, Symbol>();
  const models = new Map<string, ModelNames>();
  const names: FileNames = {
    spec,
    models,
    function: (name) => functions.get(name) ?? libraryFunction(name),
    functionNames: () => [...functions.keys(), ...libraryNames()],
  };
  known.set(spec, names);
  const own = new Map<string, Model>();
  for (const item of spec.file.items) {
    if (item.kind === 'import') {
      const from = spec.imports.get(item);
      const there = from && fileNames(from, known);
      for (const { text } of item.names) {
        const model = there?.models.get(text);
        const block = there?.function(text);
        if (model) models.set(text, model);
        else if (block?.kind === 'block' && !block.isLibrary) functions.set(text, block);
      }
    } else if (item.kind === 'block') {
      if (!isMissing(item.name) && !functions.has(item.name.text)) functions.set(item.name.text, blockSymbol(item, false));
    } else if (!isMissing(item.name) && !own.has(item.name.text)) own.set(item.name.text, item);
  }
  const open = new Set<string>();
  const namesOf = (model: Model): ModelNames => {
    const name = model.name.text;
    const done = models.get(name);
    if (done) return done;
    open.add(name);
    const parent = model.extends?.text ?? '';
    const ownBase = own.get(parent);
    const base = models.get(parent) ?? (ownBase && !open.has(parent) ? namesOf(ownBase) : undefined);
    const made = modelNames(model, base);
    models.set(name, made);
    return made;
  };
  for (const model of own.values()) namesOf(model);
  return names;
}

function modelNames(model: Model, base: ModelNames | undefined): ModelNames {
  const features = new Map(base?.features);
  const labels = new Map(base?.labels);
  const tables = new Map(base?.tables);
  const joins = new Map(base?.joins);
  const add = (to: Map<string, Declared>, kind: EntryKind, entry: Entry, doc = entry.doc): void => {
    const { name } = entry;
    if (isMissing(name) || to.has(name.text)) return;
    to.set(name.text, { kind, name: name.text, declaration: name, whole: entry.span, entry, model, ...withDoc(doc) });
  };
  for (const item of model.items) {
    if (item.kind === 'label') add(labels, 'label', item.entry, item.doc);
    if (item.kind !== 'section') continue;
    const { entries } = item.record;
    if (item.name.text === 'features') for (const entry of entries) add(features, 'feature', entry);
    if (item.name.text === 'embeddings') for (const entry of entries) if (saysFeatures(entry)) add(tables, 'table', entry);
    if (item.name.text !== 'data') continue;
    for (const { name, value } of entries)
      if (name.text === 'join' && value.kind === 'record') for (const entry of value.entries) add(joins, 'join', entry);
  }
  const symbol: Declared = {
    kind: 'model',
    name: model.name.text,
    declaration: model.name,
    whole: model.span,
    model,
    ...withDoc(model.doc),
  };
  return { model, symbol, ...(base && { base }), features, labels, tables, joins };
}

const saysFeatures = ({ value }: Entry): boolean =>
  value.kind === 'record' && value.entries.some(({ name }) => name.text === 'features');
