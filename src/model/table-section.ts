import type { Entry, RecordExpression } from '../language/syntax.js';
import type { Span } from '../language/source.js';
import type { Report } from './diagnostics.js';
import { rowCount, sameCodes, unlikeCodes } from './codes.js';
import { unknownFeature } from './feature-links.js';
import { meant, nearest } from './suggest.js';
import { initializers, initializerText, readInitializer } from './initializers.js';
import type { CategoryFeature, Facts, Feature, Initializer, NumberEmbedding, Table } from './model.js';
import {
  acceptedBy,
  describe,
  distinct,
  givenEntries,
  key,
  listOf,
  nameOf,
  numberIn,
  readKeys,
  taking,
  truth,
  type Read,
  type Reader,
} from './reading.js';

const wholeDim = numberIn({ min: 1, max: 65536, integer: true });
const readDim: Reader<number | 'auto'> = taking({ ...acceptedBy(wholeDim), words: ['auto'] }, (e, where, report) =>
  e.kind === 'name' && e.text === 'auto' ? 'auto' : wholeDim(e, where, report),
);

const common = {
  dim: key('Size of the vectors; `auto` is 6·V^(1/4) of the number of rows V, rounded.', readDim, {
    source: 'DCN-V2 section 7.1',
  }),
  l2: key('(l2/2)·‖w‖² over the distinct rows of a batch.', numberIn({ min: 0 }), { default: 0 }),
  init: key('How rows start.', readInitializer, {
    default: initializers.uniform,
    defaultText: initializerText(initializers.uniform),
    source: 'Keras 3 Embedding',
  }),
};
export const embeddingKeys = common;
export const tableKeys = {
  ...common,
  features: key(
    'The features that share this table.',
    distinct('features', listOf(nameOf('feature'), 1), (n) => n.text),
  ),
  frozen: key('Rows keep their first values.', truth, { default: false }),
};

type TableKeys = Read<typeof tableKeys>;
interface Wanted {
  readonly name: string;
  readonly span: Span;
  readonly read: TableKeys;
  readonly features: readonly CategoryFeature[];
}

export interface CheckedTables {
  readonly tables: readonly Table[];
  /** Of tables and numbers that the section does not name. */
  readonly defaults: { readonly initializer: Initializer; readonly l2: number };
  /** Numbers that the section lists, by name. */
  readonly numbers: ReadonlyMap<string, NumberEmbedding>;
  /** Tables of which no size is said: each says so once, when its rows are asked for. */
  readonly unsized: ReadonlyMap<string, () => void>;
  /** Features with the table that each points into. */
  readonly features: readonly Feature[];
}

/** One table for each category feature, unless features share one. A base, which only others extend, may leave sizes open. */
export function checkTables(
  record: RecordExpression | undefined,
  features: readonly Feature[],
  facts: Facts | undefined,
  model: { readonly span: Span; readonly isBase: boolean },
  report: Report,
): CheckedTables {
  const categories = new Map(features.flatMap((f) => (f.kind === 'category' ? [[f.name, f] as const] : [])));
  const byName = new Map(features.map((f) => [f.name, f]));
  const isCommon = (e: Entry): boolean => Object.hasOwn(common, e.name.text) && e.value.kind !== 'record';
  const entries = record?.entries ?? [];
  const defaults = readKeys(common, givenEntries(entries.filter(isCommon)), '`embeddings`', record?.span ?? model.span, report);
  const owner = new Map<string, Wanted>();
  const seen = new Map<string, Span>();
  const wanted: Wanted[] = [];
  const numbers = new Map<string, NumberEmbedding>();
  for (const entry of entries.filter((e) => !isCommon(e))) {
    const table = entry.name.text;
    const before = seen.get(table);
    if (before) {
      report(
        'duplicate-name',
        entry.name.span,
        { what: 'tables', name: table },
        { notes: [{ span: before, text: 'the first one is here' }] },
      );
      continue;
    }
    seen.set(table, entry.name.span);
    const feature = byName.get(table);
    const known = Object.keys(common).concat(features.map((f) => f.name));
    if (entry.value.kind !== 'record') {
      if (feature) {
        report(
          'wrong-value',
          entry.value.span,
          { where: `the embedding of \`${table}\``, wanted: 'a record', found: describe(entry.value) },
          {
            help: `write \`${table}: { dim: … }\``,
          },
        );
      } else if (Object.hasOwn(common, nearest(table, known) ?? ''))
        report('unknown-key', entry.name.span, { key: table, where: '`embeddings`' }, meant(entry.name.span, known));
      else unknownFeature(table, entry.name.span, known, report);
      continue;
    }
    const read = readKeys(tableKeys, givenEntries(entry.value.entries), `the table \`${table}\``, entry.value.span, report);
    const names = read.features?.value;
    if (!names && !feature) {
      if (!entry.value.entries.some((e) => e.name.text === 'features')) {
        unknownFeature(
          table,
          entry.name.span,
          features.map((f) => f.name),
          report,
        );
      }
      continue;
    }
    if (!names && feature && feature.kind !== 'category') {
      if (feature.kind === 'number') {
        const number = numberEmbedding(entry, read, defaults, model.isBase ? () => undefined : report);
        if (number) numbers.set(table, number);
      } else
        report(
          'no-table',
          entry.name.span,
          { name: table, kind: `a ${feature.kind}` },
          { notes: [{ span: feature.span, text: 'it is here' }] },
        );
      continue;
    }
    const sharing: CategoryFeature[] = [];
    if (names && feature?.kind === 'category' && !names.some((n) => n.text === table)) {
      report(
        'duplicate-name',
        entry.name.span,
        { what: 'tables', name: table },
        {
          notes: [{ span: feature.span, text: 'this feature has one of that name' }],
          help: 'call the shared table otherwise, or list the feature too',
        },
      );
      continue;
    }
    for (const n of names ?? [entry.name]) {
      const f = byName.get(n.text);
      if (!f) unknownFeature(n.text, n.span, categories.keys(), report);
      else if (f.kind !== 'category')
        report('no-table', n.span, { name: n.text, kind: `a ${f.kind}` }, { notes: [{ span: f.span, text: 'it is here' }] });
      else sharing.push(f);
    }
    const own: Wanted = { name: table, span: entry.name.span, read, features: sharing };
    for (const f of sharing) {
      const other = owner.get(f.name);
      if (other && other !== own)
        report(
          'two-tables',
          own.span,
          { feature: f.name, a: other.name, b: table },
          { notes: [{ span: other.span, text: 'the first one is here' }] },
        );
      else owner.set(f.name, own);
    }
    const [first] = sharing;
    const unlike = first && sharing.find((f) => !sameCodes(f.codes, first.codes));
    if (unlike) {
      report('unlike-codes', own.span, { table, a: first.name, b: unlike.name }, unlikeCodes(first, unlike));
    }
    wanted.push(own);
  }
  const tables = [...categories.values()].flatMap((f): readonly Wanted[] => {
    const own = owner.get(f.name);
    if (own) return own.features[0] === f ? [own] : [];
    return [{ name: f.name, span: f.span, read: {}, features: [f] }];
  });
  const unsized = new Map<string, () => void>();
  return {
    numbers,
    unsized,
    defaults: {
      initializer: defaults.init?.value ?? common.init.default,
      l2: defaults.l2?.value ?? common.l2.default,
    },
    tables: tables
      .map((t) => makeTable(t, defaults, record, facts, unsized, model.isBase ? () => undefined : report))
      .filter((t) => t !== undefined),
    features: features.map((f) => (f.kind === 'category' ? { ...f, table: owner.get(f.name)?.name ?? f.name } : f)),
  };
}

function numberEmbedding(
  entry: Entry,
  read: TableKeys,
  defaults: Read<typeof common>,
  report: Report,
): NumberEmbedding | undefined {
  const dim = read.dim ?? defaults.dim;
  const name = entry.name.text;
  if (!dim) {
    report('missing-dim', entry.name.span, { name }, { help: 'say `dim` for it, or `embeddings { dim: 32 }` for all' });
    return undefined;
  }
  if (dim.value === 'auto') {
    report('wrong-value', dim.span, {
      where: `\`dim\` of \`${name}\``,
      wanted: 'a whole number: a number has no vocabulary',
      found: '`auto`',
    });
    return undefined;
  }
  return {
    dim: dim.value,
    l2: read.l2?.value ?? defaults.l2?.value ?? common.l2.default,
    initializer: read.init?.value ?? defaults.init?.value ?? common.init.default,
    ...(read.frozen?.value === true && { frozen: true }),
    span: read.dim?.span ?? entry.name.span,
  };
}

function makeTable(
  t: Wanted,
  defaults: Read<typeof common>,
  record: RecordExpression | undefined,
  facts: Facts | undefined,
  unsized: Map<string, () => void>,
  report: Report,
): Table | undefined {
  const [first] = t.features;
  if (!first) return undefined;
  const rows = rowCount(first.codes, facts);
  const isFrozen = t.read.frozen?.value === true;
  const dim = t.read.dim ?? defaults.dim;
  if (!dim) {
    if (!record?.entries.some((e) => e.name.text === 'dim')) {
      unsized.set(t.name, () => {
        unsized.delete(t.name);
        report('missing-dim', t.span, { name: t.name }, { help: 'say `embeddings { dim: 32 }` for all, or `dim` for this one' });
      });
    }
    return undefined;
  }
  if (dim.value === 'auto' && rows.kind === 'vocabulary') {
    report(
      'auto-dim-needs-facts',
      dim.span,
      { name: t.name },
      {
        notes: [{ span: first.span, text: 'the feature is here' }],
        help: 'give the feature `values`, `size` or `hash`, or a dim in numbers; `train` knows it, and so does `--facts`',
      },
    );
    return undefined;
  }
  return {
    name: t.name,
    rows,
    dim: dim.value === 'auto' ? autoDim(rows.kind === 'known' ? rows.rows : 1) : dim.value,
    features: t.features.map((f) => f.name),
    l2: isFrozen ? 0 : (t.read.l2?.value ?? defaults.l2?.value ?? common.l2.default),
    initializer: t.read.init?.value ?? defaults.init?.value ?? common.init.default,
    ...(isFrozen && { frozen: true }),
    span: dim.span,
  };
}

/** 6·V^(1/4)  [DCN-V2 §7.1] */
const autoDim = (rows: number): number => Math.max(1, Math.round(6 * rows ** 0.25));
