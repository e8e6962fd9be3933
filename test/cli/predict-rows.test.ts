import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { writeParquet } from '../data/files.js';
import { workplace, type Called, type Workplace } from './workplace.js';

const spec = `model Films {
  data { source: "films.csv" }
  features {
    user: category
    slot: category(size: 30) = item
    device: category(values: ["ios", "web"])
    tags: category[](separator: "|", hash: 50) = device
    price: number(standardize)
    half: number = price / 2
    paid: number(default: 3) = fee
    seen: time(cycle: [day])
  }
  label liked: binary
  embeddings { dim: 2 }
  cross { depth: 1 }
  train { batch: 32 epochs: 1 }
}
`;
const films = `user,item,device,price,fee,seen,liked\n${Array.from({ length: 60 }, (_, i) => `${String(i % 5)},${String(i % 30)},ios,${String(i)}.5,,2024-05-${String(1 + (i % 28)).padStart(2, '0')},${String(i % 2)}\n`).join('')}`;

/** A run's files, so that only one is trained. */
const files: Record<string, Uint8Array> = {};

test('a run is trained', async () => {
  const { folder, call } = workplace({ 'films.rec': spec, 'films.csv': films });
  expect((await call(['train', 'films.rec', '--out', 'run'])).status).toBe(0);
  for (const name of ['run.json', 'model.rec', 'encoder.json', 'schema.json', 'weights.safetensors', 'vocabulary/user']) {
    files[`run/${name}`] = readFileSync(path.join(folder, 'run', name));
  }
  for (const table of ['user', 'slot', 'device', 'tags']) {
    const name = `run/tables/table.${table}.safetensors`;
    files[name] = readFileSync(path.join(folder, name));
  }
});

const withRun = (more: Readonly<Record<string, string | Uint8Array>> = {}): Workplace => workplace({ ...files, ...more });
const input = (text: string) =>
  async function* (): AsyncGenerator<Uint8Array> {
    for (const part of text.split(/(?<=,)/)) yield await Promise.resolve(new TextEncoder().encode(part));
  };
const linesOf = ({ out }: Called): readonly unknown[] =>
  out
    .trimEnd()
    .split('\n')
    .map((line): unknown => JSON.parse(line));

const good = { user: 1, item: 3, device: 'ios', price: 4.5, seen: '2024-05-31' };
const header = 'user,item,device,price,fee,seen\n';

describe('a row that is wrong', () => {
  test.each<[Readonly<Record<string, unknown>> | string, string]>([
    [{ ...good, price: 'cheap' }, 'price: "cheap" is not a number'],
    [{ ...good, price: true }, 'price: true is not a number'],
    [{ ...good, price: null }, 'price is missing'],
    ['{"user":1,"item":3,"device":"ios","price":1e999,"seen":"2024-05-31"}', 'price is missing'],
    [{ ...good, item: 99 }, 'slot: 99 is not a whole number from 0 to 29'],
    [{ ...good, item: 'x' }, 'item: "x" is not a number'],
    [{ ...good, user: 1.5 }, 'user: 1.5 is not a whole number: a category is a text, a whole number or true or false'],
    [{ ...good, user: { a: 1 }, device: ['x'] }, 'user: {"a":1} is not one value; device: ["x"] is not one value'],
    [{ ...good, seen: 'yesterday' }, 'seen: "yesterday" is not a time such as 2024-05-31 or 2024-05-31T18:30:00Z'],
    [{}, 'item is missing; price is missing; seen is missing'],
    ['[1]', 'it is not a JSON object on one line'],
    ['nonsense', 'it is not a JSON object on one line'],
    ['[{"user": 1}]', 'it is one JSON array, and jsonl has one object a line: in pandas, to_json(orient="records", lines=True)'],
  ])('%j', async (row, reason) => {
    const { call } = withRun({ 'rows.jsonl': typeof row === 'string' ? row : JSON.stringify(row) });
    const called = await call(['predict', 'run', 'rows.jsonl']);
    expect(called.status).toBe(1);
    expect(linesOf(called)).toEqual([{ error: reason }]);
    expect(called.error).toContain(`row 1: ${reason}\n`);
  });

  test('does not keep others from being predicted, in their order and with what is kept', async () => {
    const rows = [good, { ...good, price: '' }, 'nonsense', { ...good, user: 'newcomer', device: 'fridge', fee: '2' }];
    const text = rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');
    const { call } = withRun({ 'rows.jsonl': `${text}\n\n` });
    const called = await call(['predict', 'run', 'rows.jsonl', '--keep', 'user']);
    const liked: unknown = expect.any(Number);
    expect(linesOf(called)).toEqual([
      { user: 1, liked },
      { user: 1, error: 'price is missing' },
      { user: null, error: 'it is not a JSON object on one line' },
      { user: 'newcomer', liked },
    ]);
    expect(called.error.trimEnd().split('\n')).toEqual([
      'row 2: price is missing',
      'row 3: it is not a JSON object on one line',
      'warning: feature device has a value outside its `values`, which counts as unknown, in 1 of 4 rows',
    ]);
  });

  test('is named on standard error five times at most, then counted', async () => {
    const { call } = withRun({ 'rows.csv': `${header}${'1,3,ios,x,,2024-05-31\n'.repeat(5000)}` });
    const called = await call(['predict', 'run', 'rows.csv']);
    expect(called.error.trimEnd().split('\n')).toEqual([
      ...[1, 2, 3, 4, 5].map((row) => `row ${String(row)}: price: "x" is not a number`),
      '5000 of 5000 rows could not be predicted',
    ]);
    expect(linesOf(called)).toHaveLength(5000);
  });
});

describe('rows come from', () => {
  const row = '1,3,ios,4.5,,2024-05-31\n';
  const semicolons = (header + row).replaceAll(',', ';');
  test.each<[string, readonly string[], Readonly<Record<string, string | Uint8Array>>, string | undefined]>([
    ['a csv', ['rows.csv'], { 'rows.csv': header + row }, undefined],
    ['a csv with a mark and \\r\\n', ['rows.csv'], { 'rows.csv': `\ufeff${(header + row).replaceAll('\n', '\r\n')}` }, undefined],
    ['a packed csv', ['rows.csv.gz'], { 'rows.csv.gz': gzipSync(header + row) }, undefined],
    ['a tsv', ['rows.tsv'], { 'rows.tsv': (header + row).replaceAll(',', '\t') }, undefined],
    ['a csv with semicolons', ['rows.csv', '--separator', ';'], { 'rows.csv': semicolons }, undefined],
    ['a csv with tabs', ['rows.csv', '--separator', '\\t'], { 'rows.csv': (header + row).replaceAll(',', '\t') }, undefined],
    ['jsonl', ['rows.jsonl'], { 'rows.jsonl': JSON.stringify(good) }, undefined],
    ['a file of another name', ['rows.dat', '--format', 'csv'], { 'rows.dat': header + row }, undefined],
    ['standard input', [], {}, JSON.stringify(good)],
    ['csv on standard input', ['-', '--format', 'csv'], {}, header + row],
  ])('%s', async (_, line, more, text) => {
    const { call } = withRun({ ...more, 'reference.jsonl': JSON.stringify(good) });
    const called = await call(['predict', 'run', ...line], text === undefined ? {} : { input: input(text) });
    expect(called).toEqual({ ...(await call(['predict', 'run', 'reference.jsonl'])) });
    expect(called.status).toBe(0);
  });
});

describe('what keeps all rows from being predicted', () => {
  test.each<[readonly string[], Readonly<Record<string, string | Uint8Array>>, number, string]>([
    [['none.csv'], {}, 1, 'error: cannot read none.csv: there is no such file or folder\n'],
    [['rows.csv'], { 'rows.csv/x': '' }, 1, 'error: cannot read rows.csv: it is a folder\n'],
    [['rows.parquet'], { 'rows.parquet': 'rows' }, 1, 'error: cannot read rows.parquet: it is not a parquet file, or cut off\n'],
    [['--format', 'parquet'], {}, 2, 'error: parquet is read from a file, not from standard input\n'],
    [['rows.csv'], { 'rows.csv': '' }, 1, 'error: rows.csv is empty\n'],
    [['rows.csv'], { 'rows.csv': header }, 1, 'error: rows.csv has no rows\n'],
    [['rows.csv'], { 'rows.csv': '"user"x,item\n1,2\n' }, 1, 'error: the header line of rows.csv cannot be read: '],
    [['rows.csv.gz'], { 'rows.csv.gz': header }, 1, 'error: rows.csv.gz is not packed by gzip, though its name says so\n'],
    [
      ['rows.csv'],
      { 'rows.csv': (header + '1,2,3,4,5,6').replaceAll(',', ';') },
      1,
      'error: rows.csv has no column user, needed by feature user\n  It has one column, user;item;device;price;fee;seen: perhaps it needs --separator ";".\n',
    ],
    [
      ['rows.csv'],
      { 'rows.csv': 'user,item,device,prize,seen\n1,3,ios,4,2024-05-31\n' },
      1,
      'error: rows.csv has no column price, needed by features price, half\n  Did you mean prize?\n',
    ],
    [
      ['rows.csv', '--keep', 'itme'],
      { 'rows.csv': `${header}1,3,ios,4,,2024-05-31\n` },
      1,
      'error: rows.csv has no column itme to keep\n  Did you mean item?\n',
    ],
    [['--keep', 'liked'], {}, 2, 'error: --keep liked cannot be told from the prediction, which has that name\n'],
    [['--separator', ''], {}, 2, 'error: --separator needs TEXT\n'],
    [['--separator', '"'], {}, 2, 'error: --separator may not have a quote or the end of a line in it\n'],
    [['--format', 'xml'], {}, 2, 'error: --format is csv, jsonl or parquet, not xml\n'],
    [[], {}, 1, 'error: standard input has no rows\n'],
  ])('%j', async (line, more, status, message) => {
    const { call } = withRun(more);
    const called = await call(['predict', 'run', ...line]);
    expect({ status: called.status, out: called.out }).toEqual({ status, out: '' });
    expect(called.error).toContain(message);
  });
});

const lacking = { 'rows.csv': 'item,price,seen\n3,4.5,2024-05-31\n', 'rows.jsonl': '{"item":3,"price":4.5,"seen":"2024-05-31"}' };

test('columns that are nowhere are warned of once, if that is allowed', async () => {
  const { call } = withRun(lacking);
  const csv = await call(['predict', 'run', 'rows.csv', '--missing-columns', 'allow']);
  expect(csv).toMatchObject({
    status: 0,
    error: [
      'warning: rows.csv has no column user: missing for feature user',
      'warning: rows.csv has no column device: missing for features device, tags',
      '',
    ].join('\n'),
  });
  const json = await call(['predict', 'run', 'rows.jsonl', '--keep', 'nothing', '--missing-columns', 'allow']);
  expect(json.error).toContain('warning: no row of rows.jsonl has a column user: missing for feature user\n');
  expect(json.error).toContain('warning: no row of rows.jsonl has a column nothing to keep\n');
  expect(linesOf(json)).toEqual([{ nothing: null, ...(linesOf(csv)[0] as object) }]);
});

describe('a column', () => {
  test.each([
    [
      'rows.csv',
      'error: rows.csv has no column user, needed by feature user\n  It has item, price, seen. Where it is unknown, leave it empty; or --missing-columns allow.\n',
    ],
    [
      'rows.jsonl',
      'error: no row of rows.jsonl has a column user, needed by feature user\n  It has item, price, seen. Where it is unknown, write "user": null; or --missing-columns allow.\n',
    ],
  ])('that is nowhere in %s is refused', async (file, error) => {
    expect(await withRun(lacking).call(['predict', 'run', file])).toMatchObject({ status: 1, out: '', error });
  });

  test('that a row lacks and another has is missing, also where the other is far behind', async () => {
    const rows = [...Array.from({ length: 5000 }, () => ({ ...good, user: undefined })), good].map((row) => JSON.stringify(row));
    const called = await withRun({ 'rows.jsonl': rows.join('\n') }).call(['predict', 'run', 'rows.jsonl']);
    expect({ status: called.status, error: called.error }).toEqual({ status: 0, error: '' });
    expect(linesOf(called)).toHaveLength(5001);
  });

  test('that a model cannot do without is said by its nearest name', async () => {
    const rows = JSON.stringify({ ...good, price: undefined, prize: 4 });
    const called = await withRun({ 'rows.jsonl': rows }).call(['predict', 'run', 'rows.jsonl']);
    expect(called.error).toBe(
      'error: no row of rows.jsonl has a column price, needed by features price, half\n  Did you mean prize?\n',
    );
  });
});

test('parquet is read as jsonl of the same rows', async () => {
  const { call, folder, write } = withRun();
  const seen = "TIMESTAMP '2024-05-31 18:30:00.25'";
  await writeParquet(
    path.join(folder, 'rows.parquet'),
    `SELECT 9007199254740993 AS user, 3::TINYINT AS item, 'ios' AS device, 4.5::DECIMAL(4, 2) AS price, NULL::INTEGER AS fee, ${seen} AS seen, ['a'] AS more
     UNION ALL SELECT NULL, 99, NULL, 'nan'::DOUBLE, 2, NULL, NULL`,
  );
  const row = {
    user: '9007199254740993',
    item: 3,
    device: 'ios',
    price: 4.5,
    fee: null,
    seen: '2024-05-31T18:30:00.250Z',
    more: ['a'],
  };
  const other = { user: null, item: 99, device: null, price: null, fee: 2, seen: null, more: null };
  write('rows.jsonl', [row, other].map((one) => JSON.stringify(one)).join('\n'));
  const parquet = await call(['predict', 'run', 'rows.parquet', '--keep', 'user', '--keep', 'more']);
  expect(parquet.out).toContain('{"user":"9007199254740993","more":["a"],"liked":');
  expect(parquet).toEqual(await call(['predict', 'run', 'rows.jsonl', '--keep', 'user', '--keep', 'more']));
});

test('lists and structs of parquet may hold what JSON does not know', async () => {
  const { call, folder } = withRun();
  const place = path.join(folder, 'rows.parquet');
  await writeParquet(
    place,
    `SELECT 1 AS user, 3 AS item, 'ios' AS device, 4.5 AS price, 2 AS fee, DATE '2024-05-31' AS seen, [1.5, 'nan'::FLOAT, 0.1]::FLOAT[] AS v,
       {'a': 'inf'::DOUBLE} AS s, [9007199254740993, 7, NULL] AS ids, [{'a': 'nan'::DOUBLE}] AS several, '{"a":NaN}'::JSON AS j`,
  );
  const { status, out, error } = await call([
    'predict',
    'run',
    'rows.parquet',
    ...['v', 's', 'ids', 'several'].flatMap((name) => ['--keep', name]),
  ]);
  expect({ status, error }).toEqual({ status: 0, error: '' });
  expect(out).toContain(
    `{"v":[1.5,"nan",0.1],"s":"{'a': inf}","ids":["9007199254740993",7,null],"several":"[{'a': nan}]","liked":`,
  );
  expect(await call(['predict', 'run', 'rows.parquet', '--keep', 'j'])).toMatchObject({
    status: 1,
    out: '{"j":null,"error":"one of its columns of JSON holds something else"}\n',
  });
});

describe('rows are read as the spec reads its own', () => {
  const data = (source: string): string => spec.replace('source: "films.csv"', `source: ${source}`);
  const semicolons = films.replaceAll(',', ';');
  const bare = films.slice(films.indexOf('\n') + 1);
  const named = 'columns: [user, item, device, price, fee, seen, liked]';
  const trained = async (source: string, own: Readonly<Record<string, string | Uint8Array>>): Promise<Workplace> => {
    const place = workplace({ ...own, 'films.rec': data(source) });
    expect((await place.call(['train', 'films.rec', '--out', 'run'])).error).not.toContain('error');
    return place;
  };

  test('with its separator, its ending and its encoding', async () => {
    const { call } = await trained('csv("films.dat", separator: ";", encoding: latin1)', { 'films.dat': semicolons });
    const told = await call(['predict', 'run', 'films.dat']);
    expect(told).toMatchObject({ status: 0, error: '' });
    expect(linesOf(told)).toHaveLength(60);
  });

  test('without a header line, unless there is one', async () => {
    const { call, write } = await trained(`csv("films.csv", ${named})`, { 'films.csv': bare });
    write('with.csv', films);
    const own = await call(['predict', 'run', 'films.csv']);
    expect(own).toMatchObject({ status: 0, error: '' });
    expect(linesOf(own)).toHaveLength(60);
    expect(await call(['predict', 'run', 'with.csv'])).toEqual(own);
  });

  test('but a .csv has commas where its own file is none', async () => {
    const dotted = bare.replaceAll(',', '::');
    const { call, write } = await trained(`csv("films.dat", separator: "::", ${named})`, { 'films.dat': dotted });
    write('rows.csv', films);
    const own = await call(['predict', 'run', 'films.dat']);
    expect(own).toMatchObject({ status: 0, error: '' });
    expect(await call(['predict', 'run', 'rows.csv'])).toEqual(own);
    const piped = await call(['predict', 'run', '--format', 'csv'], { input: input(films) });
    expect(piped).toMatchObject({ status: 1, out: '' });
    expect(piped.error).toContain('has 1 field instead of 7: user,item,');
    expect(piped.error).toContain('Perhaps it needs --separator ","');
  });

  test('but an option and the ending say otherwise', async () => {
    const { call, write } = await trained('csv("films.csv", separator: ";")', { 'films.csv': semicolons });
    write('rows.tsv', films.replaceAll(',', '\t'));
    write('commas.csv', films);
    const own = await call(['predict', 'run', 'films.csv']);
    expect(await call(['predict', 'run', 'rows.tsv'])).toEqual(own);
    expect(await call(['predict', 'run', 'commas.csv', '--separator', ','])).toEqual(own);
    expect((await call(['predict', 'run', 'commas.csv'])).error).toContain('perhaps it needs --separator ","');
  });
});

test('a reader that went away ends it', async () => {
  const { call } = withRun({ 'rows.csv': `${header}${'1,3,ios,4.5,,2024-05-31\n'.repeat(20_000)}` });
  const called = await call(['predict', 'run', 'rows.csv'], { unread: () => true });
  expect(called.status).toBe(0);
  expect(linesOf(called).length).toBeLessThan(10_000);
});
