import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../../scripts/backends/places.mjs';
import { encodeData } from '../../../src/data/encode.js';
import { encoderProgram } from '../../../src/encode/compile.js';
import type { EncodedData } from '../../../src/encode/program.js';
import { sliceRows } from '../../../src/encode/row-groups.js';
import { writeMovieLensRows } from '../../../scripts/movielens-rows.mjs';
import { check } from '../../../src/model/check.js';
import { labelNames, type CheckedModel } from '../../../src/model/model.js';
import { syntheticData } from '../../../src/train/synthetic.js';
import { fullSteps, optimizerNames, settingsOf, stepRows, type OptimizerName, type Subject } from './subject.js';

/** A model of a file, with every optimizer that agreement is about. */
export interface Subjects {
  /** `movielens-100k Cross` */
  readonly name: string;
  readonly by: Readonly<Record<OptimizerName, Subject>>;
  /** Whether the rows are of the spec's own files. */
  readonly real: boolean;
}

const sourceOf = (file: string): { readonly path: string; readonly text: string } => ({
  path: file,
  text: readFileSync(path.join(root, file), 'utf8'),
});

/**
 * Nothing that makes a step differ from another: what is compared is what a network computes, and one update. Labels are served, whatever
 * the model lists, since it is their logits that are compared.
 */
const compared = (model: CheckedModel): CheckedModel => {
  const { schedule: _schedule, ema: _ema, stop: _stop, ...train } = model.train;
  return { ...model, outputs: labelNames(model), train: { ...train, accumulate: 1, coupled: 'batch' } };
};

/** The models of a file that have a network, by name, with these settings over them. */
export function modelsOf(file: string, settings: readonly string[] = []): ReadonlyMap<string, CheckedModel> {
  const { models, diagnostics } = check(sourceOf(file), { settings, load: (path) => ({ source: sourceOf(path) }) });
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
  if (errors.length > 0) throw new Error(`${file}: ${errors.join('\n')}`);
  return new Map(models.map((model) => [model.name, compared(model)]));
}

/** Files of `specs/` that can be trained: others only hold what these extend. */
export const specFiles = (): readonly string[] =>
  readdirSync(path.join(root, 'specs'))
    .filter((file) => file.endsWith('.rec'))
    .map((file) => `specs/${file}`)
    .filter((file) => /^\s*(network|cross|deep)\b/m.test(readFileSync(path.join(root, file), 'utf8')));

const prepared = path.join(root, 'build/movielens');

const dataFolders = (): readonly string[] =>
  [process.env.RECCOMPILE_DATA, path.join(root, '../shared/data'), prepared].flatMap((folder) =>
    folder !== undefined && existsSync(folder) ? [folder] : [],
  );

/** `movielens.csv`, made of MovieLens 100K where that is at hand. */
export function prepareMovieLens(): void {
  const source = dataFolders().find((folder) => existsSync(path.join(folder, 'ml-100k/u.data')));
  if (source !== undefined && !existsSync(path.join(prepared, 'movielens.csv'))) writeMovieLensRows(source, prepared);
}

const known = new Map<string, EncodedData>();

/** The spec's own rows, if its files are here. */
async function realData(model: CheckedModel): Promise<EncodedData | undefined> {
  const { data } = model;
  if (data === undefined) return undefined;
  const sources = [data.source, ...data.joins.map(({ source }) => source)];
  const folder = dataFolders().find((one) => sources.every(({ path: file }) => existsSync(path.join(one, file))));
  if (folder === undefined) return undefined;
  const program = encoderProgram(model);
  const key = JSON.stringify([folder, program, data.source.path, data.split, data.keep]);
  const encoded = known.get(key) ?? (await encodeData({ model, program, paths: { folder } }));
  known.set(key, encoded);
  return encoded;
}

const vocabulary = 40;

/** As tables name a model of a file. */
export const subjectName = (file: string, name: string): string => `${path.basename(file, '.rec')} ${name}`;

/** What a model is run on: batches of its own training rows, or of random ones, as many as steps. */
export async function subjectsOf(file: string, name: string, steps = fullSteps): Promise<Subjects> {
  const models = optimizerNames.map((optimizer) => {
    const model = modelsOf(file, settingsOf(optimizer)).get(name);
    if (model === undefined) throw new Error(`${file} has no model ${name}`);
    return [optimizer, model] as const;
  });
  const [, model] = models[0]!;
  const real = await realData(model);
  const count = steps * stepRows;
  const { train, state } = real ?? syntheticData(model, { train: count, vocabulary, seed: 1 });
  const rows = sliceRows(train, 0, count);
  return {
    name: subjectName(file, name),
    by: Object.fromEntries(models.map(([optimizer, one]) => [optimizer, { model: one, state, rows, steps }])) as Subjects['by'],
    real: real !== undefined,
  };
}
