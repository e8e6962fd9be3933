import { describe, expect, it } from 'vitest';
import { inferenceGraph, stepGraph } from '../../src/graph/pipeline.js';
import type { Engine } from '../../src/train/engine.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { isTrainError } from '../../src/train/errors.js';
import type { EpochRecord, Progress } from '../../src/train/events.js';
import { openModel } from '../../src/train/inference.js';
import { allValues, toyData, toyModel, trainToy } from './toy.js';

const overfitting = 'optimizer: adam(0.1), batch: 16, epochs: 40, stop: no_improvement(patience: 2), monitor: rmse';

const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('early stopping', () => {
  it('ends after so many epochs without improvement and gives back the best weights', async () => {
    const model = toyModel({ train: overfitting });
    const data = toyData(model, { train: 60 });
    const { status, bestEpoch, history, weights } = await trainToy(model, data);
    expect(status).toBe('stopped');
    expect(history.length).toBe(bestEpoch! + 2);
    expect(history.filter(({ isBest }) => isBest).at(-1)!.epoch).toBe(bestEpoch);
    const inference = await openModel({ model, graph: inferenceGraph(model), weights, engine: createReferenceEngine() });
    expect(await inference.evaluate(data.valid)).toEqual(history[bestEpoch! - 1]!.validation);
    await inference.close();
  });

  it('has no say without validation rows: the last weights are kept', async () => {
    const model = toyModel({ train: 'optimizer: adam(0.1), batch: 16, epochs: 3' });
    const { status, bestEpoch, history, weights, state } = await trainToy(model, toyData(model, { valid: 0 }));
    expect([status, bestEpoch, history.length]).toEqual(['finished', undefined, 3]);
    expect(history.every(({ validation }) => validation === undefined)).toBe(true);
    expect(weights.tables.map(({ values }) => [...values])).toEqual(
      state.tables.map(({ read, shape }) => [...read(0, shape[0]!)]),
    );
  });
});

describe('a step that diverges after the last loss that was looked at', () => {
  const reference = createReferenceEngine();
  const engine: Engine = {
    ...reference,
    prepare: async (graph, options) => {
      const session = await reference.prepare(graph, options);
      const gradients = Object.keys(session.outputs).filter((name) => name.startsWith('gradient.'));
      return {
        ...session,
        run: async () => {
          await session.run();
          for (const name of gradients) session.outputs[name]!.fill(Infinity);
        },
      };
    },
  };

  it.each([0, 20])('fails, with %i validation rows', async (valid) => {
    const model = toyModel({ train: 'optimizer: sgd(1), batch: 100, epochs: 1' });
    const error = await errorOf(trainToy(model, toyData(model, { train: 60, valid }), { engine }));
    expect(isTrainError(error) && error.code).toBe('not-finite');
  });
});

describe('a signal', () => {
  it('ends the run after the step at hand', async () => {
    const model = toyModel({ train: 'optimizer: adam(0.01), batch: 16, epochs: 5' });
    const controller = new AbortController();
    let steps = 0;
    const reference = createReferenceEngine();
    const engine: Engine = {
      ...reference,
      prepare: async (graph, options) => {
        const session = await reference.prepare(graph, options);
        return {
          ...session,
          run: async () => {
            if (++steps === 3) controller.abort();
            await session.run();
          },
        };
      },
    };
    const result = await trainToy(model, toyData(model), { engine, signal: controller.signal });
    expect([result.status, result.step, result.history.length]).toEqual(['interrupted', 3, 0]);
    expect(allValues(result).every(Number.isFinite)).toBe(true);
  });

  it('after the best epoch gives back the best weights', async () => {
    const model = toyModel({ train: 'optimizer: adam(0.01), batch: 16, epochs: 50' });
    const data = toyData(model);
    const controller = new AbortController();
    const onEpoch = ({ epoch }: EpochRecord): void => {
      if (epoch === 2) controller.abort();
    };
    const result = await trainToy(model, data, { signal: controller.signal, onEpoch });
    expect([result.status, result.history.length, result.bestEpoch]).toEqual(['interrupted', 2, 2]);
    const two = await trainToy({ ...model, train: { ...model.train, epochs: 2 } }, data);
    expect(allValues(result)).toEqual(allValues(two));
  });
});

describe('callbacks', () => {
  it('tell of progress and epochs, and see the state', async () => {
    const model = toyModel({ train: 'optimizer: adam(0.01), batch: 16, epochs: 2' });
    const progress: Progress[] = [];
    const steps: number[] = [];
    const checkpoints: number[] = [];
    const result = await trainToy(model, toyData(model), {
      checkpointSeconds: 0,
      onProgress: (at) => progress.push(at),
      onEpoch: (record, state) => {
        expect(state.step).toBe(record.step);
        expect([...state.dense[0]!.data].flatMap((part) => [...part])).toHaveLength(
          state.dense[0]!.shape.reduce((product, n) => product * n, 1),
        );
        expect(state.tableSlots.map(({ name }) => name)).toContain('table.user/square');
        steps.push(record.step);
      },
      onCheckpoint: ({ state }) => void checkpoints.push(state.step),
    });
    expect(steps).toEqual([5, 10]);
    expect(result.step).toBe(10);
    expect(checkpoints.length).toBeGreaterThan(0);
    const last = progress.at(-1)!;
    expect([last.epoch, last.step, last.steps, last.secondsLeft]).toEqual([2, 5, 5, 0]);
    expect(last.loss).toBeCloseTo(result.history[1]!.loss, 12);
  });
});

describe('what a user can mend', () => {
  const model = toyModel();

  it('no training rows', async () => {
    expect(String(await errorOf(trainToy(model, toyData(model, { train: 0 }))))).toBe('TrainError: there are no training rows');
  });

  it('an id outside its table', async () => {
    const data = toyData(model);
    data.valid.ids.user![3] = 23;
    const error = await errorOf(trainToy(model, data));
    expect(isTrainError(error)).toBe(true);
    expect(String(error)).toMatch('user has the id 23, but its table user has 23 rows');
  });

  it('tables that have no room', async () => {
    const tables = model.tables.map((table) => ({ ...table, rows: { kind: 'known' as const, rows: 3e8 } }));
    const engine: Engine = {
      ...createReferenceEngine(),
      prepare: async () => ({ rows: 16, inputs: {}, outputs: {}, run: async () => {}, close: async () => {} }),
    };
    const error = await errorOf(trainToy({ ...model, tables }, toyData(model), { engine }));
    expect(String(error)).toMatch(
      /training needs 80\.\d\d GiB \(optimizer state \S+ GiB, tables \S+ GiB\), but there is room for \S+ GiB/,
    );
  });

  it('weights of another model', async () => {
    const { weights } = await trainToy(model, toyData(model));
    const other = toyModel({ network: 'deep { units: [9] }' });
    const opened = openModel({ model: other, graph: inferenceGraph(other), weights, engine: createReferenceEngine() });
    expect(String(await errorOf(opened))).toMatch(/the model needs the weight \S+ of shape \[\d+(, \d+)?\], but/);
  });
});

describe('inference', () => {
  it('predicts all rows, also when later ones have longer bags', async () => {
    const model = toyModel({ label: 'binary', metrics: 'auc, log_loss' });
    const data = toyData(model, { test: 2500 });
    const { weights } = await trainToy(model, data);
    const inference = await openModel({ model, graph: inferenceGraph(model), weights, engine: createReferenceEngine() });
    const short = await inference.predictRows(data.valid);
    const all = await inference.predictRows(data.test);
    expect(await inference.predictRows(data.valid)).toEqual(short);
    expect(all.logits.y).toHaveLength(2500);
    for (const [r, logit] of all.logits.y!.entries()) expect(all.predictions.y![r]).toBeCloseTo(1 / (1 + Math.exp(-logit)), 12);
    const evaluation = await inference.evaluate(data.test);
    expect(evaluation.rows).toBe(2500);
    expect(evaluation.metrics.log_loss).toBeCloseTo(evaluation.loss!, 12);
    await inference.close();
  });

  it('takes graphs that were made already', async () => {
    const model = toyModel({ label: 'class(3)', metrics: 'accuracy' });
    const graphs = { step: stepGraph(model), inference: inferenceGraph(model) };
    const { history } = await trainToy(model, toyData(model), { graphs });
    expect(Object.keys(history[0]!.validation!.metrics)).toEqual(['accuracy']);
  });
});
