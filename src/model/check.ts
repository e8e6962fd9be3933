import { parse, parseExpression } from '../language/parser.js';
import type { SyntaxProblem } from '../language/problems.js';
import type { Source, Span } from '../language/source.js';
import { isMissing, type Block, type File, type Model, type Name, type Network } from '../language/syntax.js';
import { standardLibrary } from '../std/index.js';
import { createReport, type Diagnostic, type Report } from './diagnostics.js';
import { withoutDoubtful } from './doubt.js';
import { habitHelp } from './habits.js';
import { builtins } from './instantiate/builtins.js';
import type { Effort } from './instantiate/limits.js';
import type { FunctionValue } from './instantiate/values.js';
import { lineage, mergeModels, type MergedModel, type Setting } from './merge.js';
import { checkModel } from './model-check.js';
import type { CheckedModel, Facts } from './model.js';
import { checkNames } from './names.js';

export interface CheckOptions {
  readonly facts?: Facts;
  /** As given to `--set`: `train.epochs=3`. */
  readonly settings?: readonly string[];
}

export interface Checked {
  readonly file: File;
  readonly models: readonly CheckedModel[];
  /** What `expand` prints of each checked model. */
  readonly expansions: ReadonlyMap<string, Expansion>;
  /** Every model of the file, those that can only be extended too. */
  readonly names: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

export interface Expansion {
  readonly merged: MergedModel;
  readonly network: Network;
}

interface Library {
  readonly functions: ReadonlyMap<string, FunctionValue>;
  readonly blocks: ReadonlyMap<string, Block>;
  readonly sources: ReadonlySet<Source>;
}

let library: Library | undefined;

/** The standard library, parsed once. */
function standard(): Library {
  if (library) return library;
  const blocks = standardLibrary.flatMap((source) => parse(source).file.items.filter((i) => i.kind === 'block'));
  const functions = new Map<string, FunctionValue>();
  for (const [name, builtin] of Object.entries(builtins)) functions.set(name, { kind: 'function', is: 'builtin', name, builtin });
  for (const block of blocks) functions.set(block.name.text, { kind: 'function', is: 'block', block, isStd: true });
  library = { functions, blocks: new Map(blocks.map((b) => [b.name.text, b])), sources: new Set(standardLibrary) };
  return library;
}

/** Checks every model of a file: all errors in one go, and the models that have none. */
export function check(source: Source, options: CheckOptions = {}): Checked {
  const { report: reportAny, diagnostics, errors } = createReport();
  const { file, problems } = parse(source);
  for (const p of problems) reportProblem(p, reportAny);
  const settings = (options.settings ?? []).map((s) => readSetting(s, reportAny)).filter((s) => s !== undefined);
  const report = withoutDoubtful(reportAny, file, problems);
  const std = standard();
  const functions = new Map(std.functions);
  const { models, blocks } = declarations(file, std, report);
  for (const block of blocks) functions.set(block.name.text, { kind: 'function', is: 'block', block, isStd: false });
  for (const block of blocks) checkNames(block, functions, report);
  const effort: Effort = { steps: 0 };
  const isStd = (span: Span): boolean => std.sources.has(span.source);
  const checked: CheckedModel[] = [];
  const expansions = new Map<string, Expansion>();
  for (const model of models) {
    const chain = lineage(model, file, report);
    const merged = chain && mergeModels(chain, settings, report);
    if (!merged) continue;
    const before = errors();
    const result = checkModel(merged, {
      functions,
      blocks: std.blocks,
      isStd,
      effort,
      report,
      ...(options.facts && { facts: options.facts }),
    });
    if (result && errors() === before) {
      checked.push(result.model);
      expansions.set(model.name.text, { merged, network: result.network });
    }
  }
  return {
    file,
    models: errors() === 0 ? checked : [],
    expansions,
    names: models.map((m) => m.name.text),
    diagnostics: diagnostics(),
  };
}

/** The models and blocks of a file whose names are theirs alone. */
function declarations(
  file: File,
  std: Library,
  report: Report,
): { readonly models: readonly Model[]; readonly blocks: readonly Block[] } {
  const blocks: Block[] = [];
  const models: Model[] = [];
  const seen = new Map<string, Span>();
  for (const item of file.items) {
    if (item.kind === 'import') {
      report('not-yet', item.span, { what: '`import`' });
      continue;
    }
    if (isMissing(item.name)) continue;
    const before = seen.get(item.name.text);
    if (before) {
      report(
        'duplicate-name',
        item.name.span,
        { what: 'models or blocks', name: item.name.text },
        { notes: [{ span: before, text: 'the first one is here' }] },
      );
      continue;
    }
    seen.set(item.name.text, item.name.span);
    if (item.kind === 'model') {
      models.push(item);
      continue;
    }
    if (std.functions.has(item.name.text) || item.name.text === 'weight' || item.name.text === 'bias') {
      report('shadows-library', item.name.span, { name: item.name.text }, { help: 'give yours another name' });
      continue;
    }
    blocks.push(item);
  }
  return { models, blocks };
}

function reportProblem(p: SyntaxProblem, report: Report): void {
  const notes = p.related
    ? [{ span: p.related, text: p.code === 'unclosed-bracket' ? 'it was opened here' : 'this comes after it' }]
    : [];
  const found = p.found ?? 'this';
  const expected = p.expected ?? [];
  report(p.code, p.span, { found, expected }, { notes, help: habitHelp(p) });
}

function readSetting(text: string, report: Report): Setting | undefined {
  const whole: Source = { path: '--set', text };
  const equals = text.indexOf('=');
  const left = equals < 0 ? text : text.slice(0, equals);
  const path = left.split('.').map((part): Name => {
    const start = left.indexOf(part);
    return { kind: 'name', text: part.trim(), span: { source: whole, start, end: start + part.length } };
  });
  const all: Span = { source: whole, start: 0, end: text.length };
  if (equals < 0 || path.some((n) => !/^[A-Za-z_]\w*$/.test(n.text))) {
    report('wrong-value', all, { where: '`--set`', wanted: 'of the form `train.epochs=3`', found: JSON.stringify(text) });
    return undefined;
  }
  const { expression, problems } = parseExpression({ path: '--set', text: text.slice(equals + 1) });
  for (const p of problems) reportProblem(p, report);
  return expression && problems.length === 0 ? { path, value: expression } : undefined;
}
