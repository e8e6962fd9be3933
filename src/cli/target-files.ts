import { createHash } from 'node:crypto';
import type { CheckedModel } from '../model/model.js';
import type { ProjectFile } from '../target/files.js';
import type { TrainedParts } from '../target/trained.js';
import { complaint } from './errors.js';
import { choices, toggle } from './options.js';
import type { TargetedFile } from './output-folder.js';
import { version } from './version.js';

export const targets = ['typescript', 'tfjs', 'onnx'] as const;
export type Target = (typeof targets)[number];

/** Options of every command that writes models. */
export const targetOptions = {
  target: choices('--target', targets, 'what to write'),
  raw: toggle('--raw', 'of onnx: columns go in as they are in the data, and the model encodes them'),
  trainStep: toggle('--train-step', 'of onnx: train.onnx too, which gives the loss and its gradients'),
};

export interface TargetRequest {
  readonly target: readonly Target[];
  readonly raw: boolean;
  readonly trainStep: boolean;
}

/** A model, and what a run has learned; without it a model starts from nothing. */
export interface WrittenModel {
  readonly model: CheckedModel;
  readonly trained?: TrainedParts;
}

/** The files of each model: of several at once, since what they have in common takes time once. */
type Writer = (
  models: readonly WrittenModel[],
  request: TargetRequest,
) => Promise<readonly (readonly ProjectFile[])[]> | readonly (readonly ProjectFile[])[];

/** A target's code is read when it is asked for. */
const writers: Readonly<Record<Target, () => Promise<Writer>>> = {
  typescript: async () => {
    const [{ typescriptProject }, { readyTexts }, { formatFiles }] = await Promise.all([
      import('../target/typescript/project.js'),
      import('../target/typescript/ready.js'),
      import('../target/code/format.js'),
    ]);
    return async (models) => {
      const projects = models.map(({ model, trained }) => typescriptProject(model, trained));
      const formatted = await formatFiles(projects.flat(), readyTexts);
      const ends = projects.reduce<readonly number[]>((all, { length }) => [...all, (all.at(-1) ?? 0) + length], []);
      return projects.map(({ length }, i) => formatted.slice((ends[i] ?? 0) - length, ends[i]));
    };
  },
  tfjs: async () => {
    const { tfjsFiles } = await import('../target/tfjs/project.js');
    return (models) => Promise.all(models.map(({ model, trained }) => tfjsFiles(model, trained, provenanceOf(model))));
  },
  onnx: async () => {
    const { onnxFiles } = await import('../target/onnx/project.js');
    return (models, { raw, trainStep }) =>
      models.map(({ model, trained }) => onnxFiles(model, trained, { raw, trainStep, ...provenanceOf(model) }));
  },
};

/**
 * The files of each model for all targets.
 * @throws a complaint, or a TargetError, where a target cannot be written
 */
export async function targetFiles(
  models: readonly WrittenModel[],
  request: TargetRequest,
): Promise<readonly (readonly TargetedFile[])[]> {
  if (!request.target.includes('onnx') && (request.raw || request.trainStep))
    throw complaint(`${request.raw ? '--raw' : '--train-step'} belongs to --target onnx`, { exitStatus: 2 });
  const files = models.map(() => new Map<string, ProjectFile & { readonly targets: readonly Target[] }>());
  for (const target of request.target) {
    const write = await writers[target]();
    for (const [i, ofModel] of (await write(models, request)).entries())
      for (const file of ofModel) {
        const before = files[i]?.get(file.path);
        if (before && !isSame(before, file))
          throw complaint(`${before.targets.join(' and ')} and ${target} both write ${file.path}`, {
            help: 'Write them to folders of their own.',
          });
        files[i]?.set(file.path, { ...file, targets: [...(before?.targets ?? []), target] });
      }
  }
  return files.map((ofModel) => [...ofModel.values()]);
}

/** The spec is the file that the model stands in; of a run it has all that it needs. */
const provenanceOf = ({ span }: CheckedModel): { readonly compiler: string; readonly specDigest: string } => ({
  compiler: `reccompile ${version}`,
  specDigest: createHash('sha256').update(span.source.text).digest('hex'),
});

const isSame = (a: ProjectFile, b: ProjectFile): boolean =>
  'text' in a ? 'text' in b && a.text === b.text : 'bytes' in b && Buffer.compare(a.bytes, b.bytes) === 0;
