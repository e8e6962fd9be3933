import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect } from 'vitest';
import { encoderProgram } from '../../src/encode/compile.js';
import { printEncoderSql } from '../../src/encode/sql-text.js';
import { check } from '../../src/model/check.js';
import type { CheckedModel } from '../../src/model/model.js';
import type { ProjectFile } from '../../src/target/files.js';
import { onnxFiles } from '../../src/target/onnx/project.js';
import { tfjsFiles } from '../../src/target/tfjs/project.js';
import { typescriptProject } from '../../src/target/typescript/project.js';
import { hostileModel } from '../target/typescript/hostile.js';
import { attackOf, type Attack } from './attacks.js';
import { expectMarkdown, jsonShape, typeScriptShape } from './shape.js';
import { specWith, tame, type Choices } from './spec.js';

function modelOf(choices: Choices, learns: boolean): CheckedModel | undefined {
  const { models, diagnostics } = check({ path: 'films.rec', text: specWith(choices, learns) });
  return diagnostics.some(({ severity }) => severity === 'error') ? undefined : models[0];
}

/** What does not depend on the texts of a spec: of code its tree, of JSON its nesting. */
function shapeOf({ path: file, ...content }: ProjectFile): unknown {
  if (!('text' in content)) return 'bytes';
  const { text } = content;
  switch (path.extname(file)) {
    case '.ts':
    case '.js':
      return typeScriptShape(file, text);
    case '.json':
      return jsonShape(JSON.parse(text));
    case '.md':
      expectMarkdown(text);
      return 'text';
    default:
      return 'text';
  }
}

const out = path.resolve('/out');

/** @param folder of the model, as `build` names it */
const shapesOf = (folder: string, files: readonly ProjectFile[]): ReadonlyMap<string, unknown> =>
  new Map(
    files.map((file) => {
      const whole = path.resolve(out, folder, file.path);
      expect(path.dirname(whole), `${folder}/${file.path} is outside of the model's folder`).toBe(path.join(out, folder));
      return [file.path, shapeOf(file)];
    }),
  );

interface Written {
  readonly typescript: ReadonlyMap<string, unknown>;
  /** Of few specs: they take longer. Models that learn a vocabulary are not written for these before they are trained. */
  readonly others?: ReadonlyMap<string, unknown>;
}

async function write(model: CheckedModel, folder: string, others: boolean): Promise<Written> {
  const typescript = shapesOf(folder, typescriptProject(model));
  return others
    ? { typescript, others: shapesOf(folder, [...(await tfjsFiles(model)), ...onnxFiles(model, undefined, { trainStep: true })]) }
    : { typescript };
}

/** Trees are long: only where two begin to differ is shown. */
function expectSame(given: ReadonlyMap<string, unknown>, wanted: ReadonlyMap<string, unknown>, what: string): void {
  expect([...given.keys()], what).toEqual([...wanted.keys()]);
  for (const [file, shape] of wanted) {
    const [a, b] = [JSON.stringify(given.get(file)), JSON.stringify(shape)];
    if (a === b) continue;
    const at = Array.from(b).findIndex((letter, i) => letter !== a[i]);
    const near = (text: string): string => text.slice(Math.max(0, at - 80), at + 80);
    throw new Error(`${what}, ${file}: ${near(a)} instead of ${near(b)}`);
  }
}

/** A model in whose texts anything stands, also what the language does not let pass. */
const overwritten = (model: CheckedModel, { attack, renamed }: Pick<Attack, 'attack' | 'renamed'>): CheckedModel =>
  hostileModel(model, { attack, renamed });

/** The language refuses some names: then the attacker chooses others. */
function acceptedAttack(
  number: number,
  learns: boolean,
  overwrites: boolean,
): { readonly attack: Attack; readonly spec: CheckedModel } {
  for (let round = 0; round < 50; round++) {
    const attack = attackOf(number + round * 1_000_000);
    const spec = modelOf(overwrites ? tame : attack, learns);
    if (spec !== undefined) return { attack, spec };
  }
  throw new Error(`attack ${String(number)} is refused however often it is tried`);
}

function plainModel(learns: boolean, overwrites: boolean): CheckedModel {
  const plain = modelOf(tame, learns);
  if (plain === undefined) throw new Error('the tame spec has errors');
  return overwrites ? overwritten(plain, tameTexts) : plain;
}

const tameTexts = { attack: 'a text', renamed: (name: string) => name };

/**
 * Writes specs that attackers chose, by their numbers, for all targets, and asks for the SQL; compares all with what the tame spec gives.
 * Every second one says only what the language lets pass; of the others any text is every text.
 */
export async function attackMany(from: number, to: number): Promise<void> {
  const database = await DuckDBInstance.create(':memory:');
  const connection = await database.connect();
  const sqlOf = async (model: CheckedModel): Promise<string> => {
    const sql = printEncoderSql(encoderProgram(model), model.data?.keep);
    const statements = await connection.extractStatements(sql);
    expect(statements.count, sql).toBe(1);
    return sql;
  };
  const expected = new Map<string, Written>();
  try {
    for (let i = from; i < to; i++) {
      const [learns, overwrites, others] = [i % 4 < 2, i % 2 === 1, i % 100 >= 98];
      const { attack, spec } = acceptedAttack(i, learns, overwrites);
      const key = [learns, overwrites, others].join();
      const wanted = expected.get(key) ?? (await write(plainModel(learns, overwrites), 'Films', others && !learns));
      expected.set(key, wanted);
      const model = overwrites ? overwritten(spec, attack) : spec;
      const what = `attack ${String(i)}`;
      const written = await write(model, spec.name, others && !learns);
      expectSame(written.typescript, wanted.typescript, what);
      if (written.others && wanted.others) expectSame(written.others, wanted.others, what);
      await sqlOf(model);
    }
  } finally {
    connection.closeSync();
    database.closeSync();
  }
}
