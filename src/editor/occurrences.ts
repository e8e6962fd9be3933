import { isMissing, type Argument, type Entry, type Expression, type Model, type Name } from '../language/syntax.js';
import { inside } from '../language/walk.js';
import { acceptedOf, modelItems, type ModelItem } from '../model/key-tables.js';
import { metricNames } from '../model/metrics.js';
import type { Accepts, Form, Key, Keys } from '../model/reading.js';
import { functions as rowFunctions } from '../model/row-check.js';
import type { SpecFile } from '../model/source-files.js';
import { localsOfModel, walkBlock, walkBody, walkExpression, type Walk } from './network-names.js';
import { fileNames, type Declared, type FileNames, type ModelNames, type Occurrence, type Symbol } from './symbols.js';

export interface Occurrences {
  readonly names: FileNames;
  /** In the order of the text, none over another. */
  readonly all: readonly Occurrence[];
}

const computed = new WeakMap<SpecFile, Occurrences>();

/** Every name of a file that has a meaning. */
export function occurrencesOf(spec: SpecFile): Occurrences {
  const before = computed.get(spec);
  if (before) return before;
  const names = fileNames(spec);
  const all = new Map<number, Occurrence>();
  const found = (occurrence: Occurrence): void => {
    const { start, end, source } = occurrence.span;
    if (source === spec.source && start < end && !all.has(start)) all.set(start, occurrence);
  };
  const walk: Walk = { function: names.function, found, within: undefined };
  for (const item of spec.file.items) {
    switch (item.kind) {
      case 'import': {
        const from = spec.imports.get(item);
        found({ span: item.from.span, role: 'reads', symbol: { kind: 'file', name: item.from.value, source: from?.source } });
        for (const { text, span } of item.names) {
          const symbol = names.models.get(text)?.symbol ?? names.function(text);
          if (symbol) found({ span, role: 'reads', symbol });
        }
        break;
      }
      case 'block': {
        const symbol = names.function(item.name.text);
        if (symbol) found({ span: item.name.span, role: 'declares', symbol });
        walkBlock({ ...walk, within: item }, item);
        break;
      }
      case 'model':
        walkModel(walk, item, names);
        break;
      default:
        item satisfies never;
    }
  }
  const sorted = [...all.values()].sort((a, b) => a.span.start - b.span.start);
  const result = { names, all: sorted };
  computed.set(spec, result);
  return result;
}

/** The name at an offset, or that ends there. */
export function occurrenceAt({ all }: Occurrences, offset: number): Occurrence | undefined {
  return all.find(({ span }) => span.start <= offset && offset < span.end) ?? all.find(({ span }) => span.end === offset);
}

interface Around {
  readonly walk: Walk;
  readonly model: ModelNames;
}

function walkModel(walk: Walk, model: Model, names: FileNames): void {
  const own = names.models.get(model.name.text);
  if (own?.model !== model) return;
  const around: Around = { walk, model: own };
  walk.found({ span: model.name.span, role: 'declares', symbol: own.symbol });
  const base = model.extends && names.models.get(model.extends.text);
  if (model.extends && base) walk.found({ span: model.extends.span, role: 'reads', symbol: base.symbol });
  for (const item of model.items) {
    switch (item.kind) {
      case 'label':
        declares(around, item.entry.name, own.labels);
        accepted(around, item.entry.value, modelItems.label.entry);
        if (item.entry.from) overColumns(around, item.entry.from);
        break;
      case 'network':
        walk.found({ span: item.keyword, role: 'reads', symbol: { kind: 'section', name: 'network', item: modelItems.network } });
        walkBody({ ...walk, within: item }, item.body, localsOfModel(own));
        break;
      case 'section':
      case 'property': {
        const of = itemOf(item.name.text);
        if (!of) break;
        walk.found({ span: item.name.span, role: 'reads', symbol: { kind: 'section', name: item.name.text, item: of } });
        if (item.kind === 'property') accepted(around, item.value, of);
        else walkSection(around, item.name.text, of, item.record.entries);
        break;
      }
      default:
        item satisfies never;
    }
  }
}

export const itemOf = (name: string): ModelItem | undefined =>
  Object.hasOwn(modelItems, name) ? modelItems[name as keyof typeof modelItems] : undefined;

function walkSection(around: Around, section: string, item: ModelItem, entries: readonly Entry[]): void {
  const { walk, model } = around;
  for (const entry of entries) {
    const { name } = entry;
    const key = item.keys && Object.hasOwn(item.keys, name.text) ? item.keys[name.text] : undefined;
    const asTable = section === 'embeddings' && entry.value.kind === 'record';
    if (key && !asTable) {
      walk.found({ span: name.span, role: 'reads', symbol: { kind: 'key', name: name.text, key, of: section } });
      accepted(around, entry.value, acceptedOf(key));
      continue;
    }
    if (section === 'features') declares(around, name, model.features);
    else if (section === 'embeddings') declaresOrReads(around, name, model.tables, model.features);
    else if (section === 'metrics') reads(around, name, model.labels);
    accepted(around, entry.value, item.entry ?? item);
    if (entry.from) overColumns(around, entry.from);
  }
}

/** A declaration, or where a child says again what its base declares. */
function declares({ walk }: Around, name: Name, symbols: ReadonlyMap<string, Declared>): void {
  const symbol = symbols.get(name.text);
  if (!symbol || isMissing(name)) return;
  walk.found({ span: name.span, role: symbol.declaration.span === name.span ? 'declares' : 'writes', symbol });
}

function declaresOrReads(
  around: Around,
  name: Name,
  declared: ReadonlyMap<string, Declared>,
  otherwise: ReadonlyMap<string, Symbol>,
): void {
  if (declared.has(name.text)) declares(around, name, declared);
  else reads(around, name, otherwise);
}

function reads({ walk }: Around, name: Name, symbols: ReadonlyMap<string, Symbol>): void {
  const symbol = symbols.get(name.text);
  if (symbol) walk.found({ span: name.span, role: 'reads', symbol });
}

/** Finds the names of a value, by what the checker takes there. */
function accepted(around: Around, e: Expression, accepts: Accepts): void {
  switch (e.kind) {
    case 'name':
      acceptedName(around, e, accepts);
      return;
    case 'call':
    case 'subscript': {
      const callee = e.kind === 'call' ? e.callee : e;
      const head = callee.kind === 'subscript' ? callee.target : callee;
      const form = head.kind === 'name' ? formOf(head.text, callee, accepts) : undefined;
      if (!form || head.kind !== 'name') {
        otherExpression(around, e, accepts);
        return;
      }
      around.walk.found({ span: head.span, role: 'reads', symbol: { kind: 'form', ...form } });
      if (e.kind === 'call') givenTo(around, form.form.keys, form.name, e.arguments);
      return;
    }
    case 'record':
      for (const entry of e.entries) acceptedEntry(around, entry, accepts);
      return;
    case 'list':
      for (const element of e.elements) accepted(around, element, accepts.element ?? accepts);
      return;
    case 'string':
      if (accepts.names === 'file')
        around.walk.found({ span: e.span, role: 'reads', symbol: { kind: 'file', name: e.value, source: undefined } });
      if (accepts.names === 'column')
        around.walk.found({ span: e.span, role: 'reads', symbol: { kind: 'column', name: e.value } });
      return;
    case 'number':
    case 'boolean':
    case 'hole':
    case 'group':
    case 'comprehension':
    case 'member':
    case 'unary':
    case 'binary':
    case 'if':
      otherExpression(around, e, accepts);
      return;
    default:
      e satisfies never;
  }
}

function acceptedEntry(around: Around, { name, value }: Entry, accepts: Accepts): void {
  const { walk, model } = around;
  const key = accepts.record && Object.hasOwn(accepts.record, name.text) ? accepts.record[name.text] : undefined;
  if (key) {
    walk.found({ span: name.span, role: 'reads', symbol: { kind: 'key', name: name.text, key, of: '' } });
    accepted(around, value, acceptedOf(key));
    return;
  }
  declaresOrReads(around, name, model.joins, tensorsOf(model));
  accepted(around, value, accepts.entry ?? {});
}

/** What the network that a model has, or inherits, names: its own tensors, and labels. */
export function tensorsOf(model: ModelNames): ReadonlyMap<string, Symbol> {
  const found = new Map<string, Symbol>(model.labels);
  for (let at: ModelNames | undefined = model; at; at = at.base) {
    const network = at.model.items.find((item) => item.kind === 'network');
    if (!network) continue;
    const collect = ({ role, symbol }: Occurrence): void => {
      if (role === 'declares' && symbol.kind === 'tensor' && !found.has(symbol.name)) found.set(symbol.name, symbol);
    };
    walkBody({ function: () => undefined, found: collect, within: network }, network.body, localsOfModel(at));
    break;
  }
  return found;
}

/** The form that is called, such as `adam`, `category[]` or `number[64]`. */
function formOf(
  name: string,
  callee: Expression,
  { calls = {} }: Accepts,
): { readonly name: string; readonly form: Form } | undefined {
  const brackets = callee.kind === 'subscript' ? (callee.subscripts.length === 0 ? '[]' : '[n]') : '';
  const full = name + brackets;
  const form = Object.hasOwn(calls, full) ? calls[full] : undefined;
  return form && { name: full, form };
}

function givenTo(around: Around, keys: Keys, of: string, given: readonly Argument[]): void {
  let position = 0;
  for (const { name, value } of given) {
    const flag =
      !name && value.kind === 'name' && Object.hasOwn(keys, value.text) && keys[value.text]?.flag === true ? value : undefined;
    const spoken = name ?? flag;
    const text = spoken?.text ?? Object.keys(keys).find((k) => keys[k]?.position === position);
    if (!spoken) position += 1;
    const key: Key<unknown> | undefined = text !== undefined && Object.hasOwn(keys, text) ? keys[text] : undefined;
    if (spoken && key)
      around.walk.found({ span: spoken.span, role: 'reads', symbol: { kind: 'key', name: spoken.text, key, of } });
    if (!flag) accepted(around, value, key ? acceptedOf(key) : {});
  }
}

function acceptedName(around: Around, name: Name, accepts: Accepts): void {
  const { walk, model } = around;
  const { calls = {}, words = [], names, element } = accepts;
  if (isMissing(name)) return;
  const form = Object.hasOwn(calls, name.text) ? calls[name.text] : undefined;
  if (form) walk.found({ span: name.span, role: 'reads', symbol: { kind: 'form', name: name.text, form } });
  else if (words.includes(name.text))
    walk.found({ span: name.span, role: 'reads', symbol: wordSymbol(around, name.text, names) });
  else if (names === 'column') walk.found({ span: name.span, role: 'reads', symbol: { kind: 'column', name: name.text } });
  else if (names === 'feature') reads(around, name, model.features);
  else if (names === 'tensor') reads(around, name, tensorsOf(model));
  else if (names === 'label') reads(around, name, model.labels);
  else if (names === 'metric' && metricNames.some((metric) => metric === name.text))
    walk.found({ span: name.span, role: 'reads', symbol: { kind: 'word', name: name.text, doc: 'A metric.' } });
  else if (names === 'function') walkExpression(walk, name, { own: new Map() });
  else if (element) acceptedName(around, name, element);
}

/** A word that is also a function stands for it. */
const wordSymbol = ({ walk }: Around, name: string, names: Accepts['names']): Symbol =>
  (names === 'function' ? walk.function(name) : undefined) ?? { kind: 'word', name };

function otherExpression(around: Around, e: Expression, { names }: Accepts): void {
  if (names === 'column') overColumns(around, e);
  else if (names === 'function') walkExpression(around.walk, e, { own: new Map() });
  else if (names === 'metric' || names === 'label') ofLabel(around, e);
}

/** `liked.auc` */
function ofLabel(around: Around, e: Expression): void {
  if (e.kind !== 'member' || e.target.kind !== 'name') return;
  reads(around, e.target, around.model.labels);
  around.walk.found({ span: e.name.span, role: 'reads', symbol: { kind: 'word', name: e.name.text, doc: 'A metric.' } });
}

/** Finds the columns of an expression over a row. */
function overColumns(around: Around, e: Expression): void {
  const { found } = around.walk;
  if (e.kind === 'name') {
    if (!isMissing(e)) found({ span: e.span, role: 'reads', symbol: { kind: 'column', name: e.text } });
    return;
  }
  if (e.kind === 'call' && e.callee.kind === 'name') {
    const { text, span } = e.callee;
    const isRow = [...rowFunctions].some((name) => name === text);
    if (isRow) found({ span, role: 'reads', symbol: { kind: 'word', name: text, doc: 'A function of the values of a row.' } });
    if (text === 'column') {
      found({ span, role: 'reads', symbol: { kind: 'word', name: text, doc: 'The column of a name that is no word.' } });
      for (const { value } of e.arguments)
        if (value.kind === 'string') found({ span: value.span, role: 'reads', symbol: { kind: 'column', name: value.value } });
      return;
    }
    for (const { value } of e.arguments) overColumns(around, value);
    return;
  }
  for (const child of inside(e)) overColumns(around, child);
}
