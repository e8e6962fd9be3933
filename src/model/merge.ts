import type { Source, Span } from '../language/source.js';
import {
  isMissing,
  type Entry,
  type Expression,
  type Model,
  type Name,
  type Network,
  type RecordExpression,
} from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { meant } from './suggest.js';

/** A `--set` on the command line: `train.epochs=3`, its value parsed. */
export interface Setting {
  readonly path: readonly Name[];
  readonly value: Expression;
}

/** A model with everything it inherits: sections merged key by key, the child's values winning. */
export interface MergedModel {
  readonly name: string;
  readonly doc?: string;
  readonly span: Span;
  /** All that the model says itself. */
  readonly whole: Span;
  readonly sections: ReadonlyMap<string, MergedSection>;
  readonly labels: readonly Entry[];
  readonly network?: Network;
}

export interface MergedSection {
  readonly key: Span;
  /** A record for `name { … }`, any expression for `name: …`. */
  readonly value: Expression;
}

/** Sections that only the short form has. */
export const shortFormSections = ['cross', 'deep', 'combine'] as const;

/** Models by name, as the file sees them that the source is. */
export type ModelsOf = (source: Source) => ReadonlyMap<string, Model>;

/** The model and all that it extends, oldest first; undefined after an error. */
export function lineage(model: Model, modelsOf: ModelsOf, report: Report): readonly Model[] | undefined {
  const chain: Model[] = [model];
  for (let at = model; at.extends;) {
    const models = modelsOf(at.span.source);
    const base = models.get(at.extends.text);
    if (!base) {
      const others = [...models.keys()].filter((n) => n !== at.name.text);
      report(
        'unknown-model',
        at.extends.span,
        { name: at.extends.text },
        meant(at.extends.span, others, 'a model extends another one of its file, or one that the file imports'),
      );
      return undefined;
    }
    if (chain.includes(base)) {
      reportCycle(chain.slice(chain.indexOf(base)), report);
      return undefined;
    }
    chain.push(base);
    at = base;
  }
  return chain.reverse();
}

/** One cycle is one error, whichever of its models is looked at: it stands at the first of them. */
function reportCycle(cycle: readonly Model[], report: Report): void {
  const first = cycle.reduce((a, b) => (b.span.start < a.span.start ? b : a));
  const at = cycle.indexOf(first);
  const names = [...cycle.slice(at), ...cycle.slice(0, at), first].map((m) => m.name.text);
  if (first.extends) report('extends-cycle', first.extends.span, { names });
}

/** Merges a lineage, oldest first, and the settings of the command line over it. */
export function mergeModels(models: readonly Model[], settings: readonly Setting[], report: Report): MergedModel | undefined {
  const youngest = models.at(-1);
  if (!youngest) return undefined;
  const sections = new Map<string, MergedSection>();
  let labels: readonly Entry[] = [];
  let network: Network | undefined;
  for (const model of models) {
    const own = new Map<string, Span>();
    const taken: { readonly name: string; readonly span: Span }[] = [];
    let ownNetwork: Network | undefined;
    const ownLabels: Entry[] = [];
    for (const item of model.items) {
      switch (item.kind) {
        case 'label':
          if (!isMissing(item.entry.name)) ownLabels.push(item.doc === undefined ? item.entry : { ...item.entry, doc: item.doc });
          break;
        case 'network':
          if (ownNetwork) {
            report(
              'duplicate-name',
              item.keyword,
              { what: `sections of model \`${model.name.text}\``, name: 'network' },
              {
                notes: [{ span: ownNetwork.keyword, text: 'the first one is here' }],
              },
            );
          } else ownNetwork = item;
          break;
        case 'section':
        case 'property': {
          const before = own.get(item.name.text);
          if (before) {
            report(
              'duplicate-name',
              item.name.span,
              { what: `sections of model \`${model.name.text}\``, name: item.name.text },
              {
                notes: [{ span: before, text: 'the first one is here' }],
              },
            );
            break;
          }
          own.set(item.name.text, item.name.span);
          if (item.kind === 'property' && item.value.kind === 'name' && item.value.text === 'none')
            taken.push({ name: item.name.text, span: item.span });
          const value = readable(item.kind === 'section' ? item.record : item.value);
          sections.set(item.name.text, { key: item.name.span, value: mergeValues(sections.get(item.name.text)?.value, value) });
          break;
        }
        default:
          item satisfies never;
      }
    }
    const short = shortFormSections.find((s) => own.has(s));
    const idle = taken.filter(({ name }) => shortFormSections.some((s) => s === name));
    if (ownNetwork && idle.length > 0) {
      for (const { name, span } of idle)
        report(
          'network-and-short-form',
          own.get(name) ?? span,
          { section: name },
          {
            notes: [{ span: ownNetwork.keyword, text: 'the network is here' }],
            help: `leave \`${name}: none\` out: a network takes the place of an inherited short form by itself`,
            fix: { span, text: '' },
          },
        );
      for (const s of shortFormSections) sections.delete(s);
      network = ownNetwork;
    } else if (ownNetwork) {
      if (short !== undefined) {
        report(
          'network-and-short-form',
          own.get(short) ?? model.span,
          { section: short },
          {
            notes: [{ span: ownNetwork.keyword, text: 'the network is here' }],
            help: 'the short form is a network written for you: `reccompile expand` shows it',
          },
        );
      }
      for (const s of shortFormSections) if (!own.has(s)) sections.delete(s);
      network = ownNetwork;
    } else if (short !== undefined) network = undefined;
    labels = mergeEntries(labels, ownLabels);
  }
  for (const setting of settings) applySetting(sections, setting);
  return {
    name: youngest.name.text,
    span: youngest.name.span,
    whole: youngest.span,
    sections,
    labels,
    ...(youngest.doc !== undefined && { doc: youngest.doc }),
    ...(network && { network }),
  };
}

/** Without entries whose names the parser missed. */
function readable(value: Expression): Expression {
  if (value.kind !== 'record') return value;
  const entries = value.entries.filter((e) => !isMissing(e.name)).map((e) => ({ ...e, value: readable(e.value) }));
  return { ...value, entries };
}

function mergeValues(base: Expression | undefined, over: Expression): Expression {
  if (base?.kind !== 'record' || over.kind !== 'record') return over;
  return { ...over, entries: mergeEntries(base.entries, over.entries) };
}

function mergeEntries(base: readonly Entry[], over: readonly Entry[]): readonly Entry[] {
  const first = new Map<string, Entry>();
  for (const e of over) if (!first.has(e.name.text)) first.set(e.name.text, e);
  const kept = base.map((b) => {
    const o = first.get(b.name.text);
    return o ? { ...o, value: mergeValues(b.value, o.value) } : b;
  });
  const known = new Set(base.map((b) => b.name.text));
  const seen = new Set<string>();
  const added = over.filter((o) => {
    const again = seen.has(o.name.text);
    seen.add(o.name.text);
    return again || !known.has(o.name.text);
  });
  return [...kept, ...added];
}

function applySetting(sections: Map<string, MergedSection>, { path, value }: Setting): void {
  const [section, ...rest] = path;
  if (!section) return;
  const nested = rest.reduceRight<Expression>(
    (inner, name): RecordExpression => ({
      kind: 'record',
      span: name.span,
      entries: [{ kind: 'entry', name, value: inner, span: name.span }],
    }),
    value,
  );
  const before = sections.get(section.text);
  sections.set(section.text, { key: before?.key ?? section.span, value: mergeValues(before?.value, nested) });
}
