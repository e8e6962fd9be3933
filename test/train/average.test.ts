import { describe, expect, it } from 'vitest';
import { inferenceGraph } from '../../src/graph/pipeline.js';
import type { CheckedModel } from '../../src/model/model.js';
import { labelNames } from '../../src/model/model.js';
import { averagedLayout, copyAverages, settleAverages } from '../../src/train/average.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { openModel } from '../../src/train/inference.js';
import { prepareTraining } from '../../src/train/prepare.js';
import { bankBytes } from '../../src/train/segments.js';
import { alone } from '../../src/train/step.js';
import type { Weights } from '../../src/train/weights.js';
import { copyWeights, viewState } from '../../src/train/weights.js';
import { planOf } from './steps.js';
import { toyData, toyModel, trainToy } from './toy.js';

const momentum = 0.8;

type Values = ReadonlyMap<string, Float64Array>;

const valuesOf = ({ dense, states, tables }: Weights): Values =>
  new Map([...dense, ...states, ...tables].map(({ name, values }) => [name, Float64Array.from(values)]));

const expectClose = (found: Values, wanted: Values): void => {
  expect([...found.keys()]).toEqual([...wanted.keys()]);
  for (const [name, values] of found)
    for (const [i, value] of values.entries())
      expect(Math.abs(value - wanted.get(name)![i]!), `${name}[${i}]`).toBeLessThan(1e-12);
};

/** Keras's average of every number after every step, whether the step moved it or not. */
const kerasAverage = (before: Values | undefined, now: Values): Values =>
  new Map(
    [...now].map(([name, values]) => {
      const old = before?.get(name);
      return [name, values.map((w, i) => (old === undefined ? w : momentum * old[i]! + (1 - momentum) * w))];
    }),
  );

const steps = 24;
const rows = 4;

/** Steps over batches of few rows, so that most rows of a table wait for long. */
const prepared = async (model: CheckedModel, largestBank?: number) => {
  const data = toyData(model, { train: steps * rows, vocabulary: 20 });
  const settings = { model, data, engine: createReferenceEngine(), plan: planOf(1, rows) };
  const { phases, memory, layout } = await prepareTraining({ ...settings, ...(largestBank !== undefined && { largestBank }) });
  const step = async (number: number): Promise<void> => {
    const batch = { order: undefined, start: (number - 1) * rows, count: rows, step: number };
    phases.fill(batch, alone);
    await phases.run(batch, alone);
    for (const phase of [phases.merge, phases.clip, phases.update]) phase(batch, alone);
  };
  return { memory, layout, step, raw: () => valuesOf(copyWeights(viewState(memory, layout, 0, 1))) };
};

const withOptimizer = (optimizer: string): CheckedModel =>
  toyModel({ train: `optimizer: ${optimizer}, batch: ${rows}, epochs: 1, ema: ${momentum}` });

describe('the average of the weights', () => {
  it.each([
    'sgd(0.1)',
    'adam(0.01)',
    'adam(0.01, exact)',
    'sgd(0.1, exact)',
    '{ embeddings: rowwise_adagrad(0.1), rest: rmsprop(0.01) }',
  ])('is what Keras has, row by row: %s', async (optimizer) => {
    const { memory, layout, step, raw } = await prepared(withOptimizer(optimizer));
    let wanted: Values | undefined;
    for (let number = 1; number <= steps; number++) {
      await step(number);
      wanted = kerasAverage(wanted, raw());
      expectClose(valuesOf(copyAverages(memory, layout, number)), wanted);
      if (number % 7 === 0) {
        settleAverages(memory, layout, number);
        expectClose(valuesOf(copyWeights(viewState(memory, averagedLayout(layout), number, 1))), wanted);
      }
    }
  });

  it('is the same where tables are split over several memories', async () => {
    const model = toyModel({
      train: `optimizer: adam(0.01), batch: ${rows}, epochs: 1, ema: ${momentum}`,
    });
    const averageOf = async (largestBank?: number) => {
      const { memory, layout, step } = await prepared(model, largestBank);
      for (let number = 1; number <= steps; number++) await step(number);
      return { layout, values: valuesOf(copyAverages(memory, layout, steps)) };
    };
    const whole = await averageOf();
    const split = await averageOf(bankBytes(whole.layout.banks[0]!) - 2000);
    expect(split.layout.tables.some(({ segments }) => segments.length > 1)).toBe(true);
    expect(split.values).toEqual(whole.values);
  });

  it('leaves training alone', async () => {
    const plain = await prepared(toyModel({ train: `optimizer: adam(0.01), batch: ${rows}, epochs: 1` }));
    const averaged = await prepared(withOptimizer('adam(0.01)'));
    for (let number = 1; number <= 5; number++) for (const { step } of [plain, averaged]) await step(number);
    settleAverages(averaged.memory, averaged.layout, 5);
    await plain.step(6);
    await averaged.step(6);
    expect(averaged.raw()).toEqual(plain.raw());
  });
});

describe('a run with an average', () => {
  const model = toyModel({ train: `optimizer: adam(0.05), batch: 16, epochs: 3, ema: ${momentum}` });
  const data = toyData(model);

  it('validates, keeps and serves it', async () => {
    const { weights, history, bestEpoch, state } = await trainToy(model, data);
    const inference = await openModel({
      model,
      graph: inferenceGraph(model, labelNames(model)),
      weights,
      engine: createReferenceEngine(),
    });
    expect(await inference.evaluate(data.valid)).toEqual(history[bestEpoch! - 1]!.validation);
    expect(weights.tables.map(({ name, shape }) => [name, shape])).toEqual(state.tables.map(({ name, shape }) => [name, shape]));
    const raw = valuesOf(copyWeights(state));
    expect([...valuesOf(weights)].every(([name, values]) => values.some((value, i) => value !== raw.get(name)![i]))).toBe(true);
  });

  it('keeps the weights as they are in its state, and the average beside them', async () => {
    const { state } = await trainToy(model, data);
    const slots = ['mean', 'square', 'average'];
    expect(state.denseSlots.map(({ name }) => name)).toEqual(
      state.dense.flatMap(({ name }) => slots.map((slot) => `${name}/${slot}`)),
    );
    expect(state.tableSlots.map(({ name, shape }) => [name, shape])).toEqual(
      state.tables.flatMap(({ name, shape }) => [
        ...slots.map((slot) => [`${name}/${slot}`, shape]),
        [`${name}/averaged_at`, [shape[0], 2]],
      ]),
    );
  });
});
