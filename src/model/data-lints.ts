import type { Span } from '../language/source.js';
import { isSkewed, type DataFacts, type FeatureFacts } from './data-facts.js';
import type { Report } from './diagnostics.js';
import { leakHelp } from './lints.js';
import type { CategoryFeature, CheckedModel, Feature } from './model.js';

/** Below so many rows anything can be by chance. */
const fewestRows = 50;
/** More different values than this share of the rows is a name for each row. */
const idLikeShare = 0.9;
/** What tells so much of the label is most often made of it, or written after it. */
const leakShare = 0.9;
/** A shared vocabulary that knows less than half of the values is that of something else. */
const mostUnknown = 0.5;

interface Case {
  readonly model: CheckedModel;
  readonly feature: Feature;
  readonly facts: FeatureFacts;
  readonly rows: number;
  /** Whether rows have values that its closed `values` lack. */
  readonly isOutside: boolean;
  readonly report: Report;
}

type DataLint = (found: Case) => void;

const learns = (
  feature: Feature,
): feature is CategoryFeature & { readonly codes: { readonly kind: 'vocabulary'; readonly name: string } } =>
  feature.kind === 'category' && feature.codes.kind === 'vocabulary';

const emptyVocabularies: DataLint = ({ feature, facts, rows, report }) => {
  if (!learns(feature) || facts.learned !== 0) return;
  const least = feature.codes.minCount;
  const help = least > 1 ? `lower its \`min_count\`, or leave it out` : 'is it the right column? else leave it out';
  report('empty-vocabulary', feature.span, { feature: feature.name, rows, least }, { help });
};

const constantFeatures: DataLint = ({ feature, facts, isOutside, report }) => {
  if (isOutside || facts.only === undefined || facts.learned === 0 || (facts.unknown ?? 0) > mostUnknown) return;
  report(
    'constant-feature',
    feature.span,
    { feature: feature.name, value: facts.only },
    { help: 'a feature that never changes teaches nothing: leave it out' },
  );
};

const isIdLike = ({ feature, facts, rows }: Case): boolean =>
  rows >= fewestRows &&
  (facts.numbersRows || (learns(feature) && feature.many === undefined && facts.distinct > idLikeShare * rows));

const idLikeFeatures: DataLint = (found) => {
  if (!isIdLike(found)) return;
  const { feature, facts, rows, report } = found;
  report(
    'id-like-feature',
    feature.span,
    { feature: feature.name, distinct: facts.distinct, rows },
    { help: 'what was learned of a row helps with no other: leave it out, or use what it stands for' },
  );
};

const leakingLabels: DataLint = ({ model, feature, facts, rows, report }) => {
  if (rows < fewestRows) return;
  for (const label of model.labels) {
    const share = Object.hasOwn(facts.tells, label.name) ? (facts.tells[label.name] ?? 0) : 0;
    if (share < leakShare) continue;
    report(
      'leaking-label',
      feature.span,
      { feature: feature.name, label: label.name, share },
      {
        notes: [{ span: label.span, text: 'the label is here' }],
        help: `is it known before the label is? If not, leave it out: ${leakHelp}`,
      },
    );
  }
};

const skewedNumbers: DataLint = ({ feature, facts, rows, report }) => {
  if (feature.kind !== 'number' || feature.transforms.includes('log1p') || facts.numbers === undefined) return;
  const { skewness, median, largest } = facts.numbers;
  if (rows < fewestRows || !isSkewed(facts.numbers, facts.distinct)) return;
  const written = ['log1p', ...feature.transforms].join(', ');
  report(
    'skewed-number',
    feature.span,
    { feature: feature.name, skewness, median, largest },
    { help: `\`number(${written})\` takes its logarithm, so that a few large values do not decide` },
  );
};

const unsharedCategories: DataLint = (found) => {
  const { feature, facts, report } = found;
  if (facts.learned === 0 || isIdLike(found)) return;
  for (const { what, rows } of facts.unmet) {
    report(
      'unshared-categories',
      feature.span,
      { feature: feature.name, what, rows },
      { help: 'the split parts its values: split otherwise, or describe them by features that are shared' },
    );
  }
};

const unknownToVocabularies: DataLint = ({ feature, facts, rows, report }) => {
  if (!learns(feature) || facts.learned === 0 || rows < fewestRows) return;
  if (facts.unknown === undefined || facts.unknown <= mostUnknown) return;
  report(
    'unknown-to-vocabulary',
    feature.span,
    { feature: feature.name, share: facts.unknown, vocabulary: feature.codes.name },
    { help: 'does the other feature have the same values? Else share another one, or leave `vocabulary` out' },
  );
};

const dataLints: readonly DataLint[] = [
  emptyVocabularies,
  constantFeatures,
  idLikeFeatures,
  leakingLabels,
  skewedNumbers,
  unsharedCategories,
  unknownToVocabularies,
];

/**
 * Warns of what the data of a model hold.
 * @param splitAt where the split is said
 */
export function lintData(model: CheckedModel, facts: DataFacts, splitAt: Span, report: Report): void {
  const { rows, features, atCut, constantLabels, outside = [] } = facts;
  for (const { name, span } of model.labels) {
    const value = constantLabels?.get(name);
    if (value !== undefined)
      report(
        'constant-label',
        span,
        { label: name, value },
        { help: 'look at what makes it, and at which rows `keep` and the split leave' },
      );
  }
  for (const { feature, ...found } of outside) {
    const span = model.features.find(({ name }) => name === feature)?.span;
    if (span)
      report(
        'outside-values',
        span,
        { feature, ...found },
        { help: 'add them to `values` if they are meant, else mend the rows; leave `values` out to learn what there is' },
      );
  }
  for (const feature of model.features) {
    const own = features.get(feature.name);
    const isOutside = outside.some((one) => one.feature === feature.name);
    if (own) for (const lint of dataLints) lint({ model, feature, facts: own, rows, isOutside, report });
  }
  const split = model.data?.split;
  if (split?.kind !== 'time' || atCut === undefined || atCut <= Math.max(split.valid, split.test)) return;
  report(
    'time-split-of-ties',
    splitAt,
    { column: split.column, share: atCut },
    { help: 'their place in the file decides which of them train: split by a finer time, or `random(…)`' },
  );
}
