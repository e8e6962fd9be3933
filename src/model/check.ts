import { parse, parseExpression } from '../language/parser.js';
import type { SyntaxProblem } from '../language/problems.js';
import type { Source, Span } from '../language/source.js';
import {
  isMissing,
  type Block,
  type Entry,
  type File,
  type Model,
  type Name,
  type Network,
  type RecordExpression,
} from '../language/syntax.js';
import { standardLibrary } from '../std/index.js';
import { checkNames } from './names.js';
import { checkData } from './data-section.js';
import { createReport, type Diagnostic, type Report } from './diagnostics.js';
import { withoutDoubtful } from './doubt.js';
import { checkFeatures } from './feature-section.js';
import { habitHelp } from './habits.js';
import { builtins } from './instantiate/builtins.js';
import { instantiate } from './instantiate/index.js';
import type { Effort } from './instantiate/limits.js';
import type { FunctionValue } from './instantiate/values.js';
import { checkLabel } from './label-section.js';
import { lintModel } from './lints.js';
import { lineage, mergeModels, shortFormSections, type MergedModel, type Setting } from './merge.js';
import type { CheckedModel, Facts, Label } from './model.js';
import { describe } from './reading.js';
import { desugar, hasShortForm } from './short-form.js';
import { nearest } from './suggest.js';
import { checkTables } from './table-section.js';
import { checkMetrics, checkTrain } from './train-section.js';

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
    functions.set(item.name.text, { kind: 'function', is: 'block', block: item, isStd: false });
  }
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
      file,
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

interface Surroundings {
  readonly file: File;
  readonly functions: ReadonlyMap<string, FunctionValue>;
  readonly blocks: ReadonlyMap<string, Block>;
  readonly isStd: (span: Span) => boolean;
  readonly effort: Effort;
  readonly report: Report;
  readonly facts?: Facts;
}

const sections = ['data', 'features', 'embeddings', 'cross', 'deep', 'combine', 'train', 'metrics'] as const;
const laterSections = ['outputs', 'profile'];

function checkModel(
  merged: MergedModel,
  around: Surroundings,
): { readonly model: CheckedModel; readonly network: Network } | undefined {
  const { report } = around;
  let hasUnknownSection = false;
  for (const [name, section] of merged.sections) {
    if (name === 'network' || name === 'label') {
      report('wrong-value', section.key, { where: '`--set`', wanted: 'a value of a section', found: `\`${name}\`` });
    } else if (laterSections.includes(name)) report('not-yet', section.key, { what: `\`${name}\`` });
    else if (!sections.some((s) => s === name)) {
      hasUnknownSection = true;
      const near = nearest(name, [...sections, 'label', 'network']);
      report(
        'unknown-section',
        section.key,
        { name },
        {
          help: near ? `did you mean \`${near}\`?` : `it has ${[...sections, 'label', 'network'].join(', ')}`,
          fix: near ? { span: section.key, text: near } : undefined,
        },
      );
    }
  }
  const recordOf = (name: string): RecordExpression | undefined => {
    const section = merged.sections.get(name);
    if (!section || section.value.kind === 'record') return section?.value as RecordExpression | undefined;
    report('wrong-value', section.value.span, {
      where: `\`${name}\``,
      wanted: 'a section in { }',
      found: describe(section.value),
    });
    return undefined;
  };
  const dataRecord = recordOf('data');
  const { data, columns } = dataRecord ? checkData(dataRecord, report) : {};
  const scope = { report, ...(columns && { known: columns }) };
  const featureRecord = recordOf('features');
  const features = featureRecord ? checkFeatures(featureRecord, scope) : [];
  const labels = merged.labels.map((entry) => checkLabel(entry, scope)).filter((l) => l !== undefined);
  const clash = checkLabelNames(merged.labels, features, report);
  const short = hasShortForm(merged);
  const isBase = !merged.network && !short;
  const embeddings = recordOf('embeddings');
  const unreadable = merged.sections.has('embeddings') && !embeddings;
  const { tables, features: tabled } = unreadable
    ? { tables: [], features }
    : checkTables(embeddings, features, around.facts, { span: merged.span, isBase }, report);
  const [label] = labels;
  const metrics = checkMetrics(merged.sections.get('metrics')?.value, label, report);
  const hasValidation =
    isBase || data === undefined || (data.split.kind === 'column' ? data.split.valid.length > 0 : data.split.valid > 0);
  const train = checkTrain(recordOf('train'), metrics, label, hasValidation, report);
  if (isBase) {
    const lone = shortFormSections.find((s) => merged.sections.has(s));
    if (lone === 'combine')
      report('unused-setting', merged.sections.get('combine')?.key ?? merged.span, {
        what: '`combine`',
        why: 'there is neither `cross` nor `deep`',
      });
    return undefined;
  }
  if (!hasUnknownSection && (!merged.sections.has('features') || featureRecord?.entries.length === 0)) {
    report(
      'missing-section',
      featureRecord?.span ?? merged.span,
      { model: merged.name, what: '`features`' },
      { help: 'say which columns it reads: `features { user_id: category }`' },
    );
  }
  if (clash) return undefined;
  if (!label) {
    if (merged.labels.length === 0 && !hasUnknownSection) {
      report(
        'missing-section',
        merged.span,
        { model: merged.name, what: '`label`' },
        { help: 'say what it predicts: `label liked: binary = rating >= 4`' },
      );
    }
    return undefined;
  }
  const syntax =
    merged.network ??
    desugar(
      merged,
      label,
      (featureRecord?.entries ?? []).map((e) => e.name.text),
      around.blocks,
      report,
    );
  if (!syntax || features.length === 0) return undefined;
  const read = new Set(features.map((f) => f.name));
  const unread = (featureRecord?.entries ?? []).map((e) => e.name.text).filter((n) => !read.has(n));
  const network = instantiate({
    syntax,
    features: tabled,
    broken: [...unread, ...missingTables(tabled, tables)],
    tables,
    labels: [label],
    functions: around.functions,
    initializer: train.initializer,
    isStd: around.isStd,
    effort: around.effort,
    report,
  });
  if (!network) return undefined;
  const inputs = new Set(network.nodes.flatMap((n) => (n.kind === 'feature' ? [n.feature] : [])));
  const model: CheckedModel = {
    name: merged.name,
    span: merged.span,
    features: usedFeatures(tabled, inputs),
    labels: [label] satisfies readonly Label[],
    tables: tables.filter((t) => t.features.some((f) => inputs.has(f))),
    network,
    train,
    metrics,
    ...(merged.doc !== undefined && { doc: merged.doc }),
    ...(data && { data }),
  };
  lintModel(model, tabled, report);
  return { model, network: syntax };
}

/** Whether the name of a label is taken. */
function checkLabelNames(labels: readonly Entry[], features: CheckedModel['features'], report: Report): boolean {
  let clash = false;
  labels.forEach(({ name }, i) => {
    const before = labels.slice(0, i).find((l) => l.name.text === name.text)?.name.span;
    const feature = features.find((f) => f.name === name.text)?.span;
    if (before) {
      report(
        'duplicate-name',
        name.span,
        { what: 'labels', name: name.text },
        { notes: [{ span: before, text: 'the first one is here' }] },
      );
    } else if (feature) {
      const what = 'features and labels';
      report('duplicate-name', name.span, { what, name: name.text }, { notes: [{ span: feature, text: 'the feature is here' }] });
    } else if (i > 0) report('not-yet', name.span, { what: 'a second label' });
    clash ||= before !== undefined || feature !== undefined;
  });
  return clash;
}

/** Category features whose table could not be made: reported already. */
function missingTables(features: CheckedModel['features'], tables: CheckedModel['tables']): readonly string[] {
  const made = new Set(tables.map((t) => t.name));
  return features.flatMap((f) => (f.kind === 'category' && !made.has(f.table) ? [f.name] : []));
}

/** Features that a label depends on, and those that they are crossed of or share a vocabulary with, in the order of the spec. */
function usedFeatures(features: CheckedModel['features'], inputs: ReadonlySet<string>): CheckedModel['features'] {
  const byName = new Map(features.map((f) => [f.name, f]));
  const used = new Set<string>();
  const open = [...inputs];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const feature = byName.get(name);
    if (used.has(name) || !feature) continue;
    used.add(name);
    if (feature.kind !== 'category') continue;
    open.push(...(feature.cross ?? []), ...(feature.codes.kind === 'vocabulary' ? [feature.codes.name] : []));
  }
  return features.filter((f) => used.has(f.name));
}
