import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openDuckDb } from '../../src/data/duckdb.js';
import { dataPathsOf, resolveSources } from '../../src/data/sources.js';
import type { CheckedModel, DataSection, FileSource } from '../../src/model/model.js';
import { category, column, data, label, literal, model, number, operation, source, span } from '../encode/models.js';
import { encodeIn, failure, folderWith, writeParquet } from './files.js';

const liked = label('liked', { kind: 'binary' });

function simple(
  from: FileSource,
  options: Partial<DataSection> = {},
  features = [category('user'), number('age')],
): CheckedModel {
  return model(features, [liked], data(from, options));
}

const users = (path: string, options: Partial<FileSource> = {}) => ({
  joins: [{ name: 'users', source: source(path, options), on: 'user', required: false, span }],
});

const good = 'user,age,liked\n1,20,1\n2,30,0\n';

describe('files', () => {
  test('a missing file, with the path tried and the nearest name', async () => {
    const folder = await folderWith({ 'ratings.csv.gz': gzipSync(good), 'raitngs.csv': good });
    const error = await failure(encodeIn(folder, simple(source('ratings.csv'))));
    expect(error.code).toBe('missing-file');
    expect(error.message).toContain(join(folder, 'ratings.csv'));
    expect(error.help).toBe('did you mean ratings.csv.gz?');
  });

  test('a URL', async () => {
    const error = await failure(encodeIn('.', simple(source('https://example.org/ratings.csv'))));
    expect(error.code).toBe('remote-source');
  });

  test('paths that leave the folder of the spec, unless the user names them', async () => {
    const folder = await folderWith({ 'secret.csv': good });
    await mkdir(join(folder, 'specs'));
    await symlink(join(folder, 'secret.csv'), join(folder, 'specs', 'link.csv'));
    const saidIn = join(folder, 'specs', 'a.rec');
    for (const path of ['../secret.csv', join(folder, 'secret.csv'), 'link.csv', '../*.csv', 'x/../../secret.csv']) {
      const error = await failure(resolveSources(data(source(path, { saidIn }))));
      expect([path, error.code]).toEqual([path, 'outside-folder']);
      expect(error.help).toContain('--data source=PATH');
      const isLink = path === 'link.csv';
      expect(error.message.includes(`is a link to ${join(folder, 'secret.csv')}, which lies outside`)).toBe(isLink);
    }
    const named = await resolveSources(data(source('../secret.csv', { saidIn })), {
      files: { source: join(folder, 'secret.csv') },
    });
    expect(named[0]?.files).toEqual([join(folder, 'secret.csv')]);
    expect((await failure(resolveSources(data(source('a.csv', { saidIn })), { files: { user: 'x.csv' } }))).help).toBe(
      'its files are source',
    );
  });

  test('--data: a folder, a file, or a name and a path', async () => {
    const folder = await folderWith({ 'a.csv': good });
    expect(await dataPathsOf([folder, `users=${folder}/a.csv`, `${folder}/a.csv`], '/')).toEqual({
      base: '/',
      folder,
      files: { users: `${folder}/a.csv`, source: `${folder}/a.csv` },
    });
    expect(await dataPathsOf([], '/')).toEqual({ base: '/' });
    expect(await dataPathsOf(['.', 'a.csv'], folder)).toEqual({ base: folder, folder: '.', files: { source: 'a.csv' } });
  });

  test('paths start from the base', async () => {
    const folder = await folderWith({ 'a.csv': good });
    const section = data(source('a.csv', { saidIn: 'a.rec' }));
    for (const paths of [{}, { folder: '.' }, { files: { source: './a.csv' } }]) {
      const [found] = await resolveSources(section, { base: folder, ...paths });
      expect(found?.files).toEqual([join(folder, 'a.csv')]);
    }
  });

  test.each([
    ['nothing at all', 'rows.csv', '', 'empty-source'],
    ['only a header', 'rows.csv', 'user,age,liked\n', 'empty-source'],
    ['an empty jsonl', 'rows.jsonl', '', 'empty-source'],
    ['jsonl without objects', 'rows.jsonl', '[1]\nx\n', 'not-readable'],
    ['a header that cannot be read', 'rows.csv', '"user"x,age,liked\n1,2,1\n', 'broken-header'],
    ['parquet that is none', 'rows.parquet', 'PAR1 nonsense nonsense', 'not-readable'],
    ['gz that is none', 'rows.csv.gz', good, 'not-readable'],
    ['gz that is cut off', 'rows.csv.gz', gzipSync(good.repeat(1000)).subarray(0, 60), 'not-readable'],
    ['lines that end in two ways', 'rows.csv', 'user,age,liked\r\n1,20,1\n2,30,0\r\n', 'not-readable'],
  ])('%s', async (_, name, content, code) => {
    const folder = await folderWith({ [name]: content });
    const format = name.includes('jsonl') ? 'jsonl' : name.includes('parquet') ? 'parquet' : 'csv';
    const error = await failure(encodeIn(folder, simple(source(name, { format }))));
    expect(error.code).toBe(code);
    expect(error.message).toContain(join(folder, name));
    expect(error.message).not.toContain('\n');
  });

  test.each([
    ['unpacked', good, 'rows.csv.gz is not packed by gzip, though its name says so'],
    [
      'cut off within its first line',
      gzipSync(good).subarray(0, 12),
      'rows.csv.gz is cut off or damaged: unexpected end of file',
    ],
    ['not one', 'PAR1 nonsense nonsense', 'rows.parquet: it is not a parquet file, or cut off'],
  ])('a packed file that is %s', async (_, content, message) => {
    const [, name = ''] = /(rows\S*?):? /.exec(message) ?? [];
    const folder = await folderWith({ [name]: content });
    const format = name.includes('parquet') ? 'parquet' : 'csv';
    expect((await failure(encodeIn(folder, simple(source(name, { format }))))).message).toContain(message);
  });

  test.each([
    [
      'of another separator',
      'user;age;liked\n1;2;1\n',
      'it has one column, "user;age;liked": if they are several, say csv("…", separator: ";")',
    ],
    [
      'in UTF-16',
      Buffer.from(`\ufeff${good}`, 'utf16le'),
      'it is not UTF-8 text: save it as UTF-8, or if it is Latin-1, say csv("…", encoding: latin1)',
    ],
  ])('a csv %s', async (_, content, help) => {
    const folder = await folderWith({ 'rows.csv': content });
    expect(await failure(encodeIn(folder, simple(source('rows.csv'))))).toMatchObject({ code: 'missing-column', help });
  });

  test('a joined file without its key, or of another encoding', async () => {
    const folder = await folderWith({
      'rows.csv': good,
      'other.csv': 'id,city\n1,Bern\n',
      'latin1.csv': Buffer.from('user,city\n1,Zürich\n2,Genève\n', 'latin1'),
    });
    const withCity = (path: string) => simple(source('rows.csv'), users(path), [category('user'), category('city')]);
    expect(await failure(encodeIn(folder, withCity('other.csv')))).toMatchObject({
      code: 'missing-column',
      message: `join users wants the column "user", which ${join(folder, 'other.csv')} does not have`,
    });
    const error = await failure(encodeIn(folder, withCity('latin1.csv')));
    expect(error.message).toBe('2 of 2 rows (100%) cannot be read; the spec accepts 0%');
    expect(error.details?.[0]).toBe(
      `${join(folder, 'latin1.csv')}, record 1: it is not UTF-8: if the file is Latin-1, say csv("…", encoding: latin1)`,
    );
  });

  test('a folder, and a file that may not be read', async () => {
    const folder = await folderWith({ 'rows.csv': good });
    await mkdir(join(folder, 'many'));
    expect(await failure(encodeIn(folder, simple(source('many'))))).toMatchObject({
      code: 'not-readable',
      help: 'name its files: "many/*.csv"',
    });
    await chmod(join(folder, 'rows.csv'), 0);
    if (process.getuid?.() !== 0) expect((await failure(encodeIn(folder, simple(source('rows.csv'))))).code).toBe('not-readable');
  });

  test('globs, in order of their names, and names that look like globs', async () => {
    const row = (user: string): string => `user,age,liked\n${user},1,1\n`;
    const folder = await folderWith({ 'b.csv': row('b'), 'a.csv': row('a'), 'c[1].csv': row('c'), 'c1.csv': row('d') });
    await mkdir(join(folder, 'deep'));
    await writeFile(join(folder, 'deep', 'e.csv'), 'liked,user,age\n1,e,1\n');
    const names = async (path: string) => {
      const { train, state } = await encodeIn(folder, simple(source(path)));
      return [...(train.ids.user ?? [])].map((id) => state.vocabularies.user?.[id - 1]).join('');
    };
    expect(await names('?.csv')).toBe('ab');
    expect(await names('c[1].csv')).toBe('c');
    expect(await names('**/*.csv')).toBe('abdce');
    expect((await failure(encodeIn(folder, simple(source('x*.csv'))))).code).toBe('missing-file');
    expect((await failure(encodeIn(folder, simple(source('[z-a].csv'))))).code).toBe('missing-file');
  });
});

test('a JSON array in place of JSON lines', async () => {
  const folder = await folderWith({ 'rows.jsonl': '[{"user": 1, "age": 2, "liked": 1}, {"user": 2, "age": 2, "liked": 0}]\n' });
  expect(await failure(encodeIn(folder, simple(source('rows.jsonl', { format: 'jsonl' }))))).toMatchObject({
    code: 'not-readable',
    help: 'it is one JSON array, and jsonl has one object a line: in pandas, to_json(orient="records", lines=True)',
  });
});

describe('columns', () => {
  test('a missing one: the file, who wants it, the nearest', async () => {
    const folder = await folderWith({ 'rows.csv': 'User,agee,liked\n1,2,1\n' });
    const error = await failure(encodeIn(folder, simple(source('rows.csv'))));
    expect(error.code).toBe('missing-column');
    expect(error.message).toBe(`feature user wants the column "user", which ${join(folder, 'rows.csv')} does not have`);
    expect(error.help).toBe('did you mean "User"?');
  });

  test.each(['user_name', 'use_id', 'uses_at'])('a missing one is near by its first words: %s', async (column) => {
    const folder = await folderWith({ 'rows.csv': `${column},age,liked\n1,2,1\n` });
    expect((await failure(encodeIn(folder, simple(source('rows.csv'))))).help).toBe(`did you mean "${column}"?`);
  });

  test('of jsonl that is called csv', async () => {
    const folder = await folderWith({ 'rows.jsonl': '{"user": 1, "age": 2, "liked": 1}\n{"user": 2, "age": 2, "liked": 0}\n' });
    expect((await failure(encodeIn(folder, simple(source('rows.jsonl'))))).help).toBe(
      'this looks like JSON lines: write jsonl("…") instead of csv("…")',
    );
  });

  test('one that a later file or a line of jsonl lacks', async () => {
    const folder = await folderWith({
      'a.csv': good,
      'b.csv': 'user,liked\n1,1\n',
      'late.jsonl': `${'{"user":1,"liked":1}\n'.repeat(10_001)}{"user":2,"age":3,"liked":0}\n`,
      'never.jsonl': '{"user":1,"liked":1}\n',
    });
    expect((await failure(encodeIn(folder, simple(source('?.csv'))))).message).toContain(join(folder, 'b.csv'));
    expect((await failure(encodeIn(folder, simple(source('never.jsonl', { format: 'jsonl' }))))).code).toBe('missing-column');
    const late = simple(source('late.jsonl', { format: 'jsonl' }), {}, [category('user'), number('age', { default: 0 })]);
    expect((await encodeIn(folder, late)).train.rows).toBe(10_002);
  });

  test('one that two files have', async () => {
    const folder = await folderWith({ 'rows.csv': good, 'users.csv': 'user,age\n1,20\n' });
    const error = await failure(encodeIn(folder, simple(source('rows.csv'), users('users.csv'))));
    expect(error.code).toBe('ambiguous-column');
    expect(error.message).toContain('rows.csv');
    expect(error.message).toContain('users.csv');
  });

  test('a repeated key in a joined file', async () => {
    const folder = await folderWith({ 'rows.csv': 'user,liked\n1,1\n', 'users.csv': 'user,age\n7,20\n7,21\n,1\n,2\n' });
    const error = await failure(encodeIn(folder, simple(source('rows.csv'), users('users.csv'))));
    expect(error.code).toBe('duplicate-join-key');
    expect(error.message).toContain('2 rows with user "7"');
  });

  test('types that are never what a feature wants', async () => {
    const folder = await folderWith({ 'rows.csv': 'user,age,liked\n1,2,1\n' });
    await writeParquet(join(folder, 'rows.parquet'), "SELECT 1.5 AS user, DATE '2024-01-01' AS age, 1 AS liked, [1.5] AS list");
    const from = source('rows.parquet', { format: 'parquet' });
    expect(await failure(encodeIn(folder, simple(from)))).toMatchObject({ code: 'float-category' });
    expect(await failure(encodeIn(folder, simple(from, {}, [category('list', { many: { pool: 'mean' } })])))).toMatchObject({
      code: 'float-category',
    });
    expect(await failure(encodeIn(folder, simple(from, {}, [number('age')])))).toMatchObject({
      code: 'wrong-column-type',
      help: expect.stringContaining('read by time(cycle: [week, year])') as unknown,
    });
    const list = category('user', { many: { pool: 'mean' } });
    expect(await failure(encodeIn(folder, simple(source('rows.csv'), {}, [list])))).toMatchObject({
      code: 'wrong-column-type',
      help: 'say what separates its values: category[](separator: "|")',
    });
  });

  test('hostile names are only names', async () => {
    const names = ['a"; DROP TABLE rows; --', "o'clock", 'new\nline', '__proto__', '/etc/passwd', '~/x', '', 'ünï'];
    const csv = `${names.map((name) => `"${name.replaceAll('"', '""')}"`).join(',')},liked\n${names.map((_, i) => String(i)).join(',')},1\n`;
    const json = `${names.map((name, i) => `${JSON.stringify(name)}:${String(i)}`).join(',')},"liked":1`;
    const folder = await folderWith({ 'rows.csv': csv, 'rows.jsonl': `{${json}}\n` });
    const features = names.map((name, i) =>
      number(name === '__proto__' ? name : `f${String(i)}`, { value: column(name, 'number') }),
    );
    for (const from of [source('rows.csv'), source('rows.jsonl', { format: 'jsonl' })]) {
      const { train } = await encodeIn(folder, model(features, [liked], data(from)));
      expect(Object.values(train.dense).map(({ values }) => values[0])).toEqual(names.map((_, i) => i));
    }
  });
});

describe('bad rows', () => {
  const csv = [
    'user,age,liked',
    '1,20,1',
    '2,old,0',
    '"3\nx",30,1',
    '4,,1',
    '5,40,7',
    '6,50',
    '7,"x"y,1',
    '8,60,',
    '9,70,0',
  ].join('\n');

  test('are counted, and the first named by file and record', async () => {
    const folder = await folderWith({ 'rows.csv': csv });
    const { counts, train, state } = await encodeIn(folder, simple(source('rows.csv'), { badRows: 0.7 }));
    const file = join(folder, 'rows.csv');
    expect(counts).toEqual({
      read: 9,
      dropped: 0,
      bad: 6,
      badRows: [
        { file, record: 2, name: 'age', reason: '"old" is not a number' },
        { file, record: 4, name: 'age', reason: 'it is missing and has no default' },
        { file, record: 5, name: 'liked', reason: '"7" is neither true or false nor 1 or 0' },
        { file, record: 6, reason: 'it has 2 fields instead of 3' },
        { file, record: 7, reason: 'its quotes are broken' },
      ],
    });
    expect(train.rows).toBe(3);
    expect(state.vocabularies.user).toEqual(['1', '3\nx', '9']);
  });

  test('stop the run when there are more than the spec accepts', async () => {
    const folder = await folderWith({ 'rows.csv': csv });
    const error = await failure(encodeIn(folder, simple(source('rows.csv'), { badRows: 0.1 })));
    expect(error.code).toBe('too-many-bad-rows');
    expect(error.message).toBe('6 of 9 rows (67%) cannot be encoded; the spec accepts 10%');
    expect(error.details?.[0]).toBe(`${join(folder, 'rows.csv')}, record 2: age: "old" is not a number`);
    expect(error.details?.at(-1)).toBe('and 1 more');
  });

  test('of every kind, with the reason that predict would give', async () => {
    const lines = [
      '{"user":1,"age":1,"liked":true}',
      '{"user":1.5,"age":1,"liked":1}',
      'nonsense',
      '[1]',
      '{"user":{},"age":1,"liked":1}',
      '{"user":2,"age":[],"liked":0}',
      '{"user":9007199254740993,"age":2,"liked":0}',
    ];
    const folder = await folderWith({ 'rows.jsonl': `${lines.join('\n')}\n` });
    const { counts } = await encodeIn(folder, simple(source('rows.jsonl', { format: 'jsonl' }), { badRows: 1 }));
    expect(counts).toMatchObject({ read: 7, bad: 6 });
    expect(counts.badRows.map(({ record, reason }) => `${String(record)} ${reason}`)).toEqual([
      '2 1.5 is not a whole number: a category is a text, a whole number or true or false',
      '3 it is not a JSON object on one line',
      '4 it is not a JSON object on one line',
      '5 {} is not one value',
      '6 [] is not a number',
    ]);
  });

  test('of another kind than the spec says, which the advice knows', async () => {
    const folder = await folderWith({ 'words.csv': `user,age,liked\n${'1,old,1\n2,old,0\n'.repeat(9)}` });
    expect((await failure(encodeIn(folder, simple(source('words.csv'))))).help).toContain(
      'no row can be read: is the kind of age the right one?',
    );
  });

  test('outside size, class or the labels', async () => {
    const folder = await folderWith({
      'rows.csv': 'slot,grade,ok\n0,0,true\n24,1,1\n-1,1,0\n1.5,1,0\n3,3,1\n3,1,maybe\n,1,1\n23.0,2,FALSE\n',
    });
    const slots = model(
      [category('slot', { codes: { kind: 'size', size: 24 } })],
      [label('grade', { kind: 'class', classes: 3 }), label('ok', { kind: 'binary' })],
      data(source('rows.csv'), { badRows: 1 }),
    );
    const { counts, train } = await encodeIn(folder, slots);
    expect(counts.bad).toBe(6);
    expect([...(train.ids.slot ?? [])]).toEqual([0, 23]);
    expect([[...(train.labels.grade ?? [])], [...(train.labels.ok ?? [])]]).toEqual([
      [0, 2],
      [1, 0],
    ]);
  });

  test('keep drops what is false or missing, and what it cannot read is bad', async () => {
    const folder = await folderWith({ 'rows.csv': 'user,age,liked\n1,1,1\n2,3,1\n3,,1\n4,x,1\n5,2,oops\n6,3,oops\n' });
    const keep = operation('not_equal', column('age', 'number'), literal(3));
    const { counts, train } = await encodeIn(folder, simple(source('rows.csv'), { keep, badRows: 1 }, [category('user')]));
    expect(counts).toMatchObject({ read: 6, dropped: 3, bad: 2 });
    expect(counts.badRows.map(({ record, name }) => [record, name])).toEqual([
      [4, 'keep'],
      [5, 'liked'],
    ]);
    expect(train.rows).toBe(1);
    const none = await failure(encodeIn(folder, simple(source('rows.csv'), { keep: literal(false), badRows: 1 })));
    expect(none.code).toBe('no-rows-left');
  });

  test('Latin-1 read as UTF-8 says so', async () => {
    const folder = await folderWith({ 'rows.csv': Buffer.from('user,age,liked\nJosé,1,1\nAnna,1,1\n', 'latin1') });
    const { counts } = await encodeIn(folder, simple(source('rows.csv'), { badRows: 1 }));
    expect(counts.badRows[0]?.reason).toContain('encoding: latin1');
    const latin = await encodeIn(folder, simple(source('rows.csv', { encoding: 'latin1' })));
    expect(latin.state.vocabularies.user).toEqual(['Anna', 'José']);
  });
});

describe('DuckDB is locked', () => {
  test('it reads only the files it was given, and can be told nothing else', async () => {
    const folder = await folderWith({ 'given.csv': 'a\n1\n', 'other.csv': 'a\n2\n' });
    const given = join(folder, 'given.csv');
    const database = await openDuckDb({ files: [given], threads: 1 });
    expect(await database.query(`SELECT * FROM read_csv('${given}', all_varchar = true)`)).toEqual([['1']]);
    const other = join(folder, 'other.csv');
    for (const sql of [
      `SELECT * FROM read_csv('${other}')`,
      `SELECT * FROM '${other}'`,
      `SELECT * FROM read_text('/etc/hostname')`,
      `SELECT * FROM glob('${folder}/*')`,
      `COPY (SELECT 1) TO '${join(folder, 'out.csv')}'`,
      `ATTACH '${join(folder, 'out.db')}'`,
      `SELECT * FROM read_csv('https://example.org/a.csv')`,
      'INSTALL httpfs',
      'LOAD httpfs',
      'SET enable_external_access = true',
      "SET allowed_directories = ['/']",
      'SET threads = 4',
      'RESET lock_configuration',
    ]) {
      await expect(database.query(sql), sql).rejects.toThrow();
    }
    await database.close();
    expect(execFileSync('ls', [folder]).toString().trim().split('\n')).toEqual(['given.csv', 'other.csv']);
  });
});
