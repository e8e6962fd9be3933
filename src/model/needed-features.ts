import { isWithin } from '../language/source.js';
import type { Entry, Expression, Network } from '../language/syntax.js';
import type { MergedModel, MergedSection } from './merge.js';
import type { CheckedModel } from './model.js';

const lists = ['features', 'categories', 'numbers'];

/**
 * The sections of a model without the features that it inherits and has no need of: where nothing is inherited, they would be features
 * of its own that are not used. What the text names stays, so that it still is a spec.
 */
export function neededSections(
  merged: MergedModel,
  { features: used }: Pick<CheckedModel, 'features'>,
  network: Network,
): MergedModel['sections'] {
  const { sections, whole } = merged;
  const inNetwork = namesIn(network.body);
  if (lists.some((name) => inNetwork.has(name))) return sections;
  const features = entriesOf(sections.get('features')?.value);
  const tables = entriesOf(sections.get('embeddings')?.value).map(featuresOf);
  const isUsed = new Set(used.map(({ name }) => name));
  const needed = new Set<string>();
  const open = features.filter(({ name, span }) => isUsed.has(name.text) || inNetwork.has(name.text) || isWithin(span, whole));
  for (let next = open.pop(); next; next = open.pop()) {
    const { text } = next.name;
    if (needed.has(text)) continue;
    needed.add(text);
    const sharing = tables.filter((names) => names.has(text));
    // What a used feature is made of is used.
    const linked = isUsed.has(text) ? sharing : [...sharing, namesIn(next.value)];
    open.push(...features.filter(({ name }) => linked.some((names) => names.has(name.text))));
  }
  const left = new Set(features.map(({ name }) => name.text).filter((name) => !needed.has(name)));
  const isOfLeft = (entry: Entry): boolean => [...featuresOf(entry)].some((name) => left.has(name));
  const only = (name: string, section: MergedSection): MergedSection => {
    const { value } = section;
    if (value.kind !== 'record' || (name !== 'features' && name !== 'embeddings')) return section;
    const isLeft = name === 'features' ? (entry: Entry): boolean => left.has(entry.name.text) : isOfLeft;
    return { ...section, value: { ...value, entries: value.entries.filter((entry) => !isLeft(entry)) } };
  };
  return new Map([...sections].map(([name, section]) => [name, only(name, section)]));
}

const entriesOf = (section: Expression | undefined): readonly Entry[] => (section?.kind === 'record' ? section.entries : []);

/** Those that an entry of the embeddings section is for. */
function featuresOf({ name, value }: Entry): ReadonlySet<string> {
  const shared = entriesOf(value).find((entry) => entry.name.text === 'features');
  return shared ? namesIn(shared.value) : new Set(value.kind === 'record' ? [name.text] : []);
}

/** Every name that stands in a part of a spec. */
function namesIn(part: unknown, into = new Set<string>()): ReadonlySet<string> {
  if (typeof part !== 'object' || part === null) return into;
  if ('kind' in part && part.kind === 'name' && 'text' in part && typeof part.text === 'string') into.add(part.text);
  for (const [key, child] of Object.entries(part)) if (key !== 'span') namesIn(child, into);
  return into;
}
