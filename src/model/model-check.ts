import type { Span } from '../language/source.js';
import type { Block, Entry, Network, RecordExpression } from '../language/syntax.js';
import { checkData } from './data-section.js';
import type { Report } from './diagnostics.js';
import { checkFeatures } from './feature-section.js';
import { instantiate } from './instantiate/index.js';
import type { Effort } from './instantiate/limits.js';
import type { FunctionValue } from './instantiate/values.js';
import { checkLabel } from './label-section.js';
import { lintModel } from './lints.js';
import { shortFormSections, type MergedModel } from './merge.js';
import type { CheckedModel, Facts, Label } from './model.js';
import { describe } from './reading.js';
import { desugar, hasShortForm } from './short-form.js';
import { nearest } from './suggest.js';
import { checkTables } from './table-section.js';
import { checkMetrics, checkTrain } from './train-section.js';

/** What the models of a file share. */
export interface Surroundings {
  readonly functions: ReadonlyMap<string, FunctionValue>;
  readonly blocks: ReadonlyMap<string, Block>;
  readonly isStd: (span: Span) => boolean;
  readonly effort: Effort;
  readonly report: Report;
  readonly facts?: Facts;
}

const sections = ['data', 'features', 'embeddings', 'cross', 'deep', 'combine', 'train', 'metrics'] as const;
const laterSections = ['outputs', 'profile'];

/** Checks a model with all that it inherits; undefined after an error, and for a base that others extend. */
export function checkModel(
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
