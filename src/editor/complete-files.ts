import { isMissing } from '../language/syntax.js';
import * as t from '../language/tokens.js';
import type { Asked } from './completion.js';
import { CompletionItemKind as Kind, item, type Item } from './items.js';
import { occurrencesOf } from './occurrences.js';
import { below, folderOf } from './places.js';
import type { Symbol } from './symbols.js';
import { code, prose, signatureOf, valueWords } from './words.js';

/** What may begin a file's item, or stand after `from` or `extends`. */
export function fileItems(asked: Asked, after: 'from' | 'extends' | undefined): readonly Item[] {
  const { analysis, context } = asked;
  if (context.inString || after === 'from') return pathItems(asked);
  const { names } = occurrencesOf(analysis.checked.spec);
  if (after === 'extends')
    return [...names.models.values()].map(({ symbol }) => item(symbol.name, Kind.Class, { doc: prose(symbol.doc ?? '') }));
  const before = context.before?.tokenType;
  if (before !== undefined && before !== t.CloseCurly && before !== t.StringToken) return [];
  return [
    item('model', Kind.Keyword, {
      text: 'model ${1:Name} {\n  $0\n}',
      isSnippet: true,
      doc: 'A model: its data, features, label, network and training.',
    }),
    item('block', Kind.Keyword, {
      text: 'block ${1:name}(${2:x}: vector[d]) -> vector[d] {\n  return ${0:x}\n}',
      isSnippet: true,
      doc: 'A part of networks that has a name.',
    }),
    item('import', Kind.Keyword, {
      text: 'import { $2 } from "${1:./blocks.rec}"',
      isSnippet: true,
      doc: 'Brings models and blocks of another file.',
    }),
  ];
}

/** Models and blocks of the file that an import names, which stands after them. */
export function importedItems({ analysis, context, workspace }: Asked): readonly Item[] {
  const { text, path } = analysis.source;
  const [, from] = /^[^}"]*\}\s*from\s*"([^"\r\n]*)"/.exec(text.slice(context.end)) ?? [];
  const place = from === undefined ? undefined : below(path, from);
  const there = place === undefined || place === path ? undefined : workspace.analysis(workspace.uriOf(place));
  return (there?.checked.file.items ?? []).flatMap((one) => {
    if (one.kind === 'import' || isMissing(one.name)) return [];
    return [item(one.name.text, one.kind === 'model' ? Kind.Class : Kind.Function, { doc: prose(one.doc ?? '') })];
  });
}

/** Files and folders, from the folder of the spec. */
export function pathItems({ analysis, workspace, context }: Asked): readonly Item[] {
  const { list } = workspace.host;
  const { path } = analysis.source;
  if (!list || !path.includes('/')) return [];
  const written = context.inString ? context.prefix : '';
  const inner = written.slice(0, written.lastIndexOf('/') + 1);
  const isImport = context.frames.length === 1;
  const wanted = isImport ? /\.rec$/ : /\.(?:csv|tsv|jsonl|ndjson|parquet)(?:\.gz)?$/i;
  const home = folderOf(path);
  const own = path.slice(home.length);
  const folder = below(path, inner);
  if (folder === undefined) return [];
  return list(`${folder}/`, home)
    .filter((name) => name.endsWith('/') || (wanted.test(name) && name !== own))
    .map((name) => {
      const text = inner + name;
      const full = isImport && !text.startsWith('.') ? `./${text}` : text;
      return item(full, name.endsWith('/') ? Kind.Folder : Kind.File, {
        text: context.inString ? full : JSON.stringify(full),
        goesOn: name.endsWith('/'),
      });
    });
}

/** Names that may be read in a network or a block, and arguments of the call that a place is in. */
export function blockItems({ analysis, context, model }: Asked): readonly Item[] {
  const { all, names } = occurrencesOf(analysis.checked.spec);
  const body = context.frames.find(({ kind }) => kind === 'body');
  const top = context.frames.at(-1);
  const called = top?.kind === 'call' ? names.function(top.head) : undefined;
  const start = body?.start ?? 0;
  const seen = new Map<string, Item>();
  const add = (one: Item): void => {
    if (!seen.has(one.label)) seen.set(one.label, one);
  };
  for (const given of argumentsOf(called))
    if (top?.key === undefined && top?.keys.has(given.name) !== true)
      add(item(given.name, Kind.Property, { ...given, text: `${given.name}: ` }));
  for (const { role, symbol, span } of all) {
    if (role !== 'declares' || span.start >= context.start) continue;
    if ((symbol.kind === 'tensor' || symbol.kind === 'variable' || symbol.kind === 'index') && span.start > start) {
      const value = analysis.checked.valueOf(symbol.declaration);
      add(item(symbol.name, Kind.Variable, { detail: value ? valueWords(value) : undefined, doc: prose(symbol.doc ?? '') }));
    }
    const isOwn = (symbol.kind === 'parameter' && symbol.block.name.text === body?.head) || symbol.kind === 'size';
    if (isOwn && symbol.declaration.span.end > lastItemStart(analysis.checked.file.items, context.start))
      add(item(symbol.name, Kind.Variable, { detail: symbol.kind }));
  }
  for (const name of body?.assigned ?? []) add(item(name, Kind.Variable));
  if (body?.head === 'network' && model) {
    for (const symbol of [...model.labels.values(), ...model.features.values()])
      add(
        item(symbol.name, symbol.kind === 'label' ? Kind.Event : Kind.Field, {
          doc: prose(symbol.doc ?? ''),
          detail: symbol.kind,
        }),
      );
    for (const name of ['features', 'categories', 'numbers']) add(item(name, Kind.Constant));
  }
  const statements = ['return', 'repeat', 'for'].map((word) => item(word, Kind.Keyword));
  return [...seen.values(), ...(top?.kind === 'body' ? statements : [])];
}

const lastItemStart = (items: readonly { readonly span: { readonly start: number } }[], offset: number): number =>
  items.findLast(({ span }) => span.start <= offset)?.span.start ?? 0;

function argumentsOf(called: Symbol | undefined): readonly { readonly name: string; readonly doc?: string }[] {
  if (called?.kind === 'builtin') return called.builtin.parameters.map(({ name }) => ({ name }));
  if (called?.kind !== 'block') return [];
  return called.block.parameters.map(({ name, doc }) => ({ name: name.text, doc: prose(doc ?? '') }));
}

/** Blocks and functions that a place may call. */
export function functionItems({ analysis }: Pick<Asked, 'analysis'>): readonly Item[] {
  const { names } = occurrencesOf(analysis.checked.spec);
  return [...new Set(names.functionNames())].sort().flatMap((name) => {
    const symbol = names.function(name);
    if (symbol?.kind === 'block')
      return [item(name, Kind.Function, { doc: [code(signatureOf(symbol.block)), prose(symbol.doc ?? '')].join('\n\n') })];
    return symbol?.kind === 'builtin' ? [item(name, Kind.Function, { doc: symbol.builtin.doc })] : [];
  });
}
