import type { Name } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { listed } from './messages.js';
import type { CategoryFeature, Feature } from './model.js';
import { meant } from './suggest.js';

/** A feature, with the places where it names others. */
export interface Declared {
  readonly feature: Feature;
  readonly vocabulary?: Name;
  readonly cross?: readonly Name[];
  readonly parallel?: Name;
}

/** Gives each feature what it takes from the others it names. `names` are all declared ones, those with errors too. */
export function linkFeatures(declared: readonly Declared[], names: ReadonlySet<string>, report: Report): readonly Feature[] {
  const byName = new Map(declared.map(({ feature }) => [feature.name, feature]));
  const find = (name: Name): Feature | undefined => {
    const found = byName.get(name.text);
    if (!found && !names.has(name.text)) unknownFeature(name.text, name.span, byName.keys(), report);
    return found;
  };
  return declared.map(({ feature, vocabulary, cross, parallel }) => {
    if (feature.kind !== 'category') return feature;
    if (parallel) checkParallel(feature, find(parallel), parallel, report);
    if (vocabulary) return sharing(feature, find(vocabulary), vocabulary, report);
    return cross ? crossing(feature, cross, find, report) : feature;
  });
}

/** A feature with `vocabulary: other` numbers its values as the other does. */
function sharing(feature: CategoryFeature, other: Feature | undefined, at: Name, report: Report): CategoryFeature {
  if (!other) return feature;
  const owns =
    other.kind === 'category' &&
    other.codes.kind !== 'buckets' &&
    !(other.codes.kind === 'vocabulary' && other.codes.name !== other.name);
  if (owns && other !== feature) return { ...feature, codes: other.codes };
  report('vocabulary-of-none', at.span, { name: other.name }, { notes: [{ span: other.span, text: 'it is here' }] });
  return feature;
}

/** The other is multivalent, of the same length, and stands beside no third. */
function checkParallel(feature: CategoryFeature, other: Feature | undefined, at: Name, report: Report): void {
  if (!other) return;
  const many = other.kind === 'category' && other !== feature && !other.cross ? other.many : undefined;
  const wrong = (wanted: string, found: string): void =>
    report(
      'wrong-value',
      at.span,
      { where: `\`parallel\` of \`${feature.name}\``, wanted, found },
      { notes: [{ span: other.span, text: 'it is here' }] },
    );
  if (!many) wrong('another `category[]`', other === feature ? 'itself' : `\`${other.name}\``);
  else if (many.parallel !== undefined) wrong('the feature that it stands beside itself', `\`${other.name}\``);
  else if (many.maxLength !== feature.many?.maxLength)
    wrong(
      `a feature of the same \`max_length\``,
      `${String(many.maxLength ?? 'none')} and ${String(feature.many?.maxLength ?? 'none')}`,
    );
}

/** Of a part with several values in a row a crossed feature has several too. */
function crossing(
  feature: CategoryFeature,
  parts: readonly Name[],
  find: (name: Name) => Feature | undefined,
  report: Report,
): CategoryFeature {
  const found = parts.map((part) => {
    const other = find(part);
    const wrong = (kind: string): void => report('cross-of-crossed', part.span, { feature: feature.name, part: part.text, kind });
    if (other && other.kind !== 'category') wrong(`which is a ${other.kind}, not a category`);
    else if (other?.cross) wrong('which is crossed itself');
    return other;
  });
  const many = found.some((other) => other?.kind === 'category' && other.many);
  return many && !feature.many ? { ...feature, many: { pool: 'mean' } } : feature;
}

export function unknownFeature(spoken: string, span: Feature['span'], names: Iterable<string>, report: Report): void {
  const all = [...names];
  const details = meant(span, all, all.length > 0 ? `there is ${listed(all)}` : undefined);
  report('unknown-feature', span, { name: spoken }, details);
}
