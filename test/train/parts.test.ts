import { describe, expect, it } from 'vitest';
import { scalarUpdate } from '../../src/graph/update/evaluate.js';
import { initialSlots, scalarValues, slotNames, updateName } from '../../src/graph/update/rules.js';
import { optimizerOfTable, optimizerOfWeight } from '../../src/model/optimizers.js';
import { createReferenceEngine } from '../../src/train/engines/reference.js';
import { alone } from '../../src/train/step.js';
import { prepareTraining } from '../../src/train/prepare.js';
import { viewState } from '../../src/train/weights.js';
import { richModel } from './rich.js';
import { arrays, planOf, run } from './steps.js';
import { toyData, trainToy } from './toy.js';

const rows = 10;
const network = `linear_part = wide(user, tags) + dot(weight[1], x)
  deep = mlp(concat(user, item, x), [8])
  still = linear(deep, 4, frozen: true)
  y = linear(still, 1) + linear_part`;
const parts =
  'optimizer: { linear_part: ftrl(0.1, l1: 0.01), deep: momentum, embeddings: adagrad(0.2), rest: adam(0.01) }'.replace(
    'momentum',
    'sgd(0.3, momentum: 0.9)',
  );

describe('parts of a network', () => {
  const model = richModel({ network, train: `${parts}, batch: 10, epochs: 1` });
  const data = toyData(model, { train: rows, vocabulary: 9 });

  it('follow each their own rule, over two steps', async () => {
    const plain = richModel({ network });
    const before = arrays(await run(plain, data, planOf(1, rows), 0));
    const afterSgd = arrays(await run(plain, data, planOf(1, rows), 1));
    const found = arrays(await run(model, data, planOf(1, rows), 1));
    const rules = new Set<string>();
    for (const [name, values] of found) {
      const optimizers = model.train.optimizer;
      const isTable = name.startsWith('table.');
      const optimizer = isTable ? optimizerOfTable(optimizers, name.slice('table.'.length)) : optimizerOfWeight(optimizers, name);
      const isFrozen = model.network.weights.some((weight) => weight.name === name && weight.frozen);
      const update = updateName(optimizer);
      rules.add(update);
      const slots = initialSlots(update, optimizer.parameters);
      const first = before.get(name)!;
      for (const [i, value] of values.entries()) {
        const gradient = first[i]! - afterSgd.get(name)![i]!;
        const memory = new Float64Array(16);
        memory.set([first[i]!, ...slots, gradient]);
        memory.set(scalarValues(update, optimizer.parameters, 1), 8);
        scalarUpdate(update)(memory, 0, 1, 1 + slots.length, 1, 8);
        // A row that the batch did not touch stays.
        const stays = isFrozen || (isTable && gradient === 0);
        expect(value, `${name}[${i}]`).toBeCloseTo(stays ? first[i]! : memory[0]!, 12);
      }
    }
    expect(rules).toEqual(new Set(['ftrl', 'momentum', 'adagrad', 'adam']));
  });

  it('remember what their rules need', async () => {
    const { phases, memory, layout } = await prepareTraining({ model, data, engine: createReferenceEngine() });
    const batch = { order: undefined, start: 0, count: rows, step: 1 };
    const initial = viewState(memory, layout, 0, 1).denseSlots.find(({ name }) => name.endsWith('/accumulator'))!;
    expect([...initial.read(0, 1)]).toEqual([0.1]);
    phases.fill(batch, alone);
    await phases.run(batch, alone);
    for (const phase of [phases.merge, phases.clip, phases.update]) phase(batch, alone);
    const { denseSlots, tableSlots } = viewState(memory, layout, 1, 1);
    const slots = (of: readonly { readonly name: string }[]): readonly string[] => of.map(({ name }) => name).sort();
    expect(slots(denseSlots)).toEqual(
      model.network.weights
        .filter(({ frozen }) => !frozen)
        .flatMap(({ name }) =>
          slotNames(updateName(optimizerOfWeight(model.train.optimizer, name))).map((slot) => `${name}/${slot}`),
        )
        .sort(),
    );
    expect(slots(tableSlots)).toEqual(
      model.tables
        .flatMap(({ name }) =>
          slotNames(updateName(optimizerOfTable(model.train.optimizer, name))).map((slot) => `table.${name}/${slot}`),
        )
        .sort(),
    );
    for (const { name, shape, read } of denseSlots)
      expect(
        [...read(0, shape[0] ?? 1)].some((value) => value !== 0),
        name,
      ).toBe(true);
  });

  it('are all named when a loss is no number', async () => {
    const steep = richModel({ network, train: `${parts.replace('0.3', '1e200')}, batch: 10, epochs: 9` });
    await expect(trainToy(steep, data)).rejects.toThrow('a smaller learning rate (now 0.01 and 0.2 and 0.1 and 1e+200)');
  });
});
