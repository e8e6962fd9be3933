import path from 'node:path';
import { nodeFiles } from '../data/node-files.js';
import type { EncoderProgram, EncoderState } from '../encode/program.js';
import { statisticsOf } from '../encode/statistics.js';
import type { InferenceGraph } from '../graph/step.js';
import type { CheckedModel, Facts, Table } from '../model/model.js';
import { check } from '../model/check.js';
import { damaged, runError } from '../run/errors.js';
import { fileName } from '../run/names.js';
import { openRun, type StoredRun } from '../run/read.js';
import { places } from '../run/record.js';
import type { StoredTensor } from '../run/safetensors.js';
import type { StoredWeights } from '../run/stored-weights.js';
import type { Engine } from '../train/engine.js';
import { openModel, type Inference } from '../train/inference.js';
import { tableWeight, type NamedArray, type Weights } from '../train/weights.js';

/** A run's model, read from its folder alone. */
export interface StoredModel {
  readonly run: StoredRun;
  readonly model: CheckedModel;
  readonly program: EncoderProgram;
  readonly state: EncoderState;
}

/** @throws RunError where the folder is no run, or a broken one */
export async function openStoredModel(folder: string): Promise<StoredModel> {
  if ((await nodeFiles.size(folder)) !== undefined) {
    const isRecord = path.basename(folder) === places.record;
    const what = isRecord ? `the run is its folder, ${path.dirname(folder)}` : 'a run is a folder';
    throw runError('not-a-run', `${folder} is a file: ${what}`, 'Name the folder that train wrote.');
  }
  const run = await openRun(nodeFiles, folder);
  const { program, state } = await run.encoder();
  for (const [name, values] of Object.entries(state.vocabularies)) {
    const rows = run.record.facts.vocabularies[name];
    if (rows !== values.length + 1 || new Set(values).size < values.length) {
      throw damaged(
        `${folder}/${places.vocabularies}/${fileName(name)}`,
        `it should have ${String((rows ?? 1) - 1)} values, each once`,
      );
    }
  }
  const facts: Facts = {
    vocabularies: Object.fromEntries(Object.entries(state.vocabularies).map(([name, values]) => [name, values.length + 1])),
  };
  const checked = check({ path: `${folder}/model.rec`, text: await run.model() }, { facts });
  const model = checked.models.find((m) => m.name === run.record.model);
  if (!model) {
    const [first] = checked.diagnostics;
    throw runError(
      'run-damaged',
      `${folder}/model.rec does not hold model ${run.record.model}${first ? `: ${first.message}` : ''}`,
      'The run was changed, or written by another version: train it again.',
    );
  }
  const names = (of: readonly { readonly name: string }[]): string => of.map(({ name }) => name).join();
  if (names(program.features) !== names(model.features) || names(program.labels) !== names(model.labels)) {
    throw damaged(folder, `${places.encoder} and ${places.model} are of different models`);
  }
  for (const feature of program.features) {
    try {
      statisticsOf(feature, state);
    } catch (error) {
      throw damaged(`${folder}/${places.encoder}`, error instanceof Error ? error.message : String(error));
    }
  }
  return { run, model, program, state };
}

/** A run that was killed while it trained, or failed, has the weights of its last checkpoint. */
async function weightsOf(run: StoredRun): Promise<StoredWeights> {
  const { status } = run.record;
  return status === 'running' || status === 'failed' ? ((await run.checkpoint('weights')) ?? run) : run;
}

/** The run's weights in an engine, ready to give what a graph of its model does. */
export async function openInference(
  { run, model }: StoredModel,
  graph: InferenceGraph,
  engine: Engine,
  threads: number,
): Promise<Inference> {
  const source = await weightsOf(run);
  const stored = await source.weights();
  const wanted = new Set(graph.sites.map(({ table }) => table));
  const tables: NamedArray[] = [];
  for (const table of model.tables) if (wanted.has(table.name)) tables.push(await readTable(run, source, table));
  const weights: Weights = {
    dense: await readArrays(run, stored, graph.parameters),
    states: await readArrays(run, stored, graph.states),
    tables,
  };
  return openModel({ model, graph, weights, engine, threads });
}

/** The dense weights and running statistics of a run, those that only training needs too. */
export async function storedWeightsOf({ run, model }: StoredModel): Promise<Pick<Weights, 'dense' | 'states'>> {
  const stored = await (await weightsOf(run)).weights();
  const { weights, states } = model.network;
  return { dense: await readArrays(run, stored, weights), states: await readArrays(run, stored, states) };
}

/** Every table of a run, one after the other. */
export async function* storedTables({ run, model }: StoredModel): AsyncGenerator<readonly [Table, NamedArray]> {
  const source = await weightsOf(run);
  for (const table of model.tables) yield [table, await readTable(run, source, table)];
}

async function readTable(run: StoredRun, source: Pick<StoredWeights, 'table'>, { name, dim, rows }: Table): Promise<NamedArray> {
  const tensor = await source.table(tableWeight(name));
  const shape = [rows.kind === 'known' ? rows.rows : tensor.shape[0], dim];
  if (tensor.shape.join() !== shape.join()) throw misfit(run, name);
  return readTensor(tensor, tableWeight(name));
}

const readArrays = (
  run: StoredRun,
  stored: ReadonlyMap<string, StoredTensor>,
  of: readonly { readonly name: string; readonly shape: readonly number[] }[],
): Promise<NamedArray[]> =>
  Promise.all(
    of.map(async ({ name, shape }) => {
      const tensor = stored.get(name);
      if (tensor?.shape.join() !== shape.join()) throw misfit(run, name);
      return readTensor(tensor, name);
    }),
  );

const readTensor = async (tensor: StoredTensor, name: string): Promise<NamedArray> => ({
  name,
  shape: tensor.shape,
  values: await tensor.read(),
});

const misfit = (run: StoredRun, name: string): Error =>
  runError('run-damaged', `${run.folder} has no weight ${name} of the model's shape`, 'The run was changed: train it again.');
