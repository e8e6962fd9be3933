import { describe, expect, it } from 'vitest';
import { stepGraph } from '../../src/graph/pipeline.js';
import { loadEngine } from '../../src/train/engines/index.js';
import { copyWeights } from '../../src/train/weights.js';
import { train } from '../../src/train/train.js';
import { richModel, richNetworks } from './rich.js';
import { arrays, planOf, run } from './steps.js';
import { toyData } from './toy.js';

const rows = 12;
const items = 'items: { features: [item, history]';
const others = 'optimizer: { embeddings: sgd(1e-30), rest: adam(0.01) }, batch: 12, epochs: 3, l2: 0.01';

const modelOf = (tables: string, settings: string) => richModel({ network: richNetworks.attention, train: settings, tables });

describe('a frozen table', () => {
  const allFrozen = `${items}, frozen: true } user: { frozen: true } tags: { frozen: true }`;

  it('has no gradient, no optimizer state and no update, and others learn as if it had been given', async () => {
    const frozen = modelOf(`${items}, frozen: true, l2: 0.5 } user: { frozen: true }`, others);
    const still = modelOf(`${items} }`, others);
    const outputs = Object.keys(stepGraph(frozen).graph.outputs).filter((name) => name.startsWith('gradient.rows.'));
    expect(outputs.length).toBeGreaterThan(0);
    expect(outputs.filter((name) => /rows\.(item|history|user)/.test(name))).toEqual([]);
    const data = toyData(frozen, { train: rows, vocabulary: 9 });
    const expected = arrays(await run(still, data, planOf(3, 4), 5));
    for (const workers of [1, 3]) {
      const found = arrays(await run(frozen, data, planOf(3, 4), 5, workers));
      expect(found).toEqual(expected);
    }
  });

  it('keeps its first values whatever the optimizer, clipping and averages do', async () => {
    const engine = await loadEngine('onnxruntime');
    for (const settings of ['adam(0.1, exact)', 'adagrad(0.1), ema: 0.9', 'adamw(0.1), clip_norm: 0.1, ema: 0.9']) {
      const model = modelOf(allFrozen, `optimizer: ${settings}, batch: 4, epochs: 2`);
      const data = toyData(model, { train: rows, vocabulary: 9 });
      const { state } = await train({ model, data, engine });
      const tables = copyWeights(state).tables.filter(({ name }) => /^table\.(items|user|tags)$/.test(name));
      expect(tables.map(({ name }) => name).toSorted()).toEqual(['table.items', 'table.tags', 'table.user']);
      const start = await run(model, data, planOf(3, 4), 0);
      for (const { name, values } of tables) expect([...values]).toEqual([...(arrays(start).get(name) ?? [])]);
      expect(state.tableSlots.filter(({ name }) => /^table\.(items|user|tags)\//.test(name))).toEqual([]);
    }
  });
});
