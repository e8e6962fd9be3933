import { nodeFiles } from '../data/node-files.js';
import type { EncoderProgram, EncoderState } from '../encode/program.js';
import { inferenceGraph } from '../graph/pipeline.js';
import type { CheckedModel, Facts } from '../model/model.js';
import { check } from '../model/check.js';
import { openRun, type StoredRun } from '../run/read.js';
import type { StoredTensor } from '../run/safetensors.js';
import type { ModelTensors } from '../run/write.js';
import { openModel, type Inference } from '../train/inference.js';
import { loadEngine } from '../train/engines/index.js';
import { tableWeight, type NamedArray, type Weights } from '../train/weights.js';
import { complaint } from './errors.js';

/** A run's model, read from its folder alone. */
export interface StoredModel {
  readonly run: StoredRun;
  readonly model: CheckedModel;
  readonly program: EncoderProgram;
  readonly state: EncoderState;
}

/** @throws RunError where the folder is no run, or a broken one */
export async function openStoredModel(folder: string): Promise<StoredModel> {
  const run = await openRun(nodeFiles, folder);
  const { program, state } = await run.encoder();
  const facts: Facts = {
    vocabularies: Object.fromEntries(Object.entries(state.vocabularies).map(([name, values]) => [name, values.length + 1])),
  };
  const checked = check({ path: `${folder}/model.rec`, text: await run.model() }, { facts });
  const model = checked.models.find((m) => m.name === run.record.model);
  if (!model) {
    const [first] = checked.diagnostics;
    throw complaint(`${folder}/model.rec does not hold model ${run.record.model}${first ? `: ${first.message}` : ''}`, {
      help: 'The run was changed, or written by another version: train it again.',
    });
  }
  return { run, model, program, state };
}

/** The run's weights in an engine, ready to predict. */
export async function openInference({ run, model }: StoredModel, engineName: string, threads: number): Promise<Inference> {
  const graph = inferenceGraph(model);
  const stored = await run.weights();
  const dense = await Promise.all(
    graph.parameters.map(async ({ name, shape }) => {
      const tensor = stored.get(name);
      if (!tensor || tensor.shape.join() !== shape.join()) throw misfit(run, name);
      return readTensor(tensor, name);
    }),
  );
  const tables: NamedArray[] = [];
  for (const { name, dim } of model.tables) {
    const tensor = await run.table(tableWeight(name));
    if (tensor.shape.length !== 2 || tensor.shape[1] !== dim) throw misfit(run, name);
    tables.push(await readTensor(tensor, tableWeight(name)));
  }
  const weights: Weights = { dense, tables };
  return openModel({ model, graph, weights, engine: await loadEngine(engineName), threads });
}

const readTensor = async (tensor: StoredTensor, name: string): Promise<NamedArray> => ({
  name,
  shape: tensor.shape,
  values: await tensor.read(),
});

const misfit = (run: StoredRun, name: string): Error =>
  complaint(`${run.folder} has no weight ${name} of the model's shape`, { help: 'The run was changed: train it again.' });

const asFloat32 = (values: NamedArray['values']): Float32Array =>
  values instanceof Float32Array ? values : Float32Array.from(values);

export const tensorsOf = ({ dense, tables }: Weights): ModelTensors => ({
  weights: dense.map(({ name, shape, values }) => ({ name, shape, data: asFloat32(values) })),
  tables: tables.map(({ name, shape, values }) => ({ name, shape, data: asFloat32(values) })),
});
