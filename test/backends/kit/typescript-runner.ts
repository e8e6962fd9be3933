import type { EncodedRows, EncoderState } from '../../../src/encode/program.js';
import { labelNames, type CheckedModel } from '../../../src/model/model.js';
import type { TfjsNamespace } from '../../../src/target/tfjs/namespace.js';
import { planProject } from '../../../src/target/typescript/plan.js';
import type { NamedArray } from '../../../src/train/weights.js';
import { seed, stepRows, type Logits, type Runner, type Subject } from './subject.js';

type Row = Readonly<Record<string, number | readonly number[]>>;

interface TrainingRow {
  readonly features: Row;
  readonly labels: Readonly<Record<string, number>>;
}

/** What the modules of a project export, as far as it is called here. */
interface Project {
  readonly createModel: (seed: number, state?: EncoderState) => object;
  readonly setArrays: (model: object, arrays: readonly NamedArray[]) => void;
  readonly predict: (model: object, rows: readonly Row[]) => Promise<readonly Readonly<Record<string, number | number[]>>[]>;
  readonly trainingBatchOf: (rows: readonly TrainingRow[]) => object;
  readonly createTrainer: (
    model: object,
    ...others: readonly object[]
  ) => { readonly step: (batch: object) => Promise<number>; readonly dispose: () => void };
}

const load = async (tf: TfjsNamespace, code: string | undefined): Promise<Project> => {
  if (code === undefined) throw new Error('there is no code');
  Object.assign(globalThis, { tf });
  const bytes = Array.from(new TextEncoder().encode(code), (byte) => String.fromCharCode(byte)).join('');
  return (await import(/* @vite-ignore */ `data:text/javascript;base64,${btoa(bytes)}`)) as Project;
};

/** Rows as a project's encoder gives them: by the names that its code has for features and labels. */
function rowsOf(model: CheckedModel, { rows, ids, bags, dense, labels }: EncodedRows): readonly TrainingRow[] {
  const { names } = planProject(model);
  const featureOf = (name: string, row: number): number | readonly number[] => {
    const bag = bags[name];
    if (bag !== undefined) return Array.from(bag.ids.subarray(bag.offsets[row], bag.offsets[row + 1]));
    const numbers = dense[name];
    if (numbers === undefined) return ids[name]?.[row] ?? NaN;
    const { width, values } = numbers;
    const isNumber = model.features.some((feature) => feature.name === name && feature.kind === 'number');
    return isNumber ? (values[row] ?? NaN) : Array.from(values.subarray(row * width, (row + 1) * width));
  };
  const columns = [...Object.keys(ids), ...Object.keys(bags), ...Object.keys(dense)];
  return Array.from({ length: rows }, (_, row) => ({
    features: Object.fromEntries(columns.map((name) => [names.feature(name), featureOf(name, row)])),
    labels: Object.fromEntries(labelNames(model).map((name) => [names.label(name), labels[name]?.[row] ?? NaN])),
  }));
}

async function predictionsOf(
  project: Project,
  trained: object,
  { model }: Subject,
  rows: readonly TrainingRow[],
): Promise<Logits> {
  const { names } = planProject(model);
  const given = await project.predict(
    trained,
    rows.map(({ features }) => features),
  );
  return Object.fromEntries(
    labelNames(model).map((label) => [label, given.flatMap((prediction) => prediction[names.label(label)] ?? NaN)]),
  );
}

/** What the target `typescript` writes. It gives predictions, no logits. */
export const typescriptRunner = (tf: TfjsNamespace): Runner => ({
  predict: async (subject, { dense, states, tables }, code) => {
    const project = await load(tf, code);
    const trained = project.createModel(seed, subject.state);
    project.setArrays(
      trained,
      [...dense, ...states, ...tables].map((array) => ({ ...array, values: Float32Array.from(array.values) })),
    );
    return predictionsOf(project, trained, subject, rowsOf(subject.model, subject.rows));
  },
  train: async (subject, code) => {
    const { model, rows, state } = subject;
    const project = await load(tf, code);
    const trained = project.createModel(seed, state);
    const all = rowsOf(model, rows);
    const asksForShares = model.network.nodes.some(({ kind }) => kind === 'log_frequency');
    const trainer = project.createTrainer(trained, ...(asksForShares ? [project.trainingBatchOf(all)] : []));
    const losses: number[] = [];
    for (let i = 0; i < subject.steps; i++)
      losses.push(await trainer.step(project.trainingBatchOf(all.slice(i * stepRows, (i + 1) * stepRows))));
    trainer.dispose();
    return { losses, logits: await predictionsOf(project, trained, subject, all) };
  },
});
