import { spanText, type Span } from '../language/source.js';
import type { Entry, Expression, RecordExpression } from '../language/syntax.js';
import type { Marked, Report } from './diagnostics.js';
import { oneOf } from './messages.js';
import type { CategoryFeature, Codes, Cycle, Feature, NumberTransform } from './model.js';
import {
  describe,
  distinct,
  filledText,
  givenArguments,
  key,
  listOf,
  nameOf,
  numberIn,
  oneOrMore,
  readKeys,
  taking,
  text,
  truth,
  word,
  wordOrNotYet,
  type Form,
  type Given,
  type Located,
  type Read,
  type Reader,
} from './reading.js';
import { checkRow, type Columns } from './row-check.js';
import type { ColumnType } from './row-expression.js';
import { meant } from './suggest.js';
import { linkFeatures, type Declared } from './feature-links.js';

const anyNumber = numberIn({});
const rows = numberIn({ min: 1, max: 2 ** 31 - 1, integer: true });

export const categoryKeys = {
  min_count: key(
    'Values seen less often in the training rows count as unknown.',
    numberIn({ min: 1, max: 2 ** 31 - 1, integer: true }),
    { default: 1 },
  ),
  values: key('All its values, in the order of their rows.', distinct('values', listOf(text, 1))),
  hash: key('Number of buckets that its values are hashed into.', rows),
  size: key('It is a whole number from 0 to this, less one, and is taken as it is.', rows),
  vocabulary: key('The feature whose vocabulary it shares.', nameOf('feature')),
  cross: key(
    'The features whose values it combines.',
    distinct('parts', listOf(nameOf('feature'), 2), (n) => n.text),
  ),
  default: key('What a missing value stands for.', text),
};
export const manyKeys = {
  ...categoryKeys,
  separator: key('What stands between two values in one text.', filledText),
  pool: key('How the rows of its values become one vector.', wordOrNotYet(['mean', 'sum'], ['max', 'sqrt_n']), {
    default: 'mean',
  }),
  max_length: key('At most so many values of a row are used: the first.', rows),
  parallel: key('The multivalent feature whose values stand beside these, place by place.', nameOf('feature')),
};
export const numberKeys = {
  log1p: key('log(1 + x).', truth, { flag: true, default: false }),
  standardize: key('Less the mean of the training rows, divided by their deviation.', truth, { flag: true, default: false }),
  buckets: key('Boundaries that turn it into a category.', listOf(anyNumber, 1)),
  default: key('What a missing value stands for.', anyNumber),
};
const isoTime: Reader<string> = taking({ wanted: 'an ISO 8601 time in quotes' }, (e, where, report) => {
  const value = text(e, where, report);
  if (value === undefined || isTime(value)) return value;
  report('wrong-value', e.span, { where, wanted: 'an ISO 8601 time such as `"2001-02-03T04:05:06Z"`', found: describe(e) });
  return undefined;
});

/** A date of the calendar, and a time of day if one is given. */
function isTime(value: string): boolean {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?(Z|[+-]([01]\d|2[0-3]):?[0-5]\d)?)?$/.exec(value);
  if (!match) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]) - 1, Number(match[3])];
  const date = new Date(Date.UTC(2000, month, day));
  date.setUTCFullYear(year, month, day);
  return year > 0 && date.getUTCMonth() === month && date.getUTCDate() === day;
}

export const timeKeys = {
  cycle: key(
    'The cycles of which it gives sine and cosine.',
    distinct('cycles', oneOrMore(word('hour', 'day', 'week', 'year'))),
    { required: true },
  ),
  unit: key('What a numeric time since 1970 counts.', word('second', 'millisecond', 'microsecond')),
  standardize: numberKeys.standardize,
  default: key('What a missing value stands for, as ISO 8601.', isoTime),
};

const kinds = ['category', 'number', 'time'] as const;

/** What a feature can be, as a spec writes it. */
export const featureForms = {
  category: { doc: 'A value out of a set; each value has a row of an embedding table.', keys: categoryKeys },
  'category[]': { doc: 'Several values in one row, whose rows are pooled, or a sequence.', keys: manyKeys },
  number: { doc: 'A number as it is, or transformed; with `buckets` a category.', keys: numberKeys },
  'number[n]': { doc: 'A list of n numbers as they are.', keys: {} },
  time: { doc: 'Sine and cosine of where a moment stands in each cycle.', keys: timeKeys },
} as const satisfies Readonly<Record<string, Form>>;

interface FeatureType {
  readonly kind: (typeof kinds)[number];
  /** `category[]`, or the size in `number[64]`. */
  readonly brackets?: Expression | 'empty';
  readonly given: readonly Given[];
}

function featureType(e: Expression, feature: string, report: Report): FeatureType | undefined {
  const call = e.kind === 'call' ? e : undefined;
  const head = call ? call.callee : e;
  const subscript = head.kind === 'subscript' ? head : undefined;
  const base = subscript ? subscript.target : head;
  if (base.kind === 'name') {
    const kind = kinds.find((k) => k === base.text);
    const [size, ...more] = subscript?.subscripts ?? [];
    if (kind && more.length === 0 && size?.kind !== 'range') {
      return { kind, given: call ? givenArguments(call) : [], ...(subscript && { brackets: size ?? 'empty' }) };
    }
    if (!kind) {
      const known = oneOf(kinds.map((k) => `\`${k}\``));
      report('unknown-type', base.span, { name: base.text }, meant(base.span, kinds, `a feature is ${known}`));
      return undefined;
    }
  }
  report('wrong-value', e.span, {
    where: `feature \`${feature}\``,
    wanted: 'a type such as `category`, `number` or `time(cycle: day)`',
    found: describe(e),
  });
  return undefined;
}

/** The features of a model, in order. */
export function checkFeatures(record: RecordExpression, columns: Columns): readonly Feature[] {
  const { report } = columns;
  const seen = new Map<string, Entry>();
  const entries = record.entries.filter((entry) => {
    const before = seen.get(entry.name.text);
    if (before) {
      report(
        'duplicate-name',
        entry.name.span,
        { what: 'features', name: entry.name.text },
        {
          notes: [{ span: before.name.span, text: 'the first one is here' }],
        },
      );
      return false;
    }
    seen.set(entry.name.text, entry);
    return true;
  });
  const declared = entries.map((entry) => checkFeature(entry, columns)).filter((f) => f !== undefined);
  return linkFeatures(declared, new Set(seen.keys()), report);
}

function checkFeature(entry: Entry, columns: Columns): Declared | undefined {
  const { report } = columns;
  const type = featureType(entry.value, entry.name.text, report);
  if (!type) return undefined;
  const where = `feature \`${entry.name.text}\``;
  const base = { name: entry.name.text, span: entry.name.span, ...(entry.doc !== undefined && { doc: entry.doc }) };
  const value = (wanted: ColumnType): ReturnType<typeof checkRow> =>
    checkRow(entry.from ?? entry.name, wanted === 'text' ? ['text', 'number', 'boolean'] : [wanted], where, columns);
  switch (type.kind) {
    case 'category': {
      if (type.brackets !== undefined && type.brackets !== 'empty') {
        report('wrong-value', type.brackets.span, {
          where,
          wanted: '`category` or `category[]`',
          found: `\`category[${describe(type.brackets)}]\``,
        });
        return undefined;
      }
      const many =
        type.brackets === 'empty'
          ? readKeys(manyKeys, type.given, `\`category[]\` of ${where}`, entry.value.span, report)
          : undefined;
      const read = many ?? readKeys(categoryKeys, type.given, `\`category\` of ${where}`, entry.value.span, report);
      const codes = checkCodes(read, entry, report);
      if (read.cross && entry.from) {
        report('conflicting-keys', read.cross.key, { a: '`cross`', b: '`=`', why: 'a crossed feature has no column of its own' });
      }
      const from = read.cross ? undefined : value('text');
      if (!codes || (!read.cross && !from)) return undefined;
      if (from && from.type !== 'text' && many) {
        report('column-type', entry.from?.span ?? entry.span, { what: where, wanted: 'a column', found: 'an expression' });
      }
      checkDefault(read, codes, report);
      checkEmpty(read, report);
      if (read.cross) for (const idle of [read.default, many?.separator, many?.parallel]) notOfCrossed(idle, report);
      const feature: CategoryFeature = {
        ...base,
        kind: 'category',
        codes,
        table: entry.name.text,
        ...(from && { value: from }),
        ...(read.cross && { cross: read.cross.value.map((n) => n.text) }),
        ...(read.default && { default: read.default.value }),
        ...(many && {
          many: {
            pool: many.pool?.value ?? manyKeys.pool.default,
            ...(many.separator && { separator: many.separator.value }),
            ...(many.max_length && { maxLength: many.max_length.value }),
            ...(many.parallel && { parallel: many.parallel.value.text }),
          },
        }),
      };
      return {
        feature,
        ...(read.vocabulary && { vocabulary: read.vocabulary.value }),
        ...(read.cross && { cross: read.cross.value }),
        ...(many?.parallel && { parallel: many.parallel.value }),
      };
    }
    case 'number': {
      if (type.brackets !== undefined) return declared(vectorFeature(entry, type, base, value));
      const read = readKeys(numberKeys, type.given, `\`number\` of ${where}`, entry.value.span, report);
      const from = value('number');
      if (!from) return undefined;
      if (read.buckets) return declared(bucketFeature(entry, read, from, base, report));
      const transforms = (['log1p', 'standardize'] as const satisfies readonly NumberTransform[]).filter((t) => read[t]?.value);
      if (read.log1p?.value && read.default && read.default.value <= -1)
        report('wrong-value', read.default.span, {
          where: `\`default\` of ${where} with \`log1p\``,
          wanted: 'above -1, as there is no logarithm of 1 + x below it',
          found: `\`${String(read.default.value)}\``,
        });
      return declared({ ...base, kind: 'number', value: from, transforms, ...(read.default && { default: read.default.value }) });
    }
    case 'time': {
      if (type.brackets !== undefined)
        report('wrong-value', entry.value.span, { where, wanted: '`time(…)`', found: 'one with brackets' });
      const read = readKeys(timeKeys, type.given, `\`time\` of ${where}`, entry.value.span, report);
      const from = value(read.unit ? 'number' : 'time');
      if (!from || !read.cycle) return undefined;
      return declared({
        ...base,
        kind: 'time',
        value: from,
        cycles: read.cycle.value satisfies readonly Cycle[],
        standardize: read.standardize?.value ?? timeKeys.standardize.default,
        ...(read.unit && { unit: read.unit.value }),
        ...(read.default && { default: read.default.value }),
      });
    }
    default:
      return type.kind satisfies never;
  }

  function vectorFeature(e: Entry, t: FeatureType, common: typeof base, from: typeof value): Feature | undefined {
    if (t.brackets === 'empty' || t.brackets === undefined) {
      report('wrong-value', e.value.span, { where, wanted: '`number` or `number[size]`', found: '`number[]`' });
      return undefined;
    }
    const size = numberIn({ min: 1, max: 65536, integer: true })(t.brackets, `the size of ${where}`, report);
    readKeys({}, t.given, `\`number[…]\` of ${where}`, e.value.span, report);
    const column = from('text');
    if (column && column.kind !== 'column') {
      report('column-type', (e.from ?? e).span, { what: where, wanted: 'a column of lists', found: 'an expression' });
      return undefined;
    }
    return size === undefined || !column ? undefined : { ...common, kind: 'vector', size, value: column };
  }
}

const declared = (feature: Feature | undefined): Declared | undefined => feature && { feature };

/** An empty text is missing: it has a row only as the default. */
function checkEmpty({ values, default: given }: Read<typeof categoryKeys>, report: Report): void {
  if (given?.value !== '' && values?.value.includes('') === true)
    report(
      'empty-value',
      values.span,
      {},
      { help: '`default: ""` gives its row to missing values', fix: withoutEmpty(values.span) },
    );
}

/** Leaves the empty text of a list out, with the comma before or behind it. */
function withoutEmpty({ source, start, end }: Span): Marked | undefined {
  const [found] = source.text.slice(start, end).matchAll(/,\s*""(?=\s*\])|(?<=[[,\s])""\s*,\s*/g);
  if (!found) return undefined;
  const from = start + found.index;
  return { span: { source, start: from, end: from + found[0].length }, text: '' };
}

/** A default has to be one of the values, where the spec lists them. */
function checkDefault({ default: given }: Read<typeof categoryKeys>, codes: Codes, report: Report): void {
  if (!given) return;
  const { value, span } = given;
  if (codes.kind === 'values' && !codes.values.includes(value)) {
    report('wrong-value', span, { where: '`default`', wanted: 'one of its `values`', found: JSON.stringify(value) });
  }
  if (codes.kind === 'size' && !(/^\d+$/.test(value) && Number(value) < codes.size)) {
    report('out-of-range', span, {
      where: '`default`',
      wanted: `in 0 … ${String(codes.size - 1)}`,
      found: JSON.stringify(value),
    });
  }
}

function notOfCrossed(given: Located<unknown> | undefined, report: Report): void {
  if (given)
    report('conflicting-keys', given.key, {
      a: `\`${spanText(given.key)}\``,
      b: '`cross`',
      why: 'a crossed feature has no text of its own',
    });
}

function bucketFeature(
  entry: Entry,
  read: Read<typeof numberKeys>,
  value: NonNullable<Feature['value']>,
  base: { readonly name: string; readonly span: Feature['span']; readonly doc?: string },
  report: Report,
): CategoryFeature | undefined {
  const { buckets } = read;
  if (!buckets) return undefined;
  for (const t of ['log1p', 'standardize'] as const) {
    const given = read[t];
    if (given?.value)
      report('conflicting-keys', given.key, { a: `\`${t}\``, b: '`buckets`', why: 'a bucket does not depend on the scale' });
  }
  const sorted = buckets.value.every((b, i) => i === 0 || b > (buckets.value[i - 1] ?? b));
  if (!sorted) {
    report('out-of-range', buckets.span, {
      where: `\`buckets\` of feature \`${entry.name.text}\``,
      wanted: 'a list that rises',
      found: 'one that does not',
    });
    return undefined;
  }
  return {
    ...base,
    kind: 'category',
    codes: { kind: 'buckets', boundaries: buckets.value },
    value,
    table: entry.name.text,
    ...(read.default && { default: String(read.default.value) }),
  };
}

function checkCodes(read: Read<typeof categoryKeys>, entry: Entry, report: Report): Codes | undefined {
  const ways = (['values', 'hash', 'size', 'vocabulary'] as const).flatMap((k) =>
    read[k] ? [{ name: k, at: read[k].key }] : [],
  );
  const [first, second] = ways;
  if (first && second) {
    report('conflicting-keys', second.at, {
      a: `\`${first.name}\``,
      b: `\`${second.name}\``,
      why: 'each says how its values are numbered',
    });
    return undefined;
  }
  if (first && read.min_count) {
    report('conflicting-keys', read.min_count.key, {
      a: '`min_count`',
      b: `\`${first.name}\``,
      why: 'only a learned vocabulary counts',
    });
  }
  if (read.cross && (read.values ?? read.size ?? read.vocabulary)) {
    report('conflicting-keys', read.cross.key, {
      a: '`cross`',
      b: `\`${first?.name ?? 'values'}\``,
      why: 'combinations are hashed, or learned from the training rows',
    });
    return undefined;
  }
  if (read.values) return { kind: 'values', values: read.values.value };
  if (read.hash) return { kind: 'hash', buckets: read.hash.value };
  if (read.size) return { kind: 'size', size: read.size.value };
  if (read.vocabulary) return { kind: 'vocabulary', name: read.vocabulary.value.text, minCount: 0 };
  return { kind: 'vocabulary', name: entry.name.text, minCount: read.min_count?.value ?? categoryKeys.min_count.default };
}
