import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { schemas } from '../../scripts/grammar/schemas.js';
import { examine } from '../../src/cli/commands/doctor.js';
import type { Schema } from '../../src/run/json-schema.js';
import { quietHost } from './host.js';
import { pressingAt } from './interrupted.js';
import { keptWorkplace, ratings, spec } from './workplace.js';

const ajv = new Ajv({ discriminator: true, allowUnionTypes: true, strict: true, strictRequired: false, strictTypes: false });

/** The published schema, and no field besides those that it names: one that is written but not in the schema fails here. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const all = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  return 'properties' in all && !('additionalProperties' in all) ? { ...all, additionalProperties: false } : all;
}

const published = (name: string): Schema =>
  JSON.parse(readFileSync(new URL(`../../grammar/schemas/${name}.schema.json`, import.meta.url), 'utf8')) as Schema;

const used = new Set<string>();

/** What is wrong with a value by a schema of `grammar/schemas`. */
function wrongWith(name: string, value: unknown, isClosed = true): string {
  used.add(name);
  const schema = published(name);
  const validate = ajv.compile((isClosed ? closed(schema) : schema) as Schema);
  return validate(value) ? '' : ajv.errorsText(validate.errors);
}

const place = keptWorkplace({ 'ratings.csv': ratings, 'ratings.rec': spec, 'broken.rec': spec.replace('category', 'categry') });
const inRun = (name: string): string => readFileSync(path.join(place.folder, 'run', name), 'utf8');
const parsed = (text: string): unknown => JSON.parse(text);
const lines = (text: string): unknown[] => text.trimEnd().split('\n').map(parsed);

let trained: unknown;
beforeAll(async () => {
  const { out, status, error } = await place.call(['train', 'ratings.rec', '--out', 'run', '--json']);
  expect(status, error).toBe(0);
  trained = parsed(out);
});
afterAll(place.remove);

test('the files are those of the tables in the program', () => {
  expect(
    readdirSync(new URL('../../grammar/schemas/', import.meta.url))
      .map((file) => `schemas/${file}`)
      .sort(),
  ).toEqual([...schemas.keys()].sort());
});

test.each([...schemas.keys()])('%s is a schema', (name) => {
  const schema = published(path.basename(name, '.schema.json'));
  expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
  expect(schema).toMatchObject({ title: expect.any(String) as string, description: expect.any(String) as string });
});

describe('what is printed is what the schema says', () => {
  test('check', async () => {
    for (const file of ['ratings.rec', 'broken.rec', 'none.rec']) {
      const { out } = await place.call(['check', file, '--format', 'json']);
      expect(wrongWith('check', parsed(out))).toBe('');
    }
    const { out } = await place.call(['check', 'broken.rec', '--format', 'json']);
    expect(parsed(out)).toMatchObject({ diagnostics: [{ code: 'unknown-type' }], errors: 1 });
  });

  test('inspect', async () => {
    const { out } = await place.call(['inspect', 'ratings.rec', '--format', 'json']);
    expect(wrongWith('inspect', parsed(out))).toBe('');
    expect(wrongWith('inspect', [parsed(out)])).toBe('');
    const facts = await place.call(['inspect', 'ratings.rec', '--format', 'json', '--facts', 'run']);
    expect(wrongWith('inspect', parsed(facts.out))).toBe('');
  });

  test('train', () => {
    expect(wrongWith('train', trained)).toBe('');
  });

  test('eval', async () => {
    const { out } = await place.call(['eval', 'run', '--json']);
    expect(wrongWith('eval', parsed(out))).toBe('');
  });

  test('predict', async () => {
    place.write('rows.jsonl', '{"user": "1", "item": 2, "price": 3}\n{"user": "1", "item": 99, "price": 3}\n');
    const { out } = await place.call(['predict', 'run', 'rows.jsonl', '--keep', 'user']);
    const rows = lines(out);
    expect(rows).toMatchObject([{ user: '1', liked: expect.any(Number) as number }, { error: expect.any(String) as string }]);
    for (const row of rows) expect(wrongWith('prediction', row, false)).toBe('');
  });

  test('fit-dims', async () => {
    const { out, error } = await place.call(['fit-dims', 'run', '--json', '--out', 'fitted.rec']);
    expect(wrongWith('fit-dims', parsed(out)), error).toBe('');
  });

  test('doctor', async () => {
    const { host, written } = quietHost();
    const states = [
      { state: 'works', says: 'float64' },
      { state: 'missing', says: 'a package is missing', printed: 'text', help: 'npm install it' },
    ] as const;
    await examine(['reference', 'onnxruntime'], async (name) => states[name === 'reference' ? 0 : 1], true, host);
    expect(wrongWith('doctor', parsed(written.out))).toBe('');
  });
});

describe('what is written is what the schema says', () => {
  test('a run', () => {
    expect(wrongWith('run', parsed(inRun('run.json')))).toBe('');
    expect(wrongWith('encoder', parsed(inRun('encoder.json')))).toBe('');
    for (const line of lines(inRun('metrics.jsonl'))) expect(wrongWith('epoch', line)).toBe('');
    expect(ajv.validateSchema(parsed(inRun('schema.json')) as Schema), ajv.errorsText()).toBe(true);
  });

  test('a run that was interrupted, and its checkpoint', async () => {
    await place.call(['train', 'ratings.rec', '--out', 'ended', '--json'], pressingAt(/epoch 1/));
    const read = (name: string): string => readFileSync(path.join(place.folder, 'ended', name), 'utf8').trim();
    expect(parsed(read('run.json'))).toMatchObject({ status: 'interrupted' });
    expect(wrongWith('run', parsed(read('run.json')))).toBe('');
    const checkpoint = `checkpoints/${read('checkpoints/latest')}`;
    expect(wrongWith('checkpoint-progress', parsed(read(`${checkpoint}/progress.json`)))).toBe('');
    expect(wrongWith('checkpoint-manifest', parsed(read(`${checkpoint}/manifest.json`)))).toBe('');
  });

  test('a build, and the export of a run', async () => {
    for (const line of [
      ['build', 'ratings.rec', '--out', 'built'],
      ['export', 'run', '--out', 'exported'],
    ]) {
      const { status, error } = await place.call(line);
      expect(status, error).toBe(0);
      const folder = path.join(place.folder, line.at(-1) ?? '');
      const read = (file: string): unknown => parsed(readFileSync(path.join(folder, file), 'utf8'));
      expect(wrongWith('build-manifest', read('manifest.json'))).toBe('');
      const encoders = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
        /(^|[\\/])encoder\.json$/.test(file),
      );
      for (const file of encoders) expect(wrongWith('exported-encoder', read(file))).toBe('');
    }
    expect(existsSync(path.join(place.folder, 'exported', 'manifest.json'))).toBe(true);
  });
});

test('the schemas notice a field that is wrong, missing or not theirs', () => {
  const run = parsed(inRun('run.json')) as Readonly<Record<string, unknown>>;
  expect(wrongWith('run', { ...run, status: 'done' })).toContain('status');
  expect(wrongWith('run', { ...run, engine: undefined })).toContain('engine');
  expect(wrongWith('run', { ...run, more: 1 })).toContain('additional');
  expect(wrongWith('run', { ...run, more: 1 }, false)).toBe('');
});

test('every schema was held against something real', () => {
  expect([...schemas.keys()].map((file) => path.basename(file, '.schema.json')).filter((name) => !used.has(name))).toEqual([]);
});
