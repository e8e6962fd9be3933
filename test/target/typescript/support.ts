import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { check, type Checked } from '../../../src/model/check.js';
import type { CheckedModel } from '../../../src/model/model.js';
import type { TextFile } from '../../../src/target/files.js';
import type { Batch, Encoder, EncoderState, Evaluation, Example, LabelledExample, TrainingRow } from './generated.js';
import type { Model, NamedArray, Trainer, TrainOptions, TrainResult } from './generated.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export function specText(file: string): { readonly path: string; readonly text: string } {
  return { path: file, text: readFileSync(path.join(root, file), 'utf8') };
}

/** The checked models of a spec of this repository, imports read. */
export function checkSpec(source: { readonly path: string; readonly text: string }, settings: readonly string[] = []): Checked {
  return check(source, { settings, load: (file) => ({ source: specText(file) }) });
}

/** The checked model `name` of a spec that has no errors. */
export function modelOf(
  source: { readonly path: string; readonly text: string },
  name: string,
  settings: readonly string[] = [],
): CheckedModel {
  const { models, diagnostics } = checkSpec(source, settings);
  const errors = diagnostics.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code}: ${message}`);
  const model = models.find((one) => one.name === name);
  if (!model || errors.length > 0) throw new Error(`${name}: ${errors.join('\n')}`);
  return model;
}

/** What every project exports, as far as tests use it. */
export interface Project {
  readonly createEncoder: (state?: EncoderState) => Encoder;
  readonly fitEncoder?: (examples: readonly Example[]) => EncoderState;
  readonly parseEncoderState?: (text: string) => EncoderState;
  readonly isKept?: (example: LabelledExample) => boolean;
  readonly createModel: (seed: number, state?: EncoderState) => Model;
  readonly predict: (model: Model, rows: readonly unknown[]) => Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** What follows the model: all rows to train on where a loss asks for shares of them, and a seed where there is dropout. */
  readonly createTrainer: (model: Model, ...others: readonly unknown[]) => Trainer;
  readonly trainingBatchOf: (rows: readonly TrainingRow[]) => Batch;
  readonly train: (model: Model, data: Batch, options?: TrainOptions) => Promise<TrainResult>;
  readonly evaluate: (model: Model, data: Batch) => Promise<Evaluation>;
  readonly monitored: (evaluation: Evaluation) => number | undefined;
  readonly arraysOf: (model: Model) => Promise<readonly NamedArray[]>;
  readonly setArrays: (model: Model, arrays: readonly NamedArray[]) => void;
  readonly encodeArrays: (arrays: readonly NamedArray[]) => readonly Uint8Array[];
  readonly decodeArrays: (bytes: Uint8Array) => Promise<{ readonly arrays: readonly NamedArray[] }>;
}

/** A folder below the repository, so that the packages are found; `remove` takes it away. */
export function temporaryFolder(): { readonly folder: string; readonly remove: () => void } {
  mkdirSync(path.join(root, 'build'), { recursive: true });
  const folder = mkdtempSync(path.join(root, 'build/typescript-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export function writeProject(folder: string, files: readonly TextFile[]): void {
  mkdirSync(folder, { recursive: true });
  for (const file of files) writeFileSync(path.join(folder, file.path), file.text);
}

/** Bundles the project's modules, TensorFlow.js left out, and loads them. */
export async function loadProject(files: readonly TextFile[], random = false): Promise<Project> {
  const { folder, remove } = temporaryFolder();
  try {
    writeProject(folder, files);
    const modules = ['model', 'encoder', 'batch', 'train', 'metrics', 'weights', 'safetensors', ...(random ? ['random'] : [])];
    const outfile = path.join(folder, 'project.mjs');
    await build({
      stdin: { contents: modules.map((name) => `export * from './${name}.js';`).join('\n'), resolveDir: folder, loader: 'ts' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['@tensorflow/tfjs'],
      outfile,
      logLevel: 'silent',
    });
    return (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as Project;
  } finally {
    remove();
  }
}
