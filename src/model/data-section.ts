import type { Call, Entry, Expression, RecordExpression } from '../language/syntax.js';
import type { Report } from './diagnostics.js';
import { listed } from './messages.js';
import type { DataSection, FileSource, Join, Split } from './model.js';
import {
  columnName,
  describe,
  distinct,
  givenArguments,
  givenEntries,
  key,
  listOf,
  numberIn,
  oneOrMore,
  readKeys,
  taking,
  text,
  truth,
  word,
  type Accepts,
  type Defaulted,
  type Form,
  type Read,
  type Reader,
} from './reading.js';
import { checkRow } from './row-check.js';

const share = numberIn({ min: 0, max: 1 });
const path = taking({ wanted: 'a path in quotes', names: 'file' }, text);
const seed = numberIn({ min: 0, max: 4294967295, integer: true });

const fileKeys = {
  path: key('The file, relative to the folder of this spec; may be a glob, may end in .gz.', path, {
    position: 0,
    required: true,
  }),
  on: key('The column that joins it to the source.', columnName),
  required: key('Drop rows without a partner.', truth, { default: false }),
};

const readSeparator: Reader<string> = taking({ wanted: 'a text in quotes' }, (e, where, report) => {
  const value = text(e, where, report);
  if (value === undefined || /^[^\r\n"\0]+$/.test(value)) return value;
  report('wrong-value', e.span, { where, wanted: 'one or more characters within a line', found: describe(e) });
  return undefined;
});

/** Names that differ only by case would be one to the reader of the file. */
const readColumns = distinct('columns', listOf(columnName, 1), (name) => name.toLowerCase());

const textKeys = {
  separator: key('What stands between two fields; may be several characters.', readSeparator, {
    default: ',',
    defaultText: '","',
  }),
  columns: key('The names of the columns, for a file without a header line.', readColumns),
  encoding: key('The encoding of the text.', word('utf8', 'latin1'), { default: 'utf8' }),
};
const formats = {
  csv: { doc: 'Comma-separated text; values in quotes may hold separators and line ends.', keys: { ...fileKeys, ...textKeys } },
  tsv: {
    doc: 'Text whose fields are separated by tabs.',
    keys: { ...fileKeys, columns: textKeys.columns, encoding: textKeys.encoding },
  },
  jsonl: { doc: 'A JSON object in each line.', keys: fileKeys },
  parquet: { doc: 'Parquet.', keys: fileKeys },
} as const satisfies Readonly<Record<string, Form>>;
type Format = keyof typeof formats;

const extensions: readonly (readonly [RegExp, Format])[] = [
  [/\.csv(\.gz)?$/i, 'csv'],
  [/\.tsv(\.gz)?$/i, 'tsv'],
  [/\.(jsonl|ndjson)(\.gz)?$/i, 'jsonl'],
  [/\.parquet$/i, 'parquet'],
];

const rest = { defaultText: 'what the other shares leave' };
const valuesOf = (part: string, verb: string): Defaulted<readonly string[]> =>
  key(`Its values that ${verb}.`, oneOrMore(text), { default: [part], defaultText: JSON.stringify(part) });

const splits = {
  random: {
    doc: 'By chance, the same for the same seed.',
    keys: {
      train: key('Share of the rows that train.', share, { required: true }),
      valid: key('Share that validates after each epoch.', share, rest),
      test: key('Share held out until the end.', share, rest),
      seed: key('Which random split.', seed, { default: 0 }),
    },
  },
  by_column: {
    doc: 'As a column of the data says.',
    keys: {
      column: key('The column that says to which part a row belongs.', columnName, { position: 0, required: true }),
      train: valuesOf('train', 'train'),
      valid: valuesOf('valid', 'validate'),
      test: valuesOf('test', 'test'),
    },
  },
  by_time: {
    doc: 'The oldest rows train, the newest test.',
    keys: {
      column: key('The column to sort by.', columnName, { position: 0, required: true }),
      train: key('Share of the oldest rows, which train.', share, { required: true }),
      valid: key('Share after them, which validates.', share, rest),
      test: key('Share of the newest rows, which tests.', share, rest),
    },
  },
} as const satisfies Readonly<Record<string, Form>>;

const readSplit: Reader<Split> = taking({ calls: splits }, (e, where, report) => {
  const kind = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  if (e.kind !== 'call' || (kind !== 'random' && kind !== 'by_column' && kind !== 'by_time')) {
    report(
      'wrong-value',
      e.span,
      { where, wanted: '`random(…)`, `by_column(…)` or `by_time(…)`', found: describe(e) },
      {
        help: 'for instance `split: random(train: 0.8, valid: 0.1, test: 0.1, seed: 42)`',
      },
    );
    return undefined;
  }
  const given = givenArguments(e);
  if (kind === 'by_column') {
    const { keys } = splits.by_column;
    const read = readKeys(keys, given, '`by_column`', e.span, report);
    return (
      read.column && {
        kind: 'column',
        column: read.column.value,
        train: read.train?.value ?? keys.train.default,
        valid: read.valid?.value ?? keys.valid.default,
        test: read.test?.value ?? keys.test.default,
      }
    );
  }
  const random = kind === 'random' ? readKeys(splits.random.keys, given, '`random`', e.span, report) : undefined;
  const byTime = kind === 'by_time' ? readKeys(splits.by_time.keys, given, '`by_time`', e.span, report) : undefined;
  const shares = random ?? byTime ?? {};
  if (!shares.train) return undefined;
  const train = shares.train.value;
  const test = shares.test?.value ?? (shares.valid ? Math.max(0, round(1 - train - shares.valid.value)) : round(1 - train));
  const valid = shares.valid?.value ?? Math.max(0, round(1 - train - test));
  const sum = round(train + valid + test);
  if (Math.abs(sum - 1) > 1e-9) {
    report('split-shares', e.span, { sum }, { help: 'for example `train: 0.8, valid: 0.1, test: 0.1`' });
    return undefined;
  }
  if (train === 0) {
    report('out-of-range', shares.train.span, { where: '`train`', wanted: 'a number > 0', found: '0' });
    return undefined;
  }
  if (!byTime) return { kind: 'random', train, valid, test, seed: random?.seed?.value ?? splits.random.keys.seed.default };
  return byTime.column && { kind: 'time', column: byTime.column.value, train, valid, test };
});

const round = (x: number): number => Math.round(x * 1e12) / 1e12;

interface ReadFile {
  readonly source: FileSource;
  readonly on?: string;
  readonly required: boolean;
}

const readFile: Reader<ReadFile> = (e, where, report) => {
  if (e.kind === 'string') return file(e.value, undefined, e, where, report);
  const format = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  if (e.kind !== 'call' || format === undefined || !Object.hasOwn(formats, format)) {
    report('wrong-value', e.span, {
      where,
      wanted: 'a path in quotes, or `csv(…)`, `tsv(…)`, `jsonl(…)` or `parquet(…)`',
      found: describe(e),
    });
    return undefined;
  }
  return readFileCall(e, format as Format, where, report);
};

function readFileCall(e: Call, format: Format, where: string, report: Report): ReadFile | undefined {
  const read: Read<typeof formats.csv.keys> = readKeys(formats[format].keys, givenArguments(e), `\`${format}\``, e.span, report);
  if (!read.path) return undefined;
  const found = file(read.path.value, format, e, where, report);
  if (!found) return undefined;
  return {
    source: {
      ...found.source,
      encoding: read.encoding?.value ?? textKeys.encoding.default,
      ...(read.separator && { separator: read.separator.value }),
      ...(read.columns && { columns: read.columns.value }),
    },
    required: read.required?.value ?? fileKeys.required.default,
    ...(read.on && { on: read.on.value }),
  };
}

function file(path: string, said: Format | undefined, e: Expression, where: string, report: Report): ReadFile | undefined {
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) {
    report('remote-source', e.span, { path }, { help: 'fetch it first, and name the local file' });
    return undefined;
  }
  const format = said ?? extensions.find(([pattern]) => pattern.test(path))?.[1];
  if (!format || path === '' || path.includes('\0')) {
    report(
      'wrong-value',
      e.span,
      { where, wanted: 'a .csv, .tsv, .jsonl or .parquet file', found: JSON.stringify(path) },
      {
        help: 'for another ending say what it is: `csv("ratings.dat", separator: "::")`',
      },
    );
    return undefined;
  }
  const separator = format === 'tsv' ? '\t' : format === 'csv' ? textKeys.separator.default : undefined;
  return {
    source: {
      format: format === 'tsv' ? 'csv' : format,
      path,
      saidIn: e.span.source.path,
      encoding: 'utf8',
      span: e.span,
      ...(separator !== undefined && { separator }),
    },
    required: false,
  };
}

const fileAccepts: Accepts = { wanted: 'a path in quotes', names: 'file', calls: formats };
const readSource: Reader<FileSource> = taking(fileAccepts, (e, where, report) => {
  const read = readFile(e, where, report);
  if (read && (read.on !== undefined || read.required)) {
    report('wrong-value', e.span, { where, wanted: 'the file that the others join', found: 'one with `on` or `required`' });
  }
  return read?.source;
});

const readJoins: Reader<readonly Join[]> = taking(
  { wanted: 'a record of files by name', entry: fileAccepts },
  (e, where, report) => {
    if (e.kind !== 'record') {
      report(
        'wrong-value',
        e.span,
        { where, wanted: 'a record of files', found: describe(e) },
        {
          help: 'for instance `join: { users: csv("users.csv", on: user_id) }`',
        },
      );
      return undefined;
    }
    const names = new Map<string, Entry>();
    const joins = e.entries.map((entry): Join | undefined => {
      const before = names.get(entry.name.text);
      if (before) {
        report(
          'duplicate-name',
          entry.name.span,
          { what: 'joins', name: entry.name.text },
          {
            notes: [{ span: before.name.span, text: 'the first one is here' }],
          },
        );
        return undefined;
      }
      names.set(entry.name.text, entry);
      const read = readFile(entry.value, `join \`${entry.name.text}\``, report);
      if (!read) return undefined;
      if (read.on === undefined) {
        report('missing-key', entry.value.span, { key: 'on', where: `join \`${entry.name.text}\`` }, { help: fileKeys.on.doc });
        return undefined;
      }
      return { name: entry.name.text, source: read.source, on: read.on, required: read.required, span: entry.span };
    });
    return joins.every((j) => j !== undefined) ? joins : undefined;
  },
);

const expression: Reader<Expression> = taking({ wanted: 'a condition over columns', names: 'column' }, (e) => e);

export const dataKeys = {
  source: key('The file with one row for each example.', readSource, { required: true }),
  join: key('More files, joined by a key.', readJoins),
  keep: key('Which rows to keep: an expression over columns.', expression),
  split: key('Which rows train, validate and test.', readSplit, {
    default: { kind: 'random', train: 0.8, valid: 0.1, test: 0.1, seed: 0 },
    defaultText: 'random(train: 0.8, valid: 0.1, test: 0.1, seed: 0)',
  }),
  bad_rows: key('The largest share of bad rows that a run accepts.', share, { default: 0.01 }),
};

/** Columns of the joined data, where the spec lists them for every file. */
export function knownColumns(source: FileSource, joins: readonly Join[]): ReadonlySet<string> | undefined {
  const files = [source, ...joins.map((j) => j.source)];
  if (!files.every((f) => f.columns)) return undefined;
  return new Set(files.flatMap((f) => f.columns ?? []));
}

export interface CheckedData {
  readonly data?: DataSection;
  readonly columns?: ReadonlySet<string>;
}

export function checkData(record: RecordExpression, report: Report): CheckedData {
  const read = readKeys(dataKeys, givenEntries(record.entries), '`data`', record.span, report);
  const joins = read.join?.value ?? [];
  const columns =
    read.source && (read.join !== undefined || !hasKey(record, 'join')) ? knownColumns(read.source.value, joins) : undefined;
  const scope = { report, ...(columns && { known: columns }) };
  for (const join of joins) {
    const own = join.source.columns;
    if (own && !own.includes(join.on))
      report('unknown-column', join.span, { name: join.on }, { help: `\`${join.name}\` has ${listed(own)}` });
  }
  const keep = read.keep && checkRow(read.keep.value, ['boolean'], '`keep`', scope);
  const split = read.split?.value ?? dataKeys.split.default;
  const splitColumn = split.kind === 'random' ? undefined : split.column;
  if (read.split && splitColumn !== undefined && columns && !columns.has(splitColumn)) {
    report('unknown-column', read.split.span, { name: splitColumn });
  }
  if (!read.source) return {};
  return {
    data: {
      source: read.source.value,
      joins,
      split,
      badRows: read.bad_rows?.value ?? dataKeys.bad_rows.default,
      span: record.span,
      ...(keep && { keep }),
    },
    ...(columns && { columns }),
  };
}

const hasKey = (record: RecordExpression, name: string): boolean => record.entries.some((e) => e.name.text === name);
