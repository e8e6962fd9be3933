import { isWithin, type Span } from '../language/source.js';
import type { Entry, Expression, Name, Network as NetworkSyntax, RecordExpression } from '../language/syntax.js';
import { rowCount } from './codes.js';
import { checkData } from './data-section.js';
import type { Report } from './diagnostics.js';
import { checkFeatures } from './feature-section.js';
import { initializers } from './initializers.js';
import type { Output } from './instantiate/ends.js';
import type { Functions } from './instantiate/functions.js';
import { instantiate } from './instantiate/index.js';
import type { Effort } from './instantiate/limits.js';
import type { Value } from './instantiate/values.js';
import { sectionNames } from './key-tables.js';
import { checkLabel } from './label-section.js';
import type { Blocks } from './library.js';
import { lintModel } from './lints.js';
import { shortFormSections, type MergedModel } from './merge.js';
import { checkMetrics } from './metric-section.js';
import type { CheckedModel, Facts } from './model.js';
import { isSequence, type Network } from './network.js';
import { describe, distinct, listOf, name as nameOf } from './reading.js';
import { settingFor, settingPath } from './settings.js';
import { desugar, hasShortForm } from './short-form.js';
import { meant } from './suggest.js';
import { checkTables } from './table-section.js';
import { checkParts, checkRowRules, checkTrain } from './train-section.js';

/** What the models of a file share. */
export interface Surroundings {
  readonly functions: Functions;
  readonly blocks: Blocks;
  readonly isStd: (span: Span) => boolean;
  readonly effort: Effort;
  readonly report: Report;
  readonly facts?: Facts;
  /** Told what each name of a network or of a user's block stands for, as it is assigned. */
  readonly observe?: (name: Name, value: Value) => void;
}

const laterSections = ['profile'];

/** Checks a model with all that it inherits; undefined after an error, and for a base that others extend. */
export function checkModel(
  merged: MergedModel,
  around: Surroundings,
): { readonly model: CheckedModel; readonly network: NetworkSyntax } | undefined {
  const { report } = around;
  let hasUnknownSection = false;
  for (const [name, section] of merged.sections) {
    if (name === 'network' || name === 'label') {
      report('wrong-value', section.key, { where: '`--set`', wanted: 'a value of a section', found: `\`${name}\`` });
    } else if (laterSections.includes(name)) report('not-yet', section.key, { what: `\`${name}\`` });
    else if (!sectionNames.includes(name)) {
      hasUnknownSection = true;
      const all = [...sectionNames, 'label', 'network'];
      const { source, end } = section.key;
      const setting =
        source.path === settingPath && source.text[end] === '=' ? settingFor(name, source.text.slice(end + 1)) : undefined;
      report(
        'unknown-section',
        section.key,
        { name },
        setting === undefined
          ? meant(section.key, all, `it has ${all.join(', ')}`)
          : { help: `name its section too: --set ${setting}` },
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
  const checked = unreadable ? undefined : checkTables(embeddings, features, around.facts, { span: merged.span, isBase }, report);
  const { tables, features: tabled } = checked ?? { tables: [], features };
  const metrics = checkMetrics(merged.sections.get('metrics')?.value, labels, report);
  const outputs = checkOutputs(merged.sections.get('outputs')?.value, report);
  const hasValidation =
    isBase || data === undefined || (data.split.kind === 'column' ? data.split.valid.length > 0 : data.split.valid > 0);
  const trainRecord = recordOf('train');
  const train = checkTrain(trainRecord, { metrics, labels }, hasValidation, report);
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
  if (labels.length === 0 || labels.length < merged.labels.length) {
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
      labels,
      (featureRecord?.entries ?? []).map((e) => e.name.text),
      around.blocks,
      report,
    );
  if (short) for (const say of [...(checked?.unsized.values() ?? [])]) say();
  if (!syntax || features.length === 0) return undefined;
  const read = new Set(features.map((f) => f.name));
  const unread = (featureRecord?.entries ?? []).map((e) => e.name.text).filter((n) => !read.has(n));
  const made = instantiate({
    syntax,
    features: tabled,
    broken: [...unread, ...missingTables(tabled, tables)],
    tables,
    embeddings: {
      ...(checked?.defaults ?? { initializer: initializers.uniform, l2: 0 }),
      rowsOf: (feature) => rowCount(feature.codes, around.facts),
      numbers: checked?.numbers ?? new Map(),
      unsized: checked?.unsized ?? new Map(),
    },
    labels,
    outputs,
    functions: around.functions,
    initializer: train.initializer,
    isStd: around.isStd,
    effort: around.effort,
    report,
    observe: around.observe,
  });
  if (!made) return undefined;
  const { network } = made;
  checkParts(trainRecord, network, made.names, report);
  checkRowRules(trainRecord, train.optimizer, network, report);
  checkMonitoredLoss(train.monitor, network, trainRecord, report);
  const inputs = featuresOf(network);
  const lookedUp = new Set(network.sites.map(({ table }) => table));
  const model: CheckedModel = {
    name: merged.name,
    span: merged.span,
    features: usedFeatures(tabled, inputs),
    labels,
    tables: made.tables.filter((t) => lookedUp.has(t.name)),
    network,
    outputs: outputs.length > 0 ? outputs.map(({ name }) => name) : labels.map(({ name }) => name),
    train,
    metrics,
    ...(merged.doc !== undefined && { doc: merged.doc }),
    ...(data && { data }),
  };
  lintModel(
    model,
    tabled.filter((f) => isWithin(f.span, merged.whole)),
    report,
  );
  return { model, network: syntax };
}

const readOutputs = distinct('outputs', listOf(nameOf, 1), (n) => n.text);

/** `outputs: [user, item]`: what a served model gives; names are looked up in the network. */
function checkOutputs(value: Expression | undefined, report: Report): readonly Output[] {
  return (value ? (readOutputs(value, '`outputs`', report) ?? []) : []).map(({ text, span }) => ({ name: text, span }));
}

/** The features that a network reads, each by what it reads of it. */
function featuresOf({ nodes, sites }: Network): ReadonlySet<string> {
  const read = nodes.flatMap((n) => (n.kind === 'feature' || n.kind === 'code' || n.kind === 'log_frequency' ? [n.feature] : []));
  const ragged = nodes.flatMap((n) => [
    ...n.shape,
    ...n.indices.map(({ size }) => size),
    ...('over' in n && typeof n.over === 'object' ? [n.over.size] : []),
    ...('index' in n ? [n.index.size] : []),
  ]);
  const counted = ragged.flatMap((size) => (isSequence(size) ? [size.feature] : []));
  return new Set([...read, ...sites.map(({ feature }) => feature), ...counted]);
}

/** The loss that a network says is not measured on validation rows. */
function checkMonitoredLoss(monitor: string, { logits }: Network, train: RecordExpression | undefined, report: Report): void {
  const own = logits.find(({ loss }) => loss !== undefined);
  const at = train?.entries.findLast(({ name }) => name.text === 'monitor');
  if (!own || monitor !== 'loss' || !at) return;
  report(
    'wrong-value',
    at.value.span,
    { where: '`monitor` of `train`', wanted: 'a metric', found: '`loss`' },
    { help: `\`${own.label}\` has a loss of its own, which is not measured on validation rows` },
  );
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
    }
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
    const { cross = [], codes, many } = feature;
    const beside = many?.parallel === undefined ? [] : [many.parallel];
    open.push(...cross, ...beside, ...(codes.kind === 'vocabulary' ? [codes.name] : []));
  }
  return features.filter((f) => used.has(f.name));
}
