import type { Source, Span } from '../language/source.js';
import { isMissing, type Block, type Import, type Model, type Name } from '../language/syntax.js';
import type { Marked, Report } from './diagnostics.js';
import type { FunctionValue } from './instantiate/values.js';
import type { Library } from './library.js';
import { listed } from './messages.js';
import type { SpecFile } from './source-files.js';
import { meant, nearest } from './suggest.js';

/** What the names of a file stand for. */
export interface FileScope {
  readonly ownModels: readonly Model[];
  readonly ownBlocks: readonly Block[];
  /** Its own, and those that it imports. */
  readonly models: ReadonlyMap<string, Model>;
  /** Its own blocks, those that it imports, the library's and the built-in functions. */
  readonly functions: ReadonlyMap<string, FunctionValue>;
  /** Names that are imported but not there: reported already. */
  readonly broken: ReadonlySet<string>;
}

export interface Scopes {
  readonly all: readonly FileScope[];
  /** That of a text that is no file, such as `--set`, is the one of the first file. */
  readonly of: (source: Source) => FileScope;
}

/** The scopes of a file and of all that it imports; a name that is declared twice is reported. */
export function scopesOf(file: SpecFile, library: Library, report: Report): Scopes {
  const scopes = new Map<Source, FileScope>();
  const visit = (at: SpecFile): FileScope => {
    for (const imported of at.imports.values()) if (!scopes.has(imported.source)) visit(imported);
    const scope = scopeOf(at, scopes, library, report);
    scopes.set(at.source, scope);
    return scope;
  };
  const first = visit(file);
  return { all: [...scopes.values()], of: (source) => scopes.get(source) ?? first };
}

function scopeOf(
  { file, imports }: SpecFile,
  scopes: ReadonlyMap<Source, FileScope>,
  library: Library,
  report: Report,
): FileScope {
  const ownModels: Model[] = [];
  const ownBlocks: Block[] = [];
  const models = new Map<string, Model>();
  const functions = new Map(library.functions);
  const broken = new Set<string>();
  const seen = new Map<string, Span>();
  const isNew = ({ text, span }: Name): boolean => {
    const before = seen.get(text);
    if (!before) seen.set(text, span);
    else {
      const notes = [{ span: before, text: 'the first one is here' }];
      report('duplicate-name', span, { what: 'models or blocks', name: text }, { notes });
    }
    return !before;
  };
  const bring = (name: Name, item: Import): void => {
    const from = imports.get(item);
    const scope = from && scopes.get(from.source);
    const model = scope?.ownModels.find((m) => m.name.text === name.text);
    const block = scope?.ownBlocks.find((b) => b.name.text === name.text);
    const value = block && scope?.functions.get(name.text);
    if (model) models.set(name.text, model);
    else if (value) functions.set(name.text, value);
    else {
      broken.add(name.text);
      if (from && scope && from.problems.length === 0) reportUnknown(name, item, scope, library, report);
    }
  };
  for (const item of file.items) {
    switch (item.kind) {
      case 'import':
        for (const name of item.names) if (!isMissing(name) && isNew(name)) bring(name, item);
        break;
      case 'model':
        if (isMissing(item.name) || !isNew(item.name)) break;
        ownModels.push(item);
        models.set(item.name.text, item);
        break;
      case 'block': {
        if (isMissing(item.name) || !isNew(item.name) || !mayBeCalled(item, library, report)) break;
        ownBlocks.push(item);
        functions.set(item.name.text, { kind: 'function', is: 'block', block: item, isStd: false });
        break;
      }
      default:
        item satisfies never;
    }
  }
  return { ownModels, ownBlocks, models, functions, broken };
}

/** Whether a block's name is its own, or that of a block of the library that it says it overrides. */
function mayBeCalled({ name: { text, span }, overrides }: Block, library: Library, report: Report): boolean {
  if (library.blocks.has(text)) {
    const help = 'give yours another name; or begin it with `override`, so that this file uses yours instead';
    if (!overrides) report('shadows-library', span, { name: text }, { help });
    return overrides === true;
  }
  if (library.functions.has(text) || text === 'weight' || text === 'bias') {
    const help = overrides ? 'only blocks of the library can be overridden: give yours another name' : 'give yours another name';
    report('shadows-library', span, { name: text }, { help });
    return false;
  }
  if (overrides) {
    const near = nearest(text, library.blocks.keys());
    const help = near ? `did you mean \`${near}\`? else leave \`override\` out` : 'leave `override` out';
    report('overrides-nothing', span, { name: text }, { help, fix: near === undefined ? withoutOverride(span) : undefined });
  }
  return true;
}

/** @param name of the block */
function withoutOverride({ source, start }: Span): Marked | undefined {
  const [whole, word = ''] = /(override\s+)block\s+$/.exec(source.text.slice(Math.max(0, start - 200), start)) ?? [];
  if (whole === undefined) return undefined;
  const from = start - whole.length;
  return { span: { source, start: from, end: from + word.length }, text: '' };
}

function reportUnknown(name: Name, { from }: Import, scope: FileScope, library: Library, report: Report): void {
  const { text, span } = name;
  const own = [...scope.ownModels, ...scope.ownBlocks].map((d) => d.name.text);
  const elsewhere = library.functions.has(text)
    ? `\`${text}\` is in the library: it needs no import`
    : scope.models.has(text) || scope.functions.has(text)
      ? 'it is imported there: import it from the file that declares it'
      : undefined;
  const details =
    elsewhere === undefined
      ? meant(span, own, own.length > 0 ? `it has ${listed(own)}` : 'it declares nothing')
      : { help: elsewhere };
  report('unknown-import', span, { name: text, path: from.value }, details);
}
