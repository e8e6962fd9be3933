import { expect } from 'vitest';
import { encoderProgram } from '../../../src/encode/compile.js';
import type { EncodedRows } from '../../../src/encode/program.js';
import { createRowEncoder } from '../../../src/encode/row.js';
import type { CheckedModel } from '../../../src/model/model.js';
import { typescriptProject } from '../../../src/target/typescript/project.js';
import type { EncoderState, Example } from './generated.js';
import { createReference } from './reference.js';
import { loadProject } from './support.js';

/** A model's project, loaded, with an encoder that knows the rows, and a model that has learned nothing. */
export async function prepareProject(model: CheckedModel, rows: readonly Example[]) {
  const project = await loadProject(typescriptProject(model));
  const state = project.fitEncoder?.(rows);
  return { model, project, state, encoder: project.createEncoder(state), trained: project.createModel(9, state) };
}

export function encodeReference(model: CheckedModel, state: EncoderState | undefined, rows: readonly Example[]): EncodedRows {
  const program = encoderProgram(model);
  const learned = state ?? { vocabularies: {}, statistics: {} };
  const { encoded, problems } = createRowEncoder(program, learned, { labels: true }).encodeRows(rows);
  expect(problems).toEqual([]);
  return encoded;
}

/** `user_id` as it is called in generated code. */
export const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

export function expectClose(actual: ArrayLike<number>, wanted: ArrayLike<number>, what: string): void {
  expect(actual.length, what).toBe(wanted.length);
  Array.from(wanted).forEach((value, i) => {
    const off = Math.abs((actual[i] ?? NaN) - value) / Math.max(1, Math.abs(value));
    expect(off, `${what}[${String(i)}] is ${String(actual[i])}, not ${String(value)}`).toBeLessThanOrEqual(1e-5);
  });
}

/** Losses of so many steps, one batch after the other, and predictions after them agree with the float64 reference. */
export async function expectAgreement(
  model: CheckedModel,
  rows: readonly Example[],
  { steps, batches, partRows }: { readonly steps: number; readonly batches: number; readonly partRows?: number },
): Promise<void> {
  const { project, state, encoder, trained } = await prepareProject(model, rows);
  const start = (await project.arraysOf(trained)).map(({ name, values }) => [name, Float32Array.from(values)] as const);
  const reference = createReference(model, new Map(start), encodeReference(model, state, rows));
  const asksForShares = model.network.nodes.some(({ kind }) => kind === 'log_frequency');
  const trainer = project.createTrainer(
    trained,
    ...(asksForShares ? [project.trainingBatchOf(rows.map(encoder.encodeLabelled))] : []),
  );
  const size = rows.length / batches;
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const batch = rows.slice((i % batches) * size, ((i % batches) + 1) * size);
    const wanted = reference.step(encodeReference(model, state, batch), 1, partRows);
    expectClose([await trainer.step(project.trainingBatchOf(batch.map(encoder.encodeLabelled)))], [wanted], `loss ${String(i)}`);
    losses.push(wanted);
  }
  trainer.dispose();
  expect(new Set(losses).size).toBe(steps);
  const predictions = await project.predict(trained, rows.map(encoder.encode));
  const wanted = reference.predict(encodeReference(model, state, rows));
  expect(Object.keys(predictions[0] ?? {})).toEqual(Object.keys(wanted).map(camel));
  for (const [name, values] of Object.entries(wanted)) {
    const given: readonly unknown[] = predictions.map((prediction) => prediction[camel(name)] ?? NaN);
    expectClose(given.flat(Infinity) as number[], values, name);
  }
}
