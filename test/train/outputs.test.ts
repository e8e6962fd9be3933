import { expect, it } from 'vitest';
import { inferenceGraph } from '../../src/graph/pipeline.js';
import { labelNames } from '../../src/model/model.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { openModel } from '../../src/train/inference.js';
import { richModel, richNetworks } from './rich.js';
import { toyData, trainToy } from './toy.js';

const model = richModel({
  network: richNetworks.towers,
  train: 'optimizer: adam(0.01), batch: 16, epochs: 1',
  more: 'outputs: [u, i]',
});
const data = toyData(model, { vocabulary: 9, valid: 30 });
const { weights } = await trainToy(model, data);
const open = (names: readonly string[], given = weights) =>
  openModel({ model, graph: inferenceGraph(model, names), weights: given, engine: createReferenceEngine() });

it('names of the network are given by their rows, whose similarity is the logit', async () => {
  const [towers, labels] = [await open(model.outputs), await open(labelNames(model))];
  const { outputs, logits } = await towers.predictRows(data.valid);
  expect([Object.keys(logits), Object.keys(outputs)]).toEqual([[], ['u', 'i']]);
  expect([outputs.u!.shape, outputs.u!.values.length]).toEqual([[4], 120]);
  const { logits: wanted, predictions, outputs: none } = await labels.predictRows(data.valid);
  expect([Object.keys(predictions), none]).toEqual([['y'], {}]);
  for (const [r, logit] of wanted.y!.entries()) {
    const product = [0, 1, 2, 3].reduce((sum, j) => sum + outputs.u!.values[4 * r + j]! * outputs.i!.values[4 * r + j]!, 0);
    expect(product / 0.5).toBeCloseTo(logit, 10);
  }
});

it('one tower needs neither the columns nor the tables of the other', async () => {
  const all = await (await open(['u'])).predictRows(data.valid);
  const { ids, ...rest } = data.valid;
  const alone = await open(['u'], { ...weights, tables: weights.tables.filter(({ name }) => name === 'table.user') });
  expect(await alone.predictRows({ ...rest, ids: { user: ids.user! }, bags: {}, labels: {} })).toEqual(all);
});

it('measuring needs the logits of all labels', async () => {
  const towers = await open(model.outputs);
  await expect(towers.evaluate(data.valid)).rejects.toThrow('measuring needs logits and values of y');
  const labels = await open(labelNames(model));
  expect(Object.keys((await labels.evaluate(data.valid)).metrics)).toEqual(model.metrics.map(({ key }) => key));
});
